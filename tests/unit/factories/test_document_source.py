"""Single documents that a maker gives: unique, valid, in both forms."""

import pytest

from pgben_testkit.errors import UsageProblem
from pgben_testkit.factories import Maker
from pgben_testkit.lgpd import documents


def test_a_factory_gives_every_document_unique_and_in_both_forms():
    make = Maker(test="documents")
    assert len({make.cpf() for _ in range(3000)}) == len({make.nis() for _ in range(3000)}) == 3000
    assert len({make.cnpj() for _ in range(3000)}) == 3000
    assert documents.is_valid("cpf", make.cpf(formatted=True))
    assert documents.is_valid("cnpj", make.cnpj(alphanumeric=True)) and make.cnpj(alphanumeric=True)[0].isalpha()
    assert documents.formatted("rg", make.rg()).count(".") == 2
    assert make.cep(formatted=True)[5] == "-" and make.cep().startswith("59")
    assert make.telefone(formatted=True).startswith("(84) 9") and len(make.telefone(fixo=True)) == 10


def test_pix_keys_have_the_forms_of_the_central_bank():
    make = Maker(test="pix")
    assert documents.is_valid("cpf", make.pix("cpf")) and documents.is_valid("cnpj", make.pix("cnpj"))
    assert make.pix("telefone").startswith("+5584") and make.pix("email").endswith("@sintetico.example")
    assert len(make.pix("aleatoria")) == 36
    with pytest.raises(UsageProblem, match="no PIX key 'boleto'"):
        make.pix("boleto")
