"""Unique values that another test, or another worker, has taken."""

import multiprocessing

import psycopg
import pytest
from reference import one

from pgben_testkit.factories import Maker
from pgben_testkit.factories.engine.store import NotStored


def test_a_value_that_is_taken_is_replaced_and_one_that_was_given_is_an_error(database, request):
    with database.connect(autocommit=True) as first, database.connect(autocommit=True) as second:
        mine = Maker(seed="1", test="same", connect=lambda: first)
        yours = Maker(seed="1", test="same", connect=lambda: second)
        a, b = mine.create("pagamento", pago=True), yours.create("pagamento", pago=True)
        assert a.id != b.id
        mine.create_batch("cidadao", 100)
        assert len(yours.create_batch("cidadao", 100)) == 100
        with pytest.raises(NotStored, match="cidadao: another row has this cpf") as caught:
            yours.create("cidadao", cpf=a.solicitacao.beneficiario.cpf)
        assert a.solicitacao.beneficiario.cpf not in str(caught.value)
        with pytest.raises(NotStored, match="concessao: another row has this solicitacao_id"):
            mine.create("concessao", solicitacao=a.solicitacao)


def many_creates(dsn, worker, tests, each, queue):
    try:
        with psycopg.connect(dsn, autocommit=True) as connection:
            for test in range(tests):
                make = Maker(seed="7", test=f"test_{worker}_{test}", connect=lambda: connection)
                for _ in range(each):
                    make.create("cidadao")
        queue.put("")
    except Exception as error:  # the parent fails the test with it
        queue.put(repr(error))


def test_eight_workers_with_a_thousand_creates_each_never_collide_in_one_database(databases):
    strategy = databases.strategy("clone")
    shared = strategy.acquire()
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    workers = [context.Process(target=many_creates, args=(shared.dsn, number, 10, 100, queue)) for number in range(8)]
    for each in workers:
        each.start()
    assert [queue.get(timeout=120) for _ in workers] == [""] * 8
    for each in workers:
        each.join()
    with shared.connect() as connection:
        assert one(connection, "SELECT count(*) FROM cidadao") == 8000
    strategy.release(shared)
