"""Find what schemas of the environment read: objects of Joi, zod and yup, classes of class-validator.

The program does not start where a name that they require is not set, whether or not a line of code asks for it.
"""

from __future__ import annotations

import re
from typing import Any

from pgben_testkit.env.code.grammar import Read, matches, text_of
from pgben_testkit.env.code.literals import literal

WORDS = (b"oi.object", b"z.object", b"yup.object", b"class-validator")
VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")
"""Keys that are variables. An object with any other is a schema of something else."""
_OBJECTS = """
    (call_expression
        function: (member_expression object: (identifier) @library (#any-of? @library "Joi" "joi" "z" "yup")
                                     property: (property_identifier) @method (#eq? @method "object"))
        arguments: (arguments . (object) @object))
"""
_CLASSES = "(class_body (public_field_definition (decorator)) @field) @body"


def reads(root: Any, source: bytes, language: str) -> list[Read]:
    """Return the variables that the schemas of a file name, with their defaults."""
    found: list[Read] = []
    for _, captures in matches(language, _OBJECTS, root):
        found += _variables(captures["object"][0], "pair", "key")
    if b"class-validator" in source and language != "javascript":
        bodies = {node.id: node for _, captures in matches(language, _CLASSES, root) for node in captures["body"]}
        for body in bodies.values():
            found += _variables(body, "public_field_definition", "name")
    return found


def _variables(node: Any, part: str, name_field: str) -> list[Read]:
    """A read for each part of an object or class, if all their names are those of variables."""
    found = []
    for each in (child for child in node.named_children if child.type == part):
        key, value = each.child_by_field_name(name_field), each.child_by_field_name("value")
        name = text_of(key).strip("\"'")
        if not VARIABLE.fullmatch(name):
            return []
        found.append(Read(name, key.start_point[0] + 1, key.start_point[1] + 1, _default(value)))
    return found


def _default(node: Any) -> str | None:
    """The literal of a field, or of `.default(...)` in a chain of calls."""
    while node is not None and node.type == "call_expression":
        called = node.child_by_field_name("function")
        if text_of(called.child_by_field_name("property")) == "default":
            given = node.child_by_field_name("arguments").named_children
            return literal(given[0]) if given else None
        node = called.child_by_field_name("object")
    return literal(node)
