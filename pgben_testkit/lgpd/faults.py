"""Makes Brazilian documents that are wrong in one named way, to test validations with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pgben_testkit.errors import UsageProblem
from pgben_testkit.lgpd.documents import CNPJ_SECOND, CPF_SECOND, check_digit


@dataclass(frozen=True)
class Fault:
    """One way to be wrong. `make` takes a valid document without punctuation and returns one with only this fault."""

    name: str
    meaning: str
    make: Callable[[str], str]


def _other(char: str) -> str:
    return str((int(char) + 1) % 10)


def _with_other_digit(text: str, place: int) -> str:
    return text[:place] + _other(text[place]) + text[place + 1 :]


def _with_wrong_first_digit(text: str) -> str:
    """Change the first check digit of `text`; the second fits the wrong first, so that only a check of the first
    finds it."""
    base = text[:-2] + _other(text[-2])
    return base + (check_digit(base, CPF_SECOND) if len(text) == 11 else check_digit(base, CNPJ_SECOND))


def _forms(length: int, short: int = 1) -> tuple[Fault, ...]:
    return (
        Fault("curto", f"{length - short} characters", lambda text: text[short:]),
        Fault("longo", f"{length + 1} characters", lambda text: text + "0"),
        Fault("letra", "a letter in the place of the last digit", lambda text: text[:-1] + "A"),
        Fault("vazio", "no characters", lambda text: ""),
    )


def _common(length: int) -> tuple[Fault, ...]:
    return (
        *_forms(length),
        Fault(
            "repetido",
            "one digit repeated: the check digits may be right, and no such document is ever issued",
            lambda text: text[0] * length if text[0].isdigit() else "1" * length,
        ),
    )


_NO_AREA = "20"
"""An area code that doesn't exist (Anatel's Plano Geral de Códigos Nacionais: of 2x there are 21, 22, 24, 27, 28)."""

FAULTS: Mapping[str, tuple[Fault, ...]] = {
    "cpf": (
        Fault("primeiro_digito", "the first check digit", _with_wrong_first_digit),
        Fault("segundo_digito", "the second check digit", lambda text: _with_other_digit(text, 10)),
        *_common(11),
    ),
    "nis": (Fault("digito", "the check digit", lambda text: _with_other_digit(text, 10)), *_common(11)),
    "cnpj": (
        Fault("primeiro_digito", "the first check digit", _with_wrong_first_digit),
        Fault("segundo_digito", "the second check digit", lambda text: _with_other_digit(text, 13)),
        *_common(14),
    ),
    "rg": (
        Fault("digito", "the check digit", lambda text: text[:-1] + ("0" if text[-1] == "X" else _other(text[-1]))),
        *_forms(9),
    ),
    "cep": (
        Fault("faixa", "below 01000-000, where no CEP exists", lambda text: "00" + text[2:]),
        *_forms(8),
    ),
    "telefone": (
        Fault("ddd", "an area code that doesn't exist", lambda text: _NO_AREA + text[2:]),
        Fault(
            "nono_digito",
            "11 digits, and the first after the area code is not a 9",
            lambda text: text[:2] + "1" + text[3:],
        ),
        *_forms(11, short=2),
    ),
}
"""kind -> the ways in which `invalid` makes a document of this kind wrong."""


def invalid(kind: str, valid: str, fault: str) -> str:
    """Make the document `valid` of `kind` wrong in the one way that `fault` names.

    Raises:
        UsageProblem: there is no such kind or fault; the message lists those that there are.
    """
    check_kind(kind)
    for each in FAULTS[kind]:
        if each.name == fault:
            return each.make(valid)
    known = "; ".join(f"{each.name} ({each.meaning})" for each in FAULTS[kind])
    raise UsageProblem(f"a {kind} can't be wrong by {fault!r}", why=f"the ways are: {known}")


def check_kind(kind: str) -> None:
    """Accept `kind` if wrong documents of it can be made.

    Raises:
        UsageProblem: there is no such kind; the message lists those that there are.
    """
    if kind not in FAULTS:
        raise UsageProblem(f"no invalid {kind!r} can be made", why=f"the kinds are {', '.join(FAULTS)}")
