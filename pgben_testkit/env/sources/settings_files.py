"""Find places in ini and TOML files: the line of a key, or of an entry of a list."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgben_testkit.checking.finding import Place
from pgben_testkit.env.sources.base import Gathered, as_findings, unreadable
from pgben_testkit.files.problem import parser_words
from pgben_testkit.files.text import read_text


@dataclass(frozen=True)
class Ini:
    """Hold sections with their keys, read by iniconfig (which pytest brings); lines count from 1."""

    config: Any
    lines: list[str]
    shown: str

    def entries(self, section: str, key: str) -> list[tuple[str, Place]]:
        """Return each line of the value of `key` in `section`, with its place."""
        if section not in self.config.sections or key not in self.config.sections[section]:
            return []
        first = (self.config.lineof(section, key) or 1) - 1
        found = []
        for index in range(first, len(self.lines)):
            line = self.lines[index]
            if index == first:
                text = re.split(r"[=:]", line, maxsplit=1)[1].strip()
            elif line[:1].isspace() or not line.strip():
                text = line.strip()
            elif line.startswith(("#", ";")):
                continue
            else:
                break
            if text and not text.startswith(("#", ";")):
                found.append((text, Place(self.shown, index + 1)))
        return found


def read_ini(path: Path, shown: str, into: Gathered) -> Ini | None:
    """Return the ini file at `path`; None where it can't be read, with the problem in `into.problems`."""
    import iniconfig

    found = read_text(path, shown)
    into.problems.extend(as_findings(found.problems))
    if found.text is None:
        return None
    try:
        config = iniconfig.IniConfig(str(path), data=found.text)
    except iniconfig.ParseError as error:
        into.problems.append(
            unreadable(
                Place(shown, error.lineno + 1), f"it is not an ini file: {parser_words(error.msg)}", "correct that line"
            )
        )
        return None
    return Ini(config, found.text.splitlines(), shown)


@dataclass(frozen=True)
class Toml:
    """Hold the table of a TOML file, and its lines."""

    table: dict[str, Any]
    lines: list[str]
    shown: str

    def place(self, name: str, *, after: str = "") -> Place:
        """Return the line where `name` first is a key or a word, below the header `after`: tomllib keeps no lines."""
        start = 0
        if after:
            start = next((i for i, line in enumerate(self.lines) if after in line.replace(" ", "")), 0)
        word = re.compile(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])")
        for index in range(start, len(self.lines)):
            if word.search(self.lines[index].partition("#")[0]):
                return Place(self.shown, index + 1)
        return Place(self.shown, start + 1 if after else 0)


def read_toml(path: Path, shown: str, into: Gathered) -> Toml | None:
    """Return the TOML file at `path`; None where it can't be read, with the problem in `into.problems`."""
    found = read_text(path, shown)
    into.problems.extend(as_findings(found.problems))
    if found.text is None:
        return None
    try:
        return Toml(tomllib.loads(found.text), found.text.splitlines(), shown)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"line (\d+)", str(error))
        place = Place(shown, int(line[1]) if line else 0)
        into.problems.append(unreadable(place, f"it is not TOML: {parser_words(str(error))}", "correct it"))
        return None


def table(value: Any, *path: str) -> dict[str, Any]:
    """Return the table at `path`, a path of keys in `value`; empty where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
