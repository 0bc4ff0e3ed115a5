"""Personal data in a label value: CPF, NIS, e-mail address, telephone, a person's name.

CPF and NIS are told by their check digits (Receita Federal; Caixa), so that an epoch or an id of eleven digits is
rarely taken for one. A name is told by a common given name (IBGE, Censo 2010) with a capitalised word after it.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

NAMED = {
    "cpf": "CPF",
    "nis": "NIS",
    "pis": "NIS",
    "rg": "RG",
    "email": "e-mail address",
    "e_mail": "e-mail address",
    "telefone": "telephone",
    "celular": "telephone",
    "phone": "telephone",
    "nome_mae": "name",
    "data_nascimento": "date of birth",
}
"""Labels that by their name hold personal data, whatever is in them."""
AREA_CODES = frozenset(
    [
        11,
        12,
        13,
        14,
        15,
        16,
        17,
        18,
        19,
        21,
        22,
        24,
        27,
        28,
        31,
        32,
        33,
        34,
        35,
        37,
        38,
        41,
        42,
        43,
        44,
        45,
        46,
        47,
        48,
        49,
        51,
        53,
        54,
        55,
        61,
        62,
        63,
        64,
        65,
        66,
        67,
        68,
        69,
        71,
        73,
        74,
        75,
        77,
        79,
        81,
        82,
        83,
        84,
        85,
        86,
        87,
        88,
        89,
        91,
        92,
        93,
        94,
        95,
        96,
        97,
        98,
        99,
    ]
)
"""Anatel's."""
GIVEN = frozenset(
    [
        "maria",
        "ana",
        "francisca",
        "antonia",
        "adriana",
        "juliana",
        "marcia",
        "fernanda",
        "patricia",
        "aline",
        "sandra",
        "camila",
        "amanda",
        "bruna",
        "jessica",
        "leticia",
        "julia",
        "luciana",
        "vanessa",
        "mariana",
        "gabriela",
        "vera",
        "vitoria",
        "larissa",
        "claudia",
        "beatriz",
        "luana",
        "rita",
        "sonia",
        "renata",
        "eliane",
        "josefa",
        "simone",
        "natalia",
        "cristiane",
        "carla",
        "debora",
        "rosangela",
        "jaqueline",
        "rosa",
        "daniela",
        "aparecida",
        "marlene",
        "raimunda",
        "andreia",
        "fabiana",
        "raquel",
        "angela",
        "rafaela",
        "terezinha",
        "joana",
        "luzia",
        "jose",
        "joao",
        "antonio",
        "francisco",
        "carlos",
        "paulo",
        "pedro",
        "lucas",
        "luiz",
        "luis",
        "marcos",
        "gabriel",
        "rafael",
        "daniel",
        "marcelo",
        "bruno",
        "eduardo",
        "felipe",
        "raimundo",
        "rodrigo",
        "manoel",
        "mateus",
        "andre",
        "fernando",
        "fabio",
        "leonardo",
        "gustavo",
        "guilherme",
        "leandro",
        "tiago",
        "thiago",
        "anderson",
        "ricardo",
        "marcio",
        "jorge",
        "alexandre",
        "roberto",
        "edson",
        "diego",
        "vitor",
        "sergio",
        "claudio",
        "matheus",
        "joaquim",
        "severino",
        "geraldo",
        "mario",
        "vinicius",
        "alex",
        "fulana",
        "fulano",
        "beltrana",
        "beltrano",
        "sicrana",
        "sicrano",
    ]
)
_DIGITS = re.compile(r"(?<![0-9A-Za-z])\d{11}(?![0-9A-Za-z])")
_CPF = re.compile(r"(?<!\d)(\d{3})\.(\d{3})\.(\d{3})-(\d{2})(?!\d)")
_NIS = re.compile(r"(?<!\d)(\d{3})\.(\d{5})\.(\d{2})-(\d)(?!\d)")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
_TELEPHONE = re.compile(
    r"(?<![0-9A-Za-z.])(?:\+?55[ -]?)?\(?([1-9]\d)\)?[ -]?(9\d{4}|[2-5]\d{3})[ -]?(\d{4})(?![0-9A-Za-z.])"
)
_WORDS = re.compile(r"[A-ZÀ-Ý][a-zà-ÿ]+|[A-ZÀ-Ý]{2,}|\b(?:d[aeo]s?)\b")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def _check_digit(digits: str, weights: range | tuple[int, ...]) -> int:
    rest = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False)) % 11
    return 0 if rest < 2 else 11 - rest


def is_cpf(digits: str) -> bool:
    """Eleven digits, not all equal, with the check digits of a CPF."""
    if len(digits) != 11 or not digits.isdigit() or len(set(digits)) == 1:
        return False
    return _check_digit(digits[:9], range(10, 1, -1)) == int(digits[9]) and _check_digit(
        digits[:10], range(11, 1, -1)
    ) == int(digits[10])


def is_nis(digits: str) -> bool:
    """Eleven digits, not all equal, with the check digit of a NIS (PIS, PASEP)."""
    if len(digits) != 11 or not digits.isdigit() or len(set(digits)) == 1:
        return False
    return _check_digit(digits[:10], (3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) == int(digits[10])


def kind_of(value: str, label: str = "") -> str:
    """What personal data the value holds, in a word or two; empty where none was seen."""
    if value and label.lower() in NAMED:
        return NAMED[label.lower()]
    text = _UUID.sub(" ", unquote(value.replace("+", " ") if "%" in value else value))
    if any(is_cpf("".join(found)) for found in _CPF.findall(text)) or any(map(is_cpf, _DIGITS.findall(text))):
        return "CPF"
    if any(is_nis("".join(found)) for found in _NIS.findall(text)) or any(map(is_nis, _DIGITS.findall(text))):
        return "NIS"
    if _EMAIL.search(text):
        return "e-mail address"
    if any(_is_telephone(found) for found in _TELEPHONE.finditer(text)):
        return "telephone"
    return "name" if _is_name(text) else ""


def _is_telephone(found: re.Match[str]) -> bool:
    """Ten bare digits are not taken for one: seconds since 1970 look the same."""
    return int(found[1]) in AREA_CODES and not (len(found[0]) == 10 and found[0].isdigit())


def _is_name(text: str) -> bool:
    words = _WORDS.findall(re.sub(r"[_.-]", " ", text))
    for index, word in enumerate(words[:-1]):
        if _plain(word) in GIVEN and any(each[0].isupper() for each in words[index + 1 :]):
            return True
    return False


def _plain(word: str) -> str:
    return unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode().lower()


SHOWN_CHARACTERS = 60


def shown(value: str, label: str = "") -> str:
    """A label's value as it may be printed: what it is where it is personal, else the value, cut to a line."""
    kind = kind_of(value, label)
    if kind:
        return f"({kind}, not shown)"
    return repr(value) if len(value) <= SHOWN_CHARACTERS else f"{value[:SHOWN_CHARACTERS]!r}..."
