"""Names, addresses and marks of people who don't exist, from Faker's Brazilian lists."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from pgben_testkit.factories.extra import missing_extra
from pgben_testkit.factories.identity import Draw

DOMAIN = "sintetico.example"
"""Every e-mail address is in it. RFC 2606 reserves `.example`: no mail to it reaches anybody."""
MARK = "Pessoa Sintetica"
"""In `nome_social`, or in a text column where a table has none. Letters only: it passes validations of names."""
MARK_KEY = "sintetico"
"""True in jsonb metadata."""

SKINS = ("parda",) * 45 + ("branca",) * 40 + ("preta",) * 10 + ("nao_declarada",) * 3 + ("amarela", "indigena")
SEXES = ("feminino",) * 66 + ("masculino",) * 32 + ("outro",) * 2
"""Each as often as among those who ask for benefits."""
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
    women, men, _ = _names()
    if sex == "outro":
        sex = draw.pick(name + " lista", ("feminino", "masculino"))
    return draw.pick(name, men if sex == "masculino" else women)


def surname(draw: Draw, name: str = "sobrenome") -> str:
    last = _names()[2]
    return f"{draw.pick(name, last)} {draw.pick(name + ' 2', last)}"


def social_name(full: str) -> str:
    """The mark and the first name: `Pessoa Sintetica Maria`."""
    return f"{MARK} {full.partition(' ')[0]}"


def street(draw: Draw) -> str:
    return f"{draw.pick('tipo de rua', _places()[1])} {draw.pick('rua', _names()[0])} {surname(draw, 'rua sobrenome')}"


def district(draw: Draw) -> str:
    return draw.pick("bairro", _places()[0])


def cep(draw: Draw) -> str:
    """In Natal's range."""
    return f"59{draw.between('cep', 0, 139_999):06d}"


def mobile(draw: Draw, name: str = "celular") -> str:
    """11 digits with area code 84. After the 9 comes a 0, where we know of no number in use; nobody promises that."""
    return f"8490{draw.between(name, 0, 9_999_999):07d}"


def landline(draw: Draw, name: str = "fixo") -> str:
    return f"843{draw.between(name, 0, 9_999_999):07d}"


def email(draw: Draw, full: str) -> str:
    plain = unicodedata.normalize("NFKD", full.lower()).encode("ascii", "ignore").decode()
    parts = re.findall(r"[a-z]+", plain)[:2] or ["pessoa"]
    return f"{'.'.join(parts)}.{draw.token('email').lower()}@{DOMAIN}"


CPF_SLOTS = {"cidadao": 0, "usuario": 1, "composicao_familiar": 2}
"""Tables whose people never share a CPF within a test; all others have slot 3."""


def cpf_base(draw: Draw) -> str:
    return draw.source.digits("cpf", 9, 1_000_000, draw.number * 4 + CPF_SLOTS.get(draw.table, 3))


def nis_base(draw: Draw) -> str:
    """Begins with 1 or 2, as those that are issued."""
    slot = CPF_SLOTS.get(draw.table, 3)
    return draw.source.digits("nis", 10, 2_000_000, draw.number * 4 + slot, offset=1_000_000)


def cnpj_base(draw: Draw) -> str:
    """A head office: branch 0001."""
    return draw.source.digits("cnpj", 8, 100_000, draw.number) + "0001"
