"""doctor/leftovers: what killed runs left is told, and nothing of it is touched."""

import subprocess
import sys

import pytest

from pgben_testkit.doctor.checks import leftovers as check
from pgben_testkit.services import run

KILLED = """
import os, pathlib
from pgben_testkit import settings
from pgben_testkit.services.run import Run
Run.begin(settings.read(root=pathlib.Path("/project"), environ={}, command_line={"data_dir": "DATA"}))
os.kill(os.getpid(), 9)
"""


@pytest.fixture(autouse=True)
def own_records(tmp_path, monkeypatch):
    import tempfile

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield
    tempfile.tempdir = None


def test_a_killed_run_is_a_warning_and_stays_for_down_to_remove(given, levels, tmp_path):
    assert levels(check, given())["runs"][0] == "ok"
    subprocess.run([sys.executable, "-c", KILLED.replace("DATA", str(tmp_path / "data"))], check=False)
    [(name, (level, fact))] = levels(check, given()).items()
    assert level == "warning"
    assert "/project" in fact.reason and "pgben-testkit down" in fact.remedy
    assert [trace.id for trace in run.traces()] == [name]
