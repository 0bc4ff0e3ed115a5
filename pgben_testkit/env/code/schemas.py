"""Find what schemas of the environment read: objects of Joi, zod and yup, classes of class-validator.

The program does not start where a name that they require is not set, whether or not a line of code asks for it.
"""

from __future__ import annotations

import re
from typing import Any

from pgben_testkit.env.code.grammar import Read, matches, text_of
from pgben_testkit.env.code.literals import literal

WORDS = (b"oi.object", b"z.object", b"yup.object", b"class-validator", b"cleanEnv(", b"parseEnv(", b"createEnv(")
VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")
"""Keys that are variables. An object with any other is a schema of something else."""
_OBJECTS = """
    (call_expression
        function: (member_expression object: (identifier) @library (#any-of? @library "Joi" "joi" "z" "yup")
                                     property: (property_identifier) @method (#eq? @method "object"))
        arguments: (arguments . (object) @object))
"""
_CLEANED = """
    (call_expression function: (identifier) @function (#any-of? @function "cleanEnv" "parseEnv")
                     arguments: (arguments (_) . (object) @object))
    (call_expression function: (identifier) @function (#eq? @function "createEnv")
                     arguments: (arguments . (object (pair key: (property_identifier) @part
                                                           (#any-of? @part "server" "client" "shared")
                                                           value: (object) @object))))
"""
"""Objects of envalid, znv and t3-env: every key is a variable."""
_CLASSES = "(class_body (public_field_definition (decorator)) @field) @body"


def reads(root: Any, source: bytes, language: str) -> list[Read]:
    """Return the variables that the schemas of a file name, with their defaults."""
    found: list[Read] = []
    for _, captures in matches(language, _OBJECTS, root):
        found += _variables(captures["object"][0], "pair", "key")
    if b"cleanEnv(" in source or b"parseEnv(" in source or b"createEnv(" in source:
        for _, captures in matches(language, _CLEANED, root):
            for each in captures["object"]:
                found += _variables(each, "pair", "key")
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
        default, required = _default(value), _is_required(each, value)
        line, column = key.start_point[0] + 1, key.start_point[1] + 1
        found.append(Read(name, line, column, default, required, _hint(value), not required))
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


_REQUIRES = frozenset({"required", "defined", "exist"})
"""Methods of Joi and yup, which take a value that is not set unless one of these stands in the chain."""
_ENVALID = frozenset({"str", "bool", "num", "email", "host", "port", "url", "json"})
_RELEASES = frozenset(
    {"optional", "default", "nullish", "catch", "when", "notRequired", "prefault", "forbidden", "strip", "failover"}
)
"""Methods after which a value may be missing, always or under a condition."""
_HINTS = {
    "number": "float",
    "num": "float",
    "int": "int",
    "integer": "int",
    "port": "port",
    "boolean": "flag",
    "bool": "flag",
    "uri": "url",
    "url": "url",
    "email": "email",
}


def _chain(node: Any) -> list[str]:
    """Return the names of the methods in a chain of calls, the last one first, then the name that it begins with."""
    names: list[str] = []
    while node is not None and node.type == "call_expression":
        called = node.child_by_field_name("function")
        if called.type != "member_expression":
            return [*names, text_of(called)]
        names.append(text_of(called.child_by_field_name("property")))
        node = called.child_by_field_name("object")
        if node is not None and node.type == "member_expression":  # z.coerce
            names.append(text_of(node.child_by_field_name("property")))
            node = node.child_by_field_name("object")
    return [*names, text_of(node)]


def _is_required(field: Any, value: Any) -> bool:
    """Return whether the program does not start where the variable of `field` is not set."""
    if field.type == "public_field_definition":
        text = text_of(field)
        typed = field.child_by_field_name("type")
        decorated = re.findall(r"@(\w+)", text)
        optional = any(each in ("IsOptional", "ValidateIf") for each in decorated) or any(
            text_of(each) == "?" for each in field.children
        )
        return bool(decorated) and value is None and not optional and "undefined" not in text_of(typed)
    chain = _chain(value)
    if chain and chain[-1] in _ENVALID:
        return not re.search(r"\b(?:default|devDefault|requiredWhen)\s*:", text_of(value))
    if not chain or _RELEASES & set(chain):
        return False
    if chain[-1] in ("z",):
        return True
    return chain[-1] in ("Joi", "joi", "yup") and bool(_REQUIRES & set(chain))


def _hint(value: Any) -> str:
    """Return the kind that a chain of calls tells."""
    return next((_HINTS[each] for each in _chain(value) if each in _HINTS), "")
