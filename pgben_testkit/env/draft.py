"""Draft a contract from what the code reads and the sources declare, for a person to correct."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pgben_testkit.env.checks.kind import wrong
from pgben_testkit.env.code.read import CodeRead
from pgben_testkit.env.contract import STAGE_FROM, is_librarys, is_runtime
from pgben_testkit.env.ground import Ground
from pgben_testkit.env.kinds import KINDS, looks_like, parse
from pgben_testkit.env.secret import looks_secret
from pgben_testkit.env.sources.base import Declared, Source
from pgben_testkit.env.variable import FALSE_WORDS, TRUE_WORDS, Variable

STAGES = ("development", "production", "test")
NUMBERS = ("int", "float", "port")
"""Kinds that the code tells by converting the value: what is not a number does not work."""
_BY_VALUE = ("pem", "url", "email", "duration", "timezone", "int", "float")
"""Kinds that a value alone can tell, the most telling first."""


@dataclass(frozen=True)
class Row:
    """Describe a drafted variable and what is known of it."""

    name: str
    kind: str
    required: bool
    default: str | None
    only: str
    extra: tuple[tuple[str, object], ...]
    comment: str


def rows(ground: Ground) -> list[Row]:
    """Return a row for each name that code reads, or that a `.env` file or an application's environment declares."""
    reads = ground.code.reads if ground.code else ()
    read = {each.name for each in reads}
    environments = [each for each in ground.sources if each.complete]
    dotenv = {each.name for source in environments if source.kind == "dotenv" for each in source.declared}
    names = set(read)
    applications = []
    for source in environments:
        own = {each.name for each in source.declared}
        if source.kind != "process" and (source.kind == "dotenv" or own & (read | dotenv)):
            applications.append(source)
            names |= own - (ground.used_names - read)
    found = []
    for name in sorted(each for each in names if re.fullmatch(r"[A-Za-z_]\w*", each) and not is_runtime(each)):
        if name in read or not is_librarys(name):
            found.append(_row(name, ground, applications))
    return found


def _row(name: str, ground: Ground, environments: Sequence[Source]) -> Row:
    own_reads = [each for each in (ground.code.reads if ground.code else ()) if each.name == name]
    live = [each for each in own_reads if not each.test]
    declared = [
        (source, each)
        for source in ground.sources
        if source.kind != "process"
        for each in source.declared
        if each.name == name
    ]
    values = [each.value for source, each in declared if each.value and not (source.example and looks_secret(name))]
    asked = [each for each in environments if ground.needs(each, name)]
    related = [each for each in asked if any(one.name == name for one in each.declared)]
    defaults = {each.default for each in live if each.default is not None}
    default = defaults.pop() if len(defaults) == 1 else None
    hints = Counter(_hint(each) for each in own_reads if each.hint)
    told = values + ([default] if default else [])
    kind, extra, certain = _kind(name, told, hints.most_common(1)[0][0] if hints else "")
    undefaulted = bool(live) and all(each.default is None and not each.optional for each in live)
    everywhere = (
        bool(asked)
        and len(related) == len(asked)
        and all(each.value != "" for source, each in declared if source.complete)
    )
    required = default is None and (any(each.required for each in live) or (undefaulted and everywhere))
    stages = {ground.stage(source) for source, _ in declared}
    only = "test" if not live and stages <= {"test"} and (own_reads or stages) else ""
    where = f"read at {own_reads[0].place}" if own_reads else "read by no code"
    where += f" and {len(own_reads) - 1} more places" if len(own_reads) > 1 else ""
    files = sorted({each.place.path for _, each in declared})
    where += f"; set in {', '.join(files[:4])}{' and others' if len(files) > 4 else ''}" if files else "; set nowhere"
    if default is not None and (kind in ("secret", "pem") or re.search(r"://[^/\s]*@", default)):
        default = None
    services = {each.name for each in ground.applications if each.kind in ("compose", "workload")}
    needing = {each.name for each in asked if each.kind in ("compose", "workload")}
    if live and needing and needing != services:
        extra += (("applications", sorted(needing)),)
    if _differs(ground, declared):
        extra += (("varies", True),)
    return _held(Row(name, kind, required, default, only, extra, where), ground, [*declared], certain=certain)


def _hint(read: CodeRead) -> str:
    """The kind that a read tells. What Python takes for a boolean has many words, `=== 'true'` has one."""
    return "flag" if read.hint == "bool" and read.place.path.endswith(".py") else read.hint


def _differs(ground: Ground, declared: Sequence[tuple[Source, Declared]]) -> bool:
    """Whether environments of one stage have different values today: then the draft expects them to."""
    by_stage: dict[str, set[str]] = {}
    for source, each in declared:
        if each.value and not source.example:
            by_stage.setdefault(ground.stage(source), set()).add(each.value)
    return any(len(values) > 1 for values in by_stage.values())


