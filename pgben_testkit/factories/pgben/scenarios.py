"""Makes whole offices: the requests of a year, with the shares, seasons and stories that offices have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from pgben_testkit.errors import UsageProblem
from pgben_testkit.factories.engine.identity import Draw
from pgben_testkit.factories.engine.record import Record
from pgben_testkit.factories.pgben.plans import Plan, plan_of

if TYPE_CHECKING:
    from pgben_testkit.factories.engine.maker import ObjectMaker

MOST = 200_000
"""The largest number of requests: all objects of a scenario are in memory before they are stored."""
CITIZENS_PER_UNIT = 400
REQUESTS_PER_TECHNICIAN = 60
REQUESTS_PER_CITIZEN = 1.3


@dataclass(frozen=True)
class Scenario:
    """Says what was made. `counts`: table -> rows; `statuses`: table -> status -> rows; `months`: month -> requests."""

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
        """Return all but the objects as a dictionary that JSON can hold."""
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


def run(maker: ObjectMaker, name: str, requests: int, *, store: bool) -> Scenario:
    """Make the office of the scenario `name` with that many requests, stored if `store`.

    Raises:
        UsageProblem: there is no such scenario, or the number of requests is not allowed.
    """
    plan = plan_of(name)
    if not isinstance(requests, int) or not 1 <= requests <= MOST:
        raise UsageProblem(f"a scenario of {requests!r} solicitacoes", why=f"allowed: a whole number from 1 to {MOST}")
    made: dict[str, list[Record]] = {}

    def build() -> list[Record]:
        made.clear()
        with maker.call():
            return Office(maker, plan, requests).fill(made)

    if store:
        maker.stored(build, "solicitacao", {})
    else:
        build()
    days = [each.data_abertura.date() for each in made["solicitacao"]]
    return Scenario(
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


def _statuses(rows: list[Record]) -> dict[str, int]:
    return dict(Counter(row.status for row in rows).most_common())


class Office:
    """Makes the objects of one scenario, in the order in which a real office gets them."""

    def __init__(self, maker: ObjectMaker, plan: Plan, requests: int) -> None:
        self.maker = maker
        self.plan = plan
        self.requests = requests
        self.made: dict[str, list[Record]] = {}

    def fill(self, made: dict[str, list[Record]]) -> list[Record]:
        """Make all objects, put them into `made` by table, and return them."""
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
            draw = self.maker.next_draw("#cenario")
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

    def _citizen(self, unit: Record) -> Any:
        draw = self.maker.next_draw("#cenario cidadao")
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
        """Make the grant and the payments of `request` if its status says that it was approved."""
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
        """Return the status of the instalment `number`; None if the grant ended before it."""
        due = grant.data_inicio + timedelta(days=5 + 30 * (number - 1))
        name = f"parcela {number}"
        if grant.status == "apto":
            return "pendente"
        if grant.status in ("suspenso", "bloqueado"):
            return {"suspenso": "suspenso", "bloqueado": "invalido"}[grant.status]
        if grant.status == "cessado" and due + timedelta(days=15) > self.maker.today:
            return None
        if grant.status == "cessado":
            return draw.weighted(name, {"recebido": 70, "confirmado": 20, "regularizado": 10})
        if due + timedelta(days=10) > self.maker.today:
            return "agendado" if due > self.maker.today else "liberado"
        return draw.weighted(name, {"pago": 35, "confirmado": 30, "recebido": 25, "vencido": 6, "liberado": 4})

    def _opened(self, draw: Draw, status: str) -> date:
        """Draw a day of the last year, months as often as the plan says, early enough for `status` to be reached."""
        today = self.maker.today
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
    """Share `size` requests out to statuses: first one to each status, the largest share first, the rest by share."""
    order = sorted(shares, key=lambda status: -shares[status])
    total = sum(shares.values())
    out: list[str] = order[:size]
    left = size - len(out)
    for status in order:
        out += [status] * (left * shares[status] // total)
    return [*out, *[order[0]] * (size - len(out))]
