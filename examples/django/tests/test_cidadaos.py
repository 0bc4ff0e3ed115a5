import threading

import pytest
from cadastro.models import Cidadao
from django.db import IntegrityError, connection, transaction


@pytest.mark.django_db
def test_cadastra():
    Cidadao.objects.create(nome="Maria Teste", cpf="52998224725")
    assert Cidadao.objects.count() == 1


@pytest.mark.django_db
def test_o_mesmo_cpf_duas_vezes():
    assert Cidadao.objects.count() == 0  # the other test's citizen is not here
    Cidadao.objects.create(nome="Maria Teste", cpf="52998224725")
    with pytest.raises(IntegrityError), transaction.atomic():
        Cidadao.objects.create(nome="Outra", cpf="52998224725")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rodada", [1, 2])
def test_o_que_outra_conexao_grava(rodada):
    """A commit of another thread, on a connection of its own, is real, and gone for the next test."""

    def outra():
        Cidadao.objects.create(nome="De outra conexão", cpf="11144477735")
        connection.close()

    thread = threading.Thread(target=outra)
    thread.start()
    thread.join()
    assert [each.nome for each in Cidadao.objects.all()] == ["De outra conexão"]
