"""CPFs that are written as eleven bare digits where nothing says that they are CPFs.

One number of eleven digits in a hundred has a CPF's check digits by chance. So a number alone says little, and the
numbers of a column together a lot: they are taken for CPFs where more of them are valid than chance makes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

Group = tuple[str, str, str]
"""Numbers that are judged together: table, column, and the key where the column holds JSON."""
SAID = re.compile(r"(?:\bcpf\b|cpf_?)\W{0,4}(?:n[.ºo°]*\W{0,3})?\Z", re.IGNORECASE)
"""Before a number in a text: it is a CPF."""
SAID_OTHERWISE = re.compile(
    r"(?:tel\w*|fone|celular|cel|whats\w*|zap|protocolo|processo|pedido|nis|pis|pasep|id)\W{0,4}(?:n[.ºo°]*\W{0,3})?\Z",
    re.IGNORECASE,
)
OTHERS = frozenset(
    [
        "id",
        "ids",
        "oid",
        "pk",
        "fk",
        "telefone",
        "telefones",
        "fone",
        "celular",
        "phone",
        "mobile",
        "whatsapp",
        "fax",
        "protocolo",
        "protocol",
        "processo",
        "total",
        "valor",
        "amount",
        "price",
        "preco",
        "saldo",
        "balance",
        "quantidade",
        "count",
        "size",
        "bytes",
        "version",
        "versao",
        "ean",
        "gtin",
        "barras",
        "epoch",
        "timestamp",
        "nis",
        "pis",
        "pasep",
        "nit",
        "nsu",
        "nosso",
    ]
)
"""Words in the names of columns that hold something else. Such a column has to hold `SURE` numbers, half of them
valid."""
SURE = 5
MOST_KEPT = 5000
"""Different numbers that a group is judged by: the first ones."""
SHOWN_BEFORE = 24
_NUMBER = re.compile(r"(?<![\w.,/+-])\d{11}(?![\w]|[.,]\d|-\d)|(?<=/)\d{11}(?![\w.-])")
_KEY = re.compile(r'"([^"\\]{1,64})"\s*:\s*"?\Z')


def words_of(name: str) -> str:
    """A column's name in snake_case: `NumeroCpf`, `numeroCPF` and `numero_cpf` are the same."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def is_cpf(digits: str) -> bool:
    from pgben_testkit.factories.documents import cpf

    return len(digits) == 11 and len(set(digits)) > 1 and cpf(digits[:9]) == digits


@dataclass
class _Judged:
    numbers: set[str] = field(default_factory=set)
    valid: set[str] = field(default_factory=set)


class BareCpfs:
    """What was seen of each group, and what it is believed to hold."""

    def __init__(self) -> None:
        self._groups: dict[Group, _Judged] = {}

    def look(self, table: str, column: str, value: str) -> Iterator[tuple[str, Group | None]]:
        """Each number with a CPF's check digits, and the group that it must be believed with; None: the text says it
        is a CPF."""
        if len(value) < 11:
            return
        for match in _NUMBER.finditer(value):
            before = value[max(0, match.start() - 70) : match.start()]
            key = _KEY.search(before)
            digits, valid = match[0], is_cpf(match[0])
            if not key and SAID.search(before[-SHOWN_BEFORE:]):
                if valid:
                    yield digits, None
                continue
            if not key and SAID_OTHERWISE.search(before[-SHOWN_BEFORE:]):
                continue
            group = (table, column, words_of(key[1]) if key else "")
            judged = self._groups.setdefault(group, _Judged())
            if len(judged.numbers) < MOST_KEPT:
                judged.numbers.add(digits)
                if valid:
                    judged.valid.add(digits)
            if valid:
                yield digits, group

    def believed(self, group: Group) -> bool:
        """Whether the group's valid numbers are CPFs; only after the last row."""
        judged = self._groups[group]
        count, valid = len(judged.numbers), len(judged.valid)
        _, column, key = group
        if OTHERS & set((key or column).split("_")):
            return count >= SURE and 2 * valid >= count
        return valid >= (1 if count <= 2 else 2 + count // 25)
