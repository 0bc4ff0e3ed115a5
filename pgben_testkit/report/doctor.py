"""Show what `doctor` found, to people and as JSON. No value of a variable is in it beyond what a finding shows."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgben_testkit.checking.roots import FIRST, roots
from pgben_testkit.env.nearest import spelling
from pgben_testkit.report.findings_json import as_data

if TYPE_CHECKING:
    from pgben_testkit.checking.result import Result
    from pgben_testkit.doctor.examine import Examined
    from pgben_testkit.env.assess import Assessment


def as_json(assessment: Assessment | None, examined: Examined | None, result: Result) -> dict[str, Any]:
    """Return everything that the terminal shows, and the whole matrix."""
    found = as_data(result)
    numbers = {id(each): number for number, each in enumerate(result.findings)}
    found["roots"] = [
        {
            "severity": each.severity,
            "title": each.title,
            "breaks": each.breaks,
            "remedy": each.remedy,
            "findings": [numbers[id(one)] for one in each.findings],
        }
        for each in roots(result.findings, spelling)
    ]
    if assessment is not None:
        contract, code = assessment.contract, assessment.ground.code
        found["contract"] = contract and {
            "name": contract.name,
            "path": contract.path,
            "variables": len(contract.variables),
        }
        if assessment.fits:
            found["fits"] = assessment.fits
        found["sources"] = [
            {
                "title": each.title,
                "kind": each.kind,
                "place": str(each.place),
                "complete": each.complete,
                "stage": assessment.ground.stage(each),
                "names": len(each.declared),
            }
            for each in assessment.ground.sources
        ]
        found["code"] = code and {
            "files": code.files,
            "skipped": code.skipped,
            "reads": len(code.reads),
            "dynamic": list(map(str, code.dynamic)),
        }
        found["matrix"] = {
            "environments": list(assessment.matrix.columns),
            "variables": {name: list(cells) for name, cells in assessment.matrix.rows},
        }
    if examined is not None:
        found["ground"] = [
            {
                "check": each.check,
                "level": each.level,
                "subject": each.subject,
                "summary": each.summary,
                "reason": each.reason,
                "remedy": each.remedy,
            }
            for each in examined.facts
        ]
    found["took_s"] = round(sum(each.took_s for each in (assessment, examined) if each is not None), 3)
    return found


def draw(
    root: Path,
    assessment: Assessment | None,
    examined: Examined | None,
    result: Result,
    *,
    matrix: bool | None,
    plain: bool,
    everything: bool = False,
) -> str:
    """Draw what a person reads: on the terminal (then the returned text is empty), or as `plain` text to return."""
    from rich.rule import Rule as Line
    from rich.text import Text

    from pgben_testkit.report import findings as drawn

    findings = result.findings
    out = io.StringIO()
    console = drawn.console(file=out, color_system=None) if plain else drawn.console()
    if assessment is not None:
        console.print(Text(_headline(root, assessment)))
    found = roots(findings, spelling)
    first = found if everything else found[:FIRST]
    if findings:
        console.print()
        console.print(drawn.table(findings) if everything else drawn.root_lines(first))
    if assessment is not None:
        drift = {each.subject for each in findings if each.check == "env/drift"}
        if matrix or (matrix is None and drift and len(assessment.matrix.columns) > 1):
            console.print()
            console.print(Line("who sets what", style="dim", align="left"))
            console.print(drawn.matrix_table(assessment.matrix, None if matrix else drift))
    if examined is not None:
        console.print()
        console.print(Line("the ground", style="dim", align="left"))
        console.print(drawn.ground_lines(examined.facts))
    aside = drawn.aside(result)
    if aside:
        console.print()
        console.print(Text("\n".join(aside), style="dim"))
    took = sum(each.took_s for each in (assessment, examined) if each is not None)
    closing = Text(f"\n{drawn.counted(findings)}", style="bold")
    hidden = sum(len(each.findings) for each in found[len(first) :])
    if hidden:
        many = "1 more finding" if hidden == 1 else f"{hidden} more findings"
        console.print(Text(f"\n{many}: --all shows everything", style="dim"))
    more = "; `pgben-testkit doctor --explain CHECK` explains one" if findings else ""
    closing.append(f"  ({took:.1f} s{more})", style="dim")
    console.print(closing)
    return out.getvalue()


def _headline(root: Path, assessment: Assessment) -> str:
    contract, code = assessment.contract, assessment.ground.code
    parts = [
        f"contract {contract.path} ({len(contract.variables)} variables)" if contract else _no_contract(assessment),
        _many(len(assessment.ground.sources), "source"),
    ]
    if code is not None:
        skipped = f" ({code.skipped} made by a machine left out)" if code.skipped else ""
        parts.append(f"{_many(code.files, 'file')} of code{skipped} with {_many(len(code.reads), 'read')}")
    return f"{root}: " + ", ".join(parts)


def _no_contract(assessment: Assessment) -> str:
    if assessment.fits:
        return f"no contract, and it looks like {assessment.fits}: try --contract {assessment.fits}"
    return "no contract (`pgben-testkit doctor --init` drafts one)"


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'s' * (count != 1)}"
