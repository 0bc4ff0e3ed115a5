"""Write findings as SARIF 2.1.0 (OASIS, 2020-03-27), which code hosts show beside the lines of a change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pgben_testkit.checking import registry
from pgben_testkit.checking.baseline import Entry
from pgben_testkit.checking.disable import Disabled
from pgben_testkit.checking.finding import Finding, Place, Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "note": "note"}


def log(
    findings: Sequence[Finding],
    rules: Iterable[Rule],
    *,
    version: str,
    root: Path,
    disabled: Sequence[Disabled] = (),
    accepted: Sequence[Finding] = (),
    gone: Sequence[tuple[Entry, int]] = (),
) -> dict[str, Any]:
    """Return a log with one run.

    Findings that comments disable or the baseline accepts are results with a suppression; what is gone from the
    baseline is a result whose state is `absent`. Places that are no file below `root` (this machine, a process) have
    no location.
    """
    known = {rule.id: rule for rule in rules}
    off = [each.finding for each in disabled]
    used = sorted(
        {each.check for each in (*findings, *off, *accepted)} | {entry.check for entry, _ in gone} | set(known)
    )
    index = {check: number for number, check in enumerate(used)}
    all_found = [*findings, *off, *accepted]
    results = [_result(*each, index, root) for each in zip(all_found, _fingerprints(all_found), strict=True)]
    for each, result in zip(disabled, results[len(findings) :], strict=False):
        result["suppressions"] = [{"kind": "inSource", "justification": each.comment.reason}]
    for result in results[len(findings) + len(off) :]:
        result["suppressions"] = [{"kind": "external", "justification": "accepted by the baseline"}]
        result["baselineState"] = "unchanged"
    for entry, _ in gone:
        message = {"text": f"No longer found: {entry}."}
        absent = {"ruleId": entry.check, "ruleIndex": index[entry.check], "message": message, "baselineState": "absent"}
        results.append(absent)
    driver = {
        "name": "pgben-testkit",
        "version": version,
        "rules": [_rule(check, known.get(check)) for check in used],
    }
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "originalUriBaseIds": {"ROOT": {"uri": root.as_uri() + "/"}},
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }


def _rule(check: str, rule: Rule | None) -> dict[str, Any]:
    text = rule.summary if rule else check
    found: dict[str, Any] = {"id": check, "shortDescription": {"text": text}}
    if rule:
        found["defaultConfiguration"] = {"level": LEVELS[rule.severity]}
        text = registry.page(check)
        if text:
            found["help"] = {"text": text, "markdown": text}
    return found


def _fingerprints(findings: Sequence[Finding]) -> list[str]:
    """Return for each finding what tells it from the others in this run and the next.

    Lines and words are not in it, because they change. The second and later of one check, file and subject have a
    number.
    """
    seen: Counter[str] = Counter()
    found = []
    for each in findings:
        stem = f"{each.check}:{each.place.path}:{each.subject}"
        seen[stem] += 1
        found.append(stem if seen[stem] == 1 else f"{stem}:{seen[stem]}")
    return found


def _result(each: Finding, fingerprint: str, index: dict[str, int], root: Path) -> dict[str, Any]:
    parts = [each.summary, each.reason, f"What to do: {each.remedy}" if each.remedy else ""]
    result: dict[str, Any] = {
        "ruleId": each.check,
        "ruleIndex": index[each.check],
        "level": LEVELS[each.severity],
        "message": {"text": ". ".join(part.rstrip(".") for part in parts if part) + "."},
        "partialFingerprints": {"subject/v1": fingerprint},
    }
    locations = _locations([each.place], root)
    if locations:
        result["locations"] = locations
    related = _locations(each.related, root)
    if related:
        result["relatedLocations"] = [{**location, "id": number} for number, location in enumerate(related, 1)]
    return result


def _locations(places: Iterable[Place], root: Path) -> list[dict[str, Any]]:
    found = []
    for place in places:
        if not place.path or not (root / place.path).exists():
            continue
        absolute = Path(place.path).is_absolute()
        uri = Path(place.path).as_uri() if absolute else quote(place.path)
        artifact: dict[str, Any] = {"uri": uri} | ({} if absolute else {"uriBaseId": "ROOT"})
        physical: dict[str, Any] = {"artifactLocation": artifact}
        if place.line:
            physical["region"] = {"startLine": place.line} | ({"startColumn": place.column} if place.column else {})
        found.append({"physicalLocation": physical})
    return found
