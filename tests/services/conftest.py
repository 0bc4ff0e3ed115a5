"""Real servers, started by the kit itself, once for all tests of a module."""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from filelock import FileLock
from real import (
    BEANSTALK_IMAGE,
    BUILD_IMAGES,
    CLI,
    MINIO_IMAGE,
    MONITORING_IMAGE,
    POSTGRES_IMAGE,
    REDIS_IMAGE,
    provided,
    started,
)

from pgben_testkit.services import engine as engines
from pgben_testkit.services import images
from pgben_testkit.services.desk import Desk
from pgben_testkit.services.stats import Stats
from pgben_testkit.storage.bucket import Buckets

IMAGES = (POSTGRES_IMAGE, REDIS_IMAGE, MINIO_IMAGE, MONITORING_IMAGE, BEANSTALK_IMAGE)


@pytest.fixture(scope="session")
def engine():
    """A container engine with our test images on it, built from Debian's packages; else the test is skipped."""
    found = engines.find()
    if isinstance(found, engines.NoEngine):
        pytest.skip(f"no container engine: {found.why}")
    if not engines.library_installed():
        pytest.skip("the container extra is not installed")
    with FileLock(Path(tempfile.gettempdir()) / "pgben-testkit-images.lock"):
        if not all(images.find(found, each) for each in IMAGES):
            weed = Path(sys.executable).with_name("weed")
            missing = [each for each in ("docker", "mmdebstrap") if not shutil.which(each)]
            if missing or not weed.exists():
                pytest.skip(f"the test images can't be built: no {', '.join(missing) or 'weed'} here")
            built = subprocess.run([BUILD_IMAGES, weed], capture_output=True, text=True)
            if built.returncode:
                pytest.skip(f"the test images can't be built: {built.stderr.splitlines()[-1:]}")
    return found


@pytest.fixture(scope="module")
def supply(request):
    """Servers of one backend: embedded, unless the module asks for others through this fixture's parameter."""
    backend = getattr(request, "param", "embedded")
    with ExitStack() as stack:
        if backend == "container":
            request.getfixturevalue("engine")
        if backend == "external":
            theirs = started(stack, backend="embedded")
            postgres, storage = provided(theirs, "postgres").info, provided(theirs, "storage").info
            redis = provided(theirs, "redis").info
            yield started(
                stack,
                backend="external",
                postgres_url=postgres.dsn,
                storage_url=storage.url,
                storage_access_key=storage.access_key,
                storage_secret_key=storage.secret_key,
                redis_url=f"redis://:{redis.password}@{redis.host}:{redis.port}/0",
            )
        else:
            yield started(stack, backend=backend)


@pytest.fixture(scope="module")
def postgres(supply):
    return provided(supply, "postgres").info


@pytest.fixture(scope="module")
def storage(supply):
    return provided(supply, "storage").info


@pytest.fixture(scope="module")
def buckets(storage, supply):
    """One desk for all: it remembers which bucket can't be emptied, whichever test left it so."""
    desk = Desk(supply)
    made = Buckets(storage, desk, Stats())
    yield made
    made.close()
    desk.close()


@pytest.fixture
def bucket(buckets):
    taken = buckets.acquire()
    yield taken
    buckets.release(taken)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project folder, with state and data of its own: these tests see no other run."""
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "1.sql").write_text("CREATE TABLE cidadao (id int);")
    (tmp_path / "pytest.ini").write_text("[pytest]\npgben_postgres_schema = sql\npgben_backend = embedded\n")
    monkeypatch.chdir(tmp_path)
    temporary = Path("/tmp") / f"pgt-{os.getpid()}-{tmp_path.name}"  # short: socket paths are limited
    temporary.mkdir(mode=0o711)
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    yield tmp_path
    subprocess.run([*CLI, "down", "--all"], check=True, capture_output=True)
    subprocess.run(["rm", "-rf", str(temporary)], check=True)


@pytest.fixture
def run(project):
    """`pgben-testkit` with these words, in the project."""

    def call(*words, **options):
        return subprocess.run([*CLI, *words], capture_output=True, text=True, timeout=120, **options)

    return call
