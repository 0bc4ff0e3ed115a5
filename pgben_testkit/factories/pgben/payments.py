"""Makes what was granted and paid: concessao and its history, pagamento, comprovante, confirmacao."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pgben_testkit.factories.engine.declarations import Relation, id_of, lazy, record_of
from pgben_testkit.factories.pgben.base import PGBenFactory, status_params
from pgben_testkit.factories.pgben.requests import MAY_BE_APPROVED
from pgben_testkit.factories.pgben.rules import belongs, forbids, needs, ordered

ENDED = ("cessado", "cancelado")
PAID = ("pago", "confirmado", "recebido")
CONFIRMED = ("confirmado", "recebido")
REQUEST_OF = {
    "apto": "aprovada",
    "ativo": "aprovada",
    "suspenso": "liberada",
    "bloqueado": "liberada",
    "cessado": "concluida",
    "cancelado": "cancelada",
}
"""status of a concessao -> status of its solicitacao"""
GRANT_OF = {"pendente": "apto", "cancelado": "cancelado", "suspenso": "suspenso", "invalido": "bloqueado"}
"""status of a pagamento -> status of its concessao; ativo for all others"""


class ConcessaoFactory(PGBenFactory):
    """Makes the grant of a request that was approved."""

    class Meta:
        model = record_of("concessao")

    _days = frozenset({"data_inicio", "data_fim", "data_encerramento", "data_suspensao", "data_bloqueio"})
    Params = status_params("status_concessao")
    _enums = {"status": "status_concessao"}
    _rules = (
        belongs(ENDED, "data_encerramento"),
        needs(("suspenso",), "data_suspensao", "motivo_suspensao"),
        needs(("bloqueado",), "data_bloqueio", "motivo_bloqueio"),
        forbids(("apto", "ativo"), "data_suspensao", "data_bloqueio"),
        ordered("data_inicio", "data_fim"),
        ordered("data_inicio", "data_encerramento"),
        ordered("data_inicio", "data_suspensao"),
        ordered("data_inicio", "data_bloqueio"),
        lambda o: _request_allows(o),
    )

    solicitacao = Relation("solicitacao", lambda o: {"status": REQUEST_OF[o.status]})

    id = lazy(lambda o: o.s.uuid())
    solicitacao_id = id_of("solicitacao")
    status = "ativo"
    ordem_prioridade = lazy(lambda o: int(o.solicitacao.prioridade))
    data_inicio = lazy(
        lambda o: (
            (o.solicitacao.data_liberacao or o.solicitacao.data_aprovacao or o.solicitacao.data_abertura).date()
            + timedelta(days=o.s.between("inicio", 1, 5))
        )
    )
    data_fim = lazy(lambda o: o.data_inicio + timedelta(days=30 * o.quantidade_parcelas))
    data_encerramento = lazy(lambda o: _ended(o) if o.status in ENDED else None)
    data_suspensao = lazy(
        lambda o: o.data_inicio + timedelta(days=o.s.between("suspensao", 5, 40)) if o.status == "suspenso" else None
    )
    data_bloqueio = lazy(
        lambda o: o.data_inicio + timedelta(days=o.s.between("bloqueio", 5, 40)) if o.status == "bloqueado" else None
    )
    motivo_suspensao = lazy(lambda o: "Cadastro desatualizado" if o.status == "suspenso" else None)
    motivo_bloqueio = lazy(lambda o: "Indicio de duplicidade" if o.status == "bloqueado" else None)
    motivo_encerramento = lazy(
        lambda o: {"cessado": "Fim das parcelas", "cancelado": "Pedido do beneficiario"}.get(o.status)
    )
    determinacao_judicial = lazy(lambda o: o.solicitacao.origem == "judicial")
    quantidade_parcelas = lazy(lambda o: _instalments(o))
    created_at = lazy(lambda o: o.s.moment("hora", o.data_inicio))
    updated_at = lazy(lambda o: o.created_at)
    removed_at = None


def _ended(o: Any) -> date:
    """Return the day on which the grant `o` ended: with its last instalment, or early if it was cancelled."""
    start: date = o.data_inicio
    if o.status == "cessado" and o.data_fim is not None:
        last: date = min(o.data_fim, o.s.maker.today)
        return max(start, last)
    days: int = o.s.between("encerramento", 1, 20)
    return start + timedelta(days=days)


def _instalments(o: Any) -> Any:
    kind = getattr(o.solicitacao, "tipo_beneficio", None)
    if kind is None and getattr(o.solicitacao, "tipo_beneficio_id", None) is not None:
        kind = o.s.maker.existing("tipo_beneficio", o.solicitacao.tipo_beneficio_id)
    return getattr(kind, "quantidade_parcelas", 1)


def _request_allows(o: Any) -> str | None:
    request = o.__dict__.get("solicitacao")
    status = getattr(request, "status", None)
    if status is None or status in MAY_BE_APPROVED:
        return None
    return f"a concessao needs a solicitacao that was approved, and this one is {status}; {', '.join(MAY_BE_APPROVED)}"


class HistoricoConcessaoFactory(PGBenFactory):
    """Makes one step in the history of a grant."""

    class Meta:
        model = record_of("historico_concessao")

    _enums = {"status_anterior": "status_concessao", "status_novo": "status_concessao"}
    _rules = (
        lambda o: (
            f"status_anterior and status_novo are both {o.status_novo}" if o.status_anterior == o.status_novo else None
        ),
    )

    concessao = Relation("concessao")

    id = lazy(lambda o: o.s.uuid())
    concessao_id = id_of("concessao")
    status_anterior = lazy(lambda o: {"apto": None, "ativo": "apto"}.get(o.status_novo, "ativo"))
    status_novo = lazy(lambda o: o.concessao.status)
    motivo = None
    alterado_por_id = None
    data_alteracao = lazy(lambda o: o.s.moment("hora", o.concessao.data_inicio + timedelta(days=1)))
    created_at = lazy(lambda o: o.data_alteracao)
    updated_at = lazy(lambda o: o.created_at)


class PagamentoFactory(PGBenFactory):
    """Makes a payment with the whole story before it: an approved request, a grant that fits, dates in order."""

    class Meta:
        model = record_of("pagamento")

    _days = frozenset({"data_prevista", "data_agendamento", "data_vencimento"})
    Params = status_params("status_pagamento")
    _enums = {"status": "status_pagamento", "metodo_pagamento": "metodo_pagamento"}
    _rules = (
        needs(("agendado",), "data_agendamento"),
        needs(("liberado", *PAID), "data_liberacao"),
        needs(PAID, "data_pagamento"),
        needs(CONFIRMED, "data_confirmacao"),
        forbids(("pendente", "agendado", "liberado", "cancelado", "vencido", "suspenso", "invalido"), "data_pagamento"),
        forbids(("pendente", "agendado", "liberado", "pago", "cancelado", "vencido"), "data_confirmacao"),
        forbids(("pendente", "agendado"), "data_liberacao"),
        belongs(("cancelado",), "data_cancelamento"),
        needs(("cancelado",), "motivo_cancelamento"),
        needs(("regularizado",), "data_regularizacao"),
        needs(("vencido",), "data_vencimento"),
        ordered("data_liberacao", "data_pagamento", "data_confirmacao"),
        lambda o: (
            f"numero_parcela {o.numero_parcela} of {o.total_parcelas}" if o.numero_parcela > o.total_parcelas else None
        ),
        lambda o: _after_the_grant(o),
    )
    _relations = {
        "liberado_por": "usuario",
        "confirmado_por": "usuario",
        "info_bancaria": "info_bancaria",
        "lote": "lote_pagamento",
        "solicitacao": "solicitacao",
    }

    concessao = Relation("concessao", lambda o: _grant(o))
    solicitacao = lazy(lambda o: _request(o))
    info_bancaria = None
    lote = None
    liberado_por = lazy(lambda o: getattr(o.solicitacao, "tecnico", None) if o.data_liberacao is not None else None)
    confirmado_por = lazy(lambda o: getattr(o.solicitacao, "tecnico", None) if o.data_confirmacao is not None else None)

    id = lazy(lambda o: o.s.uuid())
    solicitacao_id = lazy(
        lambda o: o.solicitacao.id if o.solicitacao is not None else getattr(o.concessao, "solicitacao_id", None)
    )
    concessao_id = id_of("concessao")
    info_bancaria_id = id_of("info_bancaria")
    lote_id = id_of("lote")
    valor = lazy(lambda o: _value(o))
    status = "pendente"
    metodo_pagamento = lazy(lambda o: o.s.weighted("metodo", {"pix": 70, "deposito": 20, "presencial": 10}))
    numero_parcela = lazy(lambda o: 1 if o.concessao_id is None else o.s.nth("parcela", o.concessao_id))
    total_parcelas = lazy(lambda o: max(o.numero_parcela, getattr(o.concessao, "quantidade_parcelas", None) or 1))
    data_prevista = lazy(lambda o: _start(o) + timedelta(days=5 + 30 * (o.numero_parcela - 1)))
    data_agendamento = lazy(
        lambda o: o.data_prevista if o.status in ("agendado", "liberado", *PAID, "vencido") else None
    )
    data_liberacao = lazy(
        lambda o: (
            o.s.moment("liberacao", o.data_prevista)
            if o.status in ("liberado", *PAID, "vencido", "regularizado")
            else None
        )
    )
    data_pagamento = lazy(
        lambda o: (
            o.data_liberacao + timedelta(hours=o.s.between("pagamento", 1, 72))
            if o.status in (*PAID, "regularizado") and o.data_liberacao is not None
            else None
        )
    )
    data_confirmacao = lazy(
        lambda o: (
            o.data_pagamento + timedelta(hours=o.s.between("confirmacao", 1, 120))
            if o.status in CONFIRMED and o.data_pagamento is not None
            else None
        )
    )
    data_vencimento = lazy(lambda o: o.data_prevista + timedelta(days=30))
    data_regularizacao = lazy(
        lambda o: (
            o.s.moment("regularizacao", o.data_vencimento + timedelta(days=5))
            if o.status == "regularizado" and o.data_vencimento is not None
            else None
        )
    )
    data_cancelamento = lazy(
        lambda o: o.s.moment("cancelamento", o.data_prevista - timedelta(days=1)) if o.status == "cancelado" else None
    )
    motivo_cancelamento = lazy(lambda o: "Concessao cancelada" if o.status == "cancelado" else None)
    liberado_por_id = id_of("liberado_por")
    confirmado_por_id = id_of("confirmado_por")
    criado_por_id = None
    observacoes = None
    created_at = lazy(lambda o: o.s.moment("criacao", _start(o)))
    updated_at = lazy(
        lambda o: max(
            x for x in (o.created_at, o.data_liberacao, o.data_pagamento, o.data_confirmacao) if x is not None
        )
    )
    removed_at = None


def _grant(o: Any) -> Any:
    wanted = {"status": GRANT_OF.get(o.status, "ativo")}
    given = o.s.given
    return wanted | ({"solicitacao": o.solicitacao} if "solicitacao" in given or "solicitacao_id" in given else {})


def _request(o: Any) -> Any:
    if "solicitacao_id" in o.s.given:
        return o.s.maker.existing("solicitacao", o.solicitacao_id)
    found = getattr(o.concessao, "solicitacao", None)
    if found is None and getattr(o.concessao, "solicitacao_id", None) is not None:
        return o.s.maker.existing("solicitacao", o.concessao.solicitacao_id)
    return found


def _start(o: Any) -> date:
    start: date = getattr(o.concessao, "data_inicio", None) or o.s.maker.today
    return start


def _value(o: Any) -> Any:
    kind = getattr(o.solicitacao, "tipo_beneficio", None)
    if kind is None and getattr(o.solicitacao, "tipo_beneficio_id", None) is not None:
        kind = o.s.maker.existing("tipo_beneficio", o.solicitacao.tipo_beneficio_id)
    return getattr(kind, "valor", None) or Decimal(300)


def _after_the_grant(o: Any) -> str | None:
    """Return what is wrong if the payment `o` is earlier than its grant, or than the approval of the request."""
    paid = o.data_pagamento
    if paid is None:
        return None
    grant, request = o.__dict__.get("concessao"), o.__dict__.get("solicitacao")
    start = getattr(grant, "data_inicio", None)
    if start is not None and paid.date() < start:
        return f"data_pagamento ({paid:%Y-%m-%d}) is before the concessao's data_inicio ({start})"
    approved = getattr(request, "data_aprovacao", None)
    if approved is not None and paid < approved:
        return f"data_pagamento ({paid:%Y-%m-%d}) is before the solicitacao's data_aprovacao ({approved:%Y-%m-%d})"
    status = getattr(grant, "status", None)
    if status in ("apto", "cancelado") and o.status in PAID:
        return f"a pagamento {o.status} of a concessao that is {status}; it was ativo when it was paid"
    return None


class ComprovantePagamentoFactory(PGBenFactory):
    """Makes the receipt of a payment."""

    class Meta:
        model = record_of("comprovante_pagamento")

    pagamento = Relation("pagamento", lambda o: {"status": "confirmado"})
    enviado_por = lazy(lambda o: _payer(o))
    _relations = {"enviado_por": "usuario"}

    id = lazy(lambda o: o.s.uuid())
    pagamento_id = id_of("pagamento")
    tipo = "comprovante_pix"
    nome_arquivo = "comprovante.pdf"
    caminho = lazy(lambda o: f"{o.pagamento.solicitacao_id}/comprovante_pagamento/{o.s.token('caminho', 16)}.pdf")
    tamanho = lazy(lambda o: o.s.between("tamanho", 20_000, 900_000))
    mimetype = "application/pdf"
    hash_sha256 = lazy(lambda o: f"{o.s.bits('a'):016x}{o.s.bits('b'):016x}{o.s.bits('c'):016x}{o.s.bits('d'):016x}")
    enviado_por_id = id_of("enviado_por")
    data_upload = lazy(lambda o: (o.pagamento.data_pagamento or o.pagamento.created_at) + timedelta(hours=1))
    created_at = lazy(lambda o: o.data_upload)
    updated_at = lazy(lambda o: o.created_at)
    removed_at = None


def _payer(o: Any) -> Any:
    found = getattr(o.pagamento, "liberado_por", None)
    if found is None and getattr(o.pagamento, "liberado_por_id", None) is not None:
        return o.s.maker.existing("usuario", o.pagamento.liberado_por_id)
    return found if found is not None else o.s.maker.related("usuario", {}, shared=True)


class ConfirmacaoRecebimentoFactory(PGBenFactory):
    """Makes the confirmation that a payment was received."""

    class Meta:
        model = record_of("confirmacao_recebimento")

    _enums = {"metodo": "metodo_confirmacao"}

    pagamento = Relation("pagamento", lambda o: {"status": "recebido"})
    confirmado_por = lazy(lambda o: _payer(o))
    _relations = {"confirmado_por": "usuario"}

    id = lazy(lambda o: o.s.uuid())
    pagamento_id = id_of("pagamento")
    metodo = "assinatura"
    destinatario_id = None
    confirmado_por_id = id_of("confirmado_por")
    data_confirmacao = lazy(
        lambda o: o.pagamento.data_confirmacao or o.pagamento.data_pagamento or o.pagamento.created_at
    )
    observacoes = None
    created_at = lazy(lambda o: o.data_confirmacao)
    updated_at = lazy(lambda o: o.created_at)
