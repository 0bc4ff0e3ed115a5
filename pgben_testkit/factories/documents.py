"""Brazilian documents: completed with their check digits, formatted, validated, and wrong in one named way.

Sources: CPF and CNPJ, Receita Federal (mod 11; alphanumeric CNPJ: IN RFB 2.229/2024, character value = ASCII - 48);
NIS/PIS, Caixa (weights 3 2 9 8 7 6 5 4 3 2, mod 11); process number, CNJ Resolution 65/2008 (ISO 7064 mod 97-10);
RG, the rule of SSP/SP (weights 2 to 9, mod 11, 10 is X): there is no national one. Validation is that of the library
`validate-docbr`, with the strict length that it leaves to its caller.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import mul
from typing import Any

from pgben_testkit.errors import UsageProblem
from pgben_testkit.factories.extra import need

_CPF_FIRST = (10, 9, 8, 7, 6, 5, 4, 3, 2)
_CPF_SECOND = (11, 10, 9, 8, 7, 6, 5, 4, 3, 2)
_NIS = (3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
_CNPJ_FIRST = (5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
_CNPJ_SECOND = (6, *_CNPJ_FIRST)
_RG = (2, 3, 4, 5, 6, 7, 8, 9)


_DIGITS = ("0", "0", "9", "8", "7", "6", "5", "4", "3", "2", "1")
"""remainder of the division by 11 -> check digit"""


_ZEROS: dict[tuple[int, ...], int] = {
    weights: 48 * sum(weights) for weights in (_CPF_FIRST, _CPF_SECOND, _NIS, _CNPJ_FIRST, _CNPJ_SECOND, _RG)
}
"""What the characters' ASCII values have too much: 48 times the weights."""


def _mod11(text: str, weights: tuple[int, ...]) -> str:
    """The check digit; a character counts as its ASCII value less 48. Made for millions: no Python loop."""
    return _DIGITS[(sum(map(mul, text.encode(), weights)) - _ZEROS[weights]) % 11]


def cpf(base: str) -> str:
    """The CPF, 11 bare digits, of its first 9. Nine equal digits give one that the authorities don't accept."""
    first = base + _mod11(base, _CPF_FIRST)
    return first + _mod11(first, _CPF_SECOND)


def nis(base: str) -> str:
    """The NIS (PIS, PASEP, NIT), 11 bare digits, of its first 10."""
    return base + _mod11(base, _NIS)


def cnpj(base: str) -> str:
    """The CNPJ, 14 bare characters, of its first 12: digits, or capital letters too."""
    first = base + _mod11(base, _CNPJ_FIRST)
    return first + _mod11(first, _CNPJ_SECOND)


def rg(base: str) -> str:
    """The RG as São Paulo issues them, 9 characters, of its 8 digits; the last may be X."""
    rest = (sum(map(mul, base.encode(), _RG)) - _ZEROS[_RG]) % 11
    digit = (11 - rest) % 11
    return base + ("X" if digit == 10 else str(digit))


def processo(number: str, year: int, segment: str = "8", court: str = "20", origin: str = "0001") -> str:
    """A court process as the CNJ numbers it, formatted: `NNNNNNN-DD.AAAA.J.TR.OOOO` of its 7 digits."""
    rest = int(f"{number}{year:04d}{segment}{court}{origin}00") % 97
    return f"{number}-{98 - rest:02d}.{year:04d}.{segment}.{court}.{origin}"


_MASKS = {
    "cpf": "###.###.###-##",
    "nis": "###.#####.##-#",
    "cnpj": "##.###.###/####-##",
    "rg": "##.###.###-#",
    "cep": "#####-###",
}


def formatted(kind: str, bare: str) -> str:
    """The document as people write it: cpf, nis, cnpj, rg, cep, telefone (10 or 11 digits).

    Raises:
        UsageProblem: no such kind, or a text of another length.
    """
    if kind == "telefone" and len(bare) in (10, 11):
        return f"({bare[:2]}) {bare[2:-4]}-{bare[-4:]}"
    mask = _MASKS.get(kind)
    if mask is None or mask.count("#") != len(bare):
        raise UsageProblem(
            f"a {kind} of {len(bare)} characters can't be formatted",
            why=f"kinds: {', '.join([*_MASKS, 'telefone'])}; each has its own length",
            remedy="give the bare characters of a whole document",
        )
    chars = iter(bare)
    return "".join(next(chars) if each == "#" else each for each in mask)


