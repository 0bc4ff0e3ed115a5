"""The guide to a new check is followed to the letter, in a copy of the tree."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pgben_testkit

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "writing-a-check.md").read_text("utf-8")
FILES = {name: text for name, _, text in re.findall(r"^`([^`\n]+)`:\n\n(`{3,})\w+\n(.*?)^\2$", GUIDE, re.M | re.S)}
COMMAND = re.search(r"## Try it\n\n```sh\npytest (.*?)\n```", GUIDE)[1].split()


@pytest.fixture
def tree(tmp_path):
    """A copy of what the guide speaks of."""
    package = Path(pgben_testkit.__file__).parent
    # An installed wheel has the pages within: here they are those of the copied docs
    shutil.copytree(package, tmp_path / "pgben_testkit", ignore=shutil.ignore_patterns("pages", "__pycache__"))
    kept = ["docs/checks", "tests/unit/checking", "tests/unit/observability/checks"]
    kept += [f"tests/unit/{area}/checks" for area in ("env", "doctor", "lgpd")]
    for name in kept:
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def tried(tree, paths=COMMAND):
    """What pytest says of the copy: the ids of the tests that failed."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *paths]
    environ = {**os.environ, "PYTHONPATH": str(tree), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=tree, env=environ, capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert "passed" in done.stdout
    return [each.partition("::")[2].partition(" ")[0] for each in re.findall(r"^FAILED (.*)$", done.stdout, re.M)]


def follow(tree, without=""):
    for name, text in FILES.items():
        if name != without:
            assert not (tree / name).exists()
            (tree / name).write_text(text, "utf-8")


def test_the_three_files_of_the_guide_are_a_check(tree):
    assert len(FILES) == 3
    follow(tree)
    assert tried(tree) == []
    code = "from pgben_testkit.checking import registry; print(registry.page('metrics/capitals'))"
    environ = {**os.environ, "PYTHONPATH": str(tree), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    told = subprocess.run([sys.executable, "-c", code], cwd=tree, env=environ, capture_output=True, text=True)
    assert told.stdout.startswith("# metrics/capitals\n")


@pytest.mark.parametrize("missing", sorted(FILES))
def test_two_of_the_three_are_not(tree, missing):
    follow(tree, without=missing)
    assert tried(tree, COMMAND[:1]) != []
