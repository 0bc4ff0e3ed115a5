"""Containers on a real engine: prepared images, what a killed run leaves, what can't be pulled."""

import io
import json
import signal
import socket
import subprocess
import sys
import threading
import time

import psutil
import pytest
from real import CLI, MINIO_IMAGE, POSTGRES_IMAGE, REDIS_IMAGE

from pgben_testkit import settings
from pgben_testkit.services import engine as engines
from pgben_testkit.services import images
from pgben_testkit.services.container import Recipe, ServerContainer
from pgben_testkit.services.run import RUN_LABEL, Run, traces

pytestmark = pytest.mark.full

REFUSED = "localhost:9/no-registry/postgres:15"
"""An image whose registry refuses connections at once, whatever the network."""


@pytest.fixture
def in_containers(project, engine, monkeypatch):
    """The project on containers, with a schema that no other test has; its images are removed after."""
    monkeypatch.setenv("PGBEN_BACKEND", "container")
    monkeypatch.setenv("PGBEN_CACHE_DIR", str(project / "cache"))
    monkeypatch.setenv("PGBEN_POSTGRES_IMAGE", POSTGRES_IMAGE)
    monkeypatch.setenv("PGBEN_STORAGE_IMAGE", MINIO_IMAGE)
    (project / "sql" / "2.sql").write_text(f"COMMENT ON TABLE cidadao IS '{project}';")
    yield project
    subprocess.run([*CLI, "down", "--all"], check=True, capture_output=True)
    for name in prepared(project):
        engines.client(engine).client.images.remove(name)


def prepared(project):
    """The images that were prepared for this project."""
    return {f"pgben-testkit/prepared:{note.name}" for note in (project / "cache" / "images").glob("[!.]*")}


def containers(engine):
    return engines.client(engine).client.containers.list(all=True, filters={"label": RUN_LABEL}, ignore_removed=True)


QUERY = (
    "import os, psycopg; e = os.environ; c = psycopg.connect(host=e['DB_HOST'], port=e['DB_PORT'], user=e['DB_USER'],"
    " password=e['DB_PASS'], dbname=e['DB_NAME']); print(c.execute('select count(*) from cidadao').fetchone())"
)


def test_the_schema_is_loaded_into_an_image_once(in_containers, run, engine):
    first = run("run", "--db", "--", sys.executable, "-c", QUERY)
    assert first.stdout == "(0,)\n", first.stderr
    [made] = prepared(in_containers)
    created = images.find(engine, made).id
    assert run("run", "--db", "--", sys.executable, "-c", QUERY).stdout == "(0,)\n"
    assert images.find(engine, made).id == created
    (in_containers / "sql" / "3.sql").write_text("CREATE TABLE beneficio (id int);")
    assert run("run", "--db", "--", sys.executable, "-c", QUERY.replace("cidadao", "beneficio")).stdout == "(0,)\n"
    assert len(prepared(in_containers)) == 2
    assert list(traces()) == []


def test_a_schema_that_fails_leaves_no_image_and_no_container(in_containers, run, engine):
    (in_containers / "sql" / "3.sql").write_text("CREATE TABLE beneficio (id nonsense);")
    failed = run("run", "--db", "--", "true")
    assert failed.returncode == 3 and "sql/3.sql:1" in failed.stderr
    assert prepared(in_containers) == set()
    assert list(traces()) == []


def test_a_migration_without_a_fingerprint_runs_each_time(in_containers, run):
    (in_containers / "pytest.ini").write_text(f"[pytest]\npgben_postgres_migrate = {sys.executable} migrate.py\n")
    (in_containers / "migrate.py").write_text(
        "import os, psycopg\n"
        "psycopg.connect(os.environ['DATABASE_URL'], autocommit=True).execute('CREATE TABLE cidadao ()')\n"
        "open('ran', 'a').write('x')\n"
    )
    for _ in range(2):
        done = run("run", "--db", "--", sys.executable, "-c", QUERY)
        assert done.stdout == "(0,)\n", done.stderr
    assert (in_containers / "ran").read_text() == "xx"


def test_the_containers_of_a_killed_run_go_with_the_next_start_and_a_living_run_keeps_its_own(
    in_containers, run, engine
):
    words = [*CLI, "run", "--db", "--s3", "--", "sh", "-c", "echo up; sleep 600"]
    processes = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for each in processes:
        assert each.stdout.readline() == "up\n"
    killed, living = processes
    ids = {trace.owner["pid"]: trace.id for trace in traces()}
    killed.send_signal(signal.SIGKILL)
    killed.wait()

    def of(process):
        return [each for each in containers(engine) if each.labels[RUN_LABEL] == ids[process.pid]]

    assert len(of(killed)) == 2
    done = run("run", "--db", "--", "true")
    assert done.returncode == 0, done.stderr
    assert (len(of(killed)), len(of(living))) == (0, 2)
    living.terminate()
    living.wait(30)
    assert of(living) == []
    for each in processes:
        each.stdout.close()


def test_a_run_killed_while_it_prepares_an_image_leaves_nothing(in_containers, run, engine):
    (in_containers / "sql" / "3.sql").write_text("SELECT pg_sleep(600);")
    process = subprocess.Popen([*CLI, "run", "--db", "--", "true"])
    deadline = time.monotonic() + 60

    def busy():
        ours = [trace.id for trace in traces()]
        return [each for each in containers(engine) if each.labels[RUN_LABEL] in ours]

    while not busy():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(1)
    process.kill()
    process.wait()
    [left] = busy()
    (in_containers / "sql" / "3.sql").unlink()
    assert run("run", "--db", "--", sys.executable, "-c", QUERY).stdout == "(0,)\n"
    assert left.id not in [each.id for each in containers(engine)]


