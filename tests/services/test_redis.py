"""Isolated databases on a real Redis."""

import subprocess
import sys

import pytest
from real import provided

from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.redis import external
from pgben_testkit.redis.server import connect
from pgben_testkit.redis.space import RedisDb
from pgben_testkit.services.desk import Desk, DeskClient

redis = pytest.importorskip("redis")
every_backend = pytest.mark.parametrize("supply", ["embedded", "external", "container"], indirect=True, scope="module")


@pytest.fixture(scope="module")
def server(supply):
    return provided(supply, "redis").info


@pytest.fixture
def desk(supply, server):
    made = Desk(supply)
    yield made
    made.close()


@every_backend
def test_a_database_is_empty_again_for_whoever_comes_next(desk, server):
    for _ in range(len(server.numbers) + 1):
        lent = desk.ask("lend", service="redis")
        with RedisDb.from_answer(lent).client() as client:
            assert client.keys("*") == []
            client.set("fila", "1")
        desk.ask("give-back", name=lent["name"])


@every_backend
def test_two_held_at_once_do_not_see_each_other_and_the_last_is_refused_with_the_way_out(desk, server):
    lent = [desk.ask("lend", service="redis") for _ in server.numbers]
    first, second = (RedisDb.from_answer(each).client() for each in lent[:2])
    with first, second:
        first.set("a", "1")
        assert second.get("a") is None
    with pytest.raises(UsageProblem) as refused:
        desk.ask("lend", service="redis")
    assert "--pgben-redis-databases" in refused.value.remedy


@every_backend
def test_without_the_password_nothing_is_answered(server):
    with redis.Redis(host=server.host, port=server.port) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_what_a_client_that_died_held_comes_back_empty(desk, server):
    path = desk.open()
    other = DeskClient(path)
    lent = RedisDb.from_answer(other.ask("lend", service="redis"))
    with lent.client() as client:
        client.set("left", "behind")
        other.close()
        for _ in range(500):
            if client.dbsize() == 0:
                break
        assert client.dbsize() == 0


def test_a_database_with_data_of_somebody_else_is_never_used(supply, server):
    with connect(server, 3) as theirs, connect(server, 0) as claims:
        theirs.set("theirs", "1")
        claims.set(f"{external.CLAIM}2", "a-run-of-another-machine")
        claims.set(f"{external.CLAIM}1", supply.run.id[:6] + "aaaaaa")  # a dead run of ours
        borrowed = external.borrow(server, 0, supply.run, supply.settings, "")
        assert borrowed.info.numbers == [1, 4]
        borrowed.stop()
        assert theirs.get("theirs") == "1"
        assert sorted(claims.keys(f"{external.CLAIM}*")) == [f"{external.CLAIM}2"]
        claims.delete(f"{external.CLAIM}2")
        theirs.flushdb()


def test_a_wrong_address_is_refused_without_showing_it(supply):
    for url in ("http://user:s3cret@host/0", "redis://:s3cret@host:99999/0", "redis://:s3cret@host/zero"):
        with pytest.raises(UsageProblem) as refused:
            external.parse(url)
        assert "s3cret" not in str(refused.value)


def test_a_redis_that_is_not_there_is_said_in_three_lines(run, monkeypatch):
    monkeypatch.setenv("PGBEN_REDIS_URL", "redis://:s3cret@127.0.0.1:9/0")
    refused = run("run", "--redis", "--backend", "external", "--", "true")
    assert refused.returncode == EnvironmentNotAble.exit_code
    assert "127.0.0.1:9" in refused.stderr and "s3cret" not in refused.stderr and "Traceback" not in refused.stderr


def test_run_gives_redis_to_a_command(run, server):
    code = "import os, redis; print(redis.Redis.from_url(os.environ['REDIS_URL']).ping(), os.environ['REDIS_DB'])"
    done = run("run", "--redis", "--", sys.executable, "-c", code)
    assert done.stdout == "True 0\n", done.stderr


def test_tests_get_a_database_each_over_workers(project, server):
    (project / "test_redis.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('n', range(20))\n"
        "def test_one(pgben_redis_db, n):\n"
        "    with pgben_redis_db.client() as client:\n"
        "        assert client.incr('n') == 1\n"
    )
    words = [sys.executable, "-m", "pytest", "-q", "-n2", "--pgben-stats"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert "20 passed" in done.stdout, done.stdout
    assert "redis: ready after" in done.stdout


@every_backend
def test_a_client_gives_bytes_where_it_is_asked_to(desk):
    lent = desk.ask("lend", service="redis")
    database = RedisDb.from_answer(lent)
    with database.client() as text, database.client(decode_responses=False) as raw:
        text.set("nome", "João")
        assert (text.get("nome"), raw.get("nome")) == ("João", "João".encode())
    assert lent["env"]["REDIS_URL"] == database.url
    desk.ask("give-back", name=lent["name"])
