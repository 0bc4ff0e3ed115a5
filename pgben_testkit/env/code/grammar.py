"""Load tree-sitter grammars and queries when a file of their language is first met."""

from __future__ import annotations

from dataclasses import dataclass, field
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
    """Describe a variable that a line of code reads.

    `default` is what the code uses where the variable is not set, if that is a literal. `required`: the program fails
    there without the variable. `optional`: the code shows that it works without it, by a default of any kind or by a
    test. `hint` is a kind that the use of the value tells.
    """

    name: str
    line: int
    column: int
    default: str | None = None
    required: bool = False
    hint: str = ""
    optional: bool = False


@dataclass(frozen=True)
class Write:
    """Describe a variable that a line of code sets. `value` None: it is known only when the line runs."""

    name: str
    value: str | None = field(repr=False)
    line: int


@dataclass(frozen=True)
class FileReads:
    """Hold all that a file reads and sets; `dynamic` are lines whose names are known only when they run."""

    reads: tuple[Read, ...] = ()
    dynamic: tuple[int, ...] = ()
    writes: tuple[Write, ...] = ()


@cache
def parser(language: str) -> Any:
    """Return the parser of `language`."""
    tree_sitter = need("tree_sitter", "tree-sitter")
    return tree_sitter.Parser(_language(language))


@cache
def _language(language: str) -> Any:
    module, function, package = GRAMMARS[language]
    return need("tree_sitter", "tree-sitter").Language(getattr(need(module, package), function)())


@cache
def query(language: str, text: str) -> Any:
    """Return the compiled form of the query `text` for `language`."""
    return need("tree_sitter", "tree-sitter").Query(_language(language), text)


def matches(
    language: str, text: str, node: Any, *, within: tuple[int, int] | None = None
) -> list[tuple[int, dict[str, list[Any]]]]:
    """Return `(pattern number, capture -> nodes)` for each match of the query `text` below `node`.

    `within` limits the matches to those that touch these bytes.
    """
    cursor = need("tree_sitter", "tree-sitter").QueryCursor(query(language, text))
    if within is not None:
        cursor.set_byte_range(*within)
    found: list[tuple[int, dict[str, list[Any]]]] = cursor.matches(node)
    return found


def text_of(node: Any) -> str:
    """Return the source text of `node`; empty for None."""
    return str(node.text.decode("utf-8", "replace")) if node is not None and node.text is not None else ""
