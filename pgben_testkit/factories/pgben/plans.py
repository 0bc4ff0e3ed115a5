"""Describes kinds of offices: shares of statuses, the seasons of a year, what else requests have."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field

from pgben_testkit.errors import UsageProblem

YEAR = {1: 9, 2: 7, 3: 10, 4: 12, 5: 13, 6: 12, 7: 11, 8: 8, 9: 7, 10: 7, 11: 7, 12: 11}
"""month -> share of the requests of a year: more during the rains from March to July, and in December"""


@dataclass(frozen=True)
class Plan:
    """Describes a kind of office.

    `statuses`: status of a request -> share. `months`: month -> share. `categories`: category of the benefit -> share.
    `documents` and `court`: how many requests of a hundred have documents, or a court order.
    """

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


def plan_of(name: str) -> Plan:
    """Return the plan of the scenario `name`.

    Raises:
        UsageProblem: there is no such scenario; the message lists those that there are.
    """
    found = PLANS.get(" ".join(name.lower().replace("análise", "analise").replace("_", " ").split()))
    if found is None:
        close = difflib.get_close_matches(name, PLANS, 1, cutoff=0.4)
        raise UsageProblem(
            f"there is no scenario {name!r}" + (f"; did you mean {close[0]!r}?" if close else ""),
            why="scenarios: " + "; ".join(f"{known} ({plan.meaning})" for known, plan in PLANS.items()),
        )
    return found