def test_up_and_down_keep_and_remove_containers(in_containers, run, engine):
    assert run("up").returncode == 0
    shown = json.loads(run("status", "--json").stdout)
    assert {each["service"] for each in shown} == {"postgres", "storage"}
    address = run("run", "--db", "--", "sh", "-c", "echo $DB_HOST:$DB_PORT").stdout.strip()
    assert address in [each["address"] for each in shown]
    assert "stopped 1 warm run" in run("down").stdout
    assert run("status", "--json").stdout == "[]\n"


def test_auto_takes_the_image_that_is_there(in_containers, run, monkeypatch):
    monkeypatch.setenv("PGBEN_BACKEND", "auto")
    monkeypatch.setenv("PGBEN_POSTGRES_IMAGE", f"{REFUSED} {POSTGRES_IMAGE}")
    assert run("up", "--only", "postgres").returncode == 0
    [shown] = json.loads(run("status", "--json").stdout)
    assert f"of {POSTGRES_IMAGE} in a container" in shown["how"]


def test_auto_falls_back_to_the_embedded_server_when_no_image_can_be_pulled(in_containers, run, monkeypatch):
    monkeypatch.setenv("PGBEN_BACKEND", "auto")
    monkeypatch.setenv("PGBEN_POSTGRES_IMAGE", REFUSED)
    (in_containers / "test_one.py").write_text(
        "def test_one(pgben_postgres): assert pgben_postgres.backend == 'embedded'"
    )
    words = [sys.executable, "-m", "pytest", "-p", "no:randomly"]
    first = subprocess.run(words, capture_output=True, text=True)
    assert first.returncode == 0, first.stdout
    assert f"{REFUSED} to be pulled" in first.stdout
    second = subprocess.run(words, capture_output=True, text=True)
    assert second.returncode == 0
    assert f"postgres embedded ({REFUSED} can't be pulled" in second.stdout


def test_an_image_that_cannot_be_had_is_refused_with_its_story(in_containers, run, monkeypatch):
    monkeypatch.setenv("PGBEN_STORAGE_IMAGE", REFUSED)
    refused = run("run", "--s3", "--", "true")
    assert refused.returncode == 3
    assert f"{REFUSED} can't be pulled" in refused.stderr and "--pgben-storage-image" in refused.stderr
    monkeypatch.setenv("PGBEN_PULL", "no")
    off = run("run", "--s3", "--", "true")
    assert off.returncode == 3 and "pulling is off" in off.stderr


def test_an_image_of_something_else_is_refused_with_what_it_says(in_containers, run, engine, monkeypatch):
    monkeypatch.setenv("PGBEN_STORAGE_IMAGE", POSTGRES_IMAGE)
    refused = run("run", "--s3", "--", "true")
    assert refused.returncode == 3 and "the container of storage can't be started" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert list(traces()) == []
    assert not [each for each in containers(engine) if each.status == "created"]


def test_an_image_without_the_servers_account_is_refused_with_what_it_says(in_containers, run, engine, monkeypatch):
    recipe = io.BytesIO(f"FROM {POSTGRES_IMAGE}\nRUN userdel postgres\n".encode())
    docker = engines.client(engine).client
    image, _ = docker.images.build(fileobj=recipe, rm=True, tag="pgben-testkit-test/no-account:1")
    try:
        monkeypatch.setenv("PGBEN_POSTGRES_IMAGE", "pgben-testkit-test/no-account:1")
        refused = run("run", "--db", "--", "true")
    finally:
        docker.images.remove(image.id, force=True)
    assert refused.returncode == 3 and "Traceback" not in refused.stderr
    assert "the container of postgres-baking" in refused.stderr
    assert "invalid user" in refused.stderr or "passwd file" in refused.stderr  # the container's word, or the engine's
    assert list(traces()) == []


def test_an_engine_that_does_not_answer_costs_two_seconds_at_most(tmp_path, monkeypatch):
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(path)
        silent.listen()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        found = []
        asking = threading.Thread(target=lambda: found.append(engines.find.__wrapped__()))
        asking.start()
        asking.join(10)
    assert isinstance(found[0], engines.NoEngine) and "does not answer" in found[0].why


def test_a_port_whose_proxy_was_lost_is_published_anew(project, engine, monkeypatch):
    """Engines before Docker 23 lose it when the thread that started it ends."""
    run = Run.begin(settings.read(root=project, environ={}))
    recipe = Recipe(
        image=REDIS_IMAGE, command=["redis-server", "--protected-mode", "no"], ports=[6379], environment={}, tmpfs={}
    )
    container = ServerContainer.start("redis", engine, recipe, run)
    try:
        first = container.ports[6379]
        behind = [
            each
            for each in psutil.process_iter(["name", "cmdline"])
            if each.info["name"] == "docker-proxy" and str(first) in each.info["cmdline"]
        ]
        if not behind:
            pytest.skip("this engine publishes ports without docker-proxy, or out of our sight")
        behind[0].kill()
        monkeypatch.setattr("pgben_testkit.services.container.REFUSED_S", 0.2)

        def probe():
            with socket.create_connection((container.host, container.ports[6379]), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                assert connection.recv(10) == b"+PONG\r\n"

        container.wait_ready(probe, retry=(OSError,), timeout_s=20)
        assert container.ports[6379] != first
    finally:
        container.stop()
        run.end()
