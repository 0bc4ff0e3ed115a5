"""Objects and the rows that they become on a real PostgreSQL with the reference schema."""

from datetime import UTC, date, datetime, timedelta

import pytest
from reference import one

from pgben_testkit.factories import PagamentoFactory
from pgben_testkit.factories.engine.store import NotStored
from pgben_testkit.factories.pgben.catalog import NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_factory_makes_a_row_that_is_what_the_object_says(make, connection, name):
    made = make.create(name)
    cursor = connection.execute(f"SELECT * FROM {made.table} WHERE id = %s", (made.id,))
    row = dict(zip([column.name for column in cursor.description], cursor.fetchone(), strict=True))
    if name == "log_auditoria":
        row["ip_origem"] = str(row["ip_origem"])
    assert {column: row[column] for column in made.columns} == made.dict()


def test_a_paid_payment_has_its_whole_story(make):
    paid = make.create("pagamento", pago=True)
    assert paid.status == "pago"
    assert paid.solicitacao.status == "aprovada"
    assert paid.concessao.status == "ativo"
    assert paid.concessao.solicitacao is paid.solicitacao
    assert paid.data_pagamento > paid.solicitacao.data_aprovacao
    assert paid.data_pagamento.date() >= paid.concessao.data_inicio
    assert paid.solicitacao.unidade is paid.solicitacao.beneficiario.unidade


def test_relations_that_are_given_are_not_made_again(make, connection):
    citizen = make.create("cidadao")
    make.create("solicitacao", beneficiario=citizen)
    make.create("solicitacao", beneficiario_id=citizen.id, unidade_id=citizen.unidade_id)
    assert one(connection, "SELECT count(*) FROM cidadao") == 1
    grant = make.create("concessao")
    before = one(connection, "SELECT count(*) FROM solicitacao")
    first = make.create("pagamento", concessao_id=grant.id, pago=True)
    second = make.create("pagamento", concessao=grant, pago=True)
    assert (first.numero_parcela, second.numero_parcela) == (1, 2)
    assert first.solicitacao_id == grant.solicitacao_id
    assert first.data_pagamento.date() >= grant.data_inicio
    assert one(connection, "SELECT count(*) FROM solicitacao") == before


def test_a_batch_is_copied_shares_its_office_and_is_all_or_nothing(make, connection):
    made = make.create_batch("cidadao", 1200)
    assert one(connection, "SELECT count(*) FROM cidadao") == 1200 == len(made)
    assert len({each.cpf for each in made}) == len({each.nis for each in made}) == 1200
    assert one(connection, "SELECT count(DISTINCT unidade_id) FROM cidadao") == 3
    with pytest.raises(NotStored):
        make.create_batch("cidadao", 50, nome="x" * 201)
    assert one(connection, "SELECT count(*) FROM cidadao") == 1200
    assert make.create_batch("cidadao", 0) == []


def test_awkward_text_survives_copy_and_insert(make, connection):
    text = "a\tb\\N\nc\r\\. 'ç' \"d\" \u2028 😀"
    for size in (1, 40):
        for made in make.create_batch("solicitacao", size, observacoes=text, dados_complementares={"x": [text, None]}):
            row = connection.execute(
                "SELECT observacoes, dados_complementares FROM solicitacao WHERE id = %s", (made.id,)
            ).fetchone()
            assert row == (text, {"x": [text, None]})


def test_within_a_transaction_rows_go_with_it(database, connection, make):
    with database.connect() as own:
        bound = make.using(own)
        bound.create("cidadao")
        bound.create_batch("cidadao", 60)
        assert one(own, "SELECT count(*) FROM cidadao") == 61
        assert one(connection, "SELECT count(*) FROM cidadao") == 0
        own.rollback()
    assert one(connection, "SELECT count(*) FROM cidadao") == 0


def test_classes_are_used_as_any_factory_of_factory_boy(make, connection):
    import factory

    class Urgente(PagamentoFactory):
        class Meta:
            model = PagamentoFactory._meta.model

        valor = 10
        observacoes = factory.Faker("sentence", locale="pt_BR")

    with make.current():
        assert PagamentoFactory(pago=True).saved
        assert PagamentoFactory.create_batch(3, pago=True)[0].saved
        made = Urgente.create(pago=True)
    row = connection.execute("SELECT valor, status, length(observacoes) > 0 FROM pagamento WHERE id = %s", (made.id,))
    assert row.fetchone() == (10, "pago", True)


def test_dates_can_end_today(make):
    today = date.today()
    made = make.with_today(today).create("solicitacao")
    assert datetime.now(UTC) - made.data_abertura < timedelta(days=400)
