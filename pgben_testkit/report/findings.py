"""Draw findings for people: a table by place, the matrix of drift, the facts of the machine, a closing line."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pgben_testkit.checking.finding import SEVERITIES, Finding

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from pgben_testkit.checking.fact import Fact
    from pgben_testkit.checking.result import Result
    from pgben_testkit.checking.roots import Root
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
MOST_BENEATH = 4
"""Findings that stand beneath a root; `--all` shows all of them."""
MOST_GONE = 5
"""Entries of the baseline that the closing lines name."""
WIDEST_MATRIX = 12
"""Environments side by side; the others are in the findings alone."""


def console(**given: object) -> Console:
    """Return a console as wide as the terminal, or of a fixed width where there is no terminal."""
    from rich.console import Console

    found = Console(highlight=False, soft_wrap=False, **given)  # type: ignore[arg-type]
    if not found.is_terminal:
        found.width = max(found.width, WIDTH_WITHOUT_TERMINAL)
    return found


def counted(findings: Sequence[Finding]) -> str:
    """Return how many `findings` there are of each severity, as `3 errors, 1 warning`."""
    words = []
    for severity in SEVERITIES:
        count = sum(1 for each in findings if each.severity == severity)
        if count:
            words.append(f"{count} {severity}{'s' * (count != 1)}")
    return ", ".join(words) or "nothing wrong"


def table(findings: Sequence[Finding]) -> RenderableType:
    """Draw `findings` as rows below the name of their file: line, severity and check, what and why, what to do."""
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
    """Draw `matrix`: variables by environments. `names` are the rows to draw; None: all."""
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
    """Draw one line for each fact. Facts that are not fine stand among the findings too, with their remedy."""
    from rich.table import Table
    from rich.text import Text

    drawn = Table.grid(padding=(0, 2))
    for each in facts:
        drawn.add_row(
            Text(each.level, style=STYLES[each.level]),
            Text(each.check.partition("/")[2], style="dim"),
            Text(each.summary),
        )
    return drawn


def as_text(findings: Sequence[Finding], width: int = WIDTH_WITHOUT_TERMINAL) -> str:
    """Return the table of `findings` as plain text, `width` characters wide."""
    from rich.console import Console

    out = io.StringIO()
    Console(file=out, width=width, color_system=None, highlight=False).print(table(findings))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def root_lines(found: Sequence[Root]) -> RenderableType:
    """Draw each root: what it is, what it breaks, what to do, and the findings that it has beneath."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    parts: list[RenderableType] = []
    for number, root in enumerate(found, 1):
        severity = (root.severity, STYLES[root.severity])
        lines = Text.assemble((f"{number}. ", "bold"), severity, "  ", (root.title, "bold"))
        beneath = Text(overflow="fold")
        if root.breaks and root.breaks != root.title:
            beneath.append(root.breaks, style="dim")
        if root.remedy:
            beneath.append(f"{chr(10) if beneath else ''}what to do: {root.remedy}")
        for each in root.findings[:MOST_BENEATH]:
            beneath.append(f"{chr(10) if beneath else ''}{each.place}", style="cyan")
            beneath.append(f"  {each.check}", style="dim")
            if len(root.findings) > 1:
                beneath.append(f"  {each.subject}")
        if len(root.findings) > MOST_BENEATH:
            beneath.append(f"\nand {len(root.findings) - MOST_BENEATH} more", style="dim")
        parts += [*([Text("")] if parts else []), lines, Padding(beneath, (0, 0, 0, 3))]
    return Group(*parts)


def aside(result: Result) -> list[str]:
    """Return a line for each kind of finding that does not count: disabled, accepted, gone from the baseline."""
    lines = []
    if result.disabled:
        lines.append(f"{_many(len(result.disabled), 'finding')} disabled by comments")
    if result.accepted:
        lines.append(f"{_many(len(result.accepted), 'finding')} accepted by the baseline")
    if result.gone:
        total = sum(count for _, count in result.gone)
        named = "; ".join(str(entry) for entry, _ in result.gone[:MOST_GONE])
        more = f"; and {len(result.gone) - MOST_GONE} more" if len(result.gone) > MOST_GONE else ""
        lines.append(
            f"{_many(total, 'finding')} of the baseline no longer found (--update-baseline removes them): {named}{more}"
        )
    return lines


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'s' * (count != 1)}"
