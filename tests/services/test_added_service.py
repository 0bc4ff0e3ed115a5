"""The documented example of a service that another package adds, used as its README says."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from real import BEANSTALK_IMAGE

EXAMPLE = Path(__file__).parents[2] / "examples" / "added-service"
CLI = ("pgben_testkit",)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The variables of an environment in which the example is installed, beside what this one has."""
    if shutil.which("beanstalkd") is None:
        pytest.skip("no beanstalkd on PATH")
    work = tmp_path_factory.mktemp("added")
    shutil.copytree(EXAMPLE, work / "source")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", work / "site", work / "source"], check=True)
    return os.environ | {"PYTHONPATH": str(work / "site"), "PGBEN_BACKEND": "embedded"}


@pytest.fixture
def use(installed, tmp_path):
    shutil.copy(EXAMPLE / "test_queue.py", tmp_path)

    def run(*words, **more):
        done = subprocess.run(
            [sys.executable, "-m", *words], cwd=tmp_path, env=installed | more, capture_output=True, text=True
        )
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["alone", "-n2"])
def test_its_fixture_serves_and_its_server_starts_ahead(use, workers):
    code, told = use("pytest", "-p", "no:cacheprovider", "--pgben-stats", *workers)
    assert code == 0, told
    assert "beanstalk embedded (asked for)" in told
    assert "beanstalk wait: 2 times" in told


def test_its_settings_are_options_ini_keys_and_variables(use, tmp_path):
    assert "--pgben-beanstalk-bin" in use("pytest", "--help")[1]
    code, told = use("pytest", "--pgben-beanstalk-bin=/nowhere/beanstalkd")
    assert code == 1 and "beanstalk_bin names /nowhere/beanstalkd" in told
    assert "names /variable" in use("pytest", PGBEN_BEANSTALK_BIN="/variable")[1]
    (tmp_path / "pytest.ini").write_text("[pytest]\npgben_beanstalk_bin = /ini\n")
    assert "names /ini" in use("pytest")[1]
    code, told = use("pytest", "--pgben-beanstalk-backend=doker")
    assert code == 4 and "allowed: auto, container, embedded, external" in told


def test_run_lends_it_and_takes_it_back(use):
    code, told = use(*CLI, "run", "--beanstalk", "--", "printenv", "BEANSTALK_TUBE", "BEANSTALK_PORT")
    assert code == 0 and told.startswith("pgben-"), told
    assert "--beanstalk [=BACKEND]" in use(*CLI, "run", "--help")[1]


def test_it_is_kept_warm_found_by_runs_and_reached_as_an_external_one(use):
    try:
        code, told = use(*CLI, "up", "--only", "beanstalk")
        assert code == 0 and "ready after" in told, told
        [server] = json.loads(use(*CLI, "status", "--json")[1])
        assert server["service"] == "beanstalk"
        shown = use(*CLI, "run", "--beanstalk", "--", "printenv", "BEANSTALK_PORT")[1].strip()
        assert server["address"].endswith(f":{shown}")
        external = (*CLI, "run", "--beanstalk=external", "--", "true")
        assert use(*external)[0] == 3, "no address is given"
        assert use(*external, PGBEN_BEANSTALK_URL=server["address"])[0] == 0
    finally:
        assert "stopped 1 warm run" in use(*CLI, "down")[1]


def test_doctor_looks_at_its_program(use):
    look = (*CLI, "doctor", "--no-variables", "--json", "--fail-on", "never")
    assert "beanstalkd (" in use(*look)[1]
    assert "there is no beanstalkd" in use(*look, PATH="/nowhere")[1]


def test_it_comes_from_a_container(use, engine):
    options = ("--pgben-backend=container", f"--pgben-beanstalk-image={BEANSTALK_IMAGE}", "--no-pgben-pull")
    code, told = use("pytest", "-p", "no:cacheprovider", *options)
    assert code == 0, told
    assert "beanstalk container (asked for)" in told


def test_two_services_of_one_name_are_refused(use, tmp_path):
    (tmp_path / "twice.py").write_text(
        "from pgben_beanstalk.service import Beanstalk\n\ndef pytest_pgben_services():\n    return [Beanstalk()]\n"
    )
    code, told = use("pytest", "-p", "twice")
    assert code == 4, told
    assert "two services are called beanstalk" in told
