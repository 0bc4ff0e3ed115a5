"""Read the literals of TypeScript and JavaScript."""

from __future__ import annotations

import re
from typing import Any

from pgben_testkit.env.code.grammar import text_of


def literal(node: Any) -> str | None:
    """Return the text of a literal as a variable would hold it; None for a value that the program computes."""
    if node is None:
        return None
    if node.type == "string":
        return "".join(text_of(part) for part in node.named_children if part.type == "string_fragment")
    if node.type == "template_string":
        if any(part.type == "template_substitution" for part in node.named_children):
            return None
        return text_of(node)[1:-1]
    if node.type in ("number", "true", "false"):
        return text_of(node).replace("_", "")
    if node.type == "unary_expression" and re.fullmatch(r"-\d[\d_.]*", text_of(node)):
        return text_of(node).replace("_", "")
    return None
