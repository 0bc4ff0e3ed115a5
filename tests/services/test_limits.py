"""Machines that lack something: room, a memory disk, a free port, a cache; and two runs at once."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from real import CLI

from pgben_testkit import settings
from pgben_testkit.postgres import cluster
from pgben_testkit.postgres.service import SERVICE as POSTGRES
from pgben_testkit.services.run import traces
from pgben_testkit.services.supply import Supply

QUERY = "import os, psycopg; print(psycopg.connect(os.environ['DATABASE_URL']).execute('select 1').fetchone())"


def own_mounts():
    return subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


mounts = pytest.mark.skipif(
    not shutil.which("unshare") or not own_mounts(), reason="mounts of our own need unshare and its rights"
)


def run_within(mount, *words):
    """`pgben-testkit` with these words where `mount`, a shell command, changed the file systems: for it alone."""
    script = f'{mount} && exec "$@"'
    argv = ["unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh", *CLI, *words]
    return subprocess.run(argv, capture_output=True, text=True, timeout=120)


@mounts
def test_without_a_memory_disk_the_data_lies_on_disk(project, postgres):
    done = run_within("umount -l /dev/shm && mount -t tmpfs -o ro none /dev/shm", "up", "--only", "postgres")
    assert done.returncode == 0, done.stderr
    assert "on /dev/shm" not in done.stdout and "tmpfs" not in done.stdout
    assert "stopped 1 warm run" in subprocess.run([*CLI, "down"], capture_output=True, text=True).stdout


@mounts
@pytest.mark.parametrize("size", ["1m", "12m"])
def test_a_full_disk_is_said_and_leaves_nothing(project, postgres, monkeypatch, size):
    small = project / "small"
    small.mkdir(mode=0o711)
    monkeypatch.setenv("PGBEN_DATA_DIR", str(small))
    full = run_within(f"mount -t tmpfs -o size={size},mode=711 none {small}", "run", "--db", "--", "true")
    assert full.returncode == 3
    assert "No space left" in full.stderr and "Traceback" not in full.stderr
    assert list(traces()) == []


@mounts
def test_a_cache_that_cannot_be_written_is_said(project, postgres, monkeypatch):
    cache = project / "cache"
    cache.mkdir()
    monkeypatch.setenv("PGBEN_CACHE_DIR", str(cache))
    refused = run_within(f"mount -t tmpfs -o ro none {cache}", "run", "--db", "--", "true")
    assert refused.returncode == 3
    assert "Read-only file system" in refused.stderr and "PGBEN_CACHE_DIR" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_port_that_was_taken_meanwhile_costs_another_try(project, postgres, monkeypatch):
    given = settings.read(root=project, environ={}, command_line={"backend": "embedded", "warm": "no"})
    with socket.create_server(("127.0.0.1", 0)) as theirs:
        taken = [theirs.getsockname()[1]]
        free = cluster.free_ports
        monkeypatch.setattr(cluster, "free_ports", lambda count: [taken.pop()] if taken else free(count))
        supply = Supply(given)
        try:
            assert POSTGRES.info(supply.get("postgres").info.as_dict()).port != theirs.getsockname()[1]
        finally:
            supply.close()
    assert taken == []


def test_two_runs_at_once_in_one_checkout_do_not_meet(project, postgres, monkeypatch):
    monkeypatch.setenv("PGBEN_CACHE_DIR", str(project / "cache"))  # cold: both want to prepare the same folder
    (project / "cache").mkdir(mode=0o711)
    os.chmod(project, 0o711)
    (project / "test_one.py").write_text(
        "import os, pathlib, time, pytest\n"
        "@pytest.mark.parametrize('n', range(10))\n"
        "def test_one(pgben_connection, n):\n"
        "    assert pgben_connection.execute('select count(*) from cidadao').fetchone() == (0,)\n"
        "    pgben_connection.execute('insert into cidadao values (1)')\n"
        "    pgben_connection.commit()\n"
        "    time.sleep(0.05)\n"
        "def test_seen(pgben_postgres, tmp_path_factory):\n"
        "    pathlib.Path(os.environ['SEEN']).write_text(str(pgben_postgres.port))\n"
    )
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    both = [
        subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=os.environ | {"SEEN": str(project / name)})
        for name in ("one", "two")
    ]
    for each in both:
        out, _ = each.communicate(timeout=120)
        assert "11 passed" in out, out
    assert (project / "one").read_text() != (project / "two").read_text()
    assert len([each for each in (project / "cache" / "postgres").iterdir() if not each.name.startswith(".")]) == 2
    assert list(traces()) == [] and json.loads(subprocess.check_output([*CLI, "status", "--json"])) == []


def test_a_temporary_folder_with_a_long_name_serves_workers_too(project, postgres, monkeypatch, tmp_path_factory):
    long = tmp_path_factory.mktemp("t") / ("long-" * 20)
    long.mkdir()
    monkeypatch.setenv("TMPDIR", str(long))
    (project / "test_long.py").write_text(
        "import pytest\n\n@pytest.mark.parametrize('n', range(4))\ndef test_one(pgben_database, n):\n    pass\n"
    )
    words = [sys.executable, "-m", "pytest", "-q", "-n2", "-p", "no:cacheprovider", "--basetemp", str(project / "base")]
    done = subprocess.run(words, cwd=project, capture_output=True, text=True, timeout=120)
    assert "4 passed" in done.stdout, done.stdout + done.stderr
    assert not list(Path(f"/tmp/pgben-testkit-{os.geteuid()}").glob("*.desk"))


def test_an_external_database_that_is_down_is_told_with_its_address_and_without_its_password(project):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"postgresql://ana:segredo@127.0.0.1:{port}/app"
    env = os.environ | {"PGBEN_POSTGRES_URL": url, "PGBEN_POSTGRES_BACKEND": "external"}
    done = subprocess.run([*CLI, "run", "--db", "--", "true"], cwd=project, env=env, capture_output=True, text=True)
    assert done.returncode == 3
    assert f"127.0.0.1:{port} can't be used as ana" in done.stderr
    assert "segredo" not in done.stderr
