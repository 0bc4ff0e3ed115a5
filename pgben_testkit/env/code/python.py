"""Find what Python reads: `os.environ`, `os.getenv`, settings classes, and the calls of libraries.

The libraries are django-environ, environs, python-decouple and starlette's config; the classes those of
pydantic-settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from pgben_testkit.env.code.grammar import FileReads, Read, Write, matches, parser, text_of
from pgben_testkit.env.code.python_uses import is_guarded, literal, prefix_of, use_of

WORTH_A_LOOK = (b"environ", b"getenv", b"BaseSettings", b"decouple", b"starlette.config", b"dynaconf", b"import env")
_ENVIRON = """[(attribute object: (identifier) attribute: (identifier) @environ (#eq? @environ "environ"))
               ((identifier) @environ (#eq? @environ "environ"))]"""
_READS = f"""
    (subscript value: {_ENVIRON} subscript: (_) @key) @item
    (call function: (attribute object: {_ENVIRON} attribute: (identifier) @method
                     (#any-of? @method "get" "pop" "setdefault"))
          arguments: (argument_list . (_) @key . (_)? @default)) @call
    (call function: [(attribute object: (identifier) attribute: (identifier) @getenv)
                     (identifier) @getenv] (#eq? @getenv "getenv")
          arguments: (argument_list . (_) @key . (_)? @default)) @call
    (comparison_operator (string) @key {_ENVIRON}) @contained
    (call function: (identifier) @function (#eq? @function "dict") arguments: (argument_list {_ENVIRON} @whole))
"""
_NAMED = """
    (import_from_statement module_name: (_) @module name: (_) @imported)
    (import_statement name: (_) @import)
    (assignment left: (identifier) @left right: (_) @right)
"""
_CALLED = """
    (call function: (identifier) @caller arguments: (argument_list . (_)? @key) @arguments) @call
    (call function: (attribute object: (identifier) @caller attribute: (identifier) @method)
          arguments: (argument_list . (_)? @key) @arguments) @call
    (subscript value: (identifier) @caller subscript: (_) @key) @item
    (comparison_operator (string) @key (identifier) @caller) @contained
"""
LIBRARIES = {"environ": "Env", "environs": "Env", "decouple": "config", "starlette.config": "Config"}
"""Module -> what of it reads variables, or makes what does."""
UNSETTLED = frozenset({"dynaconf", "confuse", "goodconf", "typed_settings", "omegaconf"})
"""Libraries that read names which their calls do not tell."""
_MAKERS = frozenset({"Env", "FileAwareEnv", "Config", "AutoConfig"})
_NO_READS = frozenset({"read_env", "read_envfile", "prefixed", "seal", "dump", "add_parser", "parser_for"})
_CASTS = {"int": "int", "float": "float", "bool": "bool", "url": "url", "path": "path"}
_CONSTANTS = "(assignment left: (identifier) @name right: (string) @value)"
_CLASSES = "(class_definition name: (identifier) @name superclasses: (argument_list) @bases body: (block) @body)"
KINDS = {
    "int": "int",
    "float": "float",
    "bool": "bool",
    "SecretStr": "secret",
    "HttpUrl": "url",
    "AnyUrl": "url",
    "PostgresDsn": "url",
    "EmailStr": "email",
    "Path": "path",
    "FilePath": "path",
}
_KNOWN_TYPES = frozenset(
    {
        *KINDS,
        "Literal",
        "Optional",
        "Union",
        "Any",
        "List",
        "Dict",
        "Set",
        "Tuple",
        "Sequence",
        "Decimal",
        "UUID",
        "PositiveInt",
        "NonNegativeInt",
        "RedisDsn",
        "AmqpDsn",
        "AnyHttpUrl",
        "DirectoryPath",
        "SecretBytes",
        "Enum",
        "Annotated",
    }
)
_OPTION = re.compile(r"\b(env_prefix|env_nested_delimiter)[\"']?\s*[=:]\s*([\"'])([^\"']*)\2")
DEEPEST_MODEL = 4
"""Models within models."""


def reads(source: bytes, language: str = "python") -> FileReads:
    """Return the variables that the file with the bytes `source` reads."""
    if not any(word in source for word in WORTH_A_LOOK):
        return FileReads()
    root = parser(language).parse(source).root_node
    found: dict[tuple[str, int, int], Read] = {}
    dynamic: set[int] = set()
    constants: dict[str, str] = {}
    writes: list[Write] = []
    if any(word in source for word in WORTH_A_LOOK if word != b"BaseSettings"):
        for _, captures in matches("python", _CONSTANTS, root):
            value = literal(captures["value"][0])
            if value is not None:
                constants[text_of(captures["name"][0])] = value
        for _, captures in matches("python", _READS, root):
            _match(captures, constants, found, dynamic, writes)
        _by_other_names(root, constants, found, dynamic)
    if b"BaseSettings" in source:
        for read in _settings(root, dynamic):
            found.setdefault((read.name, read.line, read.column), read)
    return FileReads(tuple(found.values()), tuple(sorted(dynamic)), tuple(writes))


def _match(
    captures: dict[str, list[Any]],
    constants: dict[str, str],
    found: dict[tuple[str, int, int], Read],
    dynamic: set[int],
    writes: list[Write] | None = None,
) -> None:
    if "whole" in captures:
        dynamic.add(captures["whole"][0].start_point[0] + 1)
        return
    node = captures.get("item", captures.get("call", captures.get("contained", [])))[0]
    key = captures["key"][0]
    line, column = node.start_point[0] + 1, node.start_point[1] + 1
    if key.type == "keyword_argument":
        if text_of(key.child_by_field_name("name")) != "key":
            return
        key = key.child_by_field_name("value")
    name = literal(key) if key.type == "string" else constants.get(text_of(key)) if key.type == "identifier" else None
    if name is None:
        dynamic.add(line)
        return
    if not re.fullmatch(r"[A-Za-z_]\w*", name):
        return
    is_item = "item" in captures
    if is_item and _is_written(node):
        if writes is not None and node.parent.type == "assignment":
            writes.append(Write(name, literal(node.parent.child_by_field_name("right")), line))
        return
    if writes is not None and "method" in captures and text_of(captures["method"][0]) == "setdefault":
        writes.append(Write(name, literal(captures["default"][0]) if "default" in captures else None, line))
    given = captures["default"][0] if "default" in captures else None
    use = use_of(node)
    default = literal(given)
    default = None if use.printed else default if default is not None else use.default
    optional = use.optional or "contained" in captures or (given is not None and text_of(given) != "None")
    required = is_item and not optional and not is_guarded(node)
    found.setdefault((name, line, column), Read(name, line, column, default, required, use.hint, optional))


def _by_other_names(
    root: Any, constants: dict[str, str], found: dict[tuple[str, int, int], Read], dynamic: set[int]
) -> None:
    """What is read through another name of `os.environ` or `os.getenv`, or through a library's object."""
    environs, getenvs, readers = _names(root, dynamic)
    if not (environs or getenvs or readers):
        return
    for _, captures in matches("python", _CALLED, root):
        caller, method = text_of(captures["caller"][0]), text_of(captures.get("method", [None])[0])
        if caller in environs:
            if "call" in captures and method in ("get", "pop", "setdefault"):
                _called(captures, constants, found, dynamic)
            elif "call" not in captures:
                _match(captures, constants, found, dynamic)
        elif caller in getenvs and "call" in captures and not method:
            _called(captures, constants, found, dynamic)
        elif caller in readers and "call" in captures and method not in _NO_READS:
            raises = method not in ("get", "get_value")
            _called(captures, constants, found, dynamic, cast=method, raises=raises)


def _names(root: Any, dynamic: set[int]) -> tuple[set[str], set[str], set[str]]:
    """The names in a file of `os.environ`, of `os.getenv`, and of what a library reads with."""
    environs: set[str] = set()
    getenvs: set[str] = set()
    readers: set[str] = set()
    makers: set[str] = set()
    assigned = []
    for _, captures in matches("python", _NAMED, root):
        node = next(iter(captures.values()))[0]
        if "left" in captures:
            assigned.append((text_of(captures["left"][0]), captures["right"][0]))
            continue
        module = text_of(captures.get("module", [None])[0])
        imported = captures.get("imported", captures.get("import", [node]))[0]
        name = text_of(imported.child_by_field_name("name") or imported)
        own = text_of(imported.child_by_field_name("alias")) or name
        if (module or name).partition(".")[0] in UNSETTLED:
            dynamic.add(node.start_point[0] + 1)
        elif module == "os" and name == "environ":
            environs.add(own)
        elif module == "os" and name == "getenv":
            getenvs.add(own)
        elif module in LIBRARIES:
            (readers if name in ("config", "env") else makers).add(own)
        elif name in LIBRARIES:
            makers |= {f"{own}.{maker}" for maker in _MAKERS}
        elif module and name in ("env", "config"):
            readers.add(own)  # made in another file of theirs
    for left, right in sorted(assigned, key=lambda each: each[1].start_byte):
        if right.type == "call" and text_of(right.child_by_field_name("function")) in makers:
            readers.add(left)
        elif re.fullmatch(r"(?:\w+\.)?environ", text_of(right)) or text_of(right) in environs:
            environs.add(left)
        elif text_of(right) == "os.getenv" or text_of(right) in getenvs:
            getenvs.add(left)
    return environs, getenvs, readers


def _called(
    captures: dict[str, list[Any]],
    constants: dict[str, str],
    found: dict[tuple[str, int, int], Read],
    dynamic: set[int],
    *,
    cast: str = "",
    raises: bool = False,
) -> None:
    """A call whose first argument, or `key=`, is the name of a variable."""
    call = captures["call"][0]
    key = _keyword(call, "key") or _keyword(call, "var") or captures.get("key", [None])[0]
    line, column = call.start_point[0] + 1, call.start_point[1] + 1
    name = literal(key) if key is not None and key.type == "string" else constants.get(text_of(key))
    if key is None or name is None:
        if key is not None and key.type in ("identifier", "call", "binary_operator", "string", "attribute"):
            dynamic.add(line)
        return
    if not re.fullmatch(r"[A-Za-z_]\w*", name):
        return
    arguments = [each for each in captures["arguments"][0].named_children if each.type != "comment"]
    second = arguments[1] if len(arguments) > 1 and arguments[1].type != "keyword_argument" else None
    given = _keyword(call, "default") or (second if cast in ("", "get", "pop", "setdefault") or second else None)
    use = use_of(call)
    as_kind = text_of(_keyword(call, "cast")) or cast
    default = literal(given)
    default = None if use.printed else default if default is not None else use.default
    optional = use.optional or given is not None
    required = raises and not optional and not is_guarded(call)
    name = prefix_of(call) + name
    read = Read(name, line, column, default, required, _CASTS.get(as_kind, "") or use.hint, optional)
    found.setdefault((name, line, column), read)


def _is_written(node: Any) -> bool:
    parent = node.parent
    if parent is None:
        return False
    if parent.type in ("assignment", "augmented_assignment"):
        return bool(parent.child_by_field_name("left") == node)
    return str(parent.type) == "delete_statement"


@dataclass(frozen=True)
class _Options:
    """What a settings class says of the names that it reads; subclasses inherit it."""

    env_prefix: str = ""
    env_nested_delimiter: str = ""


def _settings(root: Any, dynamic: set[int]) -> list[Read]:
    """The fields of settings classes. Nested models are followed within the file."""
    settings = {"BaseSettings": _Options()}
    models: dict[str, Any] = {}
    rows = []
    for _, captures in sorted(matches("python", _CLASSES, root), key=lambda each: each[1]["name"][0].start_byte):
        name, bases, body = text_of(captures["name"][0]), captures["bases"][0], captures["body"][0]
        known = [text_of(base).rpartition(".")[2] for base in bases.named_children]
        inherited = next((settings[base] for base in known if base in settings), None)
        if inherited is None:
            models[name] = body
            continue
        settings[name] = options = _options(bases, body, inherited)
        rows += _fields(body, options, models, dynamic)
    return rows


def _options(bases: Any, body: Any, options: _Options) -> _Options:
    """`class A(BaseSettings, env_prefix="A_")`, `model_config`, an inner `class Config`."""
    texts = [text_of(each) for each in bases.named_children]
    texts += [
        text_of(each)
        for each in body.named_children
        if each.type == "class_definition" and text_of(each.child_by_field_name("name")) == "Config"
    ]
    texts += [
        text_of(each.child_by_field_name("right"))
        for each in _assignments(body)
        if text_of(each.child_by_field_name("left")) == "model_config"
    ]
    for name, _, value in _OPTION.findall("\n".join(texts)):
        options = replace(options, **{name: value})
    return options


def _assignments(body: Any) -> list[Any]:
    return [
        inner
        for statement in body.named_children
        if statement.type == "expression_statement"
        for inner in statement.named_children
        if inner.type == "assignment"
    ]


def _fields(body: Any, options: _Options, models: dict[str, Any], dynamic: set[int], depth: int = 0) -> list[Read]:
    found = []
    for each in _assignments(body):
        name, annotation = text_of(each.child_by_field_name("left")), each.child_by_field_name("type")
        if annotation is None or name == "model_config" or name.startswith("_") or "ClassVar" in text_of(annotation):
            continue
        line, column = each.start_point[0] + 1, each.start_point[1] + 1
        kind = re.split(r"[\s|\[\],]", text_of(annotation).removeprefix("Annotated["))[0]
        if options.env_nested_delimiter and depth < DEEPEST_MODEL and kind in models:
            inner = replace(options, env_prefix=f"{options.env_prefix}{name}{options.env_nested_delimiter}")
            found += _fields(models[kind], inner, models, dynamic, depth + 1)
            continue
        if options.env_nested_delimiter and kind[:1].isupper() and kind not in _KNOWN_TYPES:
            dynamic.add(line)  # a model of another file, perhaps: its fields are names too
            continue
        right = each.child_by_field_name("right")
        default, names = literal(right), [f"{options.env_prefix}{name}".upper()]
        required = right is None and not re.search(r"\bNone\b|\bOptional\b", text_of(annotation))
        if right is not None and right.type == "call" and text_of(right.child_by_field_name("function")) == "Field":
            arguments = right.child_by_field_name("arguments").named_children
            first = arguments[0] if arguments and arguments[0].type != "keyword_argument" else None
            given = first if first is not None else _keyword(right, "default")
            default = literal(given)
            required = (given is None or given.type == "ellipsis") and _keyword(right, "default_factory") is None
            names = _aliases(right) or names
        else:
            for call in _field_calls(annotation):
                names = _aliases(call) or names
        hint = KINDS.get(kind, "")
        found += [Read(each_name, line, column, default, required, hint, not required) for each_name in names]
    return found


def _field_calls(node: Any) -> Iterator[Any]:
    """`Field(...)` within `Annotated[...]`."""
    if node.type == "call" and text_of(node.child_by_field_name("function")) == "Field":
        yield node
    for each in node.named_children:
        yield from _field_calls(each)


def _keyword(call: Any, wanted: str) -> Any:
    arguments = call.child_by_field_name("arguments") if call is not None and call.type == "call" else None
    for each in arguments.named_children if arguments is not None else ():
        if each.type == "keyword_argument" and text_of(each.child_by_field_name("name")) == wanted:
            return each.child_by_field_name("value")
    return None


def _aliases(call: Any) -> list[str]:
    for keyword in ("validation_alias", "alias", "env"):
        value = _keyword(call, keyword)
        if value is None:
            continue
        single = literal(value)
        if single is not None:
            return [single.upper()]
        if value.type == "call":
            arguments = value.child_by_field_name("arguments").named_children
            return [text.upper() for text in map(literal, arguments) if text]
    return []
