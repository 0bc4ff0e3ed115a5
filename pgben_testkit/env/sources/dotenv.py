"""Read `.env` files as python-dotenv does: comments, quotes, `export`, interpolation, values over many lines."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pgben_testkit.checking.finding import Finding, Place
from pgben_testkit.env.contract import is_runtime, stage_of_path
from pgben_testkit.env.extra import need
from pgben_testkit.env.sources.base import Declared, Gathered, Source, Unfilled, as_findings, last_wins, unreadable
from pgben_testkit.files.text import read_text

MOST_RESTARTS = 50
"""After an unclosed quote reading goes on at the next line; a file full of them is read to this many."""
LONGEST_VALUE = 1_000_000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_OPENED = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(?P<quote>['\"])")
EXAMPLE = re.compile(r"(?:^|[.\-_])(?:example|sample|template|dist|exemplo|modelo)(?:$|[.\-_])", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """Describe a line `NAME=value` as it stands; the value is None where it is lost.

    `literal`: the value is in single quotes, so that nothing in it is expanded.
    """

    name: str
    value: str | None = field(repr=False)
    line: int
    literal: bool


def is_example(path: Path) -> bool:
    """Return whether the file at `path` is a template by its name: `.env.example`, `env.sample`."""
    return EXAMPLE.search(path.name) is not None


def read(
    path: Path,
    shown: str,
    into: Gathered,
    *,
    complete: bool = True,
    environ: Mapping[str, str] | None = None,
) -> Source | None:
    """Return the file at `path` as a source, None where nothing can be read; problems go to `into.problems`."""
    found = read_text(path, shown)
    into.problems.extend(as_findings(found.problems))
    if found.text is None:
        return None
    lines, problems = parse(found.text, shown)
    into.problems.extend(problems)
    values, unfilled = expanded(lines, shown, environ or {})
    into.unfilled.extend(unfilled)
    declared, again = last_wins(
        [Declared(each.name, value, Place(shown, each.line)) for each, value in zip(lines, values, strict=True)]
    )
    source = Source(
        shown,
        "dotenv",
        Place(shown),
        declared,
        complete=complete,
        example=is_example(path),
        stage=stage_of_path(shown),
        again=again,
        folder=path.parent,
    )
    into.sources.append(source)
    return source


def parse(text: str, shown: str) -> tuple[list[Line], list[Finding]]:
    """Return the lines of `text`, and a finding for each line that says nothing.

    No part of a bad line is repeated: it may be a secret.
    """
    lines: list[Line] = []
    problems: list[Finding] = []
    source = text.splitlines(keepends=True)
    first = 0
    for _ in range(MOST_RESTARTS):
        resume = _pass(source, first, shown, lines, problems)
        if resume is None:
            return lines, problems
        first = resume
    problems.append(unreadable(Place(shown, first + 1), "too many quotes in it are never closed", "close the quotes"))
    return lines, problems


def _pass(source: list[str], first: int, shown: str, lines: list[Line], problems: list[Finding]) -> int | None:
    """Read from line index `first`; the index to go on from where an unclosed quote swallowed lines, else None."""
    skip_until = 0
    for name, value, original, line, bad in _bindings("".join(source[first:])):
        number = first + line  # python-dotenv counts from one, and blank lines before a binding belong to it
        lead = len(original) - len(original.lstrip("\r\n\t \f\v"))
        number += original[:lead].count("\n")
        if number < skip_until:
            continue
        place = Place(shown, number)
        if bad:
            why, remedy = _why_bad(original.strip())
            problems.append(unreadable(place, why, remedy, summary=f"line {number} of {shown} can't be read"))
            lost = _OPENED.match(original.strip())
            if lost:
                lines.append(Line(lost["name"], None, number, True))  # it is declared, whatever it was to be
            if "\n" in original.strip() and number < len(source):
                return number  # the index of the next line
            continue
        if name is None:
            continue
        if not _NAME.fullmatch(name):
            problems.append(
                unreadable(
                    place,
                    "what stands before its `=` is not the name of a variable",
                    "use letters, digits and _; put quotes around a value over many lines",
                    summary=f"line {number} of {shown} has no name",
                )
            )
            continue
        if value is None:
            problems.append(
                unreadable(
                    place,
                    "it has no `=`",
                    "write NAME=value, or # before a comment",
                    summary=f"line {number} of {shown} is not NAME=value",
                )
            )
            continue
        if value.startswith("-----BEGIN") and "-----END" not in value and re.match(r"[^=]*=\s*-", original):
            problems.append(
                unreadable(
                    place,
                    f"{name} begins a PEM block and has no quotes, so its first line is all",
                    "put the whole block in double quotes",
                    summary=f"{name} loses all but its first line",
                )
            )
            skip_until = _end_of_pem(source, number)
            value = None
        lines.append(Line(name, value, number, _is_literal(original)))
    return None


def _bindings(text: str) -> Iterator[tuple[str | None, str | None, str, int, bool]]:
    parser = need("dotenv.parser", "python-dotenv")
    for each in parser.parse_stream(io.StringIO(text)):
        yield each.key, each.value, each.original.string, each.original.line, each.error


def _why_bad(text: str) -> tuple[str, str]:
    match = _OPENED.match(text)
    if match:
        return "a quote is opened and never closed, or something follows the closing one", f"close the {match['quote']}"
    return "it is not NAME=value", "write NAME=value, or # before a comment"


def _is_literal(original: str) -> bool:
    return re.match(r"\s*(?:export\s+)?[^=]*=\s*'", original) is not None


def _end_of_pem(source: list[str], begin: int) -> int:
    """The line number after the END line of a block that begins on line `begin`."""
    for index in range(begin, min(begin + 200, len(source))):
        if source[index].startswith("-----END"):
            return index + 2
    return begin


def expanded(lines: list[Line], shown: str, environ: Mapping[str, str]) -> tuple[list[str | None], list[Unfilled]]:
    """Return the values with each `${NAME}` filled from earlier lines and `environ`, and what nothing fills."""
    variables = need("dotenv.variables", "python-dotenv")
    by_name = {each.name: each for each in lines}
    known: dict[str, str] = dict(environ)
    values: list[str | None] = []
    unfilled: list[Unfilled] = []
    for each in lines:
        value = each.value
        if value is not None and not each.literal and "${" in value:
            parts = []
            size = 0
            for atom in variables.parse_variables(value):
                name = getattr(atom, "name", None)
                if name is not None and name not in known and atom.default is None and not is_runtime(name):
                    cycle = _asks_for(name, each.name, by_name)
                    unfilled.append(Unfilled(name, Place(shown, each.line), each.name, cycle))
                part = atom.resolve(known)
                size += len(part)
                parts.append(part if size <= LONGEST_VALUE else "")
            value = "".join(parts)
        values.append(value)
        known[each.name] = value or ""
    return values, unfilled


def _asks_for(name: str, target: str, lines: Mapping[str, Line]) -> bool:
    """Whether filling `name` leads back to `target`."""
    seen: set[str] = set()
    ahead = [name]
    while ahead:
        current = ahead.pop()
        if current == target:
            return True
        if current not in seen and current in lines:
            seen.add(current)
            ahead.extend(re.findall(r"\$\{([^}:]+)", lines[current].value or ""))
    return False
