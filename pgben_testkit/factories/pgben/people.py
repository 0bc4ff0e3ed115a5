"""Draws names, addresses and contacts of people who don't exist, from the Brazilian lists of Faker."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from pgben_testkit.factories.engine.identity import Draw
from pgben_testkit.factories.extra import missing_extra
from pgben_testkit.lgpd.marks import DOMAIN, MARK

SKINS = ("parda",) * 45 + ("branca",) * 40 + ("preta",) * 10 + ("nao_declarada",) * 3 + ("amarela", "indigena")
SEXES = ("feminino",) * 66 + ("masculino",) * 32 + ("outro",) * 2
"""Each value is as frequent here as among people who ask for benefits."""
CITIES = (
    ("Natal", "RN"),
    ("Parnamirim", "RN"),
    ("Mossoró", "RN"),
    ("Caicó", "RN"),
    ("Macaíba", "RN"),
    ("João Pessoa", "PB"),
    ("Recife", "PE"),
    ("Fortaleza", "CE"),
    ("São Paulo", "SP"),
)


@cache
def _names() -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    try:
        from faker.providers.person.pt_BR import Provider
    except ModuleNotFoundError:
        raise missing_extra("Faker") from None
    return tuple(Provider.first_names_female), tuple(Provider.first_names_male), tuple(Provider.last_names)


@cache
def _places() -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        from faker.providers.address.pt_BR import Provider
    except ModuleNotFoundError:
        raise missing_extra("Faker") from None
    return tuple(Provider.bairros), ("Rua", "Avenida", "Travessa", "Rua", "Alameda", "Praça")


def first_name(draw: Draw, sex: str, name: str = "prenome") -> str:
    """Draw a first name for a person of the sex `sex`; `name` is the field that it is drawn for."""
    women, men, _ = _names()
    if sex == "outro":
        sex = draw.pick(name + " lista", ("feminino", "masculino"))
    return draw.pick(name, men if sex == "masculino" else women)


def surname(draw: Draw, name: str = "sobrenome") -> str:
    """Draw two surnames; `name` is the field that they are drawn for."""
    last = _names()[2]
    return f"{draw.pick(name, last)} {draw.pick(name + ' 2', last)}"


def social_name(full: str) -> str:
    """Return the mark and the first name of `full`: `Pessoa Sintetica Maria`."""
    return f"{MARK} {full.partition(' ')[0]}"


def street(draw: Draw) -> str:
    """Draw the name of a street."""
    return f"{draw.pick('tipo de rua', _places()[1])} {draw.pick('rua', _names()[0])} {surname(draw, 'rua sobrenome')}"


def district(draw: Draw) -> str:
    """Draw the name of a district."""
    return draw.pick("bairro", _places()[0])


def cep(draw: Draw) -> str:
    """Draw a CEP of Natal, without punctuation."""
    return f"59{draw.between('cep', 0, 139_999):06d}"


def mobile(draw: Draw, name: str = "celular") -> str:
    """Draw a mobile number of 11 digits with area code 84.

    After the 9 comes a 0, where we know of no number in use; nobody promises that there is none.
    """
    return f"8490{draw.between(name, 0, 9_999_999):07d}"


def landline(draw: Draw, name: str = "fixo") -> str:
    """Draw a landline number of 10 digits with area code 84."""
    return f"843{draw.between(name, 0, 9_999_999):07d}"


def email(draw: Draw, full: str) -> str:
    """Draw an address for the person called `full`, which no mail reaches."""
    plain = unicodedata.normalize("NFKD", full.lower()).encode("ascii", "ignore").decode()
    parts = re.findall(r"[a-z]+", plain)[:2] or ["pessoa"]
    return f"{'.'.join(parts)}.{draw.token('email').lower()}@{DOMAIN}"


CPF_SLOTS = {"cidadao": 0, "usuario": 1, "composicao_familiar": 2}
"""table -> slot (3 for all others): people with different slots never have the same CPF within a test"""


def cpf_base(draw: Draw) -> str:
    """Draw the first 9 digits of a CPF that no other object of the test has."""
    return draw.source.digits("cpf", 9, 1_000_000, draw.number * 4 + CPF_SLOTS.get(draw.table, 3))


def nis_base(draw: Draw) -> str:
    """Draw the first 10 digits of a NIS. It begins with 1 or 2, as those that are issued."""
    slot = CPF_SLOTS.get(draw.table, 3)
    return draw.source.digits("nis", 10, 2_000_000, draw.number * 4 + slot, offset=1_000_000)


def cnpj_base(draw: Draw) -> str:
    """Draw the first 12 digits of the CNPJ of a head office: branch 0001."""
    return draw.source.digits("cnpj", 8, 100_000, draw.number) + "0001"
