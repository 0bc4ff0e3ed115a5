"""Read what pytest-env sets: `env` in pytest's ini, or a table of its own in TOML."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pgben_testkit.checking.finding import Place
from pgben_testkit.env.sources.base import Declared, Gathered, Source, last_wins, unreadable
from pgben_testkit.env.sources.settings_files import Toml, read_ini, read_toml, table

INI = {"pytest.ini": "pytest", ".pytest.ini": "pytest", "tox.ini": "pytest", "setup.cfg": "tool:pytest"}
TOML = ("pyproject.toml", "pytest.toml", ".pytest.toml")
_ENTRY = re.compile(r"(?P<flags>(?:[A-Z]:)*)(?P<name>[A-Za-z_]\w*)=(?P<value>.*)")


def read(path: Path, shown: str, into: Gathered) -> Source | None:
    """Return the values that the settings file at `path` makes pytest-env set; None where it has none."""
    found: list[Declared] = []
    if path.name in INI:
        ini = read_ini(path, shown, into)
        if ini is not None:
            for text, place in ini.entries(INI[path.name], "env"):
                _entry(text, place, found, into)
    else:
        toml = read_toml(path, shown, into)
        if toml is not None:
            _toml(path, toml, found, into)
    if not found:
        return None
    declared, again = last_wins(found)
    source = Source(
        f"{shown} (pytest-env)", "pytest-env", Place(shown), declared, stage="test", again=again, folder=path.parent
    )
    into.sources.append(source)
    return source


def _entry(text: str, place: Place, found: list[Declared], into: Gathered) -> None:
    """`NAME=value`, with the flags D (only where it is not set), R (taken as it is) and U (taken away)."""
    match = _ENTRY.fullmatch(text)
    if not match:
        into.problems.append(unreadable(place, "it is not NAME=value, as pytest-env wants it", "write NAME=value"))
    elif "U:" not in match["flags"]:
        value = match["value"]
        known = "R:" in match["flags"] or not ("{" in value and "}" in value)
        found.append(Declared(match["name"], value if known else None, place))


def _toml(path: Path, toml: Toml, found: list[Declared], into: Gathered) -> None:
    own = (
        table(toml.table, "tool", "pytest_env") if path.name == "pyproject.toml" else table(toml.table, "pytest_env")
    ) or table(toml.table, "tool", "pytest", "env")
    for name, value in own.items():
        if name in ("env_files", "env_files_skip_if_set"):
            continue
        place = toml.place(name, after="pytest_env]")
        if isinstance(value, dict):
            if value.get("unset"):
                continue
            text = _text(value.get("value", ""))
            found.append(Declared(name, None if value.get("transform") else text, place))
        elif isinstance(value, list):
            into.problems.append(unreadable(place, f"{name} is a list, and a variable is a text", "write a string"))
        else:
            found.append(Declared(name, _text(value), place))
    for options in (table(toml.table, "tool", "pytest", "ini_options"), table(toml.table, "pytest")):
        entries = options.get("env", [])
        for each in entries.splitlines() if isinstance(entries, str) else entries if isinstance(entries, list) else []:
            if isinstance(each, str) and each.strip():
                name = each.strip().rpartition(":")[2].partition("=")[0] if "=" in each else each
                match = _ENTRY.fullmatch(each.strip())
                _entry(each.strip(), toml.place(match["name"] if match else name), found, into)


def _text(value: Any) -> str:
    return str(value)
