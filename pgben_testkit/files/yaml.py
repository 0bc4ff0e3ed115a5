"""Read YAML as nodes that know their line and column: PyYAML's composer, guarded against what would break it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pgben_testkit import extras
from pgben_testkit.checking.finding import Place
from pgben_testkit.files.problem import Problem, Unreadable, parser_words
from pgben_testkit.files.text import read_text

DEEPEST = 100
"""The composer recurses in C: a file of a hundred thousand brackets would end the process."""
MOST_VALUES = 200_000
"""What a file may hold with every alias written out. Nine lines of aliases of aliases hold a thousand million."""
MOST_DOCUMENTS = 2_000
STRING, NULL, MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:null", "tag:yaml.org,2002:merge"
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""YAML 1.1, 5.1: characters that a file may not hold."""


@dataclass(frozen=True)
class Documents:
    """Hold the root node of each document (empty ones left out), and what is wrong."""

    nodes: tuple[Any, ...]
    problems: tuple[Problem, ...] = ()


def read(path: Path, shown: str, *, extra: str = "env") -> Documents:
    """Read the file at `path`. See `compose`."""
    found = read_text(path, shown)
    if found.text is None:
        return Documents((), found.problems)
    documents = compose(found.text, shown, extra=extra)
    return replace(documents, problems=(*found.problems, *documents.problems))


def compose(text: str, shown: str, *, extra: str = "env") -> Documents:
    """Return the documents of `text`; `shown` is the path of its file.

    A broken document is one problem with its line and column; the documents before it count. `extra` is the extra that
    brings PyYAML, and stands in the error where PyYAML is not installed.

    Raises:
        EnvironmentNotAble: PyYAML is not installed.
    """
    yaml = extras.need("yaml", "PyYAML", what=f"{shown} can't be read", extra=extra)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    forbidden = _FORBIDDEN.search(text)
    if forbidden is not None:
        line = text.count("\n", 0, forbidden.start()) + 1
        column = forbidden.start() - text.rfind("\n", 0, forbidden.start())
        why = f"it is not YAML: the character U+{ord(forbidden[0]):04X} is not allowed"
        return Documents(_before(loader, yaml, text, line), (Problem(Place(shown, line, column), why, "remove it"),))
    try:
        problem = _bounded(yaml, yaml.parse(text, Loader=loader), shown)
    except yaml.YAMLError as error:
        problem = _broken(error, text, shown)
    if problem is not None:
        return Documents(_before(loader, yaml, text, problem.place.line), (problem,))
    nodes: list[Any] = []
    try:
        for node in yaml.compose_all(text, Loader=loader):
            if node is not None:
                nodes.append(node)
            if len(nodes) >= MOST_DOCUMENTS:
                break
    except yaml.YAMLError as error:  # only the composer sees an anchor that is set twice, and the like
        return Documents(tuple(nodes), (_broken(error, text, shown),))
    return Documents(tuple(nodes))


def _bounded(yaml: Any, events: Iterator[Any], shown: str) -> Problem | None:
    """Return what makes the file too deep, too large or endless, before anything is built of it."""
    open_sizes: list[list[Any]] = []
    sizes: dict[str, int | None] = {}
    total = 0
    for event in events:
        place = Place(shown, event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, yaml.DocumentStartEvent):
            sizes, total = {}, 0
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(open_sizes) >= DEEPEST:
                return Problem(place, f"it is nested over {DEEPEST} deep", "name the right file")
            open_sizes.append([event.anchor, 1])
            if event.anchor:
                sizes[event.anchor] = None
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, size = open_sizes.pop()
            if anchor:
                sizes[anchor] = size
            if open_sizes:
                open_sizes[-1][1] += size
        elif isinstance(event, yaml.AliasEvent | yaml.ScalarEvent):
            size = 1
            if isinstance(event, yaml.AliasEvent):
                known = sizes.get(event.anchor, 0)
                if known is None:
                    return Problem(place, "the alias stands within what it names, so it never ends", "name another")
                if event.anchor not in sizes:
                    why = "the alias names no anchor above it"
                    return Problem(place, f"it is not YAML: {why}", "put quotes around a value that begins with *")
                size = known
            elif event.anchor:
                sizes[event.anchor] = 1
            total += size
            if open_sizes:
                open_sizes[-1][1] += size
            if total > MOST_VALUES and isinstance(event, yaml.AliasEvent):
                why = f"its aliases stand for over {MOST_VALUES} values"
                return Problem(place, why, "write out what is needed, or name the right file")
    return None


