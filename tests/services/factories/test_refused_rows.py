"""What the server refuses, and the one clear error that says why."""

import pytest
from reference import one

from pgben_testkit.errors import UsageProblem
from pgben_testkit.factories import CidadaoFactory, PagamentoFactory
from pgben_testkit.factories.engine.store import NotStored


def test_an_id_that_no_row_has_is_one_clear_error(make):
    nobody = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(NotStored, match=r"endereco\.cidadao_id refers to a row that is not there"):
        make.create("endereco", cidadao_id=nobody)
    for identifier in (nobody, "x", 3):
        with pytest.raises(UsageProblem, match="solicitacao has no row with the id"):
            make.create("pendencia", solicitacao_id=identifier)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("cidadao", {"cpf": "segredo"}),
        ("cidadao", {"cpf": 123}),
        ("pagamento", {"valor": "segredo"}),
        ("pagamento", {"valor": -1}),
        ("cidadao", {"nome": "x\0y"}),
        ("solicitacao", {"beneficiario_id": "segredo"}),
    ],
)
def test_what_the_server_refuses_is_one_error_without_the_value(make, connection, name, given):
    with pytest.raises((NotStored, UsageProblem)) as caught:
        make.create(name, **given)
    assert "segredo" not in str(caught.value).replace("the id segredo", "")
    assert one(connection, f"SELECT count(*) FROM {name}") == 0
    with pytest.raises((NotStored, UsageProblem)) as caught:
        make.for_table(name).create(**given)
    assert "segredo" not in str(caught.value)
    assert make.create(name).saved


@pytest.mark.parametrize("many", [1, 40])
def test_factories_name_the_column_that_can_not_hold_its_value(make, many):
    with pytest.raises(NotStored, match=r"cidadao\.nome can't hold[\s\S]*5000 characters"):
        make.create_batch("cidadao", many, nome="x" * 5000)
    with pytest.raises(NotStored, match=r"pagamento\.valor can't hold[\s\S]*numeric") as error:
        make.create_batch("pagamento", many, valor="segredo")
    assert "segredo" not in str(error.value)


def test_a_schema_that_lacks_something_is_told_apart_table_by_table(make, connection):
    connection.execute("ALTER TABLE cidadao DROP COLUMN raca_cor; DROP TABLE logs_auditoria CASCADE")
    with pytest.raises(NotStored, match=r"it lacks cidadao\.raca_cor"):
        make.create("cidadao")
    with pytest.raises(NotStored, match=r"the table logs_auditoria"):
        make.create("log_auditoria")
    connection.execute("ALTER TABLE cidadao ADD COLUMN raca_cor raca_cor, ADD COLUMN apelido text NOT NULL")
    with pytest.raises(NotStored, match=r"cidadao\.apelido must have a value") as caught:
        make.create("cidadao")
    assert "does not know the column" in str(caught.value)

    class Ours(CidadaoFactory):
        class Meta:
            exclude = ("raca_cor",)

        apelido = "Bia"

    bound = make.with_classes(cidadao=Ours)
    paid = bound.create("pagamento", pago=True)
    assert one(connection, "SELECT apelido FROM cidadao WHERE id = %s", paid.solicitacao.beneficiario_id) == "Bia"
    with pytest.raises(UsageProblem, match="not made from CidadaoFactory"):
        make.with_classes(cidadao=PagamentoFactory)
