"""Read what tox sets for a test environment: `set_env` in tox.ini, tox.toml or pyproject.toml."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pgben_testkit.checking.finding import Place
from pgben_testkit.env.sources.base import Declared, Gathered, Source, last_wins, unreadable
from pgben_testkit.env.sources.settings_files import Toml, read_ini, read_toml, table

_SUBSTITUTION = re.compile(r"\{env:(?P<name>\w+)(?::(?P<default>[^{}]*))?\}|\{[^{}]*\}")


def read(path: Path, shown: str, into: Gathered) -> list[Source]:
    """Return a source for each environment of the file at `path` that sets something."""
    found: dict[str, list[Declared]]
    if path.suffix == ".toml":
        toml = read_toml(path, shown, into)
        found = _toml(path, toml, into) if toml else {}
    else:
        ini = read_ini(path, shown, into)
        found = {}
        for section in ini.config.sections if ini else ():
            if ini and re.fullmatch(r"testenv(:.+)?|env_run_base", section):
                lines = ini.entries(section, "setenv") + ini.entries(section, "set_env")
                found[section] = [each for text, place in lines if (each := _entry(text, place, into)) is not None]
    sources = []
    for section, entries in found.items():
        declared, again = last_wins(entries)
        if declared:
            sources.append(
                Source(
                    f"{shown} [{section}]",
                    "tox",
                    Place(shown),
                    declared,
                    stage="test",
                    again=again,
                    folder=path.parent,
                )
            )
    into.sources.extend(sources)
    return sources


def _entry(text: str, place: Place, into: Gathered) -> Declared | None:
    text = re.sub(r"^[\w.,!{}-]+:\s+(?=[A-Za-z_]\w*\s*=)", "", text)  # a factor: `py311: NAME = value`
    if text.startswith(("file|", "{[")):
        return None
    name, equals, value = text.partition("=")
    name = name.strip()
    if not equals or not re.fullmatch(r"[A-Za-z_]\w*", name):
        into.problems.append(unreadable(place, "it is not NAME = value, as tox wants it", "write NAME = value"))
        return None
    return Declared(name, _filled(value.strip()), place)


def _filled(value: str) -> str | None:
    """The value with `{env:NAME:default}` at its default; None where something else is filled in."""
    unknown = False

    def fill(match: re.Match[str]) -> str:
        nonlocal unknown
        unknown = unknown or match["default"] is None
        return match["default"] or ""

    text = _SUBSTITUTION.sub(fill, value)
    return None if unknown else text


def _toml(path: Path, toml: Toml, into: Gathered) -> dict[str, list[Declared]]:
    root = table(toml.table, "tool", "tox") if path.name == "pyproject.toml" else toml.table
    tables = {"env_run_base": table(root, "env_run_base", "set_env")}
    tables |= {f"env.{name}": table(row, "set_env") for name, row in table(root, "env").items()}
    found: dict[str, list[Declared]] = {}
    for section, rows in tables.items():
        for name, value in rows.items():
            place = toml.place(name, after="set_env" if "set_env" in "".join(toml.lines) else "")
            text: Any = value if isinstance(value, str) else None
            if not isinstance(value, str | dict):
                why = f"{name} is not a string, and tox wants strings"
                into.problems.append(unreadable(place, why, "put quotes around it"))
            found.setdefault(section, []).append(Declared(name, _filled(text) if text is not None else None, place))
    return found
