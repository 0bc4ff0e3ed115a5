"""Values that a column may take: by its name where we know what Brazilians put there, by its type, by what its checks
speak of. First in a pool is what is most plausible."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pgben_testkit.factories import documents, people
from pgben_testkit.factories import patterns as patterns_of
from pgben_testkit.factories.identity import Draw
from pgben_testkit.factories.introspect import Check, Column, Table

WORDS = ("alfa", "beta", "gama", "delta", "rio", "mar", "sol", "serra", "praia", "norte")
_STRING = re.compile(r"'((?:[^']|'')*)'")
_NUMBER = re.compile(r"(?<![\w.'])-?\d+(?:\.\d+)?(?![\w.'])")
_REGEX = re.compile(r"(?<!!)~\*?\s*'((?:[^']|'')*)'")
_SIMILAR = re.compile(r"similar_(?:to_)?escape\('((?:[^']|'')*)'")
_NOW = re.compile(r"\bnow\(\)|CURRENT_|LOCALTIME|_timestamp\(\)|\bage\(", re.IGNORECASE)
_JSON_KEY = re.compile(r"(?:\?[&|]?|->>?)\s*\(?'((?:[^']|'')*)'")
_JSON_KEYS = re.compile(r"\?[&|]\s*\(?ARRAY\[([^\]]*)\]")
_LIKE = re.compile(r"(?<!!)~~\*?\s*'((?:[^']|'')*)'")

TEXTS = ("text", "varchar", "bpchar", "name", "citext", "char")
WHOLE = {"int2": 32_767, "int4": 2_147_483_647, "int8": 9_223_372_036_854_775_807, "oid": 2_147_483_647}
MARKED_JSON = ("metadados", "metadata", "meta", "dados_complementares")
MARKED_TEXT = ("nome_social", "observacoes", "observacao", "obs", "notas", "comentario")


def is_person(table: Table) -> bool:
    """Whether its rows are people, who must be marked."""
    names = {column.name.lower() for column in table.columns}
    return bool(names & {"cpf", "nis"}) or ("nome" in names and bool(names & {"data_nascimento", "nome_mae", "rg"}))


def marks(table: Table, given: Sequence[str]) -> dict[str, Any]:
    """column -> the mark that says that a person is synthetic; in the first place that the table offers."""
    if not is_person(table):
        return {}
    columns = {column.name: column for column in table.columns if column.name not in given and not column.automatic}
    for name, column in columns.items():
        if name in MARKED_JSON and column.kind in ("json", "jsonb"):
            return {name: {people.MARK_KEY: True}}
    for wanted in MARKED_TEXT:
        fits = columns.get(wanted)
        if fits is not None and fits.kind in TEXTS and (fits.length or 99) >= len(people.MARK):
            return {wanted: people.MARK}
    return {}


def pool(column: Column, checks: Sequence[Check], draw: Draw, number: int) -> list[Any]:
    """Candidates as JSON has them (PostgreSQL reads them by `jsonb_populate_recordset`). `number` counts the rows, so
    that pools of different rows differ."""
    spoken = [check.expression for check in checks if column.name in check.columns] + list(column.domain_checks)
    found: list[Any] = []
    if column.members and column.category != "A":
        chosen = draw.bits(f"{column.name} {number}") % len(column.members)
        found = [*column.members[chosen:], *column.members[:chosen]]
    elif column.category == "A":
        inner = _text(column, draw, number)[:1] if not column.members else list(column.members[:1])
        element = _element(column, draw)
        one = element if element is not None else inner[0]
        literals = [_unquoted(each) for expression in spoken for each in _STRING.findall(expression)]
        found = [[one], [], *([one] * size for size in _sizes(spoken, 50)), *([each] for each in literals)]
    elif column.kind in TEXTS:
        found = _text(column, draw, number)
        found = _by_checks(column, spoken, draw, number) + found if spoken else found
    elif column.kind in WHOLE or column.kind in ("numeric", "float4", "float8", "money"):
        found = _numbers(column, spoken, draw, number)
    else:
        found = _others(column, spoken, draw, number)
    if column.kind == "bpchar" and column.length is not None:
        found = [value.ljust(column.length) for value in found]  # as the server fills it, before checks see it
    return [value for value in found if _fits(column, value)]


def unique(column: Column, draw: Draw, number: int) -> Any:
    """A value that no other row has; None where the type has too few."""
    token = draw.token(f"{column.name} {number}")
    if column.kind in TEXTS:
        known = _known(column, draw)
        if known is not None and _DIGITS.search(column.name.lower()):
            return known[0] if _fits(column, known[0]) else None
        length = column.length or 40
        if known is not None and "@" in known[0]:
            return known[0] if len(known[0]) <= length else f"{token.lower()}@x.example"[-length:]
        base = f"{known[0]} {token}" if known is not None and len(known[0]) + 13 <= length else token
        return base if length >= 12 else token[:length] if length >= 3 else None
    if column.kind in WHOLE:
        most = min(WHOLE[column.kind], 2_000_000_000)
        return 1 + (draw.source.draw("#numero " + column.name, 0).bits("inicio") + draw.number * 7919) % (most - 1)
    if column.kind == "uuid":
        return str(draw.other_uuid(column.name))
    if column.kind == "date":
        return (draw.maker.hoje - timedelta(days=draw.number % 20_000)).isoformat()
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


_DIGITS = re.compile(r"(^|_)(cpf|nis|pis|cnpj)($|_)")


def _known(column: Column, draw: Draw) -> list[str] | None:
    """What belongs into a column of this name, bare first, then as people write it."""
    name = column.name.lower()
    rules: tuple[tuple[str, Callable[[], list[str]]], ...] = (
        (r"(^|_)cpf($|_)", lambda: _both("cpf", documents.cpf(people.cpf_base(draw)))),
        (r"(^|_)(nis|pis)($|_)", lambda: _both("nis", documents.nis(people.nis_base(draw)))),
        (r"(^|_)cnpj($|_)", lambda: _both("cnpj", documents.cnpj(people.cnpj_base(draw)))),
        (r"(^|_)rg($|_)", lambda: _both("rg", documents.rg(f"{draw.between('rg', 10_000_000, 59_999_999)}"))),
        (r"(^|_)cep($|_)", lambda: _both("cep", people.cep(draw))),
        (
            r"telefone|celular|(^|_)fone|whatsapp",
            lambda: [*_both("telefone", people.mobile(draw)), "55" + people.mobile(draw), "+55" + people.mobile(draw)],
        ),
        (r"e_?mail|destinatario", lambda: [people.email(draw, "pessoa")]),
        (r"^nome_social$", lambda: [people.MARK]),
        (r"^nome_mae$", lambda: [f"{people.first_name(draw, 'feminino', 'mae')} {people.surname(draw)}"]),
        (
            r"(^|_)(nome|name)($|_)",
            lambda: [f"{people.first_name(draw, 'outro')} {people.surname(draw)}", people.first_name(draw, "outro")],
        ),
        (r"logradouro|(^|_)rua($|_)|^endereco$", lambda: [people.street(draw)]),
        (r"bairro", lambda: [people.district(draw)]),
        (r"cidade|municipio|naturalidade|comarca", lambda: [draw.pick("cidade", people.CITIES)[0]]),
        (r"^(uf|estado)($|_)|(^|_)uf($|_)", lambda: ["RN"]),
        (r"processo", lambda: [documents.processo(f"{draw.between('processo', 0, 9_999_999):07d}", 2025)]),
        (r"mime", lambda: ["application/pdf"]),
        (r"(^|_)ip($|_)", lambda: ["192.0.2.1"]),
    )
    for pattern, make in rules:
        if re.search(pattern, name):
            return make()
    return None


def _both(kind: str, bare: str) -> list[str]:
    return [bare, documents.formatted(kind, bare)]


def _text(column: Column, draw: Draw, number: int) -> list[str]:
    known = _known(column, draw) or []
    word = f"{draw.pick(f'{column.name} {number}', WORDS)} {draw.token(column.name, 6).lower()}"
    out = [*known, word, word.replace(" ", "_"), draw.token(column.name), *WORDS[:3], "a", ""]
    if column.length is not None:
        out += [each[: column.length] for each in out]
    if column.kind in ("bpchar", "char"):
        width = column.length or 1
        out = [(each * width)[:width] if each else "A" * width for each in out]
    return out


def _by_checks(column: Column, spoken: Sequence[str], draw: Draw, number: int) -> list[str]:
    """Literals, texts that match the patterns, texts of the lengths that checks speak of."""
    from random import Random

    found: list[str] = []
    for expression in spoken:
        patterns = [_unquoted(each) for each in _REGEX.findall(expression)]
        similar = [_unquoted(each) for each in _SIMILAR.findall(expression)]
        exact = column.length if column.kind == "bpchar" else None
        for pattern in [*patterns, *map(patterns_of.from_similar, similar)]:
            found += patterns_of.matching(pattern, Random(draw.bits(f"{column.name} {number}")), exact)
        likes = [_unquoted(each) for each in _LIKE.findall(expression)]
        for like in likes:
            token = draw.token(f"{column.name} {number}", 6).lower()
            found += [like.replace("%", token).replace("_", "a"), like.replace("%", "").replace("_", "a")]
            if "@" in like:
                found.insert(0, people.email(draw, "pessoa"))
        literals = [_unquoted(each) for each in _STRING.findall(expression)]
        texts = [each for each in literals if each not in {*patterns, *similar, *likes}]
        if texts:
            start = draw.bits(f"{column.name} literal {number}") % len(texts)
            found += texts[start:] + texts[:start]
        for length in _sizes([expression], 10_000):
            filler = f"{draw.token(column.name)} texto sintetico " * (length // 29 + 1)
            found += [filler[:length], ("1234567890" * (length // 10 + 1))[:length]]
    digits = str(draw.between(f"{column.name} digits {number}", 10**9, 10**10 - 1))
    found.append(digits[: column.length or 10])
    known = _known(column, draw) or []
    return [*known, *found, *_documents(column, draw)]


def _sizes(spoken: Sequence[str], most: int) -> list[int]:
    """Lengths that checks speak of, and those beside them."""
    numbers = [int(float(each)) for expression in spoken for each in _NUMBER.findall(_STRING.sub("''", expression))]
    return list(dict.fromkeys(each + by for each in numbers for by in (0, 1, -1) if 0 <= each + by <= most))


def _documents(column: Column, draw: Draw) -> list[str]:
    """What functions in checks ask for, whatever the column is called."""
    return [
        *_both("cpf", documents.cpf(people.cpf_base(draw))),
        *_both("cnpj", documents.cnpj(people.cnpj_base(draw))),
        *_both("nis", documents.nis(people.nis_base(draw))),
        *_both("cep", people.cep(draw)),
        people.mobile(draw),
        str(draw.other_uuid(column.name)),
        people.email(draw, "pessoa"),
    ]


FEW = 200
"""Numbers between those that checks name, that are all tried."""
_PARTS_OF_DATES = (("ano|year", 2015, 2025), ("mes|month", 1, 12), ("dia|day", 1, 28))


def _numbers(column: Column, spoken: Sequence[str], draw: Draw, number: int) -> list[Any]:
    near: list[float] = []
    for expression in spoken:
        for each in _NUMBER.findall(expression) + _STRING.findall(expression):
            if re.fullmatch(r"-?\d+(\.\d+)?", each):
                value = int(each) if re.fullmatch(r"-?\d+", each) else float(each)
                near += [value, value + 1, value - 1]
        if _NOW.search(expression):
            near += [_now().year + each for each in (0, 1, -1, -18, -30)]
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
    today = draw.maker.hoje
    if kind == "bool":
        first = draw.chance(f"{column.name} {number}", 50)
        return [first, not first]
    if kind == "uuid":
        return [str(draw.other_uuid(f"{column.name} {number}"))]
    if kind == "date":
        days = [draw.between(f"{column.name} {number}", 30, 400), 0, 1, 10, 100, 1000, 8000, 20_000, -30, -400]
        dates = [today - timedelta(days=each) for each in days]
        return [each.isoformat() for each in [*dates, today.replace(day=1)]] + _moments(column, spoken)
    if kind in ("timestamp", "timestamptz"):
        days = [draw.between(f"{column.name} {number}", 30, 400), 0, 1, 10, 100, 1000, -1, -30, -400]
        stamps = [draw.maker.midnight + timedelta(hours=15) - timedelta(days=each) for each in days]
        near = [stamps[1] + timedelta(minutes=each) for each in (5, 30, 60, 120, 240, 480, -60)] if spoken else []
        return [each.isoformat() for each in [*stamps, *near]] + _moments(column, spoken)
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
        return [{}, *_objects(spoken), *_json_literals(spoken), [], [1], "x", 1]
    sizes = _sizes(spoken, 10_000)
    bits = "01" * 5_001
    simple: dict[str, list[Any]] = {
        "json": [{}, [], None],
        "jsonb": [{}, [], "x", 1],
        "inet": ["192.0.2.1"],
        "bytea": ["\\x00ff", *("\\x" + "5a" * size for size in sizes)],
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
        "varbit": ["0", "1", *(bits[:size] for size in sizes if size <= (column.length or size))],
    }
    return simple.get(kind, []) + _literals_like(kind, spoken)


_TIME = r"\d\d?:\d\d.*"
_NETWORK = r"[\d.]+(/\d+)?"
_SHAPES = {
    "interval": rf"-?{_TIME}|.*\d (sec|min|hour|day|mon|year).*",
    "time": _TIME,
    "timetz": _TIME,
    "inet": rf"{_NETWORK}|[\da-f:]*:[\da-f:]*(/\d+)?",
    "cidr": _NETWORK,
    "macaddr": r"([\da-f]{2}:){5}[\da-f]{2}",
}
"""kind -> how PostgreSQL writes its literals."""


def _literals_like(kind: str, spoken: Sequence[str]) -> list[str]:
    """Literals of this kind that checks name, and a host of the networks among them."""
    shape = _SHAPES.get(kind)
    texts = [
        each for expression in spoken for each in _STRING.findall(expression) if shape and re.fullmatch(shape, each)
    ]
    hosts = [each.partition("/")[0].rpartition(".")[0] + ".7" for each in texts if kind == "inet" and "." in each]
    return texts + hosts


def _now() -> datetime:
    """The clock: for checks that ask it themselves."""
    return datetime.now(UTC)


def _moments(column: Column, spoken: Sequence[str]) -> list[str]:
    """Those that checks name, and around now where they ask the clock."""
    found = _literal_dates(spoken)
    if any(map(_NOW.search, spoken)):
        days = [_now() + timedelta(days=each) for each in (0, 1, 2, 30, -1, -2, -30, 365, -365, -7000)]
        found += [(each.date() if column.kind == "date" else each).isoformat() for each in days]
    return found


def _objects(spoken: Sequence[str]) -> list[Any]:
    """Objects with the keys that checks ask for, with values of each type and with what the checks compare with."""
    keys: list[str] = []
    others: list[Any] = []
    for expression in spoken:
        mine = [_unquoted(each) for each in _JSON_KEY.findall(expression)]
        for listed in _JSON_KEYS.findall(expression):
            mine += [_unquoted(each) for each in _STRING.findall(listed)]
        others += [each for each in map(_unquoted, _STRING.findall(expression)) if each not in mine]
        others += [float(each) if "." in each else int(each) for each in _NUMBER.findall(_STRING.sub("", expression))]
        keys += mine
    keys = list(dict.fromkeys(keys))
    values = [*dict.fromkeys(others), "x", 1, True, [], {}, None]
    found: list[Any] = [dict.fromkeys(keys, value) for value in values]
    if len(keys) > 1:
        found += [
            {first: value, **dict.fromkeys(rest, other)}
            for first, *rest in _turns(keys)
            for value in values[:6]
            for other in values[:6]
        ]
        found += [{keys[0]: {keys[1]: value}} for value in values]
    return [each for each in found if each]


def _json_literals(spoken: Sequence[str]) -> list[Any]:
    """Objects and arrays that checks compare with, as `j @> '{"v": 1}'` does."""
    found = []
    for text in (_unquoted(each) for expression in spoken for each in _STRING.findall(expression)):
        if text[:1] in "{[" and text:
            with suppress(json.JSONDecodeError):
                found.append(json.loads(text))
    return found


def _turns(keys: list[str]) -> list[list[str]]:
    return [keys[place:] + keys[:place] for place in range(len(keys))]


def _literal_dates(spoken: Sequence[str]) -> list[str]:
    found = []
    for expression in spoken:
        for text in _STRING.findall(expression):
            if re.fullmatch(r"\d{4}-\d\d-\d\d.*", text):
                found.append(text)
    return found


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
    """Ranges of one day or number, at those that checks name; what is of another type no column takes."""
    days = [date.fromisoformat(each[:10]) for each in _literal_dates(spoken)]
    return [f"[{each},{each + timedelta(days=1)})" for each in days] + [
        f"[{each},{each + 1})" for each in _sizes(spoken, 2_000_000_000)
    ]


def _range(column: Column, number: int) -> str:
    """The `number`-th of ranges that don't touch."""
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


def _unquoted(text: str) -> str:
    return text.replace("''", "'")


def _fits(column: Column, value: Any) -> bool:
    if isinstance(value, str) and column.length is not None and column.kind in TEXTS:
        return len(value) <= column.length
    if isinstance(value, int | float) and not isinstance(value, bool):
        if column.kind in WHOLE:
            return abs(value) <= WHOLE[column.kind]
        if column.precision is not None:
            return bool(abs(value) < 10 ** (column.precision[0] - column.precision[1]))
    return True
