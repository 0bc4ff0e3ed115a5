"""Places in ini and TOML settings files: which line a key or an entry of a list stands on."""

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
    """Sections with their keys, read by iniconfig (which pytest brings); lines counted from one."""

    config: Any
    lines: list[str]
    shown: str

    def entries(self, section: str, key: str) -> list[tuple[str, Place]]:
        """Each line of a value over many lines, with its place."""
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
    """The file, or None with what is wrong `into.problems`."""
    import iniconfig

    found = read_text(path, shown)
    into.problems.extend(as_findings(found.problems))
    if found.text is None:
        return None
    try:
        config = iniconfig.IniConfig(str(path), data=found.text)
    except iniconfig.ParseError as error:
        into.problems.append(
            unreadable(Place(shown, error.lineno + 1), f"it is no ini: {parser_words(error.msg)}", "mend that line")
        )
        return None
    return Ini(config, found.text.splitlines(), shown)


@dataclass(frozen=True)
class Toml:
    table: dict[str, Any]
    lines: list[str]
    shown: str

    def place(self, name: str, *, after: str = "") -> Place:
        """The line where `name` is first a key or a word of its own, after the header `after`: tomllib keeps none."""
        start = 0
        if after:
            start = next((i for i, line in enumerate(self.lines) if after in line.replace(" ", "")), 0)
        word = re.compile(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])")
        for index in range(start, len(self.lines)):
            if word.search(self.lines[index].partition("#")[0]):
                return Place(self.shown, index + 1)
        return Place(self.shown, start + 1 if after else 0)


def read_toml(path: Path, shown: str, into: Gathered) -> Toml | None:
    """The file, or None with what is wrong `into.problems`."""
    found = read_text(path, shown)
    into.problems.extend(as_findings(found.problems))
    if found.text is None:
        return None
    try:
        return Toml(tomllib.loads(found.text), found.text.splitlines(), shown)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"line (\d+)", str(error))
        place = Place(shown, int(line[1]) if line else 0)
        into.problems.append(unreadable(place, f"it is no TOML: {parser_words(str(error))}", "mend it"))
        return None


def table(value: Any, *path: str) -> dict[str, Any]:
    """The table at a path of keys, empty where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
