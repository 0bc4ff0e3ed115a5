"""Whole offices: requests over a year, with the shares, the seasons and the stories that offices have."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from pgben_testkit.errors import UsageProblem
from pgben_testkit.factories.identity import Draw
from pgben_testkit.factories.record import Registro

if TYPE_CHECKING:
    from pgben_testkit.factories.maker import Fabrica

MOST = 200_000
"""Requests at most: all objects of a scenario are in memory before they are stored."""
CITIZENS_PER_UNIT = 400
REQUESTS_PER_TECHNICIAN = 60
REQUESTS_PER_CITIZEN = 1.3

YEAR = {1: 9, 2: 7, 3: 10, 4: 12, 5: 13, 6: 12, 7: 11, 8: 8, 9: 7, 10: 7, 11: 7, 12: 11}
"""Month -> share of a year's requests: the rains from March to July, and December."""


@dataclass(frozen=True)
class Plan:
    """A kind of office. `statuses`: of a request -> share; `months`: month -> share; `shares`: of other things, in per
    cent of the requests that may have them."""

    meaning: str
    statuses: Mapping[str, int]
    months: Mapping[int, int] = field(default_factory=lambda: YEAR)
    categories: Mapping[str, int] = field(
        default_factory=lambda: {
            "vulnerabilidade_temporaria": 62,
            "natalidade": 18,
            "morte": 12,
            "calamidade_publica": 8,
        }
    )
    documents: int = 60
    court: int = 2


PLANS: Mapping[str, Plan] = {
    "fila de analise": Plan(
        "an office with a long queue: most requests wait for a decision",
        {
            "rascunho": 4,
            "aberta": 22,
            "em_analise": 30,
            "pendente": 12,
            "aguardando_documentos": 8,
            "aprovada": 8,
            "liberada": 3,
            "indeferida": 5,
            "em_processamento": 1,
            "concluida": 4,
            "executada": 1,
            "erro_execucao": 1,
            "cancelada": 1,
            "arquivada": 1,
        },
    ),
    "folha de pagamento": Plan(
        "an office at the end of the month: most requests are granted and being paid",
        {
            "aberta": 3,
            "em_analise": 6,
            "pendente": 2,
            "aprovada": 22,
            "liberada": 28,
            "em_processamento": 10,
            "executada": 8,
            "concluida": 14,
            "erro_execucao": 2,
            "indeferida": 3,
            "cancelada": 1,
            "arquivada": 1,
        },
    ),
    "calamidade": Plan(
        "three weeks of rain: most of the year's requests come in June, for one benefit, with few documents",
        {
            "aberta": 25,
            "em_analise": 25,
            "pendente": 10,
            "aguardando_documentos": 15,
            "aprovada": 15,
            "liberada": 6,
            "indeferida": 2,
            "cancelada": 2,
        },
        months={1: 2, 2: 2, 3: 3, 4: 4, 5: 8, 6: 60, 7: 12, 8: 3, 9: 2, 10: 2, 11: 1, 12: 1},
        categories={"calamidade_publica": 85, "vulnerabilidade_temporaria": 12, "natalidade": 2, "morte": 1},
        documents=25,
        court=1,
    ),
    "arquivo": Plan(
        "an old office: nearly everything is over",
        {"concluida": 45, "indeferida": 20, "arquivada": 15, "cancelada": 8, "executada": 8, "liberada": 4},
    ),
}


@dataclass(frozen=True)
class Cenario:
    """What was made. `counts`: table -> rows; `statuses`: table -> status -> rows; `months`: `2025-06` -> requests."""

    name: str
    seed: str
    first_day: date
    last_day: date
    counts: Mapping[str, int]
    statuses: Mapping[str, Mapping[str, int]]
    months: Mapping[str, int]
    stored: bool
    objects: Mapping[str, list[Any]] = field(repr=False, compare=False, default_factory=dict)
    """table -> its objects"""

    def as_dict(self) -> dict[str, Any]:
        """For machines: all but the objects."""
        return {
            "name": self.name,
            "seed": self.seed,
            "first_day": self.first_day.isoformat(),
            "last_day": self.last_day.isoformat(),
            "stored": self.stored,
            "counts": dict(self.counts),
            "statuses": {table: dict(counts) for table, counts in self.statuses.items()},
            "months": dict(self.months),
        }


