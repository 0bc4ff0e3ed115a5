"""Real servers, started by the kit itself, once for all tests of a module."""

from pathlib import Path

import pytest

from pgben_testkit import settings
from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.services.supply import Supply

SCHEMA = Path(__file__).parents[2] / "fixtures" / "schema"


@pytest.fixture(scope="module")
def supply():
    made = Supply(settings.read(
        root=SCHEMA.parent, environ={}, 
        command_line={"backend": "embedded", "warm": "no", "postgres_schema": str(SCHEMA)},
    ))  # fmt: skip
    yield made
    made.close()


@pytest.fixture(scope="module")
def postgres(supply):
    try:
        return supply.get("postgres").info
    except EnvironmentNotAble as error:
        if "no embedded postgres" in error.what:
            pytest.skip(str(error))
        raise
