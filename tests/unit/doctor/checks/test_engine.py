"""doctor/engine: whether a container engine answers."""

import pytest

from pgben_testkit.doctor.checks import engine as check
from pgben_testkit.services import engine


@pytest.fixture(autouse=True)
def asked_afresh():
    engine.find.cache_clear()
    yield
    engine.find.cache_clear()


def test_none_is_fine_until_a_service_should_come_from_it(given, levels, monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    assert levels(check, given())["engine"][0] == "ok"
    level, fact = levels(check, given(postgres_backend="container"))["engine"]
    assert level == "error"
    assert "postgres should come from it" in fact.reason


def test_one_that_answers_is_named(given, levels, monkeypatch):
    monkeypatch.setattr(engine, "find", lambda: engine.Engine("unix:///x.sock", "Podman 5"))
    monkeypatch.setattr(engine.find, "cache_clear", lambda: None, raising=False)
    assert levels(check, given())["engine"][1].summary == "Podman 5 answers at unix:///x.sock"