def _held(row: Row, ground: Ground, declared: Sequence[tuple[Source, Declared]], *, certain: bool) -> Row:
    """The row, loosened until no value that is there breaks it, where its kind is only a guess. A `certain` kind (the
    code converts the value, a schema names it) stays: the value that breaks it is wrong. The comment names it."""
    values = [*(each.value for _, each in declared), row.default]
    bool_words = [each for each in values if each and looks_like(each) is not None]
    if row.kind == "bool" and not {"true", "false"} & {key for key, _ in row.extra}:
        extra = tuple(
            (key, sorted({*words, *(each.strip() for each in bool_words if looks_like(each) is truth)}))
            for key, words, truth in (("true", TRUE_WORDS, True), ("false", FALSE_WORDS, False))
        )
        if any(set(found) - {*TRUE_WORDS, *FALSE_WORDS} for _, found in extra):
            row = replace(row, extra=(*row.extra, *extra))
    odd = next((each for source, each in declared if _breaks(row, ground, source, each)), None)
    if odd is None and (row.default is None or _takes(row, row.default)):
        return row
    if certain and (row.default is None or _takes(row, row.default)):
        misfit = f"; {odd.place} does not fit" if odd is not None and odd.value else ""
        return replace(row, comment=row.comment + misfit)
    kind = "secret" if row.kind == "pem" and odd is not None and odd.value else "string"
    told = f"; not {row.kind} at {odd.place}" if odd is not None and odd.value else ""
    kept = tuple(each for each in row.extra if each[0] in ("applications", "varies"))
    return replace(row, kind=kind, extra=kept, comment=row.comment + told)


def _breaks(row: Row, ground: Ground, source: Source, declared: Declared) -> bool:
    if declared.value is None or declared.refused:
        return False
    if not declared.value.strip():
        return not source.example and not row.required and row.kind != "string"
    return bool(wrong(ground, source, _variable(row), declared))


def _takes(row: Row, text: str) -> bool:
    try:
        parse(text, _variable(row))
    except ValueError:
        return False
    return True


def _variable(row: Row) -> Variable:
    extra: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.extra}
    return Variable(row.name, kind=row.kind, **extra)


def _kind(name: str, values: Sequence[str], hint: str) -> tuple[str, tuple[tuple[str, object], ...], bool]:
    """The kind that the code or most of the values tell, what else there is to say, and whether the code tells it."""
    upper = name.upper()
    if upper in STAGE_FROM or upper.endswith("_ENVIRONMENT"):
        return "enum", (("values", sorted({*STAGES, *values})),), False
    if looks_secret(name) and not _most(values, "duration") and hint not in ("int", "float", "bool", "flag"):
        if _most(values, "pem"):
            return "pem", (), False
        return "secret", (), False
    words = [looks_like(each) for each in values]
    if hint == "bool":
        return "bool", (("true", ["true"]), ("false", ["false"]), ("otherwise", "false")), False
    if hint == "flag" or (words and None not in words and not all(each in ("0", "1") for each in values)):
        return "bool", (), False
    if upper.endswith("PORT") and (hint in NUMBERS or not values or _most(values, "port")):
        return "port", (), hint in NUMBERS
    if hint in NUMBERS:
        return hint, (), True
    if hint in KINDS and hint != "string" and (not values or _most(values, hint)):
        return hint, (), False
    for kind in _BY_VALUE:
        if values and _most(values, kind):
            return kind, (), False
    if upper.endswith(("HOST", "ENDPOINT", "HOSTNAME", "SERVER")) and (not values or _most(values, "host")):
        return "host", (), False
    return "string", (), False


def _most(values: Sequence[str], kind: str) -> bool:
    """Whether more than half of the values are of a kind."""
    good = 0
    for each in values:
        try:
            KINDS[kind].parse(each, Variable("X", kind=kind))
            good += 1
        except ValueError:
            continue
    return bool(values) and good * 2 > len(values)


def toml(drafted: Sequence[Row], name: str) -> str:
    """Return the contract as the text of a TOML file. No value of a secret is in it."""
    lines = [
        "# Drafted by `pgben-testkit doctor --init` from the code and the sources. Correct it, then hold to it:",
        "# what is really required, which values are allowed, which secrets have a length.",
        "",
        "[contract]",
        f"name = {json.dumps(name, ensure_ascii=False)}",
    ]
    prefixes = Counter(each.name.partition("_")[0] for each in drafted)
    for each in drafted:
        lines += ["", f"# {each.comment}", f"[variables.{each.name}]", f'kind = "{each.kind}"']
        if each.required:
            lines.append("required = true")
        if each.only:
            lines.append(f'only = "{each.only}"')
        if each.default is not None:
            lines.append(f"default = {json.dumps(each.default, ensure_ascii=False)}")
        lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in each.extra]
        prefix = each.name.partition("_")[0]
        if prefixes[prefix] > 1 and prefix != each.name:
            lines.append(f'group = "{prefix.lower()}"')
    return "\n".join(lines) + "\n"
