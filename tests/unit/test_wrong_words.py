"""Words on the command line that can't mean anything: one clear error, exit code 2, nothing started."""

import os
import signal
import subprocess
import sys
import time

import pytest

from pgben_testkit.errors import UsageProblem
from pgben_testkit.storage.faults import Fault

CLI = [sys.executable, "-c", "from pgben_testkit.cli import main; main()"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("run --foo -- true", "No such option '--foo'"),
        ("run --per-worker 0 -- true", "0 is not in the range"),
        ("run --per-worker=-1 -- true", "-1 is not in the range"),
        ("run --s3 --per-worker 2 -- true", "--per-worker without a database"),
        ("run --s3 --no-s3 -- true", "--s3 and --no-s3 together"),
        ("storage serve --bucket BAD_Bucket", "--bucket BAD_Bucket"),
        ("storage conformance --list --only nothing/*", "no case matches nothing/*"),
    ],
)
def test_wrong_words(words, told, tmp_path):
    done = subprocess.run([*CLI, *words.split()], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert told in done.stderr and "Traceback" not in done.stderr


def test_an_open_brace_in_a_map_is_told(tmp_path):
    (tmp_path / "map.toml").write_text("[env]\nURL = 'postgres://{DB_HOST:5432/'\nJSON = '{\"a\": {}}'\n")
    argv = [*CLI, "run", "--db", "--backend=embedded", "--env-map", "map.toml", "--", "true"]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "the map's URL has {DB_HOST without an end" in done.stderr


@pytest.mark.parametrize("given", [{"seconds": -1}, {"times": 0}, {"after_bytes": -1}])
def test_a_fault_that_cannot_be(given):
    with pytest.raises(UsageProblem, match="at least"):
        Fault("slow", **given)


def test_ctrl_c_before_the_command_runs_is_130_and_one_line(tmp_path):
    os.mkfifo(tmp_path / "map.toml")  # it waits here
    argv = [*CLI, "run", "--env-map", "map.toml", "--", "true"]
    process = subprocess.Popen(argv, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    with (tmp_path / "map.toml").open("w"):  # returns when it reads
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (130, "pgben-testkit: interrupted\n")
