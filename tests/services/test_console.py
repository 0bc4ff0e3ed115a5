"""What a person looks at between runs: `status`, `logs`, `psql`."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from real import CLI

needs_psql = pytest.mark.skipif(shutil.which("psql") is None, reason="no psql on PATH")


@pytest.fixture
def warm(project, postgres, run):
    assert run("--quiet", "up", "--only", "postgres").returncode == 0
    yield
    run("down")


def test_status_gives_an_address_and_hides_its_password_unless_asked(warm, run):
    [server] = json.loads(run("status", "--json").stdout)
    assert server["url"].startswith("postgresql://") and server["url"].endswith(f"@{server['address']}/postgres")
    [shown] = json.loads(run("status", "--json", "--show-passwords").stdout)
    login = shown["url"].removeprefix("postgresql://").partition("@")[0]
    password = login.partition(":")[2]
    assert len(password) > 10
    assert password not in run("status").stdout


def test_logs_shows_what_the_warm_server_printed(warm, run):
    shown = run("logs", "postgres").stdout
    assert "postgres: " in shown and "ready to accept connections" in shown
    assert len(run("logs", "-n", "1").stdout.splitlines()) == 1
    wrong = run("logs", "mailer")
    assert wrong.returncode == 2 and "there are postgres" in wrong.stderr


def test_logs_without_a_warm_server_says_so(project, run):
    none = run("logs")
    assert none.returncode == 2 and "what to do: pgben-testkit up" in none.stderr


def test_logs_follows_until_the_server_ends(warm, run):
    with subprocess.Popen([*CLI, "logs", "-n", "0", "--follow"], stdout=subprocess.PIPE, text=True) as process:
        asked = run("psql", "--", "-c", "SELECT nada") if shutil.which("psql") else run("run", "--db", "--", "true")
        assert asked.returncode in (0, 1)
        run("down")
        told, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "nada" in told or shutil.which("psql") is None


@needs_psql
def test_psql_opens_a_fresh_database_with_the_schema(warm, run):
    done = run("psql", "--", "-Atc", "SELECT count(*) FROM cidadao")
    assert (done.returncode, done.stdout) == (0, "0\n")
    assert run("psql", "--", "-Atc", "SELECT nada").returncode == 1


@needs_psql
def test_psql_opens_a_database_that_was_kept(project, postgres, run):
    (project / "test_fails.py").write_text(
        "def test_fails(pgben_connection):\n"
        "    pgben_connection.execute('INSERT INTO cidadao VALUES (7)')\n"
        "    pgben_connection.commit()\n"
        "    assert False\n"
    )
    failed = subprocess.run(
        [*CLI[:1], "-m", "pytest", "-p", "no:cacheprovider", "--pgben-keep-failed"], capture_output=True, text=True
    )
    assert "databases kept" in failed.stdout, failed.stdout
    name = failed.stdout.partition(" -d ")[2].split()[0]
    try:
        assert run("psql", "-d", name, "--", "-Atc", "SELECT * FROM cidadao").stdout.startswith("7")
        wrong = run("psql", "-d", "outro")
        assert wrong.returncode == 2 and "has the database outro" in wrong.stderr
    finally:
        run("down")


def test_psql_that_is_not_there_is_said_in_three_lines(project, run, monkeypatch):
    with monkeypatch.context() as changed:
        changed.setenv("PATH", os.fspath(project))
        missing = run("psql")
    assert missing.returncode == 3 and "there is no psql on PATH" in missing.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_the_script_of_a_shell(run, shell):
    script = run("completion", shell).stdout
    assert "_PGBEN_TESTKIT_COMPLETE" in script and "pgben-testkit" in script


@pytest.mark.parametrize(("words", "expected"), [("pgben-testkit st", "status"), ("pgben-testkit run --re", "--redis")])
def test_completion_completes_commands_and_options(words, expected):
    asked = {
        "_PGBEN_TESTKIT_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    program = Path(sys.executable).with_name("pgben-testkit")
    assert expected in subprocess.run([program], env=os.environ | asked, capture_output=True, text=True).stdout
