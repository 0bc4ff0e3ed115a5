"""Whether what was found is what a unit test expects, where values come from real scrapes.

promtool's samples and evaluations lie at the same instants; real ones have phases. Rates and increases differ a little
by that, so numbers in annotations and values of expressions may differ by `TOLERANCE`; labels and words may not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

TOLERANCE = 0.1
"""Relative. What a rate over a window of a few scrapes loses when one of them falls outside."""
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")

Alert = tuple[Mapping[str, str], Mapping[str, str]]
"""Labels (its name among them) and annotations."""


def near(expected: float, found: float, unit: float = 0.0) -> bool:
    """Equal within the tolerance, or within `unit`. NaN is near NaN."""
    if math.isnan(expected) or math.isnan(found) or math.isinf(expected) or math.isinf(found):
        return expected == found or (math.isnan(expected) and math.isnan(found))
    return abs(expected - found) <= max(TOLERANCE * abs(expected), unit, 1e-9)


def texts_agree(expected: str, found: str) -> bool:
    """The same words; numbers near each other, or different by one in the last place that is written."""
    if _NUMBER.split(expected) != _NUMBER.split(found):
        return False
    pairs = zip(_NUMBER.findall(expected), _NUMBER.findall(found), strict=True)
    return all(near(float(one), float(other), _last_place(one)) for one, other in pairs)


def _last_place(number: str) -> float:
    mantissa = re.split("[eE]", number)[0]
    return float(10.0 ** -len(mantissa.partition(".")[2]))


def alerts_agree(expected: Sequence[Alert], found: Sequence[Alert]) -> bool:
    """As many, each with exactly its labels, and annotations that agree."""
    left = list(found)
    for labels, told in expected:
        match = next((each for each in left if each[0] == labels and _annotations_agree(told, each[1])), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def _annotations_agree(expected: Mapping[str, str], found: Mapping[str, str]) -> bool:
    return expected.keys() == found.keys() and all(texts_agree(text, found[name]) for name, text in expected.items())


def samples_agree(expected: Sequence[tuple[Mapping[str, str], float]], found: Sequence[Any]) -> bool:
    """Pairs of labels (`__name__` included) and value: the same label sets, values near."""
    here = {frozenset(labels.items()): value for labels, value in found}
    wanted = {frozenset(labels.items()): value for labels, value in expected}
    return here.keys() == wanted.keys() and all(near(value, here[key]) for key, value in wanted.items())


def alerts_written(alerts: Sequence[Alert]) -> str:
    """In lines, by labels."""
    lines = []
    for labels, told in sorted(alerts, key=lambda each: sorted(each[0].items())):
        lines.append("{" + ", ".join(f'{key}="{value}"' for key, value in sorted(labels.items())) + "}")
        lines += [f"    {key}: {value}" for key, value in sorted(told.items())]
    return "\n".join(lines) or "no firing alert"


def samples_written(samples: Sequence[tuple[Mapping[str, str], float]]) -> str:
    rows = []
    for labels, value in samples:
        rest = ", ".join(f'{key}="{text}"' for key, text in sorted(labels.items()) if key != "__name__")
        rows.append(f"{labels.get('__name__', '')}{{{rest}}} {value:g}")
    return "\n".join(sorted(rows)) or "no sample"
