"""What `doctor` found, for people and as JSON. No value of a variable is in it beyond what a finding shows."""

from __future__ import annotations

import io
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgben_testkit.env.assess import Assessment
    from pgben_testkit.env.doctor import Examined
    from pgben_testkit.findings import Finding


def as_json(assessment: Assessment | None, examined: Examined | None, findings: Sequence[Finding]) -> dict[str, Any]:
    """Everything that the terminal shows, and the whole matrix."""
    found: dict[str, Any] = {"findings": [asdict(each) for each in findings]}
    if assessment is not None:
        contract, code = assessment.contract, assessment.ground.code
        found["contract"] = contract and {
            "name": contract.name,
            "path": contract.path,
            "variables": len(contract.variables),
        }
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
                "check": each.rule.id,
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
    findings: Sequence[Finding],
    *,
    matrix: bool | None,
    plain: bool,
) -> str:
    """What a person reads: drawn to the terminal at once (then the text is empty), or given back as `plain` text."""
    from rich.rule import Rule as Line
    from rich.text import Text

    from pgben_testkit.report import findings as drawn

    out = io.StringIO()
    console = drawn.console(file=out, color_system=None) if plain else drawn.console()
    if assessment is not None:
        console.print(Text(_headline(root, assessment)))
    if findings:
        console.print()
        console.print(drawn.table(findings))
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
    took = sum(each.took_s for each in (assessment, examined) if each is not None)
    closing = Text(f"\n{drawn.counted(findings)}", style="bold")
    more = "; `pgben-testkit doctor --explain CHECK` tells more" if findings else ""
    closing.append(f"  ({took:.1f} s{more})", style="dim")
    console.print(closing)
    return out.getvalue()


def _headline(root: Path, assessment: Assessment) -> str:
    contract, code = assessment.contract, assessment.ground.code
    parts = [
        f"contract {contract.path} ({len(contract.variables)} variables)"
        if contract
        else "no contract (`pgben-testkit doctor --init` drafts one)",
        _many(len(assessment.ground.sources), "source"),
    ]
    if code is not None:
        parts.append(f"{_many(code.files, 'file')} of code with {_many(len(code.reads), 'read')}")
    return f"{root}: " + ", ".join(parts)


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'s' * (count != 1)}"
