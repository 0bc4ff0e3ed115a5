"""Makes texts for a column: by its name, if we know what Brazilians write there, and by the patterns in its checks."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

from pgben_testkit.factories.engine.identity import Draw
from pgben_testkit.factories.pgben import people
from pgben_testkit.factories.tables import patterns as patterns_of
from pgben_testkit.factories.tables.introspect import Column
from pgben_testkit.factories.tables.literals import LIKE, REGEX, SIMILAR, STRING, sizes, unquoted
from pgben_testkit.lgpd import documents, marks

WORDS = ("alfa", "beta", "gama", "delta", "rio", "mar", "sol", "serra", "praia", "norte")
DOCUMENT_NAME = re.compile(r"(^|_)(cpf|nis|pis|cnpj)($|_)")


def texts_by_name(column: Column, draw: Draw) -> list[str] | None:
    """Return what belongs into a column of this name, first without punctuation, then as people write it."""
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
        (r"^nome_social$", lambda: [marks.MARK]),
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


def texts(column: Column, draw: Draw, number: int) -> list[str]:
    """Return candidates for a text column, the most plausible first."""
    named = texts_by_name(column, draw) or []
    word = f"{draw.pick(f'{column.name} {number}', WORDS)} {draw.token(column.name, 6).lower()}"
    out = [*named, word, word.replace(" ", "_"), draw.token(column.name), *WORDS[:3], "a", ""]
    if column.length is not None:
        out += [each[: column.length] for each in out]
    if column.kind in ("bpchar", "char"):
        width = column.length or 1
        out = [(each * width)[:width] if each else "A" * width for each in out]
    return out


def by_checks(column: Column, spoken: Sequence[str], draw: Draw, number: int) -> list[str]:
    """Return the literals in checks, texts that match their patterns, and texts of the lengths that they speak of."""
    found: list[str] = []
    for expression in spoken:
        patterns = [unquoted(each) for each in REGEX.findall(expression)]
        similar = [unquoted(each) for each in SIMILAR.findall(expression)]
        exact = column.length if column.kind == "bpchar" else None
        for pattern in [*patterns, *map(patterns_of.from_similar, similar)]:
            found += patterns_of.matching(pattern, Random(draw.bits(f"{column.name} {number}")), exact)
        likes = [unquoted(each) for each in LIKE.findall(expression)]
        for like in likes:
            token = draw.token(f"{column.name} {number}", 6).lower()
            found += [like.replace("%", token).replace("_", "a"), like.replace("%", "").replace("_", "a")]
            if "@" in like:
                found.insert(0, people.email(draw, "pessoa"))
        literals = [unquoted(each) for each in STRING.findall(expression)]
        texts = [each for each in literals if each not in {*patterns, *similar, *likes}]
        if texts:
            start = draw.bits(f"{column.name} literal {number}") % len(texts)
            found += texts[start:] + texts[:start]
        for length in sizes([expression], 10_000):
            filler = f"{draw.token(column.name)} texto sintetico " * (length // 29 + 1)
            found += [filler[:length], ("1234567890" * (length // 10 + 1))[:length]]
    digits = str(draw.between(f"{column.name} digits {number}", 10**9, 10**10 - 1))
    found.append(digits[: column.length or 10])
    return [*(texts_by_name(column, draw) or []), *found, *_documents(column, draw)]


def _documents(column: Column, draw: Draw) -> list[str]:
    """Return documents that functions in checks may ask for, whatever the name of the column is."""
    return [
        *_both("cpf", documents.cpf(people.cpf_base(draw))),
        *_both("cnpj", documents.cnpj(people.cnpj_base(draw))),
        *_both("nis", documents.nis(people.nis_base(draw))),
        *_both("cep", people.cep(draw)),
        people.mobile(draw),
        str(draw.other_uuid(column.name)),
        people.email(draw, "pessoa"),
    ]
