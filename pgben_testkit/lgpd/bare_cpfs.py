"""Recognises CPFs written as eleven digits without punctuation, where nothing says that they are CPFs.

One number of eleven digits in a hundred has the check digits of a CPF by chance. So one number proves little, and all
numbers of a column together prove a lot: they count as CPFs if more of them are valid than chance explains.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pgben_testkit.lgpd.documents import is_cpf

Group = tuple[str, str, str]
"""Where numbers that are judged together stand: table, column, and the key if the column holds JSON."""
SAID = re.compile(r"(?:\bcpf\b|cpf_?)\W{0,4}(?:n[.ºo°]*\W{0,3})?\Z", re.IGNORECASE)
"""The words before a number in a text that say that it is a CPF."""
SAID_OTHERWISE = re.compile(
    r"(?:tel\w*|fone|celular|cel|whats\w*|zap|protocolo|processo|pedido|nis|pis|pasep|id)\W{0,4}(?:n[.ºo°]*\W{0,3})?\Z",
    re.IGNORECASE,
)
"""The words before a number in a text that say that it is something else."""
_OTHERS = """
id ids oid pk fk telefone telefones fone celular phone mobile whatsapp fax protocolo protocol processo total valor
amount price preco saldo balance quantidade count size bytes version versao ean gtin barras epoch timestamp nis pis
pasep nit nsu nosso
"""
OTHERS = frozenset(_OTHERS.split())
"""Words in the names of columns that hold something else. The numbers of such a column count as CPFs only if there are
`SURE` or more, and half of them are valid."""
SURE = 5
MOST_KEPT = 5000
"""How many different numbers of a group are judged: the first ones."""
SHOWN_BEFORE = 24
"""How many characters before a number are searched for words that say what it is."""
_NUMBER = re.compile(r"(?<![\w.,/+-])\d{11}(?![\w]|[.,]\d|-\d)|(?<=/)\d{11}(?![\w.-])")
_KEY = re.compile(r'"([^"\\]{1,64})"\s*:\s*"?\Z')


def words_of(name: str) -> str:
    """Return the column's `name` in snake_case: `NumeroCpf`, `numeroCPF` and `numero_cpf` become the same."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


@dataclass
class _Judged:
    numbers: set[str] = field(default_factory=set)
    valid: set[str] = field(default_factory=set)


class BareCpfs:
    """Collects the numbers of each group, and decides in the end which groups hold CPFs."""

    def __init__(self) -> None:
        self._groups: dict[Group, _Judged] = {}

    def look(self, table: str, column: str, value: str) -> Iterator[tuple[str, Group | None]]:
        """Find the numbers in `value` that have the check digits of a CPF.

        Yields each number with its group, which `are_cpfs` decides on; with None if the text itself says CPF.
        """
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

    def are_cpfs(self, group: Group) -> bool:
        """Decide whether the valid numbers of `group` are CPFs. Call it after the last row."""
        judged = self._groups[group]
        count, valid = len(judged.numbers), len(judged.valid)
        _, column, key = group
        if OTHERS & set((key or column).split("_")):
            return count >= SURE and 2 * valid >= count
        return valid >= (1 if count <= 2 else 2 + count // 25)
