"""Say what TypeScript and JavaScript do with a variable that they read: a default, a kind, a test for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pgben_testkit.env.code.grammar import text_of
from pgben_testkit.env.code.literals import literal

_THROUGH = frozenset(
    {"parenthesized_expression", "as_expression", "non_null_expression", "satisfies_expression", "await_expression"}
)
_CONVERSIONS = {"parseInt": "int", "Number": "int", "parseFloat": "float", "String": "", "Boolean": "", "BigInt": "int"}
_METHODS = frozenset({"toString", "trim", "toLowerCase", "toUpperCase"})
_LOGS = re.compile(
    r"(?:^|\.)(?:console|logger|log|Logger|winston|pino|debug)\.?(?:log|info|warn|error|debug|trace|verbose)?$"
)
"""Functions that print: what stands for a missing value in their words is no default of the program."""
_TESTS = frozenset({"===", "==", "!==", "!=", "<", ">", "<=", ">=", "in", "instanceof"})


@dataclass
class Use:
    """Hold what the use of a variable tells. `optional`: the code works where the variable is not set."""

    default: str | None = None
    hint: str = ""
    optional: bool = False


def use_of(node: Any) -> Use:
    """Return what the code around `node`, a read of a variable, does with the value."""
    use = Use()
    for _ in range(8):
        parent = node.parent
        if parent is None or not _further(parent, node, use):
            break
        node = _above(parent, node)
    if is_only_printed(node):
        return Use(None, use.hint, True)
    return use


def _above(parent: Any, node: Any) -> Any:
    """Return what the value becomes: the call, where `parent` holds its arguments or its method."""
    if parent.type == "arguments":
        return parent.parent
    if parent.type == "member_expression" and parent.child_by_field_name("object") == node:
        return parent.parent
    return parent


def _further(parent: Any, node: Any, use: Use) -> bool:
    """Note what `parent` does with `node`; whether what is around `parent` may tell more."""
    kind = parent.type
    if kind in _THROUGH:
        above = parent.parent
        if (
            kind == "parenthesized_expression"
            and above is not None
            and above.type in ("if_statement", "while_statement")
        ):
            use.optional = True
            return False
        return True
    if kind == "arguments" and parent.named_children and parent.named_children[0] == node:
        return _converted(text_of(parent.parent.child_by_field_name("function")).removeprefix("Number."), use)
    if kind == "unary_expression":
        sign = text_of(parent)[:1]
        if sign == "+":
            use.hint = use.hint or "int"
            return True
        use.optional = use.optional or sign == "!" or text_of(parent).startswith("typeof")
        return False
    if kind == "member_expression" and parent.child_by_field_name("object") == node:
        use.optional = use.optional or any(each.type == "optional_chain" for each in parent.children)
        call = parent.parent
        return (
            text_of(parent.child_by_field_name("property")) in _METHODS
            and call is not None
            and call.type == "call_expression"
        )
    if kind == "binary_expression":
        return _binary(parent, node, use)
    if kind == "augmented_assignment_expression" and parent.child_by_field_name("left") == node:
        if text_of(parent.child_by_field_name("operator")) in ("||=", "??="):
            use.default, use.optional = literal(parent.child_by_field_name("right")), True
        return False
    if kind == "ternary_expression":
        if text_of(parent.child_by_field_name("condition")) == text_of(node):
            use.optional = True
            if parent.child_by_field_name("consequence") == node and use.default is None:
                use.default = literal(parent.child_by_field_name("alternative"))
        elif parent.child_by_field_name("condition") == node:
            use.optional = True
        return False
    return False


def _converted(function: str, use: Use) -> bool:
    if function not in _CONVERSIONS:
        return False
    use.hint = use.hint or _CONVERSIONS[function]
    use.optional = use.optional or function == "Boolean"
    return True


def _binary(parent: Any, node: Any, use: Use) -> bool:
    operator = text_of(parent.child_by_field_name("operator"))
    if parent.child_by_field_name("left") != node:
        use.optional = use.optional or operator in _TESTS
        return False
    right = literal(parent.child_by_field_name("right"))
    if operator in ("||", "??"):
        use.default = right if use.default is None else use.default
        use.optional = True
        return True
    if operator in ("===", "==", "!==", "!=") and right in ("true", "false"):
        use.hint = "bool"
    use.optional = use.optional or operator in _TESTS or operator == "&&"
    return False


def is_only_printed(node: Any) -> bool:
    """Return whether `node` stands in the arguments of a function that prints."""
    for _ in range(6):
        node = node.parent
        if node is None or node.type in ("statement_block", "program", "arrow_function", "variable_declarator"):
            return False
        if node.type == "call_expression":
            return _LOGS.search(text_of(node.child_by_field_name("function"))) is not None
    return False