def bare(text: str) -> str:
    """Without dots, dashes, slashes, brackets, blanks."""
    return re.sub(r"[.\-/() ]", "", text)


def is_valid(kind: str, text: str) -> bool:
    """Whether a CPF, NIS or CNPJ, bare or formatted, has its length and check digits and isn't one repeated digit."""
    docbr = _docbr()
    validators: dict[str, tuple[int, Callable[[str], bool]]] = {
        "cpf": (11, docbr.CPF().validate),
        "nis": (11, docbr.PIS().validate),
        "cnpj": (14, docbr.CNPJ().validate),
    }
    if kind not in validators:
        raise UsageProblem(f"no validation for {kind!r}", why=f"there is {', '.join(validators)}")
    length, validate = validators[kind]
    return len(bare(text)) == length and bool(validate(text))


def _docbr() -> Any:
    return need("validate_docbr", "validate-docbr")


@dataclass(frozen=True)
class Fault:
    """A way to be wrong. `make` takes a valid bare document and gives one that is wrong in this way alone."""

    name: str
    meaning: str
    make: Callable[[str], str]


def _other(char: str) -> str:
    return str((int(char) + 1) % 10)


def _mod_first(text: str, place: int) -> str:
    return text[:place] + _other(text[place]) + text[place + 1 :]


def _first_digit_wrong(text: str) -> str:
    """The second digit is right for the wrong first, so that only a check of the first finds it."""
    base = text[:-2] + _other(text[-2])
    return base + (_mod11(base, _CPF_SECOND) if len(text) == 11 else _mod11(base, _CNPJ_SECOND))


def _forms(length: int, short: int = 1) -> tuple[Fault, ...]:
    return (
        Fault("curto", f"{length - short} characters", lambda text: text[short:]),
        Fault("longo", f"{length + 1} characters", lambda text: text + "0"),
        Fault("letra", "a letter in the place of the last digit", lambda text: text[:-1] + "A"),
        Fault("vazio", "no character", lambda text: ""),
    )


def _common(length: int) -> tuple[Fault, ...]:
    return (
        *_forms(length),
        Fault(
            "repetido",
            "one digit repeated: its check digits may be right, and it is never issued",
            lambda text: text[0] * length if text[0].isdigit() else "1" * length,
        ),
    )


_NO_AREA = "20"
"""No area code (Anatel's Plano Geral de Códigos Nacionais: of 2x there are 21, 22, 24, 27 and 28)."""


FAULTS: Mapping[str, tuple[Fault, ...]] = {
    "cpf": (
        Fault("primeiro_digito", "the first check digit", _first_digit_wrong),
        Fault("segundo_digito", "the second check digit", lambda text: _mod_first(text, 10)),
        *_common(11),
    ),
    "nis": (Fault("digito", "the check digit", lambda text: _mod_first(text, 10)), *_common(11)),
    "cnpj": (
        Fault("primeiro_digito", "the first check digit", _first_digit_wrong),
        Fault("segundo_digito", "the second check digit", lambda text: _mod_first(text, 13)),
        *_common(14),
    ),
    "rg": (
        Fault("digito", "the check digit", lambda text: text[:-1] + ("0" if text[-1] == "X" else _other(text[-1]))),
        *_forms(9),
    ),
    "cep": (
        Fault("faixa", "below 01000-000, where none is given out", lambda text: "00" + text[2:]),
        *_forms(8),
    ),
    "telefone": (
        Fault("ddd", "an area code that there is not", lambda text: _NO_AREA + text[2:]),
        Fault(
            "nono_digito",
            "11 digits, and the first after the area code is no 9",
            lambda text: text[:2] + "1" + text[3:],
        ),
        *_forms(11, short=2),
    ),
}
"""kind -> the ways in which `invalid` makes one wrong."""


def invalid(kind: str, valid: str, fault: str) -> str:
    """The valid bare document made wrong in the one way that `fault` names.

    Raises:
        UsageProblem: no such kind or fault, with those that there are.
    """
    if kind not in FAULTS:
        raise UsageProblem(f"no invalid {kind!r} can be made", why=f"there are {', '.join(FAULTS)}")
    for each in FAULTS[kind]:
        if each.name == fault:
            return each.make(valid)
    known = "; ".join(f"{each.name} ({each.meaning})" for each in FAULTS[kind])
    raise UsageProblem(f"a {kind} can't be wrong by {fault!r}", why=f"ways: {known}")
