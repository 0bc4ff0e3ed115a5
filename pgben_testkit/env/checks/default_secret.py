"""Find a secret whose default stands in a committed file: `${DB_PASSWORD:-postgres}`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.env.contract import stage_of_path
from pgben_testkit.env.ground import Ground
from pgben_testkit.env.secret import safe_name
from pgben_testkit.env.sources.base import Declared

RULE = Rule("env/default-secret", "warning", "A secret has a default that everybody can read")
_SETTING = re.compile(r"\d{1,5}\s*(?:ms|s|m|h|d|w)?|true|false|/[\w./-]+|\./[\w./-]+|\$.*")


def check(ground: Ground) -> Iterator[Finding]:
    """Yield one finding for each file that gives secrets a default; an error where the file is for production."""
    by_file: dict[str, dict[str, Declared]] = {}
    for each in ground.defaults:
        if _counts(ground, each) and ground.committed(each.place.path):
            by_file.setdefault(each.place.path, {}).setdefault(each.name, each)
    for path, found in by_file.items():
        names = [safe_name(name) for name in found]
        first, *others = (each.place for each in found.values())
        yield finding(
            RULE,
            names[0],
            first,
            f"{', '.join(names)} {'has' if len(names) == 1 else 'have'} a default in a committed file",
            reason="where nobody sets it the program starts all the same, with a secret that everybody can read",
            remedy=f"let it stop instead: ${{{names[0]}:?set it in .env}}",
            severity="error" if stage_of_path(path) in ("production", "staging") else None,
            related=tuple(others),
        )


def _counts(ground: Ground, declared: Declared) -> bool:
    value = declared.value or ""
    return ground.is_secret(declared.name) and bool(value) and _SETTING.fullmatch(value) is None
