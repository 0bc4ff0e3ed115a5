"""Accept the findings of today, and tell the new ones from them tomorrow.

An entry of a baseline names a check, a file and a subject, and how many such findings are accepted. Line numbers and
words are not in it, so that it survives lines that move and values that change; nor is anything that a secret could be
guessed from.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgben_testkit.checking.finding import Finding
from pgben_testkit.errors import UsageProblem

VERSION = 1
LARGEST_BYTES = 50_000_000


@dataclass(frozen=True, order=True)
class Entry:
    """Identify findings across runs."""

    check: str
    path: str
    subject: str

    @classmethod
    def of(cls, found: Finding) -> Entry:
        """Return the entry that `found` belongs to."""
        return cls(found.check, found.place.path, found.subject)

    def __str__(self) -> str:
        return f"{self.check} {self.path}: {self.subject}"


Baseline = Mapping[Entry, int]
"""How many findings of each entry are accepted."""


@dataclass(frozen=True)
class Compared:
    """Hold findings against a baseline: what is `new`, what is `accepted`, and which entries are `gone`."""

    new: tuple[Finding, ...]
    accepted: tuple[Finding, ...]
    gone: tuple[tuple[Entry, int], ...]


def of(found: Sequence[Finding]) -> Baseline:
    """Return a baseline that accepts `found`."""
    return Counter(map(Entry.of, found))


def compare(found: Sequence[Finding], baseline: Baseline, *, ran: Collection[str]) -> Compared:
    """Hold `found` against `baseline`. Only an entry whose check is in `ran` can be gone.

    Of more findings than an entry accepts, the first in order are accepted: which of them is new can't be told.
    """
    left = Counter(baseline)
    new, accepted = [], []
    for each in found:
        entry = Entry.of(each)
        if left[entry] > 0:
            left[entry] -= 1
            accepted.append(each)
        else:
            new.append(each)
    gone = tuple(sorted((entry, count) for entry, count in left.items() if count > 0 and entry.check in ran))
    return Compared(tuple(new), tuple(accepted), gone)


def updated(found: Sequence[Finding], before: Baseline, *, ran: Collection[str]) -> Baseline:
    """Return a baseline that accepts `found`, and of `before` what belongs to checks that did not run."""
    kept = {entry: count for entry, count in before.items() if entry.check not in ran}
    return Counter(kept) + Counter(of(found))


def as_text(baseline: Baseline) -> str:
    """Return the text of a baseline's file: one entry a line, sorted, so that a diff shows what changed."""
    rows = [
        json.dumps(
            {"check": entry.check, "path": entry.path, "subject": entry.subject, "count": count}, ensure_ascii=False
        )
        for entry, count in sorted(baseline.items())
        if count
    ]
    body = ",\n".join(f"  {row}" for row in rows)
    return (
        f'{{"version": {VERSION}, "accepted": [\n{body}\n]}}\n'
        if rows
        else f'{{"version": {VERSION}, "accepted": []}}\n'
    )


def read(path: Path) -> Baseline:
    """Read the baseline in the file at `path`.

    Raises:
        UsageProblem: there is no such file, or it holds no baseline.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise _unusable(path, f"it is larger than {LARGEST_BYTES} bytes")
        data = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise UsageProblem(
            f"the baseline {path} can't be read",
            why=error.strerror or type(error).__name__,
            remedy="make it with --update-baseline",
        ) from None
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        line = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise _unusable(path, f"it is not JSON in UTF-8{line}") from None
    if not isinstance(data, dict) or not isinstance(data.get("accepted"), list):
        raise _unusable(path, "it has no list `accepted`")
    if data.get("version") != VERSION:
        raise _unusable(path, f"its version is {data.get('version')!r}, and this program reads {VERSION}")
    found: Counter[Entry] = Counter()
    for number, row in enumerate(data["accepted"], 1):
        found[_entry(path, number, row)] += row.get("count", 1)
    return found


def _entry(path: Path, number: int, row: Any) -> Entry:
    fields = ("check", "path", "subject")
    if not isinstance(row, dict) or not all(isinstance(row.get(each), str) for each in fields):
        raise _unusable(path, f"entry {number} has no check, path and subject")
    count = row.get("count", 1)
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise _unusable(path, f"the count of entry {number} is not a whole number above 0")
    return Entry(*(row[each] for each in fields))


def _unusable(path: Path, why: str) -> UsageProblem:
    return UsageProblem(f"the baseline {path} can't be used", why=why, remedy="make it again with --update-baseline")
