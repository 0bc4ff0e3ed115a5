"""Draw a scenario, and what an audit of a dump found."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

    from pgben_testkit.factories.dumps import Audit
    from pgben_testkit.factories.scenarios import Cenario

BAR = 16
"""Characters of the longest bar."""


def picture(made: Cenario) -> RenderableType:
    """Draw counts by table, bars of each status, and bars of requests by month."""
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
    """At least one mark for what is there at all."""
    return "█" * max(1, round(number * BAR / largest))


def findings(found: Audit) -> list[str]:
    """Return lines: first what was looked at, then each finding with its place and no value of a row."""
    head = (
        f"{found.path}: {found.rows:,} rows of {found.tables} tables, {found.people:,} people, {found.marked:,} marked"
    )
    lines = [head]
    for table, count in found.unmarked.items():
        lines.append(f"{table}: {count:,} row{'s' * (count != 1)} without the mark")
        shown = [each for each in found.findings if each.table == table][:5]
        lines += [f"  line {each.line}: {each.reason} ({', '.join(each.columns)})" for each in shown]
        if count > len(shown):
            lines.append(f"  and {count - len(shown):,} more")
    return lines
