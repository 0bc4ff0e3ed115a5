"""Load a contract from a pydantic-settings class: its fields are the variables."""

from __future__ import annotations

import enum
import importlib
import sys
import types
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pgben_testkit.env.contract import Contract
from pgben_testkit.env.contract_tables import Load, build
from pgben_testkit.errors import UsageProblem

NAMED = {
    "HttpUrl": "url",
    "AnyUrl": "url",
    "AnyHttpUrl": "url",
    "PostgresDsn": "url",
    "RedisDsn": "url",
    "EmailStr": "email",
    "NameEmail": "email",
    "FilePath": "path",
    "DirectoryPath": "path",
    "Path": "path",
    "SecretStr": "secret",
    "SecretBytes": "secret",
}
BASIC = {bool: "bool", int: "int", float: "float", str: "string", timedelta: "duration"}
PYDANTIC_TRUE = ["1", "true", "yes", "on", "t", "y"]
PYDANTIC_FALSE = ["0", "false", "no", "off", "f", "n"]


def load_class(named: str, root: Path, load: Load) -> Contract:
    """Load the contract that `named`, `python:module:Class`, stands for, with `root` importable.

    What a type can't say stands in the field's `json_schema_extra={"pgben": {"kind": "host", ...}}`; conditions in a
    class variable `pgben_conditions`, the rest of [contract] in `pgben_contract`: the same tables as in TOML. `load`
    gives the contract that `extends` names.

    Raises:
        UsageProblem: there is no such module or class, or it is not a class of pydantic-settings.
    """
    module_name, _, class_name = named.removeprefix("python:").partition(":")
    sys.path.insert(0, str(root))
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise UsageProblem(
            f"the contract {named} can't be imported",
            why=f"{type(error).__name__}: {error}",
            remedy="name a module that can be imported from the project's root: python:module:Class",
        ) from None
    except Exception as error:  # theirs, and its text may hold values: pydantic repeats what it refuses
        raise UsageProblem(
            f"the contract {named} can't be imported",
            why=f"its module raises {type(error).__name__}",
            remedy="let it make no settings while it is imported",
        ) from None
    finally:
        sys.path.remove(str(root))
    try:
        from pydantic_settings import BaseSettings
    except ImportError:
        from pgben_testkit.env.extra import missing_extra

        raise missing_extra("pydantic-settings") from None
    kind = getattr(module, class_name, None)
    if not (isinstance(kind, type) and issubclass(kind, BaseSettings)):
        raise UsageProblem(
            f"the contract {named} does not name a settings class",
            why=f"{class_name or 'an empty name'} is not a BaseSettings",
            remedy="name a subclass of pydantic_settings.BaseSettings: python:module:Class",
        )
    table = {
        "contract": {"name": class_name, **getattr(kind, "pgben_contract", {})},
        "variables": dict(_row(kind, field_name) for field_name in kind.model_fields),
        "conditions": list(getattr(kind, "pgben_conditions", [])),
    }
    shown = str(getattr(module, "__file__", named))
    shown = str(Path(shown).relative_to(root)) if Path(shown).is_relative_to(root) else shown
    return build(table, name=class_name, shown=shown, lines=_lines(kind), load=load)


def _lines(kind: type) -> dict[str, int]:
    import inspect

    try:
        lines, first = inspect.getsourcelines(kind)
    except (OSError, TypeError):
        return {}
    found: dict[str, int] = {}
    for number, line in enumerate(lines, first):
        name = line.strip().partition(":")[0]
        if name in kind.model_fields:  # type: ignore[attr-defined]
            for each in _names(kind, name):
                found.setdefault(each, number)
    return found


def _names(kind: Any, field_name: str) -> list[str]:
    """Return the name of the variable, then its aliases."""
    info = kind.model_fields[field_name]
    alias = info.validation_alias or info.alias
    if isinstance(alias, str):
        return [alias.upper()]
    if alias is not None and hasattr(alias, "choices"):
        return [str(choice).upper() for choice in alias.choices if isinstance(choice, str)]
    return [f"{kind.model_config.get('env_prefix', '')}{field_name}".upper()]


def _row(kind: Any, field_name: str) -> tuple[str, dict[str, Any]]:
    info = kind.model_fields[field_name]
    name, *aliases = _names(kind, field_name)
    row = _of_type(info.annotation)
    row["required"] = info.is_required()
    if aliases:
        row["aliases"] = aliases
    if info.description:
        row["description"] = info.description
    if not info.is_required() and info.default is not None and not callable(info.default):
        default = info.default.value if isinstance(info.default, enum.Enum) else info.default
        if hasattr(default, "get_secret_value"):
            default = default.get_secret_value()
        if isinstance(default, str | int | float | Path):
            row["default"] = default if isinstance(default, bool | str) else str(default)
    for limit in info.metadata:
        for theirs, ours in (("ge", "min"), ("le", "max")):
            if getattr(limit, theirs, None) is not None and row["kind"] in ("int", "float", "port"):
                row[ours] = getattr(limit, theirs)
        if getattr(limit, "min_length", None) is not None and row["kind"] in ("string", "secret"):
            row["min_bytes"] = limit.min_length
    extra = info.json_schema_extra
    if isinstance(extra, dict) and isinstance(extra.get("pgben"), dict):
        row |= extra["pgben"]
        if row.get("kind") != "bool":
            row = {key: value for key, value in row.items() if key not in ("true", "false")}
    return name, row


def _of_type(annotation: Any) -> dict[str, Any]:
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        inner = [each for each in get_args(annotation) if each is not type(None)]
        return _of_type(inner[0]) if len(inner) == 1 else {"kind": "string"}
    if origin is Literal:
        return {"kind": "enum", "values": [str(each) for each in get_args(annotation)]}
    if origin in (list, tuple, set, frozenset):
        return {"kind": "string"}  # pydantic-settings reads these as JSON
    if isinstance(annotation, type):
        if issubclass(annotation, enum.Enum):
            return {"kind": "enum", "values": [str(each.value) for each in annotation]}
        if annotation is bool:
            return {"kind": "bool", "true": list(PYDANTIC_TRUE), "false": list(PYDANTIC_FALSE)}
        if annotation in BASIC:
            return {"kind": BASIC[annotation]}
    return {"kind": NAMED.get(getattr(annotation, "__name__", ""), "string")}
