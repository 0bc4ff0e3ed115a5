"""Completes Brazilian documents with their check digits, formats them and validates them.

Sources: CPF and CNPJ, Receita Federal (mod 11; alphanumeric CNPJ: IN RFB 2.229/2024, character value = ASCII - 48);
NIS/PIS, Caixa (weights 3 2 9 8 7 6 5 4 3 2, mod 11); process number, CNJ Resolution 65/2008 (ISO 7064 mod 97-10);
RG, the rule of SSP/SP (weights 2 to 9, mod 11, 10 is written X), because there is no national rule.

`is_cpf`, `is_nis` and `is_cnpj` are the only such checks in the testkit; the tests compare them with two libraries.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from operator import mul

from pgben_testkit.errors import UsageProblem

CPF_FIRST = (10, 9, 8, 7, 6, 5, 4, 3, 2)
CPF_SECOND = (11, 10, 9, 8, 7, 6, 5, 4, 3, 2)
NIS = (3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
CNPJ_FIRST = (5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
CNPJ_SECOND = (6, *CNPJ_FIRST)
RG = (2, 3, 4, 5, 6, 7, 8, 9)

_CHECK_DIGITS = ("0", "0", "9", "8", "7", "6", "5", "4", "3", "2", "1")
"""remainder of the division by 11 -> check digit"""
_ZEROS: Mapping[tuple[int, ...], int] = {
    weights: 48 * sum(weights) for weights in (CPF_FIRST, CPF_SECOND, NIS, CNPJ_FIRST, CNPJ_SECOND, RG)
}
"""weights -> what a weighted sum of ASCII values has more than the sum of the characters' values: `0` is 48 in ASCII"""


def check_digit(text: str, weights: tuple[int, ...]) -> str:
    """Return the check digit (mod 11) of the characters of `text`, each counted as its ASCII value less 48.

    It is called for millions of documents, so it has no loop in Python.
    """
    return _CHECK_DIGITS[(sum(map(mul, text.encode(), weights)) - _ZEROS[weights]) % 11]


def cpf(base: str) -> str:
    """Complete the CPF whose first 9 digits are `base`: 11 digits, without punctuation.

    A base of nine equal digits gives a CPF that the authorities don't accept.
    """
    first = base + check_digit(base, CPF_FIRST)
    return first + check_digit(first, CPF_SECOND)


def nis(base: str) -> str:
    """Complete the NIS (PIS, PASEP, NIT) whose first 10 digits are `base`: 11 digits, without punctuation."""
    return base + check_digit(base, NIS)


def cnpj(base: str) -> str:
    """Complete the CNPJ whose first 12 characters, digits or capital letters, are `base`: 14, without punctuation."""
    first = base + check_digit(base, CNPJ_FIRST)
    return first + check_digit(first, CNPJ_SECOND)


def rg(base: str) -> str:
    """Complete the RG whose 8 digits are `base`, as São Paulo issues them: 9 characters, the last may be X."""
    rest = (sum(map(mul, base.encode(), RG)) - _ZEROS[RG]) % 11
    digit = (11 - rest) % 11
    return base + ("X" if digit == 10 else str(digit))


def processo(number: str, year: int, segment: str = "8", court: str = "20", origin: str = "0001") -> str:
    """Write the court process `number` (7 digits) as the CNJ numbers it: `NNNNNNN-DD.AAAA.J.TR.OOOO`."""
    rest = int(f"{number}{year:04d}{segment}{court}{origin}00") % 97
    return f"{number}-{98 - rest:02d}.{year:04d}.{segment}.{court}.{origin}"


def is_cpf(text: str) -> bool:
    """Tell whether `text` is a CPF without punctuation: 11 digits, not all equal, with the right check digits."""
    return _are_digits(text, 11) and cpf(text[:9]) == text


def is_nis(text: str) -> bool:
    """Tell whether `text` is a NIS without punctuation: 11 digits, not all equal, with the right check digit."""
    return _are_digits(text, 11) and nis(text[:10]) == text


def is_cnpj(text: str) -> bool:
    """Tell whether `text` is a CNPJ without punctuation: 14 characters, not all equal, with the right check digits."""
    return bool(_CNPJ.fullmatch(text)) and len(set(text)) > 1 and cnpj(text[:12]) == text


_CNPJ = re.compile(r"[0-9A-Z]{12}[0-9]{2}")


def _are_digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit() and len(set(text)) > 1


_VALIDATORS: Mapping[str, tuple[str, Callable[[str], bool]]] = {
    "cpf": (".-", is_cpf),
    "nis": (".-", is_nis),
    "cnpj": ("./-", is_cnpj),
}
"""kind -> the punctuation that it may have, and the check without it"""


def is_valid(kind: str, text: str) -> bool:
    """Tell whether `text` is a valid document of `kind` (cpf, nis or cnpj), with or without its punctuation.

    Raises:
        UsageProblem: there is no validation for `kind`.
    """
    if kind not in _VALIDATORS:
        raise UsageProblem(f"{kind!r} can't be validated", why=f"the kinds are {', '.join(_VALIDATORS)}")
    punctuation, is_right = _VALIDATORS[kind]
    return is_right(text.strip().upper().translate(dict.fromkeys(map(ord, punctuation))))


_MASKS = {
    "cpf": "###.###.###-##",
    "nis": "###.#####.##-#",
    "cnpj": "##.###.###/####-##",
    "rg": "##.###.###-#",
    "cep": "#####-###",
}


def formatted(kind: str, bare: str) -> str:
    """Write the document `bare` of `kind` as people write it: cpf, nis, cnpj, rg, cep, telefone (10 or 11 digits).

    Raises:
        UsageProblem: there is no such kind, or `bare` has another length than documents of `kind`.
    """
    if kind == "telefone" and len(bare) in (10, 11):
        return f"({bare[:2]}) {bare[2:-4]}-{bare[-4:]}"
    mask = _MASKS.get(kind)
    if mask is None or mask.count("#") != len(bare):
        raise UsageProblem(
            f"a {kind} of {len(bare)} characters can't be formatted",
            why=f"the kinds are {', '.join([*_MASKS, 'telefone'])}; each has its own length",
            remedy="give all characters of a document, without punctuation",
        )
    chars = iter(bare)
    return "".join(next(chars) if each == "#" else each for each in mask)


def bare(text: str) -> str:
    """Remove dots, dashes, slashes, brackets and spaces from `text`."""
    return re.sub(r"[.\-/() ]", "", text)
