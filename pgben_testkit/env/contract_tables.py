"""Build a contract from the tables that a TOML file or a class gives. Every mistake in them is an error."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from pgben_testkit.checking.finding import Place
from pgben_testkit.env.conditions import Clause, Condition
from pgben_testkit.env.contract import STAGE_FROM, Contract
from pgben_testkit.env.kinds import KINDS
from pgben_testkit.env.nearest import nearest
from pgben_testkit.env.variable import Alias, Variable
from pgben_testkit.errors import UsageProblem

Load = Callable[[str, Path], Contract]
"""Return the contract of a name, relative to a folder."""
_COMMON = frozenset(
    {
        "kind",
        "required",
        "required_in",
        "forbidden_in",
        "only",
        "applications",
        "default",
        "description",
        "group",
        "secret",
        "aliases",
        "pattern",
        "varies",
    }
)
_TUPLES = frozenset({"applications", "required_in", "forbidden_in", "values", "true", "false", "schemes"})
_NUMBERS = {"min": (int, float), "max": (int, float), "bytes": (int,), "min_bytes": (int,)}
_CHOICES = {"otherwise": ("error", "true", "false"), "pem": ("", "private", "public"), "holds": ("", "pem")}


def unusable(shown: str, why: str, remedy: str) -> UsageProblem:
    """Return the error for a contract, shown as `shown`, that can't be used."""
    return UsageProblem(f"the contract {shown} can't be used", why=why, remedy=remedy)


def build(
    table: Mapping[str, Any],
    *,
    name: str,
    shown: str,
    lines: Mapping[str, int],
    load: Load | None = None,
    folder: Path | None = None,
) -> Contract:
    """Build the contract that `table` describes. Every mistake is an error: a rule that is not obeyed is worse.

    `lines` are the lines of the variables and conditions in the file that is shown as `shown`. With `extends` in the
    table the variables and conditions of another contract, which `load` gives, come first; a variable of the same
    name here replaces theirs. `folder` is what that name is relative to.

    Raises:
        UsageProblem: the table has a mistake; with its line.
    """
    _known(table, {"contract", "variables", "conditions"}, shown, "the file")
    head = table.get("contract", {})
    if not isinstance(head, dict):
        raise unusable(shown, "contract is not a table", "write [contract]")
    _known(head, {"name", "extends", "stage_from", "applications", "ignore"}, shown, "[contract]")
    rows = table.get("variables", {})
    base = _extended(head, shown, folder, load)
    if not isinstance(rows, dict) or not (rows or base):
        raise unusable(
            shown, "it has no table [variables.NAME]", 'write [variables.DB_HOST] and kind = "host" below it'
        )
    variables = dict(base.variables) if base else {}
    for each, row in rows.items():
        place = Place(shown, lines.get(each, 0))
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", each):
            raise unusable(str(place), f"{each!r} is not the name of a variable", "use letters, digits and _")
        if not isinstance(row, dict):
            raise unusable(str(place), f"{each} is not a table", f"write [variables.{each}]")
        variables[each] = _variable(each, row, place)
    contract = Contract(
        name=str(head.get("name", name)),
        path=shown,
        variables=variables,
        conditions=(base.conditions if base else ())
        + _conditions(table.get("conditions", []), shown, lines, variables),
        stage_from=_strings(head.get("stage_from", list(base.stage_from if base else STAGE_FROM)), shown, "stage_from"),
        applications=_strings(head.get("applications", []), shown, "applications"),
        ignore=_strings(head.get("ignore", []), shown, "ignore"),
    )
    owners: dict[str, str] = {}
    for variable in variables.values():
        for alias in variable.aliases:
            if alias.name in variables or owners.setdefault(alias.name, variable.name) != variable.name:
                raise unusable(
                    str(variable.place),
                    f"{alias.name} is an alias of {variable.name} and something else too",
                    "let each name stand once",
                )
    return contract


def _extended(head: Mapping[str, Any], shown: str, folder: Path | None, load: Load | None) -> Contract | None:
    named = head.get("extends")
    if named is None:
        return None
    if (
        not isinstance(named, str)
        or load is None
        or (folder is not None and (folder / named).resolve() == (folder / shown).resolve())
    ):
        raise unusable(shown, "extends does not name another contract", "name a built-in contract or a TOML file")
    try:
        return load(named, folder or Path.cwd())
    except RecursionError:
        raise unusable(shown, "contracts extend each other in a circle", "let one of them stand alone") from None


def _known(table: Mapping[str, Any], allowed: set[str] | frozenset[str], where: str, what: str) -> None:
    for key in table:
        if key not in allowed:
            meant = nearest(key, allowed)
            hint = f"did you mean {meant}?" if meant else f"allowed: {', '.join(sorted(allowed))}"
            raise unusable(where, f"{what} has the unknown key {key}", hint)


