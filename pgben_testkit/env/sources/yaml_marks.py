"""YAML as nodes that know their line: PyYAML's composer, guarded against what would break it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pgben_testkit.checking.finding import Finding, Place
from pgben_testkit.env.extra import need
from pgben_testkit.env.secret import parser_words
from pgben_testkit.env.sources.base import unreadable

DEEPEST = 100
"""The composer recurses in C: a file of a hundred thousand brackets would end the process."""
MOST_DOCUMENTS = 2_000
STRING, NULL, MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:null", "tag:yaml.org,2002:merge"


@dataclass(frozen=True)
class Documents:
    """The root node of each document (empty ones left out), and what is wrong."""

    nodes: tuple[Any, ...]
    problems: tuple[Finding, ...] = ()


def compose(text: str, shown: str) -> Documents:
    """The documents of `text`. A broken one is a finding with its line; those before it count."""
    yaml = need("yaml", "PyYAML")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    nodes: list[Any] = []
    try:
        depth = 0
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > DEEPEST:
                    line = event.start_mark.line + 1
                    problem = unreadable(Place(shown, line), f"it is nested over {DEEPEST} deep", "name the right file")
                    return Documents((), (problem,))
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.YAMLError as error:
        problem = _broken(error, shown)
        before = text.splitlines(keepends=True)[: max(problem.place.line - 1, 0)]
        return Documents(_before(loader, yaml, before), (problem,))
    try:
        for node in yaml.compose_all(text, Loader=loader):
            if node is not None:
                nodes.append(node)
            if len(nodes) >= MOST_DOCUMENTS:
                break
    except yaml.YAMLError as error:  # what only the composer sees: an alias without an anchor
        return Documents(tuple(nodes), (_broken(error, shown),))
    return Documents(tuple(nodes))


def _before(loader: Any, yaml: Any, lines: list[str]) -> tuple[Any, ...]:
    """The documents that ended before the broken one began."""
    last = max((index for index, line in enumerate(lines) if line.startswith("---")), default=0)
    try:
        return tuple(node for node in yaml.compose_all("".join(lines[:last]), Loader=loader) if node is not None)
    except (yaml.YAMLError, RecursionError):
        return ()


def _broken(error: Any, shown: str) -> Finding:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark else 0
    column = mark.column + 1 if mark else 0
    words = ": ".join(filter(None, [getattr(error, "context", None), getattr(error, "problem", None)]))
    if not words:
        words = f"a character that YAML does not allow (position {getattr(error, 'position', '?')})"
    return unreadable(Place(shown, line, column), f"it is no YAML: {parser_words(words)}", "mend the YAML there")


def mapping(node: Any) -> dict[str, tuple[Any, Any]]:
    """Key -> (key node, value node) of a mapping with its merges (`<<`) filled in; of anything else nothing."""
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
    """The nodes of a sequence; of anything else nothing."""
    return list(node.value) if kind(node) == "sequence" else []


def text(node: Any) -> str:
    """The text of a scalar, empty for null and for anything else."""
    return str(node.value) if kind(node) == "scalar" and node.tag != NULL else ""


def get(node: Any, *path: str) -> Any:
    """The node at a path of keys, or None."""
    for key in path:
        found = mapping(node).get(key)
        if found is None:
            return None
        node = found[1]
    return node


def kind(node: Any) -> str:
    return str(node.id) if node is not None else ""


def is_string(node: Any) -> bool:
    """Whether a scalar is a string and no number, boolean or null."""
    return kind(node) == "scalar" and node.tag == STRING


def is_null(node: Any) -> bool:
    return kind(node) == "scalar" and node.tag == NULL


def type_word(node: Any) -> str:
    """What a scalar that is no string is, in a word."""
    return str(node.tag).rpartition(":")[2] if node is not None else "nothing"


def place(node: Any, shown: str) -> Place:
    return Place(shown, node.start_mark.line + 1, node.start_mark.column + 1)
