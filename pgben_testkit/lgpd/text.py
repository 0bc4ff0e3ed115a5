"""Finds personal data in a short text, such as the value of a label: CPF, NIS, e-mail address, telephone, name.

A CPF or NIS is recognised by its check digits, so that a time stamp or an id of eleven digits is rarely mistaken for
one. A name is recognised by a common given name with a capitalised word after it.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

from pgben_testkit.lgpd.documents import is_cpf, is_nis
from pgben_testkit.lgpd.telephones import AREA_CODES

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
"""label -> the kind of personal data that a label of this name holds, whatever its value is."""
_GIVEN = """
maria ana francisca antonia adriana juliana marcia fernanda patricia aline sandra camila amanda bruna jessica
leticia julia luciana vanessa mariana gabriela vera vitoria larissa claudia beatriz luana rita sonia renata eliane
josefa simone natalia cristiane carla debora rosangela jaqueline rosa daniela aparecida marlene raimunda andreia
fabiana raquel angela rafaela terezinha joana luzia jose joao antonio francisco carlos paulo pedro lucas luiz luis
marcos gabriel rafael daniel marcelo bruno eduardo felipe raimundo rodrigo manoel mateus andre fernando fabio
leonardo gustavo guilherme leandro tiago thiago anderson ricardo marcio jorge alexandre roberto edson diego vitor
sergio claudio matheus joaquim severino geraldo mario vinicius alex fulana fulano beltrana beltrano sicrana sicrano
"""
GIVEN = frozenset(_GIVEN.split())
"""Common given names (IBGE, Censo 2010), and the names that Brazilians invent for examples."""
_DIGITS = re.compile(r"(?<![0-9A-Za-z])\d{11}(?![0-9A-Za-z])")
_CPF = re.compile(r"(?<!\d)(\d{3})\.(\d{3})\.(\d{3})-(\d{2})(?!\d)")
_NIS = re.compile(r"(?<!\d)(\d{3})\.(\d{5})\.(\d{2})-(\d)(?!\d)")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
_TELEPHONE = re.compile(
    r"(?<![0-9A-Za-z.])(?:\+?55[ -]?)?\(?([1-9]\d)\)?[ -]?(9\d{4}|[2-5]\d{3})[ -]?(\d{4})(?![0-9A-Za-z.])"
)
_WORDS = re.compile(r"[A-ZÀ-Ý][a-zà-ÿ]+|[A-ZÀ-Ý]{2,}|\b(?:d[aeo]s?)\b")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def kind_of(value: str, label: str = "") -> str:
    """Return the kind of personal data that `value` holds, such as `CPF`; an empty text if none was found.

    `label` is the name that the value stands under: some names (`cpf`, `email`) decide alone.
    """
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
    """Tell whether `found` is a telephone number. Ten bare digits are not: seconds since 1970 look the same."""
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
"""The longest value that is printed whole."""


def shown(value: str, label: str = "") -> str:
    """Return `value` as it may be printed: only its kind if it is personal data, else the value, cut to one line."""
    kind = kind_of(value, label)
    if kind:
        return f"({kind}, not shown)"
    return repr(value) if len(value) <= SHOWN_CHARACTERS else f"{value[:SHOWN_CHARACTERS]!r}..."
