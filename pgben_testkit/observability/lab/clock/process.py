"""The clock of a running process: patched while it stands still, jumped by a write, restored at the end."""

from __future__ import annotations

import functools
import io
import os
import platform
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.observability.lab.clock.code import MACHINES, OFFSET_BYTES, Machine
from pgben_testkit.services.contained import ContainedProcess
from pgben_testkit.services.server import Runs

STOP_S = 5.0
"""A process that was told to stand still does so in microseconds; one that hangs in the kernel may never."""
EXEC_S = 1.0
"""A process that has just been started may not have its new program's memory yet."""
ALIGNMENT = 64


class ClockNotAble(EnvironmentNotAble):
    """A process's clock can't be jumped here; the reason is in `why`."""


def refused(why: str) -> ClockNotAble:
    """The error that gives this reason."""
    return ClockNotAble(
        "the clock of the process can't be jumped",
        why=why,
        remedy="run on Linux (x86-64 or arm64) with the right to write to one's own children's memory, for "
        "programs in containers as root, or let the laboratory run in real time",
    )


class ProcessClock:
    """The clock of a child of ours, or of a container's process (`ContainedProcess`): `jump` forward, `offset_s`
    so far, `close` to give it back the real time.

    Safe for one driver at a time. A jump alone wakes no timer: the process looks at its clock when something makes it
    run, as a request does.
    """

    def __init__(self, process: Runs) -> None:
        """Patched, its offset 0.

        Raises:
            ClockNotAble: not Linux, an unknown processor, no right, a vDSO without what we need, not ours.
        """
        machine = _machine()
        _must_be_ours(process)
        self.pid = process.pid
        self._offset_ns = 0
        start, end = _vdso(self.pid)
        try:
            self._memory = os.open(f"/proc/{self.pid}/mem", os.O_RDWR)
        except OSError as error:
            raise refused(f"/proc/{self.pid}/mem can't be opened: {error.strerror}") from None
        try:
            _must_be_ours(process)  # still: its number has not gone to another before the memory was opened
            image = os.pread(self._memory, end - start, start)
            entry, place = _places(image, machine)
            self._offset_at = start + place
            blob, branch = machine.blob, machine.branch(place + OFFSET_BYTES - entry)
            if image[entry : entry + len(branch)] == branch:  # an earlier clock of this process left it so
                self._write(self._offset_at, bytes(8))
            else:
                never_at = (
                    range(start + entry + 1, start + entry + len(branch)),
                    range(start + place, start + place + len(blob)),
                )
                with _standing_still(process, never_at):
                    self._write(start + place, blob)
                    self._write(start + entry, branch)
        except BaseException:
            os.close(self._memory)
            raise

    @property
    def offset_s(self) -> float:
        """Seconds that the process is ahead of the real time."""
        return self._offset_ns / 1e9

    def jump(self, seconds: float) -> None:
        """The process is `seconds` later from now on.

        Raises:
            ValueError: backward; Go's timers would stand still for as long.
            ClockNotAble: the process has ended.
        """
        if seconds < 0:
            raise ValueError(f"a clock jumps forward, not by {seconds} s")
        self._offset_ns += round(seconds * 1e9)
        try:
            written = os.pwrite(self._memory, struct.pack("<q", self._offset_ns), self._offset_at)
        except OSError:
            written = 0
        if not written:
            raise refused(f"process {self.pid} can't be written to any more: it has ended")

    def close(self) -> None:
        """The process, if it still runs, has the real time again. Twice is fine.

        Our code stays in its page, and adds nothing: taken away, it could be missed by a thread that was interrupted
        within it and comes back.
        """
        if self._memory < 0:
            return
        memory, self._memory = self._memory, -1
        try:
            os.pwrite(memory, bytes(8), self._offset_at)
        except OSError:
            pass  # it has ended
        finally:
            os.close(memory)

    def _write(self, at: int, data: bytes) -> None:
        try:
            written = os.pwrite(self._memory, data, at)
        except OSError as error:
            raise refused(f"the memory of process {self.pid} can't be written: {error.strerror}") from None
        if written != len(data) or os.pread(self._memory, len(data), at) != data:
            raise refused(f"what was written to the memory of process {self.pid} is not there")