def plan_of(name: str) -> Plan:
    """The plan of a scenario.

    Raises:
        UsageProblem: no such scenario.
    """
    found = PLANS.get(" ".join(name.lower().replace("análise", "analise").replace("_", " ").split()))
    if found is None:
        close = difflib.get_close_matches(name, PLANS, 1, cutoff=0.4)
        raise UsageProblem(
            f"there is no scenario {name!r}" + (f"; did you mean {close[0]!r}?" if close else ""),
            why="scenarios: " + "; ".join(f"{known} ({plan.meaning})" for known, plan in PLANS.items()),
        )
    return found


def run(maker: Fabrica, name: str, requests: int, *, store: bool) -> Cenario:
    """The office of a scenario, stored or only built."""
    plan = plan_of(name)
    if not isinstance(requests, int) or not 1 <= requests <= MOST:
        raise UsageProblem(f"a scenario of {requests!r} solicitacoes", why=f"allowed: a whole number from 1 to {MOST}")
    made: dict[str, list[Registro]] = {}

    def build() -> list[Registro]:
        made.clear()
        with maker._call():
            return Office(maker, plan, requests).fill(made)

    if store:
        maker._stored(build, "solicitacao", {})
    else:
        build()
    days = [each.data_abertura.date() for each in made["solicitacao"]]
    return Cenario(
        name,
        maker.seed,
        min(days),
        max(days),
        {table: len(rows) for table, rows in made.items() if rows},
        {table: _statuses(rows) for table, rows in made.items() if rows and "status" in rows[0].columns},
        dict(sorted(Counter(f"{day:%Y-%m}" for day in days).items())),
        store,
        made,
    )


def _statuses(rows: list[Registro]) -> dict[str, int]:
    return dict(Counter(row.status for row in rows).most_common())


