"""A database's address as each driver reads it."""

import pytest

from pgben_testkit.errors import UsageProblem
from pgben_testkit.postgres.database import Database

DATABASE = Database("127.0.0.1", 5432, "nome", "u", "p@")


@pytest.mark.parametrize(
    "driver, scheme",
    [
        ("psycopg2", "postgresql"),
        ("sqlalchemy+asyncpg", "postgresql+asyncpg"),
        ("postgresql+asyncpg", "postgresql+asyncpg"),
    ],
)
def test_a_driver_is_known_by_its_own_name_and_by_sqlalchemys(driver, scheme):
    assert DATABASE.url(driver) == f"{scheme}://u:p%40@127.0.0.1:5432/nome"


def test_an_unknown_driver_is_refused_with_those_that_are_known():
    with pytest.raises(UsageProblem) as refused:
        DATABASE.url("banana")
    assert "asyncpg" in refused.value.why and refused.value.remedy
