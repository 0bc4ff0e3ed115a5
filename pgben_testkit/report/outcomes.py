"""Show the outcomes of alert files: on a terminal, as JSON, as JUnit's XML."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pgben_testkit.observability.lab.outcome import Outcome, Verdict

MARKS: dict[Verdict, str] = {"passed": "ok", "failed": "FAILED", "not comparable": "not comparable"}


def line(each: Outcome) -> str:
    """Return one outcome as a line."""
    return f"{MARKS[each.verdict]:<6}  {each}  ({each.took_s:.1f} s)"


def details(each: Outcome) -> str:
    """Return what was expected and found, and the timeline; empty for an outcome that passed."""
    if each.verdict == "passed":
        return ""
    if each.kind == "scenario":
        return each.story
    told = [str(each)]
    if each.expected or each.found:
        told += ["expected:", _indented(each.expected), "found:", _indented(each.found)]
    return "\n".join([*told, each.why, *filter(None, [each.story])])


def counted(outcomes: Sequence[Outcome]) -> str:
    """Return how many outcomes have each verdict."""
    counts = Counter(each.verdict for each in outcomes)
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in MARKS if counts[verdict]) or "nothing was run"


def as_data(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return `outcomes` and their counts as data for JSON."""
    counts = Counter(each.verdict for each in outcomes)
    return {
        "passed": counts["passed"],
        "failed": counts["failed"],
        "not_comparable": counts["not comparable"],
        "outcomes": [asdict(each) for each in outcomes],
    }


def as_junit(outcomes: Sequence[Outcome]) -> str:
    """Return `outcomes` as JUnit's XML: a suite for each file. What is not comparable is skipped."""
    root = ET.Element("testsuites", name="pgben-testkit alerts")
    for file in dict.fromkeys(each.file for each in outcomes):
        ours = [each for each in outcomes if each.file == file]
        verdicts = Counter(each.verdict for each in ours)
        suite = ET.SubElement(
            root,
            "testsuite",
            name=file,
            tests=str(len(ours)),
            failures=str(verdicts["failed"]),
            errors="0",
            skipped=str(verdicts["not comparable"]),
            time=f"{sum(each.took_s for each in ours):.3f}",
        )
        for each in ours:
            at = f" at {each.eval_time}" if each.eval_time else ""
            about = f": {each.about}{at}" if each.about and each.kind != "scenario" else ""
            case = ET.SubElement(
                suite,
                "testcase",
                classname=file,
                name=_printable(each.name + about),
                file=file,
                line=str(each.line),
                time=f"{each.took_s:.3f}",
            )
            if each.verdict == "failed":
                ET.SubElement(
                    case, "failure", message=_printable(each.why.splitlines()[0] if each.why else "")
                ).text = _printable(details(each))
            elif each.verdict == "not comparable":
                ET.SubElement(case, "skipped", message=_printable(each.why))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _printable(text: str) -> str:
    """XML 1.0 has no control characters."""
    return "".join(each for each in text if each in "\t\n" or (each >= " " and each not in "\ufffe\uffff"))


def _indented(text: str) -> str:
    return "\n".join(f"  {each}" for each in text.splitlines())
