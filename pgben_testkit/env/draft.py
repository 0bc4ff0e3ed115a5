"""Draft a contract from what the code reads and the sources declare, for a person to correct."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pgben_testkit.env.checks.kind import wrong
from pgben_testkit.env.contract import STAGE_FROM, is_runtime
from pgben_testkit.env.ground import Ground
from pgben_testkit.env.kinds import KINDS, looks_like, parse
from pgben_testkit.env.secret import looks_secret
from pgben_testkit.env.sources.base import Declared, Source
from pgben_testkit.env.variable import FALSE_WORDS, TRUE_WORDS, Variable

STAGES = ("development", "production", "test")
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
    related = [each for each in environments if any(one.name == name for one in each.declared)]
    defaults = {each.default for each in live if each.default is not None}
    default = defaults.pop() if len(defaults) == 1 else None
    hints = Counter(each.hint for each in own_reads if each.hint)
    kind, extra = _kind(name, values + ([default] if default else []), hints.most_common(1)[0][0] if hints else "")
    undefaulted = bool(live) and all(each.default is None for each in live)
    everywhere = (
        bool(environments)
        and len(related) == len(environments)
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
    return _held(Row(name, kind, required, default, only, extra, where), ground, [*declared])


def _held(row: Row, ground: Ground, declared: Sequence[tuple[Source, Declared]]) -> Row:
    """The row, loosened until no value that is there breaks it: a draft that finds fault with its own sources would
    not be read to its end. Its comment tells which value was in the way."""
    bool_words = [each.value for _, each in declared if each.value and looks_like(each.value) is not None]
    if row.kind == "bool" and not row.extra:
        extra = tuple(
            (key, sorted({*words, *(each.strip() for each in bool_words if looks_like(each) is truth)}))
            for key, words, truth in (("true", TRUE_WORDS, True), ("false", FALSE_WORDS, False))
        )
        if any(set(found) - {*TRUE_WORDS, *FALSE_WORDS} for _, found in extra):
            row = replace(row, extra=extra)
    odd = next((each for source, each in declared if _breaks(row, ground, source, each)), None)
    if odd is None and (row.default is None or _takes(row, row.default)):
        return row
    kind = "secret" if row.kind == "pem" and odd is not None and odd.value else "string"
    told = f"; no {row.kind} at {odd.place}" if odd is not None and odd.value else ""
    return replace(row, kind=kind, extra=(), comment=row.comment + told)


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


def _kind(name: str, values: Sequence[str], hint: str) -> tuple[str, tuple[tuple[str, object], ...]]:
    """The kind that most of the values are of, and what else there is to say."""
    upper = name.upper()
    if upper in STAGE_FROM or upper.endswith("_ENVIRONMENT"):
        return "enum", (("values", sorted({*STAGES, *values})),)
    if looks_secret(name) and not _most(values, "duration") and hint not in ("int", "float", "bool"):
        if _most(values, "pem"):
            return "pem", ()
        return "secret", ()
    words = [looks_like(each) for each in values]
    if hint == "bool" or (words and None not in words and not all(each in ("0", "1") for each in values)):
        return "bool", (("true", ["true"]), ("false", ["false"]), ("otherwise", "false")) if hint == "bool" else ()
    if upper.endswith("PORT") and (not values or _most(values, "port")):
        return "port", ()
    if hint in KINDS and hint != "string" and (not values or _most(values, hint)):
        return hint, ()
    for kind in _BY_VALUE:
        if values and _most(values, kind):
            return kind, ()
    if upper.endswith(("HOST", "ENDPOINT", "HOSTNAME")) and (not values or _most(values, "host")):
        return "host", ()
    return "string", ()


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
