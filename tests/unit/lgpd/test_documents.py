"""Check digits against implementations that are not ours, and documents that are wrong in one way."""

import re

import pytest
import validate_docbr
from hypothesis import given
from hypothesis import strategies as st
from stdnum.br import cnpj as std_cnpj
from stdnum.br import cpf as std_cpf

from pgben_testkit.errors import UsageProblem
from pgben_testkit.factories import Maker
from pgben_testkit.factories.strategies import st_cnpj, st_cpf, st_invalid, st_nis
from pgben_testkit.lgpd import documents, faults

digits = st.sampled_from("0123456789")


def spelled_out(base: str, weights: list[int]) -> str:
    """The published rule, step by step: products, sum, remainder, complement."""
    total = 0
    for place in range(len(base)):
        total += int(base[place]) * weights[place]
    remainder = total % 11
    return base + ("0" if remainder in (0, 1) else str(11 - remainder))


@given(st.text(digits, min_size=9, max_size=9))
def test_cpf_is_that_of_the_published_rule_and_of_two_libraries(base):
    made = documents.cpf(base)
    first = spelled_out(base, [10, 9, 8, 7, 6, 5, 4, 3, 2])
    assert made == spelled_out(first, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2])
    if len(set(made)) > 1:
        assert std_cpf.is_valid(made)
        assert documents.is_valid("cpf", made) and validate_docbr.CPF().validate(made)


@given(st.text(digits, min_size=10, max_size=10))
def test_nis_is_that_of_the_published_rule_and_of_the_library(base):
    made = documents.nis(base)
    assert made == spelled_out(base, [3, 2, 9, 8, 7, 6, 5, 4, 3, 2])
    assert documents.is_valid("nis", made) == (len(set(made)) > 1) == validate_docbr.PIS().validate(made)


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=12, max_size=12))
def test_cnpj_with_letters_too_is_that_of_two_libraries(base):
    made = documents.cnpj(base)
    assert made[-2:] == std_cnpj.calc_check_digits(made)
    assert documents.is_valid("cnpj", made) == (len(set(made)) > 1) == validate_docbr.CNPJ().validate(made)


CHECKS = {"cpf": (documents.is_cpf, 11), "nis": (documents.is_nis, 11), "cnpj": (documents.is_cnpj, 14)}
LIBRARY = {"cpf": validate_docbr.CPF, "nis": validate_docbr.PIS, "cnpj": validate_docbr.CNPJ}


@pytest.mark.parametrize("kind", CHECKS)
@given(data=st.data())
def test_any_digits_are_judged_as_the_library_judges_them(kind, data):
    """The first digits are drawn and the check digits are near the right ones, so that both answers occur."""
    check, length = CHECKS[kind]
    base = data.draw(st.text("0123456789", min_size=length, max_size=length))
    right = getattr(documents, kind)(base[: {"cpf": 9, "nis": 10, "cnpj": 12}[kind]])
    for text in (base, right, right[:-1] + base[-1], right[:-2] + base[-2:], right[0] * length):
        masked = documents.formatted(kind, text)
        assert check(text) == documents.is_valid(kind, text) == documents.is_valid(kind, masked)
        assert check(text) == LIBRARY[kind]().validate(text) == LIBRARY[kind]().validate(masked)


@pytest.mark.parametrize("text", ["", "5299822472", "529982247250", "5299822472x", "\uff15" * 11, "52998224725 x"])
def test_what_is_not_eleven_digits_is_no_document(text):
    assert not documents.is_cpf(text) and not documents.is_nis(text) and not documents.is_valid("cpf", text)


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("cpf", "52998224725"),
        ("cpf", "11144477735"),
        ("cnpj", "11222333000181"),
        ("cnpj", "12ABC34501DE35"),
    ],
)
def test_known_documents_are_completed(kind, known):
    width = {"cpf": 9, "nis": 10, "cnpj": 12}[kind]
    assert getattr(documents, kind)(known[:width]) == known


@given(st.text(digits, min_size=8, max_size=8))
def test_an_rg_weighs_a_multiple_of_eleven(base):
    *first, last = list(documents.rg(base))
    total = sum(int(digit) * weight for digit, weight in zip(first, range(2, 10), strict=True))
    assert (total + 100 * (10 if last == "X" else int(last))) % 11 == 0


def test_a_process_number_has_the_remainder_of_the_resolution():
    made = documents.processo("0000123", 2024, origin="5001")
    number, rest = made.split("-")
    digit, year, segment, court, origin = rest.split(".")
    assert int(number + year + segment + court + origin + digit) % 97 == 1


@pytest.mark.parametrize("kind", ["cpf", "nis", "cnpj"])
@given(data=st.data())
def test_an_invalid_document_is_never_valid_and_wrong_as_named(kind, data):
    fault, made = data.draw(st_invalid(kind))
    assert not documents.is_valid(kind, made)
    length = {"cpf": 11, "nis": 11, "cnpj": 14}[kind]
    expected = {"curto": length - 1, "longo": length + 1, "vazio": 0}
    assert len(made) == expected.get(fault, length)
    if fault == "primeiro_digito":
        complete = documents.cpf if kind == "cpf" else documents.cnpj
        right = complete(made[:-2])
        assert made[-2] != right[-2]


AREAS = r"1[1-9]|2[12478]|3[1-578]|4[1-9]|5[1345]|6[1-9]|7[134579]|8[1-9]|9[1-9]"


def right(kind, text):
    """Our own reading of the rules."""
    if kind == "telefone":
        return re.fullmatch(rf"({AREAS})9[0-9]{{8}}", text)
    if kind == "cep":
        return re.fullmatch("[0-9]{8}", text) and int(text) >= 1_000_000
    weighed = sum(int(digit) * weight for digit, weight in zip(text[:8], range(2, 10), strict=False) if digit.isdigit())
    return re.fullmatch("[0-9]{8}[0-9X]", text) and (weighed + 100 * (10 if text[8] == "X" else int(text[8]))) % 11 == 0


@pytest.mark.parametrize("kind", ["rg", "cep", "telefone"])
@given(data=st.data())
def test_what_has_no_law_of_its_own_is_wrong_as_named_too(kind, data):
    fault, made = data.draw(st_invalid(kind))
    assert not right(kind, made)
    assert right(kind, getattr(Maker(test="right"), kind)())
    length = {"rg": 9, "cep": 8, "telefone": 11}[kind]
    expected = {"curto": 9 if kind == "telefone" else length - 1, "longo": length + 1, "vazio": 0}
    assert len(made) == expected.get(fault, length)
    assert made.isalnum() or fault == "vazio"


@given(st_cpf(formatted=True), st_nis(formatted=True), st_cnpj(formatted=True, alphanumeric=True))
def test_formatted_documents_are_valid_and_bare_again(cpf, nis, cnpj):
    for kind, text in (("cpf", cpf), ("nis", nis), ("cnpj", cnpj)):
        assert documents.is_valid(kind, text)
        assert documents.formatted(kind, documents.bare(text)) == text


@pytest.mark.parametrize(
    "call",
    [
        lambda: documents.formatted("cpf", "123"),
        lambda: documents.formatted("cnh", "1"),
        lambda: documents.is_valid("rg", "1"),
        lambda: faults.invalid("cpf", "52998224725", "feio"),
        lambda: Maker().invalid("rg", "feio"),
        lambda: Maker().invalid("cnh", "curto"),
    ],
)
def test_what_can_not_be_done_is_said_with_what_can(call):
    with pytest.raises(UsageProblem) as caught:
        call()
    assert any(word in str(caught.value) for word in ("cpf", "primeiro_digito", "digito (the check digit)"))
