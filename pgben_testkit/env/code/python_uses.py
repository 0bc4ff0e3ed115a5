"""Say what Python does with a variable that it reads: a default, a kind, a test for it, a prefix before its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pgben_testkit.env.code.grammar import text_of

_TESTED = frozenset({"comparison_operator", "not_operator"})
_LOGS = re.compile(r"^print$|(?:^|\.)(?:log|logger|logging|_logger|LOG|LOGGER)\.\w+$|getLogger\([^)]*\)\.\w+$")
"""Functions that print: what stands for a missing value in their words is no default of the program."""
_PREFIXED = re.compile(r"\.prefixed\(\s*[\"'](\w+)[\"']\s*\)")


@dataclass
class Use:
    """Hold what the use of a variable tells. `optional`: the code works where the variable is not set.

    `printed`: the value stands in the words of a log line alone, so what stands for it there is no default.
    """

    default: str | None = None
    hint: str = ""
    optional: bool = False
    printed: bool = False


def use_of(node: Any) -> Use:
    """Return what the code around `node`, a read of a variable, does with the value."""
    use = Use()
    for _ in range(6):
        parent = node.parent
        if parent is None:
            break
        if parent.type == "parenthesized_expression":
            node = parent
        elif parent.type == "argument_list" and parent.named_children and parent.named_children[0] == node:
            function = text_of(parent.parent.child_by_field_name("function"))
            if function not in ("int", "float", "str", "bool", "Path"):
                break
            use.optional = use.optional or function == "bool"
            use.hint = use.hint or {"int": "int", "float": "float", "Path": "path"}.get(function, "")
            node = parent.parent
        elif parent.type == "boolean_operator" and parent.child_by_field_name("left") == node:
            use.optional = True
            if text_of(parent.child_by_field_name("operator")) == "or":
                use.default = literal(parent.child_by_field_name("right"))
            break
        else:
            condition = parent.child_by_field_name("condition") if "_" in parent.type else None
            use.optional = use.optional or parent.type in _TESTED or (condition is not None and condition == node)
            break
    return Use(None, use.hint, True, True) if _is_only_printed(node) else use


def _is_only_printed(node: Any) -> bool:
    for _ in range(5):
        node = node.parent
        if node is None or node.type in ("block", "module", "assignment", "lambda"):
            return False
        if node.type == "call":
            return _LOGS.search(text_of(node.child_by_field_name("function"))) is not None
    return False


def is_guarded(node: Any) -> bool:
    """Return whether the code around `node` works where the variable is not set.

    It stands within `try`, or below an `if` or beside a conditional expression that asks the environment.
    """
    while node is not None and node.type not in ("function_definition", "module", "class_definition"):
        above = node.parent
        if above is None:
            return False
        if above.type == "try_statement" and above.child_by_field_name("body") == node:
            return True
        asked = ""
        if above.type == "if_statement" and above.child_by_field_name("consequence") == node:
            asked = text_of(above.child_by_field_name("condition"))
        elif above.type == "conditional_expression" and len(above.named_children) == 3:
            asked = text_of(above.named_children[1])
        if "environ" in asked or "getenv" in asked:
            return True
        node = above
    return False


def prefix_of(call: Any) -> str:
    """Return the prefix that each `with env.prefixed("A_"):` around `call` puts before its name."""
    prefix = ""
    node = call.parent
    while node is not None:
        if node.type == "with_statement":
            for each in _PREFIXED.findall(text_of(node).partition("\n")[0]):
                prefix = each + prefix
        node = node.parent
    return prefix


def literal(node: Any) -> str | None:
    """Return the text of a literal as a variable would hold it; None for a value that the program computes."""
    if node is None:
        return None
    if node.type == "string":
        if any(part.type == "interpolation" for part in node.named_children):
            return None
        return "".join(text_of(part) for part in node.named_children if part.type == "string_content")
    if node.type in ("integer", "float", "true", "false"):
        return text_of(node).replace("_", "")
    if node.type == "unary_operator" and re.fullmatch(r"-\d[\d_.]*", text_of(node)):
        return text_of(node).replace("_", "")
    if node.type == "keyword_argument" and text_of(node.child_by_field_name("name")) == "default":
        return literal(node.child_by_field_name("value"))
    return None
