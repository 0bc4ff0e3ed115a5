"""Makes what happens while a request is analysed: pendencia, parecer_social, visita_domiciliar, recurso."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pgben_testkit.factories.engine.declarations import Relation, id_of, lazy, record_of
from pgben_testkit.factories.pgben.base import PGBenFactory, status_params
from pgben_testkit.factories.pgben.rules import after, belongs, needs, ordered


class PendenciaFactory(PGBenFactory):
    """Makes something that a request lacks; the request is pendente while one is open."""

    class Meta:
        model = record_of("pendencia")

    _days = frozenset({"prazo_resolucao"})
    Params = status_params("status_pendencia")
    _enums = {"tipo": "tipo_pendencia", "status": "status_pendencia"}
    _rules = (
        belongs(("resolvida", "cancelada"), "data_resolucao"),
        needs(("resolvida",), "resolvido_por_id"),
        ordered("data_abertura", "data_resolucao"),
    )
    _relations = {"registrado_por": "usuario", "resolvido_por": "usuario"}

    solicitacao = Relation(
        "solicitacao", lambda o: {"status": "pendente" if o.status in ("aberta", "vencida") else "em_analise"}
    )
    registrado_por = lazy(lambda o: _technician(o))
    resolvido_por = lazy(lambda o: o.registrado_por if o.status == "resolvida" else None)

    id = lazy(lambda o: o.s.uuid())
    solicitacao_id = id_of("solicitacao")
    tipo = "documento"
    descricao = lazy(
        lambda o: o.s.pick(
            "descricao", ("Falta o comprovante de residencia", "RG ilegivel", "Confirmar a renda da familia")
        )
    )
    status = "aberta"
    registrado_por_id = id_of("registrado_por")
    resolvido_por_id = id_of("resolvido_por")
    data_abertura = lazy(lambda o: after(o, o.solicitacao.data_abertura, "pendencia", 1, 10))
    prazo_resolucao = lazy(lambda o: (o.data_abertura + timedelta(days=15)).date())
    data_resolucao = lazy(
        lambda o: after(o, o.data_abertura, "resolucao", 1, 14) if o.status in ("resolvida", "cancelada") else None
    )
    observacao_resolucao = lazy(lambda o: "Documento entregue" if o.status == "resolvida" else None)
    created_at = lazy(lambda o: o.data_abertura)
    updated_at = lazy(lambda o: o.data_resolucao or o.data_abertura)
    removed_at = None


def _technician(o: Any) -> Any:
    """Return the worker who handles the request of `o`."""
    found = getattr(o.solicitacao, "tecnico", None)
    if found is None and getattr(o.solicitacao, "tecnico_id", None) is not None:
        return o.s.maker.existing("usuario", o.solicitacao.tecnico_id)
    return found if found is not None else o.s.maker.related("usuario", {}, shared=True)


class ParecerSocialFactory(PGBenFactory):
    """Makes the social report on a request; the second one of a request is the technical report, and so on."""

    class Meta:
        model = record_of("parecer_social")

    _enums = {"tipo": "tipo_parecer", "conclusao": "conclusao_parecer"}

    solicitacao = Relation("solicitacao", lambda o: {"status": "em_analise"})
    autor = lazy(lambda o: _technician(o))
    _relations = {"autor": "usuario"}

    id = lazy(lambda o: o.s.uuid())
    solicitacao_id = id_of("solicitacao")
    autor_id = id_of("autor")
    tipo = lazy(lambda o: ("social", "tecnico", "juridico", "final")[(o.s.nth("parecer", o.solicitacao_id) - 1) % 4])
    conclusao = lazy(lambda o: "desfavoravel" if o.solicitacao.status == "indeferida" else "favoravel")
    texto = "A familia foi ouvida e visitada; parecer emitido conforme a LOAS."
    emitido_em = lazy(lambda o: after(o, o.solicitacao.data_abertura, "parecer", 1, 3))
    created_at = lazy(lambda o: o.emitido_em)
    updated_at = lazy(lambda o: o.created_at)


class VisitaDomiciliarFactory(PGBenFactory):
    """Makes a visit to the home of the citizen."""

    class Meta:
        model = record_of("visita_domiciliar")

    Params = status_params("status_visita")
    _enums = {"tipo": "tipo_visita", "status": "status_visita"}
    _rules = (belongs(("realizada",), "data_realizada"),)

    solicitacao = Relation("solicitacao", lambda o: {"status": "em_analise"})
    tecnico = lazy(lambda o: _technician(o))
    _relations = {"tecnico": "usuario"}

    id = lazy(lambda o: o.s.uuid())
    solicitacao_id = id_of("solicitacao")
    cidadao_id = lazy(lambda o: o.solicitacao.beneficiario_id)
    tecnico_id = id_of("tecnico")
    tipo = "inicial"
    status = "agendada"
    data_prevista = lazy(lambda o: after(o, o.solicitacao.data_abertura, "visita", 3, 15))
    data_realizada = lazy(lambda o: o.data_prevista if o.status == "realizada" else None)
    relato = lazy(lambda o: "Familia encontrada em casa" if o.status == "realizada" else None)
    created_at = lazy(lambda o: o.solicitacao.data_abertura)
    updated_at = lazy(lambda o: o.created_at)
    removed_at = None


def _refused(o: Any) -> str | None:
    status = getattr(o.__dict__.get("solicitacao"), "status", "indeferida")
    return (
        None
        if status in ("indeferida", "arquivada")
        else (f"a recurso is against a solicitacao indeferida, and this one is {status}")
    )


class RecursoFactory(PGBenFactory):
    """Makes an appeal against a refusal."""

    class Meta:
        model = record_of("recurso")

    Params = status_params("status_recurso")
    _enums = {"status": "status_recurso"}
    _rules = (
        belongs(("deferido", "indeferido"), "data_decisao"),
        ordered("data_recurso", "data_decisao"),
        lambda o: _refused(o),
    )

    solicitacao = Relation("solicitacao", lambda o: {"status": "indeferida"})

    id = lazy(lambda o: o.s.uuid())
    solicitacao_id = id_of("solicitacao")
    justificativa = "A renda informada mudou depois da analise; peco nova avaliacao."
    status = "apresentado"
    data_recurso = lazy(lambda o: after(o, o.solicitacao.updated_at, "recurso", 1, 15))
    data_decisao = lazy(
        lambda o: after(o, o.data_recurso, "decisao", 5, 30) if o.status in ("deferido", "indeferido") else None
    )
    analista_id = lazy(lambda o: o.solicitacao.tecnico_id if o.status != "apresentado" else None)
    created_at = lazy(lambda o: o.data_recurso)
    updated_at = lazy(lambda o: o.data_decisao or o.data_recurso)