class Office:
    """Makes the objects of one scenario, in the order in which an office comes to have them."""

    def __init__(self, maker: Fabrica, plan: Plan, requests: int) -> None:
        self.maker = maker
        self.plan = plan
        self.requests = requests
        self.made: dict[str, list[Registro]] = {}

    def fill(self, made: dict[str, list[Registro]]) -> list[Registro]:
        """All objects; `made` holds them by table."""
        self.made = made
        build, size = self.maker.build, self.requests
        citizens = max(1, round(size / REQUESTS_PER_CITIZEN))
        units = [
            self._add(build("unidade", tipo=("cras", "cras", "creas", "centro_pop")[place % 4]))
            for place in range(max(1, citizens // CITIZENS_PER_UNIT))
        ]
        role = self._add(build("role"))
        workers = [
            self._add(build("usuario", unidade=units[place % len(units)], role=role))
            for place in range(max(len(units), size // REQUESTS_PER_TECHNICIAN))
        ]
        benefits = {kind: self._add(build("tipo_beneficio", categoria=kind)) for kind in self.plan.categories}
        people = [self._citizen(units[place % len(units)]) for place in range(citizens)]
        statuses = _shared_out(self.plan.statuses, size)
        for number in range(size):
            draw = self.maker._draw("#cenario")
            citizen = people[draw.between("cidadao", 0, citizens - 1)] if number >= citizens else people[number]
            of_unit = [worker for worker in workers[:200] if worker.unidade_id == citizen.unidade_id] or workers
            self._request(
                draw,
                statuses[number],
                citizen,
                draw.pick("tecnico", of_unit),
                benefits[draw.weighted("categoria", dict(self.plan.categories))],
            )
        return [each for rows in made.values() for each in rows]

    def _add(self, each: Any) -> Any:
        self.made.setdefault(each.table, []).append(each)
        for child in each.children:
            for one in each.__dict__[child]:
                self._add(one)
        return each

    def _citizen(self, unit: Registro) -> Any:
        draw = self.maker._draw("#cenario cidadao")
        return self._add(
            self.maker.build(
                "cidadao",
                unidade=unit,
                com_endereco=1,
                com_contatos=1 + draw.chance("contatos", 40),
                com_familia=draw.between("familia", 0, 4),
                com_conta=int(draw.chance("conta", 70)),
                com_dados_sociais=1,
            )
        )

    def _request(self, draw: Draw, status: str, citizen: Any, worker: Any, benefit: Any) -> None:
        build = self.maker.build
        court = draw.chance("justica", self.plan.court)
        given: dict[str, Any] = {"origem": "judicial"} if court else {}
        request = build(
            "solicitacao",
            status=status,
            beneficiario=citizen,
            unidade=citizen.unidade,
            tecnico=worker,
            tipo_beneficio=benefit,
            data_abertura=draw.moment("hora", self._opened(draw, status)),
            **given,
        )
        if court:
            self._add(request.processo_judicial)
            self._add(build("determinacao_judicial", processo_judicial=request.processo_judicial))
        self._add(request)
        self._add(build("historico_solicitacao", solicitacao=request))
        for place in range(draw.between("documentos", 1, 3) if draw.chance("papeis", self.plan.documents) else 0):
            kind = ("comprovante_residencia", "rg", "comprovante_renda")[place]
            self._add(build("documento", solicitacao=request, tipo=kind))
        if status in ("pendente", "aguardando_documentos") or draw.chance("pendencia", 8):
            waiting = status in ("pendente", "aguardando_documentos")
            self._add(build("pendencia", solicitacao=request, status="aberta" if waiting else "resolvida"))
        if status not in ("rascunho", "aberta", "cancelada") and draw.chance("parecer", 70):
            self._add(build("parecer_social", solicitacao=request))
        if status == "indeferida" and draw.chance("recurso", 20):
            self._add(build("recurso", solicitacao=request))
        self._grant(draw, request)

    def _grant(self, draw: Draw, request: Any) -> None:
        """What was approved is granted and paid, as far as it came."""
        grant_status = {
            "aprovada": "apto",
            "liberada": "ativo",
            "em_processamento": "ativo",
            "executada": "ativo",
            "concluida": "cessado",
            "erro_execucao": "bloqueado",
        }.get(request.status)
        if grant_status is None:
            return
        if grant_status == "ativo" and draw.chance("suspenso", 5):
            grant_status = "suspenso"
        build = self.maker.build
        grant = self._add(build("concessao", solicitacao=request, status=grant_status))
        self._add(build("historico_concessao", concessao=grant))
        for number in range(1, grant.quantidade_parcelas + 1):
            status = self._payment_status(draw, grant, number)
            if status is None:
                break
            payment = self._add(build("pagamento", concessao=grant, status=status, numero_parcela=number))
            if status == "recebido":
                self._add(build("confirmacao_recebimento", pagamento=payment))

    def _payment_status(self, draw: Draw, grant: Any, number: int) -> str | None:
        """None: the concession ended before this instalment."""
        due = grant.data_inicio + timedelta(days=5 + 30 * (number - 1))
        name = f"parcela {number}"
        if grant.status == "apto":
            return "pendente"
        if grant.status in ("suspenso", "bloqueado"):
            return {"suspenso": "suspenso", "bloqueado": "invalido"}[grant.status]
        if grant.status == "cessado" and due + timedelta(days=15) > self.maker.hoje:
            return None
        if grant.status == "cessado":
            return draw.weighted(name, {"recebido": 70, "confirmado": 20, "regularizado": 10})
        if due + timedelta(days=10) > self.maker.hoje:
            return "agendado" if due > self.maker.hoje else "liberado"
        return draw.weighted(name, {"pago": 35, "confirmado": 30, "recebido": 25, "vencido": 6, "liberado": 4})

    def _opened(self, draw: Draw, status: str) -> date:
        """A day of the last year, in a month as often as the plan says; early enough for the status to be reached."""
        today = self.maker.hoje
        least = {
            "concluida": 90,
            "executada": 60,
            "erro_execucao": 60,
            "em_processamento": 45,
            "liberada": 45,
            "aprovada": 32,
            "arquivada": 95,
            "indeferida": 60,
            "pendente": 15,
            "aguardando_documentos": 15,
            "em_analise": 6,
            "cancelada": 32,
        }.get(status, 1)
        latest, earliest = today - timedelta(days=least), today - timedelta(days=365)
        for attempt in range(20):
            month = draw.weighted(f"mes {attempt}", dict(self.plan.months))
            year = today.year if month <= today.month else today.year - 1
            day = date(year, month, draw.between(f"dia {attempt}", 1, 28))
            if day.weekday() >= 5:
                day += timedelta(days=7 - day.weekday())
            if earliest <= day <= latest:
                return day
        return latest


def _shared_out(shares: Mapping[str, int], size: int) -> list[str]:
    """`size` statuses in their shares: each that has a share comes once before any comes by share, largest first."""
    order = sorted(shares, key=lambda status: -shares[status])
    total = sum(shares.values())
    out: list[str] = order[:size]
    left = size - len(out)
    for status in order:
        out += [status] * (left * shares[status] // total)
    return [*out, *[order[0]] * (size - len(out))]
