"""Find the known name that was meant: `DATABASE_USER` is `DB_USER`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

SYNONYMS = {
    "DATABASE": "DB",
    "POSTGRES": "DB",
    "POSTGRESQL": "DB",
    "PG": "DB",
    "PASSWORD": "PASS",
    "PASSWD": "PASS",
    "PWD": "PASS",
    "USERNAME": "USER",
    "HOSTNAME": "HOST",
    "SERVER": "HOST",
    "ADDRESS": "HOST",
    "DBNAME": "NAME",
    "DATABASENAME": "NAME",
    "ENV": "ENVIRONMENT",
    "URI": "URL",
    "TIMEZONE": "TZ",
    "SSL": "TLS",
    "S3": "MINIO",
    "MAIL": "SMTP",
    "EMAIL": "SMTP",
    "EXPIRATION": "EXPIRES",
    "EXPIRY": "EXPIRES",
    "CORS": "ALLOWED",
    "SECRETKEY": "SECRET",
    "ACCESSKEY": "ACCESS",
    "ENABLE": "ENABLED",
    "DISABLED": "DISABLE",
    "LOGLEVEL": "LEVEL",
}
"""Words that teams use for each other in names; both sides are brought to the same word."""


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return tuple(SYNONYMS.get(word, word) for word in re.split(r"[_\-.]+", spaced.upper()) if word)


def _within(left: str, right: str, most: int) -> bool:
    """Whether at most `most` letters were added, lost, changed or swapped."""
    if abs(len(left) - len(right)) > most:
        return False
    two_back: list[int] = []
    before = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        row = [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, two_back[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return False
        two_back, before = before, row
    return before[-1] <= most


def spelling(name: str) -> tuple[str, ...]:
    """Return what `name` shares with all names that say the same: its words, sorted, in one habit."""
    return tuple(sorted(_words(name)))


def same_words(one: str, other: str) -> bool:
    """Return whether two names say the same in other words, another order or another habit: DB_USER, databaseUser."""
    words, theirs = _words(one), _words(other)
    return one != other and (sorted(words) == sorted(theirs) or "".join(words) == "".join(theirs))


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the one name of `known` that `name` most likely stands for; empty where there is none.

    The same words in another order or by another habit come first, then one or two letters of difference.
    """
    if not name or len(name) > 100:
        return ""
    words = _words(name)
    folded = "".join(words)
    close: list[tuple[int, str]] = []
    for each in known:
        if each == name:
            continue
        theirs = _words(each)
        if sorted(words) == sorted(theirs) or folded == "".join(theirs):
            close.append((0, each))
        elif min(len(name), len(each)) >= 5:
            limit = 2 if min(len(name), len(each)) >= 9 else 1
            for distance in range(1, limit + 1):
                if _within(name.upper(), each.upper(), distance):
                    close.append((distance, each))
                    break
    return min(close, default=(0, ""))[1]
