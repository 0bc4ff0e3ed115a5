"""The clock of a process: it jumps for that one and for no other."""

import subprocess
import sys
import threading
import time

import psutil
import pytest
from lab_programs import program

from pgben_testkit.observability.lab.clock import ClockNotAble, ProcessClock, why_not_able
from pgben_testkit.observability.lab.clock import process as clocks
from pgben_testkit.observability.servers.http import Http
from pgben_testkit.observability.servers.programs import find
from pgben_testkit.observability.servers.prometheus import Prometheus

SAYS = """
import sys, time
print(flush=True)
for line in sys.stdin:
    print(time.time(), time.monotonic(), time.process_time(), flush=True)
"""


@pytest.fixture(autouse=True)
def _able():
    if why_not_able():
        pytest.skip(f"no clock can be jumped here: {why_not_able()}")


class Child:
    def __init__(self, *command):
        words = command or (sys.executable, "-S", "-c", SAYS)
        self.popen = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.popen.stdout.readline()

    def ahead(self):
        """(wall, monotonic) seconds before ours, and its CPU time."""
        self.popen.stdin.write(b"\n")
        self.popen.stdin.flush()
        wall, monotonic, cpu = map(float, self.popen.stdout.readline().split())
        return wall - time.time(), monotonic - time.monotonic(), cpu

    def end(self):
        self.popen.kill()
        self.popen.communicate()


@pytest.fixture
def child():
    made = Child()
    yield made
    made.end()


def near(seconds):
    return pytest.approx(seconds, abs=2)


def test_it_jumps_wall_and_monotonic_time_together_and_leaves_cpu_time(child):
    clock = ProcessClock(child.popen)
    assert child.ahead()[:2] == (near(0), near(0))
    clock.jump(3600)
    clock.jump(0.5)
    assert child.ahead()[:2] == (near(3600.5), near(3600.5))
    assert clock.offset_s == 3600.5
    assert child.ahead()[2] < 5


def test_no_other_process_notices(child):
    other = Child()
    try:
        clock = ProcessClock(child.popen)
        before = time.time(), time.monotonic()
        clock.jump(86400)
        assert other.ahead()[:2] == (near(0), near(0))
        assert time.time() - before[0] < 5 and time.monotonic() - before[1] < 5
        fresh = Child()
        assert fresh.ahead()[:2] == (near(0), near(0))
        fresh.end()
    finally:
        other.end()


def test_closing_gives_the_real_time_back_and_twice_is_fine(child):
    clock = ProcessClock(child.popen)
    clock.jump(1000)
    clock.close()
    clock.close()
    assert child.ahead()[:2] == (near(0), near(0))


def test_the_resolution_stays_fine(child):
    ProcessClock(child.popen).jump(0.000001)
    first, second = (child.ahead()[0] for _ in range(2))
    assert abs(first - second) < 1


def test_a_process_that_is_not_our_child_is_refused(child):
    grandchild = Child(
        sys.executable,
        "-S",
        "-c",
        "import subprocess, sys\np = subprocess.Popen(['sleep', '60'])\nprint(p.pid, flush=True)\nsys.stdin.read()",
    )
    try:
        [pid] = [each.pid for each in psutil.Process(grandchild.popen.pid).children()]

        class Stranger:
            def __init__(self):
                self.pid = pid

            def poll(self):
                return None

            def send_signal(self, sig, /):
                raise AssertionError("a stranger is sent no signal")

        with pytest.raises(ClockNotAble, match="not a child of this one"):
            ProcessClock(Stranger())
        psutil.Process(pid).kill()
    finally:
        grandchild.end()


def test_a_process_that_has_ended_is_refused(child):
    child.popen.kill()
    child.popen.wait()
    with pytest.raises(ClockNotAble, match="has ended with exit code -9"):
        ProcessClock(child.popen)


def test_a_clock_whose_process_was_killed_says_so_and_closes(child):
    clock = ProcessClock(child.popen)
    child.popen.kill()
    child.popen.wait()
    with pytest.raises(ClockNotAble, match="can't be written to any more"):
        for _ in range(100):
            clock.jump(1)
    clock.close()


def test_backward_is_refused(child):
    with pytest.raises(ValueError, match="forward"):
        ProcessClock(child.popen).jump(-1)


def test_a_busy_program_of_many_threads_is_patched_again_and_again(run):
    """Prometheus, as it reads the time all the while. (A program that waits until absolute times, as Python's threads
    do, would wait too long after a jump: the kernel's clock does not jump.)"""
    server = Prometheus.start(find("prometheus", program("prometheus")), {}, run=run, name="busy")
    done = threading.Event()

    def ask():
        http = Http("Prometheus", server.port)
        while not done.is_set():
            http.get("/api/v1/query?query=time()")

    askers = [threading.Thread(target=ask) for _ in range(3)]
    try:
        for each in askers:
            each.start()
        for _ in range(60):
            clock = ProcessClock(server.process.process)
            clock.jump(0.5)
            clock.close()
        [sample] = server.query("time()")
        assert sample.value == pytest.approx(time.time(), abs=2)
    finally:
        done.set()
        for each in askers:
            each.join()
        server.stop()


def test_an_unknown_processor_and_system_are_told(child, monkeypatch):
    monkeypatch.setattr(clocks.platform, "machine", lambda: "riscv64")
    with pytest.raises(ClockNotAble, match=r"no code for the processor riscv64; there is for x86_64, aarch64"):
        ProcessClock(child.popen)
    monkeypatch.setattr(clocks.sys, "platform", "darwin")
    with pytest.raises(ClockNotAble, match="Linux"):
        ProcessClock(child.popen)
