"""Servers come, go and are cleaned up after, however a run ends."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from real import CLI

from pgben_testkit.services.places import data_dir
from pgben_testkit.services.reap import processes_of
from pgben_testkit.services.run import owner_prefix, traces
from pgben_testkit.settings import read

QUERY = (
    "import os, psycopg; e = os.environ; c = psycopg.connect(host=e['DB_HOST'], port=e['DB_PORT'], user=e['DB_USER'],"
    " password=e['DB_PASS'], dbname=e['DB_NAME']); print(c.execute('select count(*) from cidadao').fetchone())"
)


def test_run_gives_a_command_the_schema_and_passes_its_exit_code_on(project, postgres, run):
    assert run("run", "--db", "--", sys.executable, "-c", QUERY).stdout == "(0,)\n"
    assert run("run", "--db", "--", "sh", "-c", "exit 7").returncode == 7
    assert run("run", "--db", "--", "sh", "-c", "kill -9 $$").returncode == 137
    assert list(traces()) == []


def test_run_says_in_three_lines_what_is_wrong(project, postgres, run):
    missing = run("run", "--db", "--", "no-such-command")
    assert missing.returncode == 3 and "no-such-command can't be started" in missing.stderr
    (project / "sql" / "2.sql").write_text("SELECT 1;\n\nCREATE TABLE t (a nonsense);\n")
    broken = run("run", "--db", "--", "true")
    assert broken.returncode == 3
    assert "sql/2.sql:3: the schema doesn't load" in broken.stderr
    assert 'type "nonsense" does not exist' in broken.stderr
    assert "Traceback" not in broken.stderr
    assert list(traces()) == []


def test_env_map_names_what_it_may_use(project, postgres, run):
    (project / "map.toml").write_text('[env]\nURL = "pg://{DB_HOST}/{DB_NAME}"\n')
    done = run("run", "--db", "--env-map", "map.toml", "--", "sh", "-c", "echo $URL")
    assert done.stdout.startswith("pg://127.0.0.1/pgben_")
    workers = ["--per-worker", "2", "--env-map", "map.toml"]
    shown = run("run", "--db", *workers, "--", "printenv", "URL", "PGBEN_WORKER_1_URL", "PGBEN_WORKER_2_URL").stdout
    assert len(set(shown.split())) == 3, "each worker's mapped variables name its own database"
    (project / "map.toml").write_text('[env]\nURL = "{DB_NMAE}"\n')
    wrong = run("run", "--db", "--env-map", "map.toml", "--", "true")
    assert wrong.returncode == 2 and "{DB_NMAE}" in wrong.stderr and "DB_NAME" in wrong.stderr
    assert "what to do: name one of these" in wrong.stderr


def test_sigterm_reaches_the_command_and_cleans_up(project, postgres, run):
    script = "trap 'echo got it; exit 5' TERM; echo up; while true; do sleep 0.05; done"
    with subprocess.Popen(
        [*CLI, "run", "--db", "--", "sh", "-c", script], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == "got it\n"
        assert process.wait(20) == 5
    assert list(traces()) == []


def test_what_a_command_that_was_told_to_end_has_left_is_ended_too(project, postgres, run):
    script = "trap 'exit 5' TERM; sh -c 'echo $$; exec sleep 600' & wait"
    with subprocess.Popen(
        [*CLI, "run", "--db", "--", "sh", "-c", script], stdout=subprocess.PIPE, text=True
    ) as process:
        left = psutil.Process(int(process.stdout.readline()))
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 5
        assert not left.is_running()


def test_per_worker_without_a_number_is_one_for_each_processor(project, postgres, run):
    given = run("run", "--db", "--per-worker", "--", "sh", "-c", "echo $PGBEN_WORKERS").stdout
    assert given == f"{os.cpu_count()}\n"


def test_data_that_no_run_owns_any_more_is_removed(project, postgres, run):
    data = data_dir(read(root=project)) / f"{owner_prefix()}zzzzzz"
    data.mkdir()
    assert run("run", "--db", "--", "true").returncode == 0
    assert not data.exists()


def test_what_a_killed_run_left_is_removed_by_the_next_start_and_a_living_run_is_not(project, postgres, run):
    script = "echo up; sleep 600"
    processes = [
        subprocess.Popen([*CLI, "run", "--db", "--", "sh", "-c", script], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for each in processes:
        assert each.stdout.readline() == "up\n"
    killed, living = processes
    ids = {trace.owner["pid"]: trace for trace in traces()}
    killed.kill()
    killed.wait()
    assert processes_of(ids[killed.pid])  # its server is still there
    assert run("run", "--db", "--", "true").returncode == 0
    assert processes_of(ids[killed.pid]) == []
    assert not Path(ids[killed.pid].owner["data"]).exists()
    assert [trace.owner["pid"] for trace in traces()] == [living.pid]
    assert living.poll() is None
    living.send_signal(signal.SIGTERM)
    living.wait(20)
    for each in processes:
        each.stdout.close()


def test_up_is_found_by_runs_of_the_project_and_down_ends_it(project, postgres, run):
    assert run("up", "--only", "postgres").returncode == 0
    [shown] = json.loads(run("status", "--json").stdout)
    assert shown["service"] == "postgres"
    address = run("run", "--db", "--", "sh", "-c", "echo $DB_HOST:$DB_PORT").stdout.strip()
    assert address == shown["address"]
    (project / "sql" / "2.sql").write_text("CREATE TABLE nova (a int);")
    later = QUERY.replace("cidadao", "nova")
    assert run("run", "--db", "--", sys.executable, "-c", later).stdout == "(0,)\n"
    (project / "below").mkdir()
    assert f"those of {project} stay" in run("down", cwd=project / "below").stdout
    assert json.loads(run("down", "--json").stdout)["stopped"] == 1
    assert run("status", "--json").stdout == "[]\n"
    port = int(address.rpartition(":")[2])
    deadline = time.monotonic() + 5
    while any(each.laddr.port == port and each.status == "LISTEN" for each in psutil.net_connections("tcp")):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_external_server_keeps_nothing_of_ours_but_templates(project, postgres, run):
    import psycopg

    env = os.environ | {"PGBEN_POSTGRES_URL": postgres.dsn, "PGBEN_BACKEND": "external"}
    with psycopg.connect(postgres.dsn, autocommit=True) as admin:
        admin.execute("CREATE DATABASE pgben_aaaaaaaaaaaa_gw0_1")  # of a run that is dead
        assert run("run", "--db", "--", sys.executable, "-c", QUERY, env=env).stdout == "(0,)\n"
        names = {row[0] for row in admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 'pgben%'")}
    assert all(name.startswith("pgben_template_") for name in names)


def test_a_template_that_nobody_used_for_weeks_goes_when_another_is_made(project, postgres, run):
    import psycopg

    env = os.environ | {"PGBEN_POSTGRES_URL": postgres.dsn, "PGBEN_BACKEND": "external"}
    now = int(time.time())
    with psycopg.connect(postgres.dsn, autocommit=True) as admin:
        for name, days in (("old", 15), ("new", 13)):
            admin.execute(f"CREATE DATABASE pgben_template_{name} IS_TEMPLATE true")
            facts = json.dumps({"pgben": {"used": now - days * 86400}})
            admin.execute(f"COMMENT ON DATABASE pgben_template_{name} IS '{facts}'")
        (project / "sql" / "9.sql").write_text(f"COMMENT ON TABLE cidadao IS '{project}'")
        assert run("run", "--db", "--", "true", env=env).returncode == 0
        names = {row[0] for row in admin.execute("SELECT datname FROM pg_database")}
        assert "pgben_template_new" in names and "pgben_template_old" not in names
        admin.execute("ALTER DATABASE pgben_template_new IS_TEMPLATE false")
        admin.execute("DROP DATABASE pgben_template_new")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another account")
def test_a_server_in_a_folder_that_its_account_cannot_enter_is_refused_with_the_reason(
    project, postgres, run, monkeypatch
):
    folder = project / "closed" / "bin"
    folder.mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (folder / name).touch(0o755)
    (project / "closed").chmod(0o700)
    monkeypatch.setenv("PGBEN_POSTGRES_BIN", str(folder))
    refused = run("run", "--db", "--", "true")
    assert refused.returncode == 3
    assert "lets only its owner in" in refused.stderr
