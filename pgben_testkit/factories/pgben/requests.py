"""Makes requests for benefits and their history: solicitacao, historico_solicitacao."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from factory import Trait

from pgben_testkit.factories.engine.declarations import Relation, id_of, lazy, record_of
from pgben_testkit.factories.pgben.base import PGBenFactory, status_params
from pgben_testkit.factories.pgben.rules import after, belongs, forbids, needs, ordered

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
"""status -> the states that a request passes after rascunho until it has this status"""


class SolicitacaoFactory(PGBenFactory):
    """Makes a request; its status decides which dates, people and reasons it has."""

    class Meta:
        model = record_of("solicitacao")

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

    beneficiario = Relation("cidadao", lambda o: {"unidade": o.unidade} if "unidade" in o.s.given else {})
    solicitante = None
    tipo_beneficio = Relation("tipo_beneficio", shared=True)
    unidade = lazy(lambda o: _unit(o))
    tecnico = Relation("usuario", lambda o: {"unidade": o.unidade}, shared=True)
    aprovador = lazy(lambda o: o.tecnico if o.status in APPROVED else None)
    liberador = lazy(lambda o: o.tecnico if o.status in RELEASED else None)
    solicitacao_original = Relation(
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
    processo_judicial = Relation(
        "processo_judicial", lambda o: {"cidadao": o.beneficiario}, when=lambda o: o.origem == "judicial"
    )

    id = lazy(lambda o: o.s.uuid())
    protocolo = lazy(lambda o: f"SOL-{o.data_abertura:%Y}-{o.s.token('protocolo')}")
    beneficiario_id = id_of("beneficiario")
    solicitante_id = id_of("solicitante")
    tipo_beneficio_id = id_of("tipo_beneficio")
    unidade_id = id_of("unidade")
    tecnico_id = id_of("tecnico")
    aprovador_id = id_of("aprovador")
    liberador_id = id_of("liberador")
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
    data_aprovacao = lazy(lambda o: after(o, o.data_abertura, "aprovacao", 3, 30) if o.status in APPROVED else None)
    data_indeferimento = lazy(
        lambda o: after(o, o.data_abertura, "indeferimento", 5, 40) if o.status == "indeferida" else None
    )
    data_liberacao = lazy(
        lambda o: after(o, o.data_aprovacao, "liberacao", 1, 7) if o.status in RELEASED and o.data_aprovacao else None
    )
    data_conclusao = lazy(
        lambda o: after(o, o.data_liberacao, "conclusao", 2, 30) if o.status in FINISHED and o.data_liberacao else None
    )
    data_cancelamento = lazy(
        lambda o: after(o, o.data_abertura, "cancelamento", 1, 30) if o.status == "cancelada" else None
    )
    data_arquivamento = lazy(
        lambda o: after(o, o.data_abertura, "arquivamento", 30, 90) if o.status == "arquivada" else None
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
    solicitacao_original_id = id_of("solicitacao_original")
    processo_judicial_id = id_of("processo_judicial")
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
    """Return the office of the citizen if it is known, else one that the citizen then belongs to."""
    if "unidade_id" in o.s.given:
        return o.s.maker.existing("unidade", o.unidade_id)
    citizen = o.beneficiario
    found = getattr(citizen, "unidade", None)
    if found is None and getattr(citizen, "unidade_id", None) is not None:
        return o.s.maker.existing("unidade", citizen.unidade_id)
    return found if found is not None else o.s.maker.related("unidade", {}, shared=True)


class HistoricoSolicitacaoFactory(PGBenFactory):
    """Makes one step in the history of a request: by default the step that gave the request its status."""

    class Meta:
        model = record_of("historico_solicitacao")

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

    solicitacao = Relation("solicitacao")
    usuario = lazy(lambda o: getattr(o.solicitacao, "tecnico", None))

    id = lazy(lambda o: o.s.uuid())
    solicitacao_id = id_of("solicitacao")
    status_anterior = lazy(lambda o: (None, "rascunho", *PATHS[o.status_atual])[len(PATHS[o.status_atual])])
    status_atual = lazy(lambda o: o.solicitacao.status)
    usuario_id = lazy(lambda o: o.usuario.id if o.usuario else getattr(o.solicitacao, "tecnico_id", None))
    data_alteracao = lazy(lambda o: o.solicitacao.updated_at)
    tipo_alteracao = lazy(lambda o: "transicao" if o.status_anterior else "criacao")
    observacao = None
    created_at = lazy(lambda o: o.data_alteracao)
    updated_at = lazy(lambda o: o.created_at)