@functools.cache
def why_not_able() -> str:
    """Why no clock can be jumped on this machine, found by jumping one, once; empty if it can."""
    program = (
        "import sys, time; print(); sys.stdout.flush(); sys.stdin.readline(); print(time.time(), time.monotonic())"
    )
    child = subprocess.Popen([sys.executable, "-S", "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert child.stdout
        child.stdout.readline()  # it runs
        clock = ProcessClock(child)
        clock.jump(1000.0)
        output, _ = child.communicate(b"\n", timeout=10)
        wall, monotonic = map(float, output.split())
        ahead = (wall - time.time(), monotonic - time.monotonic())
        clock.close()
        if not all(990 < each < 1010 for each in ahead):
            return f"a process whose clock was jumped by 1000 s reads it as {ahead[0]:.0f} and {ahead[1]:.0f} s ahead"
        return ""
    except ClockNotAble as error:
        return error.why
    finally:
        child.kill()
        child.communicate()


def _machine() -> Machine:
    if sys.platform != "linux":
        raise refused(f"it needs Linux's /proc; this is {sys.platform}")
    found = MACHINES.get(platform.machine())
    if found is None:
        raise refused(f"no code for the processor {platform.machine()}; there is for {', '.join(MACHINES)}")
    return found


def _must_be_ours(process: Runs) -> None:
    code = process.poll()
    if code is not None:
        raise refused(f"process {process.pid} has ended with exit code {code}")
    if isinstance(process, ContainedProcess):
        return  # it is one of our containers', or there would be none
    status = Path(f"/proc/{process.pid}/stat").read_text("ascii", "replace")
    parent = int(status.rpartition(")")[2].split()[1])
    if parent != os.getpid():
        raise refused(f"process {process.pid} is not a child of this one")


def _vdso(pid: int) -> tuple[int, int]:
    deadline = time.monotonic() + EXEC_S
    while time.monotonic() < deadline:
        try:
            maps = Path(f"/proc/{pid}/maps").read_text("utf-8", "replace")
        except OSError as error:
            raise refused(f"/proc/{pid}/maps can't be read: {error.strerror}") from None
        for line in maps.splitlines():
            if line.endswith("[vdso]"):
                start, _, end = line.split()[0].partition("-")
                return int(start, 16), int(end, 16)
        time.sleep(0.001)
    raise refused(f"process {pid} has no vDSO: the kernel was told vdso=0, or it is another system's program")


def _places(image: bytes, machine: Machine) -> tuple[int, int]:
    """Where the vDSO's function begins, and where there is room for ours; both from the image's beginning."""
    from elftools.elf.elffile import ELFFile
    from elftools.elf.sections import SymbolTableSection

    symbols = ELFFile(io.BytesIO(image)).get_section_by_name(".dynsym")
    found = (symbols.get_symbol_by_name(machine.symbol) if isinstance(symbols, SymbolTableSection) else None) or []
    if not found:
        raise refused(f"the kernel's vDSO has no {machine.symbol}")
    entry, size = int(found[0]["st_value"]), int(found[0]["st_size"])
    there = image.find(machine.code)
    if there >= OFFSET_BYTES:
        return entry, there - OFFSET_BYTES
    room = _aligned(len(image.rstrip(b"\0")))  # the last page is seldom full
    if room + len(machine.blob) <= len(image):
        return entry, room
    inside = _aligned(entry + machine.entry_bytes)  # the function itself is not run any more
    if inside + len(machine.blob) <= entry + size:
        return entry, inside
    raise refused(f"the kernel's vDSO has no {len(machine.blob)} bytes to spare")


def _aligned(place: int) -> int:
    return (place + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


@contextmanager
def _standing_still(process: Runs, never_at: Sequence[range]) -> Iterator[None]:
    """No thread of the process runs, and none is at an address within `never_at`."""
    deadline = time.monotonic() + STOP_S
    while True:
        try:
            process.send_signal(signal.SIGSTOP)
        except PermissionError:
            raise refused(f"process {process.pid} may not be stopped by this user") from None
        try:
            while not _all_stopped(process.pid):
                if time.monotonic() > deadline or process.poll() is not None:
                    raise refused(f"process {process.pid} does not stand still")
                time.sleep(0.0002)
            if not any(address in each for address in _addresses(process.pid) for each in never_at):
                yield
                return
        finally:
            process.send_signal(signal.SIGCONT)
        if time.monotonic() > deadline:
            raise refused(f"process {process.pid} is always where its code must be changed")
        time.sleep(0.0002)


def _all_stopped(pid: int) -> bool:
    states = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            states.append((task / "stat").read_text("ascii", "replace").rpartition(")")[2].split()[0])
        except (FileNotFoundError, ProcessLookupError):
            continue  # the thread has ended
    return all(state in "TtZX" for state in states)


def _addresses(pid: int) -> list[int]:
    """Where each thread will go on; nothing where the kernel does not tell."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            words = (task / "syscall").read_text("ascii").split()
        except (OSError, ValueError):
            continue
        if words and words[-1].startswith("0x"):
            found.append(int(words[-1], 16))
    return found