def _strings(value: Any, where: str, what: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise unusable(where, f"{what} is not a list of strings", f'write {what} = ["..."]')
    return tuple(value)


def _variable(name: str, row: Mapping[str, Any], place: Place) -> Variable:
    where, what = str(place), f"[variables.{name}]"
    kind = row.get("kind", "string")
    if kind not in KINDS:
        meant = next(iter(difflib.get_close_matches(str(kind), KINDS, 1)), "")
        raise unusable(
            where,
            f"{what} has the unknown kind {kind!r}",
            f"did you mean {meant}?" if meant else f"kinds: {', '.join(KINDS)}",
        )
    _known(row, _COMMON | KINDS[kind].options, where, f"{what} of kind {kind}")
    given: dict[str, Any] = {}
    names = {each.name for each in fields(Variable)}
    for key, value in row.items():
        if key in _TUPLES:
            value = _strings(value, where, f"{key} of {what}")
        elif key == "aliases":
            value = _aliases(value, where, what)
        elif key == "default":
            value = _default(value, row, where, what)
        elif key in _NUMBERS:
            if isinstance(value, bool) or not isinstance(value, _NUMBERS[key]):
                raise unusable(where, f"{key} of {what} is not a number", f"write {key} = 32")
        elif key in _CHOICES and value not in _CHOICES[key]:
            raise unusable(where, f"{key} of {what} is not allowed", "use " + " or ".join(filter(None, _CHOICES[key])))
        elif key in ("required", "secret", "exists", "bare", "varies"):
            if not isinstance(value, bool):
                raise unusable(where, f"{key} of {what} is neither true nor false", f"write {key} = true")
        elif not isinstance(value, str):
            raise unusable(where, f"{key} of {what} is not a string", f'write {key} = "..."')
        assert key in names
        given[key] = value
    if kind == "enum" and not given.get("values"):
        raise unusable(where, f"{what} is an enum without values", 'write values = ["a", "b"]')
    if given.get("items") and given["items"] not in KINDS:
        raise unusable(where, f"items of {what} does not name a kind", f"kinds: {', '.join(KINDS)}")
    try:
        re.compile(given.get("pattern", ""))
    except re.error as error:
        raise unusable(where, f"the pattern of {what} is not a regular expression: {error.msg}", "correct it") from None
    return Variable(name, place=place, **given)


def _default(value: Any, row: Mapping[str, Any], where: str, what: str) -> str:
    if isinstance(value, bool):
        words = row.get("true" if value else "false") or ["true" if value else "false"]
        return str(words[0])
    if isinstance(value, list):
        return str(row.get("separator", ",")).join(map(str, value))
    if isinstance(value, dict):
        raise unusable(where, f"the default of {what} is a table", 'write default = "..."')
    return str(value)


def _aliases(value: Any, where: str, what: str) -> tuple[Alias, ...]:
    if isinstance(value, dict) and all(isinstance(note, str) for note in value.values()):
        return tuple(Alias(name, note) for name, note in value.items())
    return tuple(Alias(name) for name in _strings(value, where, f"aliases of {what}"))


def _conditions(
    rows: Any, shown: str, lines: Mapping[str, int], variables: Mapping[str, Variable]
) -> tuple[Condition, ...]:
    found = []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise unusable(shown, "conditions is not a list of tables", "write [[conditions]]")
    for number, row in enumerate(rows):
        place = Place(shown, lines.get(f"conditions[{number}]", 0))
        where = str(place)
        _known(row, {"one_of", "require", "when", "unless", "reason"}, where, "a condition")
        groups = row.get("one_of", [])
        if not isinstance(groups, list):
            raise unusable(where, "one_of is not a list", 'write one_of = [["A", "B"], ["C", "D"]]')
        groups = tuple(_strings([group] if isinstance(group, str) else group, where, "one_of") for group in groups)
        for key in ("when", "unless", "reason"):
            if not isinstance(row.get(key, ""), str):
                raise unusable(where, f"{key} is not a string", f'write {key} = "NAME" or "NAME=value"')
        condition = Condition(
            groups,
            _strings(row.get("require", []), where, "require"),
            Clause.read(row["when"]) if row.get("when") else None,
            Clause.read(row["unless"]) if row.get("unless") else None,
            row.get("reason", ""),
            place,
        )
        if not condition.names():
            raise unusable(where, "a condition asks for nothing", "give it one_of or require")
        clauses = {clause.name for clause in (condition.when, condition.unless) if clause}
        for name in sorted(condition.names() | clauses):
            if name not in variables:
                meant = nearest(name, variables)
                raise unusable(
                    where,
                    f"a condition names {name}, which is not in the contract",
                    f"did you mean {meant}?" if meant else f"add [variables.{name}]",
                )
        found.append(condition)
    return tuple(found)
