"""Give the result of checks as data for JSON: the same keys for every command that has findings."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pgben_testkit.checking.result import Result


def as_data(result: Result) -> dict[str, Any]:
    """Return what counts as `findings`, and what does not as `disabled`, `accepted` and `gone` where there is any."""
    found: dict[str, Any] = {"findings": [asdict(each) for each in result.findings]}
    if result.disabled:
        found["disabled"] = [
            {**asdict(each.finding), "by": str(each.comment.place), "because": each.comment.reason}
            for each in result.disabled
        ]
    if result.accepted:
        found["accepted"] = [asdict(each) for each in result.accepted]
    if result.gone:
        found["gone"] = [{**asdict(entry), "count": count} for entry, count in result.gone]
    return found
