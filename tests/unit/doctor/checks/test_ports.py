"""doctor/ports: free ones, external servers, what compose publishes."""

import socket

from pgben_testkit.checking.finding import Place
from pgben_testkit.doctor.checks import ports as check


def test_a_server_that_answers_and_one_that_does_not(given, levels):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        found = levels(
            check, given(postgres_url=f"postgresql://me:geheim@127.0.0.1:{port}/db"), [(port, Place("c.yml", 3))]
        )
        assert found["loopback"][0] == "ok"
        assert found["postgres"][0] == "ok"
        assert (found[str(port)][0], str(found[str(port)][1].place)) == ("note", "c.yml:3")
    found = levels(
        check, given(postgres_url=f"postgresql://me:geheim@127.0.0.1:{port}/db"), [(port, Place("c.yml", 3))]
    )
    assert found["postgres"][0] == "error"
    assert "geheim" not in str(found)
    assert str(port) not in found


def test_an_address_that_can_not_be_read_is_told(given, levels):
    level, fact = levels(check, given(storage_url="http://h:port"))["storage"]
    assert (level, fact.remedy) == ("error", "correct PGBEN_STORAGE_URL")


def test_redis_is_asked_too(given, levels):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        url = f"redis://:geheim@127.0.0.1:{server.getsockname()[1]}/0"
        assert levels(check, given(redis_url=url))["redis"][0] == "ok"
    level, fact = levels(check, given(redis_url=url))["redis"]
    assert (level, "PGBEN_REDIS_URL" in fact.remedy) == ("error", True)
    assert "geheim" not in str(fact)
    assert "redis" not in levels(check, given(redis_url="unix:///run/redis.sock"))
