"""Requests for benefits and what happens to them: solicitacao, historico, pendencia, parecer, visita, recurso."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from factory import Trait

from pgben_testkit.factories.base import PGBenFactory, Rule
from pgben_testkit.factories.declarations import Relacao, de, lazy, registro, status_params

APPROVED = ("aprovada", "liberada", "em_processamento", "concluida", "executada", "erro_execucao")
RELEASED = APPROVED[1:]
FINISHED = ("concluida", "executada")
UNDECIDED = ("rascunho", "aberta", "em_analise", "pendente", "aguardando_documentos")
MAY_BE_APPROVED = (*APPROVED, "cancelada", "arquivada")
PATHS = {
    "rascunho": (),
    "aberta": ("aberta",),
    "em_analise": ("aberta", "em_analise"),
    "pendente": ("aberta", "em_analise", "pendente"),
    "aguardando_documentos": ("aberta", "em_analise", "aguardando_documentos"),
    "aprovada": ("aberta", "em_analise", "aprovada"),
    "indeferida": ("aberta", "em_analise", "indeferida"),
    "liberada": ("aberta", "em_analise", "aprovada", "liberada"),
    "em_processamento": ("aberta", "em_analise", "aprovada", "liberada", "em_processamento"),
    "executada": ("aberta", "em_analise", "aprovada", "liberada", "em_processamento", "executada"),
    "erro_execucao": ("aberta", "em_analise", "aprovada", "liberada", "em_processamento", "erro_execucao"),
    "concluida": ("aberta", "em_analise", "aprovada", "liberada", "em_processamento", "executada", "concluida"),
    "cancelada": ("aberta", "cancelada"),
    "arquivada": ("aberta", "em_analise", "pendente", "arquivada"),
}
"""status -> the states that a request passes, after rascunho, to be there"""


def _after(o: Any, before: datetime, name: str, least: int, most: int) -> datetime:
    """In office hours some days after a moment, and after it on the same day too."""
    later = before.date() + timedelta(days=o.s.between(name, least, most))
    moment: datetime = o.s.moment(name + " hora", later)
    return max(moment, before + timedelta(minutes=20))


def belongs(statuses: Sequence[str], field: str) -> Rule:
    """A rule: the date `field` is there in these states and in no other."""

    def rule(o: Any) -> str | None:
        there = getattr(o, field) is not None
        if there == (o.status in statuses):
            return None
        need = "needs" if o.status in statuses else "has no"
        return f"the status {o.status} {need} {field}; states with {field}: {', '.join(statuses)}"

    return rule


def needs(statuses: Sequence[str], *fields: str) -> Rule:
    """A rule: in these states the fields are there."""

    def rule(o: Any) -> str | None:
        lacking = [name for name in fields if getattr(o, name) is None]
        return f"the status {o.status} needs {', '.join(lacking)}" if lacking and o.status in statuses else None

    return rule


def forbids(statuses: Sequence[str], *fields: str) -> Rule:
    """A rule: in these states the fields are not there."""

    def rule(o: Any) -> str | None:
        extra = [name for name in fields if getattr(o, name) is not None]
        return f"the status {o.status} has no {', '.join(extra)}" if extra and o.status in statuses else None

    return rule


def ordered(*fields: str) -> Rule:
    """A rule: those of these dates that are there are in this order."""

    def rule(o: Any) -> str | None:
        there = [(name, getattr(o, name)) for name in fields if getattr(o, name, None) is not None]
        for (first, early), (second, late) in pairwise(there):
            try:
                if late < early:
                    return f"{second} ({late:%Y-%m-%d}) is before {first} ({early:%Y-%m-%d})"
            except TypeError:
                return (
                    f"{first} and {second} can't be compared: give both as datetime with a time zone, or both as date"
                )
        return None

    return rule


class SolicitacaoFactory(PGBenFactory):
    """A request; the status brings its dates, people and reasons with it."""

    class Meta:
        model = registro("solicitacao")

    Params = status_params(
        "status_solicitacao",
        renovacao=Trait(tipo="renovacao"),
        judicial=Trait(origem="judicial"),
        urgente=Trait(prioridade="1"),
    )
    _enums = {
        "status": "status_solicitacao",
        "sub_status": "sub_status_solicitacao",
        "tipo": "tipo_solicitacao",
        "origem": "origem_solicitacao",
        "prioridade": "prioridade_solicitacao",
    }
    _relations = {
        "unidade": "unidade",
        "solicitante": "cidadao",
        "aprovador": "usuario",
        "liberador": "usuario",
        "solicitacao_original": "solicitacao",
        "processo_judicial": "processo_judicial",
    }
    _rules = (
        needs(APPROVED, "data_aprovacao"),
        forbids((*UNDECIDED, "indeferida"), "data_aprovacao"),
        belongs(("indeferida",), "data_indeferimento"),
        needs(RELEASED, "data_liberacao"),
        forbids((*UNDECIDED, "aprovada", "indeferida"), "data_liberacao"),
        needs(FINISHED, "data_conclusao"),
        belongs(("cancelada",), "data_cancelamento"),
        belongs(("arquivada",), "data_arquivamento"),
        needs(("indeferida",), "motivo_indeferimento"),
        ordered("data_abertura", "data_aprovacao", "data_liberacao", "data_conclusao"),
        ordered("data_abertura", "data_indeferimento"),
        ordered("data_abertura", "data_cancelamento"),
        ordered("data_abertura", "data_arquivamento"),
        lambda o: (
            f"tipo {o.tipo} {'needs a' if o.tipo == 'renovacao' else 'has no'} solicitacao_original"
            if (o.tipo == "renovacao") != (o.solicitacao_original_id is not None)
            else None
        ),
        lambda o: (
            "origem judicial needs a processo_judicial"
            if o.origem == "judicial" and o.processo_judicial_id is None
            else None
        ),
    )

    beneficiario = Relacao("cidadao", lambda o: {"unidade": o.unidade} if "unidade" in o.s.given else {})
    solicitante = None
    tipo_beneficio = Relacao("tipo_beneficio", shared=True)
    unidade = lazy(lambda o: _unit(o))
    tecnico = Relacao("usuario", lambda o: {"unidade": o.unidade}, shared=True)
    aprovador = lazy(lambda o: o.tecnico if o.status in APPROVED else None)
    liberador = lazy(lambda o: o.tecnico if o.status in RELEASED else None)
    solicitacao_original = Relacao(
        "solicitacao",
        lambda o: {
            "beneficiario": o.beneficiario,
            "tipo_beneficio": o.tipo_beneficio,
            "unidade": o.unidade,
            "tecnico": o.tecnico,
            "status": "concluida",
            "data_abertura": o.data_abertura - timedelta(days=200),
        },
        when=lambda o: o.tipo == "renovacao",
    )
    processo_judicial = Relacao(
        "processo_judicial", lambda o: {"cidadao": o.beneficiario}, when=lambda o: o.origem == "judicial"
    )

    id = lazy(lambda o: o.s.uuid())
    protocolo = lazy(lambda o: f"SOL-{o.data_abertura:%Y}-{o.s.token('protocolo')}")
    beneficiario_id = de("beneficiario")
    solicitante_id = de("solicitante")
    tipo_beneficio_id = de("tipo_beneficio")
    unidade_id = de("unidade")
    tecnico_id = de("tecnico")
    aprovador_id = de("aprovador")
    liberador_id = de("liberador")
    status = "aberta"
    sub_status = lazy(lambda o: "aguardando_parecer" if o.status == "em_analise" else None)
    tipo = "original"
    origem = "presencial"
    prioridade = "3"
    data_abertura = lazy(
        lambda o: (
            o.s.days_ago("abertura", 240, 365)
            if o.status in (*APPROVED, "arquivada")
            else o.s.days_ago("abertura", 60, 239)
        )
    )
    data_aprovacao = lazy(lambda o: _after(o, o.data_abertura, "aprovacao", 3, 30) if o.status in APPROVED else None)
    data_indeferimento = lazy(
        lambda o: _after(o, o.data_abertura, "indeferimento", 5, 40) if o.status == "indeferida" else None
    )
    data_liberacao = lazy(
        lambda o: _after(o, o.data_aprovacao, "liberacao", 1, 7) if o.status in RELEASED and o.data_aprovacao else None
    )
    data_conclusao = lazy(
        lambda o: _after(o, o.data_liberacao, "conclusao", 2, 30) if o.status in FINISHED and o.data_liberacao else None
    )
    data_cancelamento = lazy(
        lambda o: _after(o, o.data_abertura, "cancelamento", 1, 30) if o.status == "cancelada" else None
    )
    data_arquivamento = lazy(
        lambda o: _after(o, o.data_abertura, "arquivamento", 30, 90) if o.status == "arquivada" else None
    )
    motivo_indeferimento = lazy(
        lambda o: (
            o.s.pick("motivo", ("Renda acima do limite", "Documentacao insuficiente", "Beneficio ja recebido"))
            if o.status == "indeferida"
            else None
        )
    )
    parecer_semtas = lazy(lambda o: "Favoravel a concessao" if o.status in APPROVED else None)
    dados_complementares = lazy(lambda o: {})
    observacoes = None
    renda_per_capita = lazy(lambda o: Decimal(o.s.between("renda", 0, 650)))
    version = lazy(lambda o: len(PATHS[o.status]) + 1)
    prazo_analise = lazy(lambda o: o.data_abertura + timedelta(days=30) if o.status == "em_analise" else None)
    prazo_documentos = lazy(
        lambda o: o.data_abertura + timedelta(days=20) if o.status == "aguardando_documentos" else None
    )
    solicitacao_original_id = de("solicitacao_original")
    processo_judicial_id = de("processo_judicial")
    created_at = lazy(lambda o: o.data_abertura)
    updated_at = lazy(
        lambda o: (
            o.data_conclusao
            or o.data_liberacao
            or o.data_aprovacao
            or o.data_indeferimento
            or o.data_cancelamento
            or o.data_arquivamento
            or o.data_abertura
        )
    )
    removed_at = None


def _unit(o: Any) -> Any:
    """The office of the citizen, if it is known; else one that the citizen then belongs to."""
    if "unidade_id" in o.s.given:
        return o.s.maker.existing("unidade", o.unidade_id)
    citizen = o.beneficiario
    found = getattr(citizen, "unidade", None)
    if found is None and getattr(citizen, "unidade_id", None) is not None:
        return o.s.maker.existing("unidade", citizen.unidade_id)
    return found if found is not None else o.s.maker.related("unidade", {}, shared=True)


class HistoricoSolicitacaoFactory(PGBenFactory):
    """One step; by itself the last that brought the request to its status."""

    class Meta:
        model = registro("historico_solicitacao")

    _enums = {
        "status_anterior": "status_solicitacao",
        "status_atual": "status_solicitacao",
        "tipo_alteracao": "tipo_alteracao_historico",
    }
    _rules = (
        lambda o: (
            f"status_anterior and status_atual are both {o.status_atual}"
            if o.status_anterior == o.status_atual
            else None
        ),
    )
    _relations = {"usuario": "usuario"}

    solicitacao = Relacao("solicitacao")
    usuario = lazy(lambda o: getattr(o.solicitacao, "tecnico", None))

    id = lazy(lambda o: o.s.uuid())
    solicitacao_id = de("solicitacao")
    status_anterior = lazy(lambda o: (None, "rascunho", *PATHS[o.status_atual])[len(PATHS[o.status_atual])])
    status_atual = lazy(lambda o: o.solicitacao.status)
    usuario_id = lazy(lambda o: o.usuario.id if o.usuario else getattr(o.solicitacao, "tecnico_id", None))
    data_alteracao = lazy(lambda o: o.solicitacao.updated_at)
    tipo_alteracao = lazy(lambda o: "transicao" if o.status_anterior else "criacao")
    observacao = None
    created_at = lazy(lambda o: o.data_alteracao)
    updated_at = lazy(lambda o: o.created_at)


class PendenciaFactory(PGBenFactory):
    """Something that a request lacks; the request is pendente while one is open."""

    class Meta:
        model = registro("pendencia")

    _days = frozenset({"prazo_resolucao"})
    Params = status_params("status_pendencia")
    _enums = {"tipo": "tipo_pendencia", "status": "status_pendencia"}
    _rules = (
        belongs(("resolvida", "cancelada"), "data_resolucao"),
        needs(("resolvida",), "resolvido_por_id"),
        ordered("data_abertura", "data_resolucao"),
    )
    _relations = {"registrado_por": "usuario", "resolvido_por": "usuario"}

    solicitacao = Relacao(
        "solicitacao", lambda o: {"status": "pendente" if o.status in ("aberta", "vencida") else "em_analise"}
    )
    registrado_por = lazy(lambda o: _technician(o))
    resolvido_por = lazy(lambda o: o.registrado_por if o.status == "resolvida" else None)

    id = lazy(lambda o: o.s.uuid())
    solicitacao_id = de("solicitacao")
    tipo = "documento"
    descricao = lazy(
        lambda o: o.s.pick(
            "descricao", ("Falta o comprovante de residencia", "RG ilegivel", "Confirmar a renda da familia")
        )
    )
    status = "aberta"
    registrado_por_id = de("registrado_por")
    resolvido_por_id = de("resolvido_por")
    data_abertura = lazy(lambda o: _after(o, o.solicitacao.data_abertura, "pendencia", 1, 10))
    prazo_resolucao = lazy(lambda o: (o.data_abertura + timedelta(days=15)).date())
    data_resolucao = lazy(
        lambda o: _after(o, o.data_abertura, "resolucao", 1, 14) if o.status in ("resolvida", "cancelada") else None
    )
    observacao_resolucao = lazy(lambda o: "Documento entregue" if o.status == "resolvida" else None)
    created_at = lazy(lambda o: o.data_abertura)
    updated_at = lazy(lambda o: o.data_resolucao or o.data_abertura)
    removed_at = None


def _technician(o: Any) -> Any:
    """Who works on the request."""
    found = getattr(o.solicitacao, "tecnico", None)
    if found is None and getattr(o.solicitacao, "tecnico_id", None) is not None:
        return o.s.maker.existing("usuario", o.solicitacao.tecnico_id)
    return found if found is not None else o.s.maker.related("usuario", {}, shared=True)


class ParecerSocialFactory(PGBenFactory):
    class Meta:
        model = registro("parecer_social")

    _enums = {"tipo": "tipo_parecer", "conclusao": "conclusao_parecer"}

    solicitacao = Relacao("solicitacao", lambda o: {"status": "em_analise"})
    autor = lazy(lambda o: _technician(o))
    _relations = {"autor": "usuario"}

    id = lazy(lambda o: o.s.uuid())
    solicitacao_id = de("solicitacao")
    autor_id = de("autor")
    tipo = lazy(lambda o: ("social", "tecnico", "juridico", "final")[(o.s.nth("parecer", o.solicitacao_id) - 1) % 4])
    conclusao = lazy(lambda o: "desfavoravel" if o.solicitacao.status == "indeferida" else "favoravel")
    texto = "A familia foi ouvida e visitada; parecer emitido conforme a LOAS."
    emitido_em = lazy(lambda o: _after(o, o.solicitacao.data_abertura, "parecer", 1, 3))
    created_at = lazy(lambda o: o.emitido_em)
    updated_at = lazy(lambda o: o.created_at)


class VisitaDomiciliarFactory(PGBenFactory):
    class Meta:
        model = registro("visita_domiciliar")

    Params = status_params("status_visita")
    _enums = {"tipo": "tipo_visita", "status": "status_visita"}
    _rules = (belongs(("realizada",), "data_realizada"),)

    solicitacao = Relacao("solicitacao", lambda o: {"status": "em_analise"})
    tecnico = lazy(lambda o: _technician(o))
    _relations = {"tecnico": "usuario"}

    id = lazy(lambda o: o.s.uuid())
    solicitacao_id = de("solicitacao")
    cidadao_id = lazy(lambda o: o.solicitacao.beneficiario_id)
    tecnico_id = de("tecnico")
    tipo = "inicial"
    status = "agendada"
    data_prevista = lazy(lambda o: _after(o, o.solicitacao.data_abertura, "visita", 3, 15))
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
    """An appeal against a refusal."""

    class Meta:
        model = registro("recurso")

    Params = status_params("status_recurso")
    _enums = {"status": "status_recurso"}
    _rules = (
        belongs(("deferido", "indeferido"), "data_decisao"),
        ordered("data_recurso", "data_decisao"),
        lambda o: _refused(o),
    )

    solicitacao = Relacao("solicitacao", lambda o: {"status": "indeferida"})

    id = lazy(lambda o: o.s.uuid())
    solicitacao_id = de("solicitacao")
    justificativa = "A renda informada mudou depois da analise; peco nova avaliacao."
    status = "apresentado"
    data_recurso = lazy(lambda o: _after(o, o.solicitacao.updated_at, "recurso", 1, 15))
    data_decisao = lazy(
        lambda o: _after(o, o.data_recurso, "decisao", 5, 30) if o.status in ("deferido", "indeferido") else None
    )
    analista_id = lazy(lambda o: o.solicitacao.tecnico_id if o.status != "apresentado" else None)
    created_at = lazy(lambda o: o.data_recurso)
    updated_at = lazy(lambda o: o.data_decisao or o.data_recurso)
