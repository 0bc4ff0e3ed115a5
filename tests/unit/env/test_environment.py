"""The environment that a test sees: typed, settable, put back."""

import os
import subprocess
import sys
import time
from datetime import timedelta

import pytest

from pgben_testkit.env.contract_tables import build
from pgben_testkit.env.environment import Environment
from pgben_testkit.errors import UsageProblem

CONTRACT = build(
    {
        "variables": {
            "ENVTEST_PORT": {"kind": "port", "default": 5432},
            "ENVTEST_ON": {"kind": "bool", "true": ["sim"], "false": ["nao"]},
            "ENVTEST_KEY": {"kind": "secret"},
            "ENVTEST_TTL": {"kind": "duration"},
            "ENVTEST_LIST": {"kind": "list", "separator": ";"},
            "ENVTEST_USER": {"aliases": ["ENVTEST_OLD_USER"]},
            "TZ": {"kind": "timezone"},
        }
    },
    name="t",
    shown="t",
    lines={},
)


@pytest.fixture
def env():
    made = Environment(CONTRACT, {"ENVTEST_FROM_FILE": "x", "ENVTEST_USER": "file"})
    before = dict(os.environ)
    made.begin()
    yield made
    made.restore()
    assert {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"} == {
        k: v for k, v in before.items() if k != "PYTEST_CURRENT_TEST"
    }


def child(name):
    code = f"import os; print(os.environ.get({name!r}))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip()


def test_typed_values_go_in_and_come_out(env):
    assert env["ENVTEST_PORT"] == 5432 and env["ENVTEST_USER"] == "file"
    env.set(
        ENVTEST_PORT=1, ENVTEST_ON=True, ENVTEST_KEY="geheim", ENVTEST_TTL=timedelta(minutes=5), ENVTEST_LIST=["a", "b"]
    )
    assert os.environ["ENVTEST_ON"] == "sim" and os.environ["ENVTEST_LIST"] == "a;b"
    assert (env["ENVTEST_PORT"], env["ENVTEST_ON"], env["ENVTEST_TTL"]) == (1, True, timedelta(minutes=5))
    assert env["ENVTEST_LIST"] == ("a", "b")
    assert env["ENVTEST_KEY"].reveal() == env.raw("ENVTEST_KEY") == "geheim"
    assert "geheim" not in repr(env) + repr(dict(env))


def test_children_get_it_and_after_the_restore_no_more(env):
    env.set("ENVTEST_USER", "maria")
    assert child("ENVTEST_USER") == "maria"
    env.unset("ENVTEST_USER")
    assert child("ENVTEST_USER") == "None"
    env.set(ENVTEST_USER="joao")
    env.restore()
    assert child("ENVTEST_USER") == "None"


def test_what_is_changed_past_us_is_put_back_too(env):
    path = os.environ["PATH"]
    os.environ["ENVTEST_STRAY"] = "1"
    os.environ["PATH"] = "/nowhere"
    env.restore()
    assert "ENVTEST_STRAY" not in os.environ and os.environ["PATH"] == path


def test_an_alias_gives_the_variable_and_goes_with_it(env):
    env.unset("ENVTEST_USER")
    env.set("ENVTEST_OLD_USER", "maria")
    assert env["ENVTEST_USER"] == "maria"
    env.unset("ENVTEST_USER")
    assert "ENVTEST_USER" not in env and "ENVTEST_OLD_USER" not in os.environ


def test_a_zone_reaches_the_c_library_and_goes_again(env):
    before = time.tzname
    env.set(TZ="America/Sao_Paulo")
    assert time.tzname[0] == "-03"
    env.restore()
    assert time.tzname == before


def test_mistakes_are_told(env):
    with pytest.raises(UsageProblem, match="did you mean ENVTEST_PORT"):
        env.set(ENVTEST_PROT=1)
    env.set("ENVTEST_PROT", 1, undeclared=True)
    env.set(ENVTEST_PORT="abc")
    with pytest.raises(UsageProblem, match="ENVTEST_PORT is not a port"):
        env["ENVTEST_PORT"]
    with pytest.raises(KeyError, match="is not set, and the contract has no default"):
        env["ENVTEST_KEY"]
    with pytest.raises(UsageProblem, match="unset"):
        env.set(ENVTEST_PORT=None)
