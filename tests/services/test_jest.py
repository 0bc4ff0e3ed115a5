"""A real Jest suite: it fails without us, for want of a database and a bucket, and passes under `pgben-testkit run`."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parents[2] / "fixtures"
CLI = [sys.executable, "-c", "from pgben_testkit.cli import main; main()"]


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    """The suite with its packages, in a folder of its own. Skips where npm can't install them."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    root = tmp_path_factory.mktemp("suite")
    shutil.copytree(FIXTURES / "jest", root / "jest", ignore=shutil.ignore_patterns("node_modules"))
    shutil.copytree(FIXTURES / "schema", root / "schema")
    install = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"]
    done = subprocess.run(install, cwd=root / "jest", capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        pytest.skip(f"npm install failed: {done.stderr.strip().splitlines()[-1:]}")
    return root / "jest"


def jest(suite, *before):
    env = {name: value for name, value in os.environ.items() if not name.startswith(("DB_", "MINIO_", "PGBEN_"))}
    argv = [*before, "npx", "jest", "--ci", "--maxWorkers=2"]
    return subprocess.run(argv, cwd=suite, env=env, capture_output=True, text=True, timeout=300, check=False)


def test_it_fails_without_us(suite):
    assert jest(suite).returncode == 1


def test_it_passes_under_run(suite):
    done = jest(suite, *CLI, "run", "--backend=embedded", "--db", "--s3", "--per-worker", "2", "--")
    assert done.returncode == 0, done.stderr
    assert "Tests:       3 passed, 3 total" in done.stderr


@pytest.mark.full
def test_typescript_and_es_modules_import_the_helper(suite):
    helper = subprocess.run([*CLI, "node-helper"], capture_output=True, text=True, check=True).stdout.strip()
    install = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--no-package-lock", helper]
    subprocess.run(install, cwd=suite, check=True, capture_output=True, timeout=300)
    compile = [
        "npx",
        "tsc",
        "--strict",
        "--module",
        "nodenext",
        "--target",
        "es2022",
        "--lib",
        "es2022,dom",
        "fresh.mts",
    ]
    done = subprocess.run(compile, cwd=suite, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout
    argv = [*CLI, "run", "--backend=embedded", "--db", "--", "node", "fresh.mjs"]
    done = subprocess.run(argv, cwd=suite, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["fresh"] != said["own"] and said["url"].endswith(said["fresh"])
