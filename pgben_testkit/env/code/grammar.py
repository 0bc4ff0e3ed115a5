"""Tree-sitter grammars and queries, loaded when a file of the language is first met."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from pgben_testkit.env.extra import need

GRAMMARS = {
    "typescript": ("tree_sitter_typescript", "language_typescript", "tree-sitter-typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx", "tree-sitter-typescript"),
    "javascript": ("tree_sitter_javascript", "language", "tree-sitter-javascript"),
    "python": ("tree_sitter_python", "language", "tree-sitter-python"),
}
"""language -> (module, function, package)."""


@dataclass(frozen=True)
class Read:
    """A variable that a line of code reads. `default`: what it takes where the variable is not set, if that is a
    literal. `required`: the line fails without it. `hint`: a kind that the use of it tells."""

    name: str
    line: int
    column: int
    default: str | None = None
    required: bool = False
    hint: str = ""


@dataclass(frozen=True)
class FileReads:
    """All that a file reads; `dynamic` are lines whose names are known only when they run."""

    reads: tuple[Read, ...] = ()
    dynamic: tuple[int, ...] = ()


@cache
def parser(language: str) -> Any:
    tree_sitter = need("tree_sitter", "tree-sitter")
    return tree_sitter.Parser(_language(language))


@cache
def _language(language: str) -> Any:
    module, function, package = GRAMMARS[language]
    return need("tree_sitter", "tree-sitter").Language(getattr(need(module, package), function)())


@cache
def query(language: str, text: str) -> Any:
    return need("tree_sitter", "tree-sitter").Query(_language(language), text)


def matches(
    language: str, text: str, node: Any, *, within: tuple[int, int] | None = None
) -> list[tuple[int, dict[str, list[Any]]]]:
    """`(pattern number, capture -> nodes)` of each match of the query `text` below `node`, or of those that touch the
    bytes `within`."""
    cursor = need("tree_sitter", "tree-sitter").QueryCursor(query(language, text))
    if within is not None:
        cursor.set_byte_range(*within)
    found: list[tuple[int, dict[str, list[Any]]]] = cursor.matches(node)
    return found


def text_of(node: Any) -> str:
    return str(node.text.decode("utf-8", "replace")) if node is not None and node.text is not None else ""
