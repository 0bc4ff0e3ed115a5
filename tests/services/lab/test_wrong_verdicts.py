"""No wrong verdict in silence: whatever happens to the programs, the run ends with a clear error."""

import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest
from lab_programs import LongSession

from pgben_testkit.observability.lab import driver as driving
from pgben_testkit.observability.lab.driver import LostTime


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(driving, "WAIT_S", 3.0)


@pytest.fixture
def alive(laboratory):
    """A laboratory whose alert is pending, and would fire in some minutes."""
    lab = laboratory()
    lab.target("app").gauge("errs").set(1)
    lab.alert("Erros").becomes("pending", within="1m")
    return lab


@pytest.mark.parametrize("which", ["prometheus", "alertmanager"])
def test_a_program_that_is_killed(alive, which):
    getattr(alive, which).process.popen.kill()
    getattr(alive, which).process.popen.wait()
    with pytest.raises(Exception, match=rf"{which}-\d+ has ended \(exit code -9\)|does not answer|can't be written"):
        alive.alert("Erros").fires()


@pytest.mark.parametrize("which", ["prometheus", "alertmanager"])
def test_a_program_that_stands_still(alive, which, monkeypatch):
    process = psutil.Process(getattr(alive, which).process.popen.pid)
    getattr(alive, which).http.timeout_s = 2.0
    getattr(alive, which).http.close()
    process.suspend()
    try:
        with pytest.raises(Exception, match=r"does not answer|did not come within"):
            alive.alert("Erros").fires()
    finally:
        process.resume()


def test_a_program_that_stands_still_for_a_while_in_real_time_is_waited_for(alive):
    """Nothing is lost: the clock does not move while we wait."""
    process = psutil.Process(alive.prometheus.process.popen.pid)
    process.suspend()
    threading.Timer(1.0, process.resume).start()
    alive.alert("Erros").fires(after="5m")
    assert len(alive.inbox.webhook) == 1


def test_clocks_that_ran_away_are_noticed(alive):
    """As if another had jumped them: more than an interval without a scrape."""
    alive.driver.pace.advance(40)
    with pytest.raises(LostTime, match=r"was missed\n.*one and a half intervals"):
        alive.alert("Erros").fires()


def test_a_target_that_fails_unasked(alive):
    alive._feed.targets[0].close()
    with pytest.raises(LostTime, match=r"the scrape of app:0 \(job app\) failed\n.*(refused|EOF|reset)"):
        alive.alert("Erros").fires()


def test_a_target_that_answers_too_slowly_in_real_time(alive, monkeypatch):
    target = alive._feed.targets[0]
    answer = target.answer

    def slow(timeout_s):
        time.sleep(5)
        return answer(timeout_s)

    monkeypatch.setattr(target, "answer", slow)
    with pytest.raises(LostTime, match=r"the scrape of app:0 \(job app\) was due and did not come within 3 s"):
        alive.alert("Erros").fires()


def test_a_rule_that_can_not_be_evaluated(laboratory):
    lab = laboratory("groups: [{name: g, rules: [{alert: X, expr: 'a * on(x) b > 0'}]}]")
    target = lab.target("app")
    target.gauge("a", x="1", y="1").set(1)
    target.gauge("a", x="1", y="2").set(1)
    target.gauge("b", x="1", z="1").set(1)
    target.gauge("b", x="1", z="2").set(1)
    with pytest.raises(LostTime, match=r"the rule X can't be evaluated\n.*many-to-many"):
        lab.advance("1m")


FULL = """
import os, signal, sys
from pathlib import Path
from pgben_testkit import settings
from pgben_testkit.observability.lab.laboratory import Laboratory
from pgben_testkit.services.run import Run
root = Path(sys.argv[1])
run = Run.begin(settings.read(root=root, environ={}, command_line={"data_dir": sys.argv[2]}))
lab = Laboratory(run, folder=root)
try:
    lab.load_rules("rules.yml")
    lab.target("app").gauge("errs").set(1)
    lab.alert("Erros").becomes("pending", within="1m")
    (Path(sys.argv[2]) / "filler").write_bytes(b"x" * 200_000_000)
except OSError:
    try:
        for number in range(400):
            lab.target("app").gauge(f"more_{number}").set(number)
        lab.alert("Erros").fires(told=False)
        lab.advance("6h")
        print("verdict")
    except Exception as error:
        print(type(error).__name__, str(error))
finally:
    lab.close()
    run.end()
"""


def test_a_full_disk(laboratory, tmp_path):
    """A file system of 24 MB under Prometheus' data, filled while it runs."""
    laboratory()
    small = tmp_path / "small"
    small.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", small]).returncode:
        pytest.skip("no file system can be mounted here: that needs root")
    try:
        words = [sys.executable, "-c", FULL, tmp_path, small]
        done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    finally:
        subprocess.run(["umount", "-l", small], check=True)
    assert "verdict" not in done.stdout, done.stdout
    assert done.stdout.startswith("LostTime"), done.stdout + done.stderr
    assert any(each in done.stdout for each in ("no space left", "did not come", "has ended")), done.stdout


@pytest.mark.parametrize(
    "how", [signal.SIGINT, *(pytest.param(each, marks=pytest.mark.full) for each in (signal.SIGTERM, signal.SIGKILL))]
)
def test_a_session_that_is_interrupted_leaves_no_process(laboratory, tmp_path, how, monkeypatch):
    laboratory()
    session = LongSession(tmp_path, monkeypatch)
    time.sleep(0.3)
    children = psutil.Process(session.process.pid).children(recursive=True)
    assert {each.name() for each in children} >= {"prometheus"}
    session.ended_by(how)
    if how == signal.SIGKILL:
        session.next_one()
    _, left = psutil.wait_procs(children, timeout=10)
    assert left == []
    assert session.runs() == []
