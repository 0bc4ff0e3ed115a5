"""Draw what a scenario made."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

    from pgben_testkit.factories.pgben.scenarios import Scenario

BAR = 16
"""The length of the longest bar in characters."""


def picture(made: Scenario) -> RenderableType:
    """Draw the counts by table, bars for each status, and bars for the requests of each month."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    where = "stored" if made.stored else "built, not stored"
    title = Text(
        f"{made.name}: {sum(made.counts.values()):,} rows in {len(made.counts)} tables, {where};"
        f" {made.first_day} to {made.last_day}; seed {made.seed}"
    )
    tables = Table("table", "rows", "status", "rows", "", box=None, pad_edge=False)
    for column in (1, 3):
        tables.columns[column].justify = "right"
    for name, count in made.counts.items():
        statuses = made.statuses.get(name, {})
        if not statuses:
            tables.add_row(name, f"{count:,}", "", "", "")
        largest = max(statuses.values(), default=1)
        for place, (status, number) in enumerate(statuses.items()):
            first = place == 0
            tables.add_row(
                name if first else "", f"{count:,}" if first else "", status, f"{number:,}", bar(number, largest)
            )
    months = Table("month", "solicitacoes", "", box=None, pad_edge=False)
    months.columns[1].justify = "right"
    largest = max(made.months.values())
    for month, number in made.months.items():
        months.add_row(month, f"{number:,}", bar(number, largest))
    return Group(title, "", tables, "", months)


def bar(number: int, largest: int) -> str:
    """Draw a bar for `number`, at least one mark long."""
    return "█" * max(1, round(number * BAR / largest))
