"""Read the `ENV` of a Dockerfile, in the stages that the image is made of."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

from pgben_testkit.checking.finding import Place
from pgben_testkit.env.contract import stage_of_path
from pgben_testkit.env.extra import need
from pgben_testkit.env.sources.base import Declared, Gathered, Source, as_findings, last_wins, unreadable
from pgben_testkit.files.text import read_text

FILE = re.compile(r"(?:Dockerfile|Containerfile)(?:[.\-][\w.\-]+)?|[\w.\-]+\.(?:Dockerfile|dockerfile)")
_HEREDOC = re.compile(r"<<-?\s*[\"']?(\w+)[\"']?")
_USED = re.compile(r"\$\{?([A-Za-z_]\w*)")
"""What the Dockerfile reads itself, as in `WORKDIR $APP_HOME`."""
_HOLE = re.compile(r"(?<!\\)\$(?:\{(?P<braced>\w+)(?P<rest>:[-+][^}]*)?\}|(?P<plain>\w+))")


def read(path: Path, shown: str, into: Gathered) -> Source | None:
    """Return what the last stage, and those that it is built from, set; None where they set nothing."""
    found = read_text(path, shown)
    into.problems.extend(as_findings(found.problems))
    into.used_names.update(_USED.findall(found.text or ""))
    if found.text is None:
        return None
    stages: dict[str, list[Declared]] = {}
    current: list[Declared] = []
    arguments: dict[str, str] = {}
    end_of_heredoc = ""
    for each in _structure(found.text):
        instruction, value = each["instruction"], each["value"]
        if end_of_heredoc:
            end_of_heredoc = "" if each["content"].strip() == end_of_heredoc else end_of_heredoc
            continue
        if instruction in ("RUN", "COPY", "ADD"):
            opened = _HEREDOC.search(value)
            end_of_heredoc = opened[1] if opened else ""
        elif instruction == "FROM":
            words = value.split()
            image = next((word for word in words if not word.startswith("--")), "")
            current = list(stages.get(image, []))
            if len(words) >= 3 and words[-2].upper() == "AS":
                stages[words[-1]] = current
        elif instruction == "ARG":
            name, equals, default = value.partition("=")
            if equals:
                arguments[name.strip()] = default.strip().strip("\"'")
        elif instruction == "ENV":
            _env(each, shown, current, arguments, into)
    declared, again = last_wins(current)
    if not declared:
        return None
    source = Source(
        shown, "dockerfile", Place(shown), declared, stage=stage_of_path(shown), again=again, folder=path.parent
    )
    into.sources.append(source)
    return source


def _structure(text: str) -> list[dict[str, Any]]:
    parser = need("dockerfile_parse", "dockerfile-parse").DockerfileParser(fileobj=io.BytesIO(text.encode("utf-8")))
    return list(parser.structure)


def _env(
    instruction: dict[str, Any], shown: str, current: list[Declared], arguments: dict[str, str], into: Gathered
) -> None:
    first = instruction["startline"] + 1
    value = instruction["value"]
    pairs = need("dockerfile_parse.util", "dockerfile-parse").extract_key_values
    try:
        found = list(pairs(env_replace=False, args={}, envs={}, instruction_value=value))
    except (ValueError, IndexError):
        found = []
    if not found or ("=" not in value and len(value.split()) < 2):
        into.problems.append(unreadable(Place(shown, first), "its ENV has no NAME=value", "write ENV NAME=value"))
        return
    known = {each.name: each.value for each in current}
    for name, raw in found:
        if not re.fullmatch(r"[A-Za-z_][\w.]*", name):
            into.problems.append(
                unreadable(Place(shown, first), "what stands before a `=` is not a name", "write ENV NAME=value")
            )
            continue
        filled = _filled(raw, known, arguments)
        current.append(Declared(name, filled, Place(shown, _line(instruction, name))))


def _line(instruction: dict[str, Any], name: str) -> int:
    """The line of an instruction over several lines that `name=` stands on."""
    lines = instruction["content"].splitlines()
    gone = instruction["endline"] - instruction["startline"] + 1 - len(lines)
    for index, line in enumerate(lines):
        if re.search(rf"(?<![\w.]){re.escape(name)}(?:=|\s)", line):
            return int(instruction["startline"]) + 1 + index + (gone if index else 0)
    return int(instruction["startline"]) + 1


def _filled(raw: str, known: dict[str, str | None], arguments: dict[str, str]) -> str | None:
    unknown = False

    def fill(match: re.Match[str]) -> str:
        nonlocal unknown
        name = match["braced"] or match["plain"]
        value = known.get(name, arguments.get(name))
        if value is None and (match["rest"] or "").startswith(":-"):
            return match["rest"][2:]
        unknown = unknown or value is None
        return value or ""

    text = _HOLE.sub(fill, raw)
    return None if unknown else text
