"""The example projects pass as they stand, started as their READMEs say."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

EXAMPLES = Path(__file__).parents[2] / "examples"
KEPT_OUT = shutil.ignore_patterns("node_modules", "__pycache__", ".pytest_cache")


def copied(name, tmp_path):
    return shutil.copytree(EXAMPLES / name, tmp_path / name, ignore=KEPT_OUT)


def environment():
    """Without what this test run itself was given; Python's programs are on the PATH, as after activating."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DB_", "PG", "PYTEST", "DJANGO"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return kept | {"PGBEN_BACKEND": "embedded", "PATH": path}


@pytest.mark.parametrize(
    ("name", "tests"),
    [pytest.param("fastapi", 3, marks=pytest.mark.full), pytest.param("django", 4, marks=pytest.mark.full), ("tox", 1)],
)
def test_a_python_example_passes(name, tests, tmp_path):
    """With the packages that its README names, in a folder beside what is installed here."""
    root = copied(name, tmp_path)
    named = re.search(r"^pip install (.*)$", (root / "README.md").read_text("utf-8"), re.M)
    assert named
    packages = [each for each in shlex.split(named[1]) if not each.startswith(("pgben-testkit", "tox"))]
    beside = tmp_path / "packages"
    if packages:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", beside, *packages]
        done = subprocess.run(pip, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            pytest.skip(f"pip can't install {', '.join(packages)}: {done.stderr.strip().splitlines()[-1:]}")
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly"]
    env = environment()
    env["PYTHONPATH"] = str(beside)
    env["PATH"] = f"{beside / 'bin'}{os.pathsep}{env['PATH']}"
    done = subprocess.run(words, cwd=root, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{tests} passed" in done.stdout


@pytest.mark.full
def test_the_nestjs_example_passes(tmp_path):
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    root = copied("nestjs", tmp_path)
    install = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"]
    done = subprocess.run(install, cwd=root, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        pytest.skip(f"npm install failed: {done.stderr.strip().splitlines()[-1:]}")
    words = [sys.executable, "-m", "pgben_testkit", "run", "--db", "--per-worker", "2", "--"]
    done = subprocess.run(
        [*words, "npx", "jest", "--ci", "--maxWorkers=2"], cwd=root, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed, 3 total" in done.stderr


@pytest.mark.parametrize("name", ["github-actions.yml", "gitlab-ci.yml"])
def test_the_ci_files_name_extras_options_and_settings_that_exist(name):
    from importlib.metadata import metadata

    from pgben_testkit import settings

    text = (EXAMPLES / "ci" / name).read_text("utf-8")
    assert yaml.safe_load(text)
    known = set(metadata("pgben-testkit").get_all("Provides-Extra") or ())
    for extras in re.findall(r"pgben-testkit\[([a-z,0-9]+)\]", text):
        assert set(extras.split(",")) <= known
    names = {option.variable for option in settings.options()}
    assert set(re.findall(r"\bPGBEN_[A-Z_]+", text)) <= names
    flags = {option.flag for option in settings.options()}
    assert set(re.findall(r"--pgben-[a-z-]+", text)) <= flags


def test_the_readme_of_the_examples_names_each():
    text = (EXAMPLES / "README.md").read_text("utf-8")
    assert {path.name for path in EXAMPLES.iterdir() if path.is_dir()} == set(
        re.findall(r"^\| \[([a-z-]+)\]", text, re.M)
    )
