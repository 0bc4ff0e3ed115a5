"""Workers that die, and a session that is interrupted: the rest goes on, nothing is left."""

import signal
import subprocess
import sys
import time

import psutil
import pytest

from pgben_testkit.services.reap import reap_dead
from pgben_testkit.services.run import traces

DYING = """
import os, signal
import pytest

@pytest.mark.parametrize("i", range(30))
def test_database_and_bucket(pgben_connection, pgben_bucket, i):
    assert pgben_connection.execute("SELECT count(*) FROM cidadao").fetchone() == (0,)
    pgben_connection.execute("INSERT INTO cidadao VALUES (1)")
    pgben_connection.commit()
    s3 = pgben_bucket.boto3()
    assert "Contents" not in s3.list_objects_v2(Bucket=pgben_bucket.name)
    s3.put_object(Bucket=pgben_bucket.name, Key="a", Body=b"1")
    if i in (7, 19):
        os.kill(os.getpid(), signal.SIGKILL)
"""
SLOW = """
import os
import time

def test_slow(pgben_connection):
    os.write(2, b"REACHED\\n")
    time.sleep(60)
"""


def prepare(pytester, tests):
    pytester.makepyfile(tests)
    (pytester.path / "schema.sql").write_text("CREATE TABLE cidadao (id int);")
    pytester.makeini("[pytest]\npgben_postgres_schema = schema.sql\npgben_backend = embedded\n")


def interrupted(pytester, how, *words):
    """A session in the middle of a test gets the signal; its exit code. What it left is not looked at."""
    argv = [sys.executable, "-m", "pytest", "-s", "-p", "no:randomly", *words]
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=pytester.path
    ) as process:
        assert any("REACHED" in line for line in process.stdout)
        assert of_project(pytester)
        process.send_signal(how)
        process.stdout.read()
        return process.wait(20)


def of_project(pytester):
    return [trace for trace in traces() if trace.owner.get("root") == str(pytester.path)]


def test_a_killed_worker_costs_its_own_test_alone(pytester):
    prepare(pytester, DYING)
    result = pytester.runpytest_subprocess("-n2", "-p", "no:randomly")
    result.assert_outcomes(passed=28, failed=2)
    assert of_project(pytester) == []


def test_ctrl_c_leaves_nothing(pytester):
    prepare(pytester, SLOW)
    assert interrupted(pytester, signal.SIGINT) == 2
    assert of_project(pytester) == []


def test_a_killed_session_is_cleaned_up_after_by_the_next(pytester):
    prepare(pytester, SLOW)
    assert interrupted(pytester, signal.SIGKILL) == -signal.SIGKILL
    assert of_project(pytester)
    pytester.makepyfile("def test_quick(pgben_connection): pass")
    pytester.runpytest_subprocess("-p", "no:randomly").assert_outcomes(passed=1)
    deadline = time.monotonic() + 5
    while of_project(pytester) and time.monotonic() < deadline:
        time.sleep(0.1)  # another test's run may be the one that is removing it
    assert of_project(pytester) == []


@pytest.mark.parametrize("words", [[], ["-n2"]], ids=" ".join)
def test_sigterm_ends_a_session_in_order(pytester, words):
    prepare(pytester, SLOW)
    assert interrupted(pytester, signal.SIGTERM, *words) == 128 + signal.SIGTERM
    assert of_project(pytester) == []


LOCKED = """
import os
import threading

def test_clean_up_waits_for_a_lock(pgben_connection):
    lock = threading.Lock()
    lock.acquire()
    try:
        os.write(2, b"REACHED\\n")
        lock.acquire()
    finally:
        lock.acquire()
"""


def test_sigterm_ends_a_session_whose_own_clean_up_waits_for_ever(pytester):
    prepare(pytester, LOCKED)
    assert interrupted(pytester, signal.SIGTERM) == 128 + signal.SIGTERM
    assert of_project(pytester) == []


def test_a_migration_that_takes_long_is_said_and_a_short_one_is_not(pytester):
    prepare(pytester, SLOW.replace("60", "0"))
    schema = pytester.path / "schema.sql"
    schema.write_text(f"CREATE TABLE cidadao (); SELECT pg_sleep(3); -- {pytester.path}")
    first = pytester.runpytest_subprocess("-p", "no:randomly")
    assert "pgben: postgres: loading the schema into the template database" in first.stderr.str()
    again = pytester.runpytest_subprocess("-p", "no:randomly")
    again.assert_outcomes(passed=1)
    assert again.stderr.str() == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "killed"])
@pytest.mark.parametrize("kind", ["schema", "migrate"])
def test_a_migration_that_hangs_ends_with_the_session(pytester, kind, number):
    prepare(pytester, "def test_nothing(pgben_database): pass")
    (pytester.path / "hang.sql").write_text(f"SELECT pg_sleep(600); -- {pytester.path}")
    hang = {"schema": "hang.sql", "migrate": f"sh -c 'sleep 600; : {pytester.path}'"}[kind]
    command = [sys.executable, "-m", "pytest", f"--pgben-postgres-{kind}={hang}"]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=pytester.path
    ) as session:
        try:
            assert any("loading the schema" in line for line in session.stderr)
            session.send_signal(number)
            assert session.wait(20) in (2, -signal.SIGKILL)
        finally:
            session.kill()
    reap_dead()
    assert of_project(pytester) == []
    lines = [" ".join(each.info["cmdline"] or []) for each in psutil.process_iter(["cmdline"])]
    assert not [each for each in lines if f": {pytester.path}" in each]
