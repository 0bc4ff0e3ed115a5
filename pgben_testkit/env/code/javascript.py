"""Find what TypeScript and JavaScript read: `process.env` in all its forms, and NestJS's ConfigService."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pgben_testkit.env.code import schemas
from pgben_testkit.env.code.grammar import FileReads, Read, Write, matches, parser, text_of
from pgben_testkit.env.code.literals import literal
from pgben_testkit.env.code.uses import use_of

WORTH_A_LOOK = (
    b"process",
    b"import.meta",
    b"onfig",
    b"env-var",
    b"envalid",
    b"convict",
    b"nconf",
    b"znv",
    b"@t3-oss/env",
    *schemas.WORDS,
)
"""A file without any of these reads no variable in a way that we know."""
_OBJECT = """[(identifier) (member_expression)] @p (#any-of? @p "process" "globalThis.process" "global.process")"""
_ENV = f"""(member_expression object: {_OBJECT} property: (property_identifier) @e (#eq? @e "env"))"""
_INDEXED = f"""(subscript_expression object: {_OBJECT} index: (string (string_fragment) @e) (#eq? @e "env"))"""
_META = """(member_expression object: (meta_property) property: (property_identifier) @e (#eq? @e "env"))"""
_CAST = f"(non_null_expression {_ENV}) (parenthesized_expression (as_expression {_ENV}))"
"""What TypeScript alone writes around it."""


def _reads_query(*, typed: bool) -> str:
    return "\n".join(
        f"""
        (member_expression object: {source} property: (property_identifier) @name) @read
        (subscript_expression object: {source} index: (_) @index) @read
        (variable_declarator name: (object_pattern) @pattern value: {source})
        (assignment_expression left: (object_pattern) @pattern right: {source})
        (variable_declarator name: (identifier) @alias value: {source})
        (arguments {source} @whole)
        (spread_element {source}) @spread
        (binary_expression left: (_) @index operator: "in" right: {source}) @read
        ({parameter} @pattern {value}: {source})
        """
        for parameter, value in [
            ("required_parameter pattern: (object_pattern)", "value")
            if typed
            else ("assignment_pattern left: (object_pattern)", "right")
        ]
        for source in (f"[{_ENV} {_CAST}]" if typed else _ENV, _INDEXED, _META)
    )


_GETS = """
    (call_expression function: (member_expression object: (_) @receiver property: (property_identifier) @method
                                (#any-of? @method "get" "getOrThrow"))
                     arguments: (arguments . (_) @key . (_)? @default)) @read
"""
_FROM_PROCESS = """
    (variable_declarator name: (object_pattern) @pattern value: (identifier) @from (#eq? @from "process"))
    (import_statement (import_clause (named_imports) @imports) source: (string (string_fragment) @module)
                      (#any-of? @module "process" "node:process"))
"""
_MODULES = """
    (import_statement (import_clause [(identifier) @name (namespace_import (identifier) @name)])
                      source: (string (string_fragment) @module))
    (variable_declarator name: (identifier) @name value: (call_expression function: (identifier) @require
                         (#eq? @require "require") arguments: (arguments (string (string_fragment) @module))))
    (import_statement source: (string (string_fragment) @module))
    (call_expression function: (identifier) @require (#eq? @require "require")
                     arguments: (arguments (string (string_fragment) @module)))
"""
UNSETTLED = frozenset({"envalid", "convict", "nconf", "znv", "@t3-oss/env-core", "@t3-oss/env-nextjs"})
"""Libraries that read names which no call of theirs tells in a way that we read."""
_ENV_VAR = """
    (call_expression function: (member_expression object: (identifier) @object property: (property_identifier) @method
                                (#eq? @method "get"))
                     arguments: (arguments . (_) @key)) @read
"""
_TYPED = """
    ([(required_parameter pattern: (identifier) @name type: (type_annotation (_) @type))
      (public_field_definition name: (property_identifier) @name type: (type_annotation (_) @type))
      (variable_declarator name: (identifier) @name type: (type_annotation (_) @type))]
     (#match? @type "^ConfigService(<|$)"))
"""
_INJECTED = """
    (variable_declarator name: (identifier) @name
        value: [(call_expression arguments: (arguments . (identifier) @type))
                (await_expression (call_expression arguments: (arguments . (identifier) @type)))
                (new_expression constructor: (identifier) @type)] (#eq? @type "ConfigService"))
"""
"""`const cfg = app.get(ConfigService)`, in both languages."""
_CONSTANTS = "(variable_declarator name: (identifier) @name value: (string (string_fragment) @value))"
_ALIASED = """
    (member_expression object: (identifier) @object property: (property_identifier) @name) @read
    (subscript_expression object: (identifier) @object index: (_) @index) @read
    (variable_declarator name: (object_pattern) @pattern value: (identifier) @object)
    (binary_expression left: (_) @index operator: "in" right: (identifier) @object) @read
    (arguments (identifier) @object @whole)
"""
_OF_PROCESS = re.compile(rb"=\s*process\b(?!\s*[.\[?(])|[\"'](?:node:)?process[\"']")
"""`const { env } = process` and imports of the module may be there; the tree tells whether they are."""
MOST_PLACES = 40


def reads(source: bytes, language: str) -> FileReads:
    """Return the variables that the file with the bytes `source` reads."""
    if not any(word in source for word in WORTH_A_LOOK):
        return FileReads()
    return _File(parser(language).parse(source).root_node, source, language).reads()


class _File:
    def __init__(self, root: Any, source: bytes, language: str) -> None:
        self._root = root
        self._source = source
        self._language = language
        self._found: dict[tuple[str, int, int], Read] = {}
        self._dynamic: set[int] = set()
        self._writes: list[Write] = []
        self._aliases: set[str] = set()
        self._constants: dict[str, str] | None = None
        self._has_schema = False

    def reads(self) -> FileReads:
        if any(word in self._source for word in schemas.WORDS):
            for each in schemas.reads(self._root, self._source, self._language):
                self._has_schema = True
                self._found[each.name, each.line, each.column] = each
        near = _around(self._source, b".env") + _around(self._source, b"process")
        for captures in self._near(_reads_query(typed=self._language != "javascript"), near):
            self._match(captures)
        if _OF_PROCESS.search(self._source):
            self._names_of_process()
        if any(
            word in self._source
            for word in (
                b"env-var",
                b"'process'",
                b'"process"',
                b"node:process",
                *(each.encode() for each in UNSETTLED),
            )
        ):
            self._modules()
        if b".get" in self._source and b"onfig" in self._source:
            self._config_service()
        if self._aliases:
            for _, captures in self._matches(_ALIASED):
                if text_of(captures["object"][0]) in self._aliases:
                    self._match(captures)
        return FileReads(tuple(self._found.values()), tuple(sorted(self._dynamic)), tuple(dict.fromkeys(self._writes)))

    def _near(self, text: str, places: list[int]) -> Iterator[dict[str, list[Any]]]:
        """The matches that touch these bytes: far cheaper than those of a whole file, where there are few."""
        if len(places) > MOST_PLACES:
            places = []
            yield from (captures for _, captures in self._matches(text))
        seen = set()
        for place in sorted(set(places)):
            for number, captures in matches(self._language, text, self._root, within=(place, place + 4)):
                key = (number, *(node.start_byte for nodes in captures.values() for node in nodes))
                if key not in seen:
                    seen.add(key)
                    yield captures

    def _matches(self, text: str) -> list[tuple[int, dict[str, list[Any]]]]:
        return matches(self._language, text, self._root)

    def _match(self, captures: dict[str, list[Any]]) -> None:
        if "name" in captures and _is_called(captures["read"][0]):
            self._asked(captures["read"][0].parent)
        elif "name" in captures:
            self._add(text_of(captures["name"][0]), captures["read"][0])
        elif "index" in captures:
            name = self._string(captures["index"][0])
            if name is None:
                self._dynamic.add(captures["index"][0].start_point[0] + 1)
            else:
                asked = captures["read"][0].type == "binary_expression"  # `"X" in process.env`
                self._add(name, captures["read"][0], optional=asked)
        elif "pattern" in captures:
            self._destructured(captures["pattern"][0])
        elif "alias" in captures:
            self._aliases.add(text_of(captures["alias"][0]))
        elif "whole" in captures and not (self._has_schema and _is_validated(captures["whole"][0])):
            self._dynamic.add(captures["whole"][0].start_point[0] + 1)
        elif "spread" in captures:
            self._spread(captures["spread"][0])

    def _asked(self, call: Any) -> None:
        """`process.env.hasOwnProperty("X")`: a method of the object, no variable."""
        arguments = call.child_by_field_name("arguments")
        name = self._string(arguments.named_children[0]) if arguments and arguments.named_children else None
        if name is not None:
            self._add(name, call, optional=True)

    def _spread(self, spread: Any) -> None:
        """A copy with a name is another name; one that is given to a child process is not read here."""
        holder = spread.parent.parent
        if holder.type == "variable_declarator":
            self._aliases.add(text_of(holder.child_by_field_name("name")))
        elif holder.type != "pair" or text_of(holder.child_by_field_name("key")) != "env":
            self._dynamic.add(spread.start_point[0] + 1)

    def _names_of_process(self) -> None:
        """`const { env } = process` and `import { env } from 'node:process'` make an alias."""
        for _, captures in self._matches(_FROM_PROCESS):
            node = captures.get("pattern", captures.get("imports", [None]))[0]
            for each in node.named_children if node is not None else ():
                parts = [text_of(part) for part in each.named_children] or [text_of(each)]
                if parts[0] == "env":
                    inner = each.child_by_field_name("value")
                    if inner is not None and inner.type == "object_pattern":
                        self._destructured(inner)
                    else:
                        self._aliases.add(parts[-1])

    def _modules(self) -> None:
        """`import * as p from 'process'`, `import env from 'env-var'`, and libraries that leave it unsettled."""
        own: dict[str, set[str]] = {"process": set(), "env-var": set()}
        for _, captures in self._matches(_MODULES):
            module = text_of(captures["module"][0]).removeprefix("node:")
            if module in UNSETTLED and not self._has_schema:
                self._dynamic.add(captures["module"][0].start_point[0] + 1)
            elif module in own and "name" in captures:
                own[module].add(text_of(captures["name"][0]))
        for name in own["process"] - {"process"}:
            query = _reads_query(typed=self._language != "javascript").replace('"process"', f'"{name}"')
            for _, captures in self._matches(query):
                self._match(captures)
        for _, captures in self._matches(_ENV_VAR) if own["env-var"] else ():
            if text_of(captures["object"][0]) in own["env-var"]:
                key = self._string(captures["key"][0])
                if key is None:
                    self._dynamic.add(captures["key"][0].start_point[0] + 1)
                else:
                    self._add(
                        key,
                        captures["read"][0],
                        default=_chained(captures["read"][0], "default"),
                        required=_chained(captures["read"][0], "required") is not None,
                    )

    def _config_service(self) -> None:
        services = {"ConfigService"}
        if b"ConfigService)" in self._source or b"new ConfigService" in self._source:
            services |= {text_of(captures["name"][0]) for _, captures in self._matches(_INJECTED)}
        if self._language != "javascript" and re.search(rb":\s*ConfigService\b", self._source):
            services |= {text_of(captures["name"][0]) for _, captures in self._matches(_TYPED)}
        for _, captures in self._matches(_GETS):
            receiver = captures["receiver"][0]
            last = text_of(receiver.child_by_field_name("property") or receiver)
            if last not in services and not re.search(r"config(?:uration)?(?:service)?\)?$", last, re.IGNORECASE):
                continue
            name = self._string(captures["key"][0])
            if name is None or not schemas.VARIABLE.fullmatch(
                name
            ):  # `database.host` and `jwt` are namespaces of its own
                continue
            given = captures["default"][0] if "default" in captures else None
            required = text_of(captures["method"][0]) == "getOrThrow"
            optional = given is not None and given.type != "object"  # `{ infer: true }` is no default
            self._add(name, captures["read"][0], default=literal(given), required=required, optional=optional)

    def _add(
        self, name: str, node: Any, *, default: str | None = None, required: bool = False, optional: bool = False
    ) -> None:
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            return
        if _is_written(node):
            if node.parent.type == "assignment_expression":
                value = literal(node.parent.child_by_field_name("right"))
                self._writes.append(Write(name, value, node.start_point[0] + 1))
            return
        use = use_of(node)
        line, column = node.start_point[0] + 1, node.start_point[1] + 1
        default = default if default is not None else use.default
        optional = optional or use.optional or default is not None
        read = Read(name, line, column, default, required and not optional, use.hint, optional)
        self._found.setdefault((name, line, column), read)

    def _destructured(self, pattern: Any) -> None:
        for each in pattern.named_children:
            default, optional = None, False
            key = each
            if each.type in ("object_assignment_pattern", "assignment_pattern"):
                key, default = each.child_by_field_name("left"), literal(each.child_by_field_name("right"))
                optional = True
            elif each.type == "pair_pattern":
                key = each.child_by_field_name("key")
                value = each.child_by_field_name("value")
                if value is not None and value.type == "assignment_pattern":
                    default, optional = literal(value.child_by_field_name("right")), True
            elif each.type == "rest_pattern":
                self._dynamic.add(each.start_point[0] + 1)
                continue
            if key is None:
                continue
            name = self._string(key) if key.type in ("string", "computed_property_name") else text_of(key)
            line, column = each.start_point[0] + 1, each.start_point[1] + 1
            if name and re.fullmatch(r"[A-Za-z_]\w*", name):
                read = Read(name, line, column, default, optional=optional)
                self._found.setdefault((name, line, column), read)

    def _string(self, node: Any) -> str | None:
        """The text of a string, of a template without holes, of a constant of this file; else None."""
        if node.type == "computed_property_name" and node.named_children:
            node = node.named_children[0]
        if node.type == "identifier":
            if self._constants is None:
                self._constants = {
                    text_of(captures["name"][0]): text_of(captures["value"][0])
                    for _, captures in self._matches(_CONSTANTS)
                }
            return self._constants.get(text_of(node))
        return literal(node) if node.type in ("string", "template_string") else None


def _chained(call: Any, wanted: str) -> str | None:
    """The literal that a method of a chain behind a call is given: `.default("x")`; empty for none."""
    for _ in range(8):
        member = call.parent
        if member is None or member.type != "member_expression" or member.parent.type != "call_expression":
            return None
        call = member.parent
        if text_of(member.child_by_field_name("property")) == wanted:
            given = call.child_by_field_name("arguments").named_children
            return literal(given[0]) if given else ""
    return None


def _around(source: bytes, word: bytes) -> list[int]:
    """Where a word stands in the bytes of a file."""
    found: list[int] = []
    at = source.find(word)
    while at >= 0 and len(found) <= MOST_PLACES:
        found.append(at)
        at = source.find(word, at + 1)
    return found


def _is_called(node: Any) -> bool:
    parent = node.parent
    return bool(parent is not None and parent.type == "call_expression" and parent.children[0] == node)


def _is_validated(given: Any) -> bool:
    """`schema.parse(process.env)`: what the schema of the file does not name is not read."""
    function = given.parent.parent.child_by_field_name("function")
    method = text_of(function.child_by_field_name("property")) if function is not None else ""
    return method in ("parse", "safeParse", "parseAsync", "safeParseAsync", "validate", "validateSync", "attempt")


def _is_written(node: Any) -> bool:
    parent = node.parent
    if parent is None:
        return False
    if parent.type == "assignment_expression":
        return bool(parent.child_by_field_name("left") == node)
    return parent.type == "unary_expression" and text_of(parent).startswith("delete")
