"""Findings for people: a table by place, the matrix of drift, the ground, a closing line."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pgben_testkit.findings import SEVERITIES, Finding, Severity

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from pgben_testkit.env.doctor import Fact
    from pgben_testkit.env.drift import Matrix

STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan", "ok": "green"}
CELLS = {
    "set": ("●", "green"),
    "runtime": ("◌", "cyan"),
    "empty": ("∅", "yellow"),
    "absent": ("–", "red"),
    "unknown": ("?", "dim"),
}
LEGEND = "● set   ◌ set, value known when it runs   ∅ empty   – absent   ? more comes from a place that can't be read"
WIDTH_WITHOUT_TERMINAL = 140
WIDEST_MATRIX = 12
"""Environments side by side; more are told in the findings alone."""


def console(**given: object) -> Console:
    """A console as wide as the terminal, and wide where there is none."""
    from rich.console import Console

    found = Console(highlight=False, soft_wrap=False, **given)  # type: ignore[arg-type]
    if not found.is_terminal:
        found.width = max(found.width, WIDTH_WITHOUT_TERMINAL)
    return found


def counted(findings: Sequence[Finding]) -> str:
    """`3 errors, 1 warning`."""
    words = []
    for severity in SEVERITIES:
        count = sum(1 for each in findings if each.severity == severity)
        if count:
            words.append(f"{count} {severity}{'s' * (count != 1)}")
    return ", ".join(words) or "nothing wrong"


def table(findings: Sequence[Finding]) -> RenderableType:
    """Below a line for each file one row a finding: its line, severity and check, what and why, what to do."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    parts: list[RenderableType] = []
    drawn = Table.grid()
    path = None
    for each in findings:
        if each.place.path != path:
            path = each.place.path
            drawn = Table.grid(padding=(0, 2), expand=True)
            drawn.add_column(width=5, justify="right", style="dim")
            drawn.add_column(width=max(len(each.check) for each in findings))
            drawn.add_column(ratio=3)
            drawn.add_column(ratio=2)
            parts += [Text(("\n" if parts else "") + path, style="bold", overflow="fold"), drawn]
        what = Text(each.summary)
        if each.reason:
            what.append(f"\n{each.reason}", style="dim")
        check = Text.assemble((each.severity, STYLES[each.severity]), "\n", (each.check, "dim"))
        drawn.add_row(str(each.place.line or ""), check, what, Text(each.remedy))
    return Group(*parts)


def matrix_table(matrix: Matrix, names: Iterable[str] | None = None) -> RenderableType:
    """Variables by environments; `names`: these rows alone."""
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    wanted = set(names) if names is not None else None
    columns = matrix.columns[:WIDEST_MATRIX]
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    drawn.add_column("variable", no_wrap=True)
    for number, _ in enumerate(columns, 1):
        drawn.add_column(str(number), justify="center", no_wrap=True)
    for name, cells in matrix.rows:
        if wanted is None or name in wanted:
            drawn.add_row(name, *(Text(*CELLS[cell]) for cell in cells[:WIDEST_MATRIX]))
    titles = [Text(f"{number:>3}  {title}", style="dim") for number, title in enumerate(columns, 1)]
    if len(matrix.columns) > len(columns):
        titles.append(Text(f"     and {len(matrix.columns) - len(columns)} more (--json has all)", style="dim"))
    return Group(drawn, Text(LEGEND, style="dim"), *titles)


def ground_lines(facts: Sequence[Fact]) -> RenderableType:
    """One line a fact that is fine; the others stand among the findings too, with their remedy."""
    from rich.table import Table
    from rich.text import Text

    drawn = Table.grid(padding=(0, 2))
    for each in facts:
        drawn.add_row(
            Text(each.level, style=STYLES[each.level]),
            Text(each.rule.id.partition("/")[2], style="dim"),
            Text(each.summary),
        )
    return drawn


def as_text(findings: Sequence[Finding], width: int = WIDTH_WITHOUT_TERMINAL) -> str:
    """The table as plain text, for where no console is at hand."""
    from rich.console import Console

    out = io.StringIO()
    Console(file=out, width=width, color_system=None, highlight=False).print(table(findings))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def worst(findings: Sequence[Finding]) -> Severity | None:
    """The worst severity of all; None where there is no finding."""
    return min((each.severity for each in findings), key=SEVERITIES.index, default=None)
