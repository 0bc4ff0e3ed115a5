"""The doctor on a real server: a schema that loads, one that does not."""

import pytest

from pgben_testkit import settings
from pgben_testkit.doctor.examine import examine
from pgben_testkit.postgres import binaries

OTHERS = ("engine", "backends", "binaries", "ports", "disk", "locale", "timezone", "leftovers")


@pytest.fixture
def looked(tmp_path):
    given = {"postgres_schema": "schema.sql", "backend": "embedded", "warm": "no"}
    found = settings.read(root=tmp_path, environ={}, command_line=given)
    if binaries.find(found) is None:
        pytest.skip(binaries.NONE_FOUND)

    def look(sql):
        (tmp_path / "schema.sql").write_text(sql)
        [fact] = examine(found, skip=OTHERS).facts
        return fact

    return look


def test_a_schema_that_loads(looked):
    fact = looked("CREATE TABLE cidadao (id int);")
    assert fact.level == "ok"
    assert fact.summary.startswith("1 file load on PostgreSQL")


def test_one_that_does_not_shows_where(looked):
    fact = looked("CREATE TABLE a (id int);\nCREATE TABLE b (id nope);\n")
    assert fact.level == "error"
    assert "schema.sql:2" in fact.summary
    assert fact.finding().check == "doctor/schema"
