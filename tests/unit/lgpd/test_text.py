"""Personal data in label values: what is found, and what looks like it and isn't."""

import pytest

from pgben_testkit.lgpd.documents import is_cpf, is_nis
from pgben_testkit.lgpd.text import kind_of, shown


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("52998224725", "CPF"),
        ("529.982.247-25", "CPF"),
        ("/cidadaos/52998224725/documentos", "CPF"),
        ("/busca?cpf=52998224725", "CPF"),
        ("12056412545", "NIS"),
        ("120.56412.54-5", "NIS"),
        ("fulana@sintetico.example", "e-mail address"),
        ("fulana%40sintetico.example", "e-mail address"),
        ("(84) 99912-3456", "telephone"),
        ("+55 84 3232-0000", "telephone"),
        ("84999123456", "telephone"),
        ("Maria da Silva", "name"),
        ("JOSE CARLOS SOUZA", "name"),
        ("joana_Dark", ""),
        ("Antônio Pereira", "name"),
        ("Maria+Silva%20Santos", "name"),
        ("", ""),
        ("/api/v1/cidadaos/{id}", ""),
        ("11111111111", ""),
        ("12345678901", ""),
        ("1732453000", ""),
        ("1732453000123", ""),
        ("a0a5-4f7c-9f11-52998224725", "CPF"),
        ("0af7651916cd43dd8448eb211c80319c", ""),
        ("3f2504e0-4f89-11d3-9a0c-030529982247", ""),
        ("127.0.0.1:9187", ""),
        ("Rosa", ""),
        ("TECNICO_UNIDADE", ""),
        ("SELECT Nome FROM Cidadao", ""),
        ("Mozilla Firefox", ""),
        ("2026-11-24T09:00:00", ""),
        ("1.8.0", ""),
        ("postgres@15", ""),
        ("CRAS Norte", ""),
        ("Francisca", ""),
        ("linux-x86_64 5.10.0-21", ""),
    ],
)
def test_what_a_value_holds(value, kind):
    assert kind_of(value) == kind


def test_a_label_that_is_named_for_personal_data_holds_it():
    assert kind_of("x", "cpf") == "CPF"
    assert kind_of("", "cpf") == ""
    assert kind_of("cpf", "document_type") == ""


def test_check_digits():
    assert is_cpf("11144477735") and not is_cpf("11144477736") and not is_cpf("1114447773")
    assert is_nis("12056412545") and not is_nis("12056412548") and not is_nis("00000000000")


def test_a_shown_value_is_masked_or_cut():
    assert shown("52998224725") == "(CPF, not shown)"
    assert shown("x" * 100) == f"{'x' * 60!r}..."
    assert shown("GET") == "'GET'"
