"""Makes values that a column may hold: by its name, by its type, and near the literals in its checks.

The first value in a pool is the most plausible one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from pgben_testkit.factories.engine.identity import Draw
from pgben_testkit.factories.tables.introspect import TEXTS, WHOLE, Check, Column, Table
from pgben_testkit.factories.tables.literals import (
    NOW,
    NUMBER,
    STRING,
    json_literals,
    literal_dates,
    literals_like,
    moments,
    now,
    objects,
    sizes,
    unquoted,
)
from pgben_testkit.factories.tables.texts import DOCUMENT_NAME, by_checks, texts, texts_by_name
from pgben_testkit.lgpd import marks

MARKED_JSON = ("metadados", "metadata", "meta", "dados_complementares")
MARKED_TEXT = ("nome_social", "observacoes", "observacao", "obs", "notas", "comentario")


def is_person(table: Table) -> bool:
    """Tell whether the rows of `table` are people, who must be marked."""
    names = {column.name.lower() for column in table.columns}
    return bool(names & {"cpf", "nis"}) or ("nome" in names and bool(names & {"data_nascimento", "nome_mae", "rg"}))


def marks_of(table: Table, given: Sequence[str]) -> dict[str, Any]:
    """Return column -> the mark of synthetic people, in the first column of `table` that can hold it; else nothing."""
    if not is_person(table):
        return {}
    columns = {column.name: column for column in table.columns if column.name not in given and not column.automatic}
    for name, column in columns.items():
        if name in MARKED_JSON and column.kind in ("json", "jsonb"):
            return {name: {marks.MARK_KEY: True}}
    for wanted in MARKED_TEXT:
        fits = columns.get(wanted)
        if fits is not None and fits.kind in TEXTS and (fits.length or 99) >= len(marks.MARK):
            return {wanted: marks.MARK}
    return {}


def pool(column: Column, checks: Sequence[Check], draw: Draw, number: int) -> list[Any]:
    """Return candidates for a column as JSON holds them, which PostgreSQL reads by `jsonb_to_recordset`.

    `number` counts the rows, so that the pools of different rows differ.
    """
    spoken = [check.expression for check in checks if column.name in check.columns] + list(column.domain_checks)
    found: list[Any] = []
    if column.members and column.category != "A":
        chosen = draw.bits(f"{column.name} {number}") % len(column.members)
        found = [*column.members[chosen:], *column.members[:chosen]]
    elif column.category == "A":
        inner = texts(column, draw, number)[:1] if not column.members else list(column.members[:1])
        element = _element(column, draw)
        one = element if element is not None else inner[0]
        literals = [unquoted(each) for expression in spoken for each in STRING.findall(expression)]
        found = [[one], [], *([one] * size for size in sizes(spoken, 50)), *([each] for each in literals)]
    elif column.kind in TEXTS:
        found = texts(column, draw, number)
        found = by_checks(column, spoken, draw, number) + found if spoken else found
    elif column.kind in WHOLE or column.kind in ("numeric", "float4", "float8", "money"):
        found = _numbers(column, spoken, draw, number)
    else:
        found = _others(column, spoken, draw, number)
    if column.kind == "bpchar" and column.length is not None:
        found = [value.ljust(column.length) for value in found]  # as the server fills it before checks see it
    return [value for value in found if _fits(column, value)]


def unique(column: Column, draw: Draw, number: int) -> Any:
    """Return a value that no other row has; None if the type has too few values."""
    token = draw.token(f"{column.name} {number}")
    if column.kind in TEXTS:
        named = texts_by_name(column, draw)
        if named is not None and DOCUMENT_NAME.search(column.name.lower()):
            return named[0] if _fits(column, named[0]) else None
        length = column.length or 40
        if named is not None and "@" in named[0]:
            return named[0] if len(named[0]) <= length else f"{token.lower()}@x.example"[-length:]
        base = f"{named[0]} {token}" if named is not None and len(named[0]) + 13 <= length else token
        return base if length >= 12 else token[:length] if length >= 3 else None
    if column.kind in WHOLE:
        most = min(WHOLE[column.kind], 2_000_000_000)
        return 1 + (draw.source.draw("#numero " + column.name, 0).bits("inicio") + draw.number * 7919) % (most - 1)
    if column.kind == "uuid":
        return str(draw.other_uuid(column.name))
    if column.kind == "date":
        return (draw.maker.today - timedelta(days=draw.number % 20_000)).isoformat()
    if column.kind in ("timestamp", "timestamptz"):
        return (draw.maker.midnight - timedelta(minutes=draw.number % 10_000_000)).isoformat()
    if column.kind == "numeric":
        whole = (column.precision or (12, 2))[0] - (column.precision or (12, 2))[1]
        return 1 + draw.number % (10 ** min(whole, 9) - 1) if whole > 3 else None
    if column.category == "R":
        own = _range(column, draw.number)
        return f"{{{own}}}" if column.kind.endswith("multirange") else own
    if column.kind == "macaddr":
        return "02:" + ":".join(re.findall("..", f"{draw.bits(column.name + ' mac') & 0xFFFFFFFFFF:010x}"))
    if column.kind == "inet":
        return f"10.{draw.number >> 16 & 255}.{draw.number >> 8 & 255}.{draw.number & 255}"
    return None


FEW = 200
"""The largest range between the numbers in checks of which all numbers are tried."""
_PARTS_OF_DATES = (("ano|year", 2015, 2025), ("mes|month", 1, 12), ("dia|day", 1, 28))


def _numbers(column: Column, spoken: Sequence[str], draw: Draw, number: int) -> list[Any]:
    near: list[float] = []
    for expression in spoken:
        for each in NUMBER.findall(expression) + STRING.findall(expression):
            if re.fullmatch(r"-?\d+(\.\d+)?", each):
                value = int(each) if re.fullmatch(r"-?\d+", each) else float(each)
                near += [value, value + 1, value - 1]
        if NOW.search(expression):
            near += [now().year + each for each in (0, 1, -1, -18, -30)]
    plain: list[float] = [draw.between(f"{column.name} {number}", 1, 90), 1, 0, 2, 10, 100, 1000, -1]
    whole = column.kind in WHOLE
    out = plain[:1] + near + plain[1:] + ([0.5, 0.01] if not whole else [])
    if len(near) > 1:
        out.append((min(near) + max(near)) / 2)
    for words, first, last in _PARTS_OF_DATES:
        if re.search(rf"(^|_)({words})($|_)", column.name.lower()):
            out.insert(0, draw.between(f"{column.name} of a date {number}", first, last))
    if whole and near:
        least, most = max(int(min(near)), -WHOLE[column.kind]), min(int(max(near)), WHOLE[column.kind])
        out.append(draw.between(f"{column.name} within {number}", least, max(least, most)))
        out += [int(each) + draw.between(f"{column.name} beyond {number}", 2, 1_000_000) for each in near[:6:3]]
        if most - least <= FEW:
            out += range(least, most + 1)
        steps = [int(each) for each in dict.fromkeys(near) if 1 < each <= 10_000]  # of a remainder, perhaps
        out += [
            each * draw.between(f"{column.name} times {each} {number} {bound}", 1, bound // each + 1)
            for each in steps
            for bound in (1000, WHOLE[column.kind] // 2)
        ]
    return [int(each) if whole or each == int(each) else each for each in out]


def _others(column: Column, spoken: Sequence[str], draw: Draw, number: int) -> list[Any]:
    kind = column.kind
    today = draw.maker.today
    if kind == "bool":
        first = draw.chance(f"{column.name} {number}", 50)
        return [first, not first]
    if kind == "uuid":
        return [str(draw.other_uuid(f"{column.name} {number}"))]
    if kind == "date":
        days = [draw.between(f"{column.name} {number}", 30, 400), 0, 1, 10, 100, 1000, 8000, 20_000, -30, -400]
        dates = [today - timedelta(days=each) for each in days]
        return [each.isoformat() for each in [*dates, today.replace(day=1)]] + moments(column, spoken)
    if kind in ("timestamp", "timestamptz"):
        days = [draw.between(f"{column.name} {number}", 30, 400), 0, 1, 10, 100, 1000, -1, -30, -400]
        stamps = [draw.maker.midnight + timedelta(hours=15) - timedelta(days=each) for each in days]
        near = [stamps[1] + timedelta(minutes=each) for each in (5, 30, 60, 120, 240, 480, -60)] if spoken else []
        return [each.isoformat() for each in [*stamps, *near]] + moments(column, spoken)
    if column.category == "R":
        multiple = column.kind.endswith("multirange")
        ranges = [_range(column, number), *_ranges_near(spoken)]
        return [*(f"{{{each}}}" for each in ranges), "{}"] if multiple else [*ranges, "empty"]
    if column.fields:
        theirs = [Check("", tuple(each.name for each in column.fields), expression) for expression in spoken]
        inner = {each.name: pool(each, theirs, draw, number) or [None] for each in column.fields}
        turns = range(max(map(len, inner.values())) if spoken else 1)
        return [{name: options[turn % len(options)] for name, options in inner.items()} for turn in turns]
    if kind in ("json", "jsonb") and spoken:
        return [{}, *objects(spoken), *json_literals(spoken), [], [1], "x", 1]
    lengths = sizes(spoken, 10_000)
    bits = "01" * 5_001
    simple: dict[str, list[Any]] = {
        "json": [{}, [], None],
        "jsonb": [{}, [], "x", 1],
        "inet": ["192.0.2.1"],
        "bytea": ["\\x00ff", *("\\x" + "5a" * size for size in lengths)],
        "cidr": ["192.0.2.0/24"],
        "macaddr": ["02:00:00:00:00:01"],
        "macaddr8": ["02:00:00:ff:fe:00:00:01"],
        "time": ["09:00:00", "17:00:00", "09:30:00"],
        "timetz": ["09:00:00-03", "17:00:00-03"],
        "interval": ["1 day", "30 days", "1 hour", "20 minutes", "5 minutes", "10 seconds"],
        "xml": ["<a/>"],
        "point": ["(0,0)"],
        "box": ["(1,1),(0,0)"],
        "circle": ["<(0,0),1>"],
        "line": ["{1,-1,0}"],
        "lseg": ["[(0,0),(1,1)]"],
        "path": ["[(0,0),(1,1)]"],
        "polygon": ["((0,0),(1,0),(1,1))"],
        "tsvector": ["a"],
        "tsquery": ["a"],
        "hstore": [""],
        "ltree": ["a.b"],
        "pg_lsn": ["0/0"],
        "bit": ["0" * (column.length or 1), "1" * (column.length or 1), bits[: column.length or 1]],
        "varbit": ["0", "1", *(bits[:size] for size in lengths if size <= (column.length or size))],
    }
    return simple.get(kind, []) + literals_like(kind, spoken)


def _element(column: Column, draw: Draw) -> Any:
    kind = column.kind.removeprefix("_")
    if kind in WHOLE or kind in ("numeric", "float4", "float8"):
        return 1
    if kind in TEXTS or column.members:
        return None
    inner = Column("item", kind, "", True, False, False)
    found = _others(inner, (), draw, 0)
    return found[0] if found else None


def _ranges_near(spoken: Sequence[str]) -> list[str]:
    """Return ranges of one day or one number at those in checks; the server refuses those of another type."""
    days = [date.fromisoformat(each[:10]) for each in literal_dates(spoken)]
    return [f"[{each},{each + timedelta(days=1)})" for each in days] + [
        f"[{each},{each + 1})" for each in sizes(spoken, 2_000_000_000)
    ]


def _range(column: Column, number: int) -> str:
    """Return the `number`-th of the ranges that don't touch each other."""
    kind = column.kind.replace("multirange", "range")
    if kind in ("numrange", "int4range", "int8range"):
        return f"[{number * 10},{number * 10 + 5})"
    day = timedelta(days=number % 100_000)
    start = date(1990, 1, 1) + day
    if kind == "daterange":
        return f"[{start},{start + timedelta(days=1)})"
    if kind in ("tsrange", "tstzrange"):
        return f"[{start} 12:00,{start} 13:00)"
    return "empty"


def _fits(column: Column, value: Any) -> bool:
    if isinstance(value, str) and column.length is not None and column.kind in TEXTS:
        return len(value) <= column.length
    if isinstance(value, int | float) and not isinstance(value, bool):
        if column.kind in WHOLE:
            return abs(value) <= WHOLE[column.kind]
        if column.precision is not None:
            return bool(abs(value) < 10 ** (column.precision[0] - column.precision[1]))
    return True