def _before(loader: Any, yaml: Any, text: str, line: int) -> tuple[Any, ...]:
    """Return the documents that end before line `line`, where a broken one is."""
    lines = text.splitlines(keepends=True)[: max(line - 1, 0)]
    last = max((index for index, each in enumerate(lines) if each.startswith("---")), default=0)
    try:
        if _bounded(yaml, yaml.parse("".join(lines[:last]), Loader=loader), "") is not None:
            return ()
        return tuple(node for node in yaml.compose_all("".join(lines[:last]), Loader=loader) if node is not None)
    except (yaml.YAMLError, RecursionError):
        return ()


def _broken(error: Any, text: str, shown: str) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    place = Place(shown, mark.line + 1 if mark else 0, mark.column + 1 if mark else 0)
    line = place.quoted(text)
    if "\t" in line[: max(place.column, len(line) - len(line.lstrip()))]:
        why = "it is not YAML: a tab stands where YAML wants spaces"
        return Problem(place, why, "put spaces in the place of the tab")
    words = ": ".join(filter(None, [getattr(error, "context", None), getattr(error, "problem", None)]))
    return Problem(place, f"it is not YAML: {parser_words(words or type(error).__name__)}", "correct the YAML there")


def plain(node: Any, shown: str) -> Any:
    """Return `node` as dicts, lists, strings, numbers, booleans and None, as YAML 1.1 reads them.

    Raises:
        Unreadable: a value is none of its tag (the 31st of February), or a key stands twice.
    """
    yaml = extras.need("yaml", "PyYAML", what=f"{shown} can't be read", extra="env")
    for key in _twice(node):
        why = f"the key {key.value} is there twice, and the first one has no effect"
        raise Unreadable(Problem(place(key, shown), why, "leave one of them"))
    try:
        return yaml.SafeLoader("").construct_document(node)
    except (yaml.YAMLError, ValueError, TypeError) as error:
        mark = getattr(error, "problem_mark", None) or node.start_mark
        where = Place(shown, mark.line + 1, mark.column + 1)
        why = parser_words(str(getattr(error, "problem", "") or error))
        raise Unreadable(Problem(where, why, "correct the value, or put quotes around it")) from None


def _twice(node: Any) -> Iterator[Any]:
    """Yield each key that its own mapping has already, merges (`<<`) left out."""
    ahead, seen = [node], set()
    while ahead:
        each = ahead.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if kind(each) == "mapping":
            keys = set()
            for key, value in each.value:
                if kind(key) == "scalar" and key.tag != MERGE:
                    if (key.tag, key.value) in keys:
                        yield key
                    keys.add((key.tag, key.value))
                ahead.append(value)
        else:
            ahead.extend(items(each))


def mapping(node: Any) -> dict[str, tuple[Any, Any]]:
    """Return key -> (key node, value node) of a mapping, its merges (`<<`) filled in; nothing for another node."""
    return _mapping(node, frozenset())


def _mapping(node: Any, above: frozenset[int]) -> dict[str, tuple[Any, Any]]:
    if kind(node) != "mapping" or id(node) in above:
        return {}
    own: dict[str, tuple[Any, Any]] = {}
    merged: dict[str, tuple[Any, Any]] = {}
    for key, value in node.value:
        if kind(key) != "scalar":
            continue
        if key.tag == MERGE:
            parts = value.value if kind(value) == "sequence" else [value]
            for part in parts:
                for name, pair in _mapping(part, above | {id(node)}).items():
                    merged.setdefault(name, pair)
        else:
            own[key.value] = (key, value)
    return {**merged, **own}


def items(node: Any) -> list[Any]:
    """Return the nodes of a sequence; nothing for another node."""
    return list(node.value) if kind(node) == "sequence" else []


def text(node: Any) -> str:
    """Return the text of a scalar; an empty one for null and for another node."""
    return str(node.value) if kind(node) == "scalar" and node.tag != NULL else ""


def get(node: Any, *path: str) -> Any:
    """Return the node at `path`, a path of keys below `node`; None where there is none."""
    for key in path:
        found = mapping(node).get(key)
        if found is None:
            return None
        node = found[1]
    return node


def kind(node: Any) -> str:
    """Return `mapping`, `sequence` or `scalar`; an empty text for None."""
    return str(node.id) if node is not None else ""


def is_string(node: Any) -> bool:
    """Return whether `node` is a string, and not a number, boolean or null."""
    return kind(node) == "scalar" and node.tag == STRING


def is_null(node: Any) -> bool:
    """Return whether `node` is null, written out or left empty."""
    return kind(node) == "scalar" and node.tag == NULL


def type_word(node: Any) -> str:
    """Return in a word what a scalar that is not a string is."""
    return str(node.tag).rpartition(":")[2] if node is not None else "nothing"


def place(node: Any, shown: str) -> Place:
    """Return where `node` begins in the file that is shown as `shown`."""
    return Place(shown, node.start_mark.line + 1, node.start_mark.column + 1)
