"""Watch and signal a process inside a container of ours, as this machine's kernel knows it."""

from __future__ import annotations

import os
import select
import signal
import time
from pathlib import Path
from typing import Any

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.services.run import RUN_LABEL

REMOVED = -int(signal.SIGKILL)
"""Exit code of a container that somebody removed: the engine kills what runs in it."""
BEGIN_S = 5.0
"""An engine calls a container running a moment before its program has taken the place of what prepares it."""
ENGINE_S = 10.0
"""So long the engine may take to tell the exit code of a process that has ended."""


class ContainedProcess:
    """The first process of a container that carries our run's label: to be looked at and signalled as a child is.

    It is held by a descriptor of the kernel (pidfd), so that a signal never meets another process to which the number
    was given meanwhile.
    """

    def __init__(self, container: Any, run_id: str) -> None:
        """`container` as the engine's library has it.

        Raises:
            EnvironmentNotAble: it is not our run's, it has ended, or the engine's number of its process is not that
                process here: the engine runs on another machine or in another container, or /proc hides it; or the
                container's program is not there within 5 s.
        """
        self._container = container
        self._code: int | None = None
        container.reload()
        facts = container.attrs
        if (facts["Config"].get("Labels") or {}).get(RUN_LABEL) != run_id:
            raise _unreachable(f"the container {container.name} does not carry the label of this run")
        self.pid = int(facts["State"]["Pid"])
        if not self.pid:
            raise _unreachable(f"the container {container.name} has ended with exit code {exit_code(facts['State'])}")
        try:
            self._handle = os.pidfd_open(self.pid)
        except (OSError, AttributeError) as error:  # AttributeError: not Linux
            raise _unreachable(f"process {self.pid}, which the engine names, can't be held: {error}") from None
        try:
            must_be_in(self.pid, container.id)
            _wait_for_program(self.pid, facts["Path"])
        except BaseException:
            self.close()
            raise

    def poll(self) -> int | None:
        """The exit code, negative for a signal's; None while it runs.

        Raises:
            EnvironmentNotAble: it has ended, and the engine does not answer within 10 s.
        """
        if self._code is None and self._ended():
            import docker.errors as refusals
            import requests.exceptions

            try:
                self._code = as_popen(self._container.wait(timeout=ENGINE_S)["StatusCode"])
            except refusals.NotFound:
                self._code = REMOVED
            except requests.exceptions.RequestException as error:
                raise _unreachable(f"process {self.pid} has ended, and the engine does not tell how: {error}") from None
        return self._code

    def _ended(self) -> bool:
        waiting = select.poll()
        waiting.register(self._handle, select.POLLIN)
        return bool(waiting.poll(0))

    def send_signal(self, sig: int, /) -> None:
        """Nothing to do if it has ended, as `Popen` has it. Raises PermissionError."""
        if self.poll() is None:
            try:
                signal.pidfd_send_signal(self._handle, sig)
            except ProcessLookupError:
                pass  # it has ended meanwhile

    def close(self) -> None:
        """The process, which has been ended, is let go of. Twice is fine."""
        if self._handle >= 0:
            self._code = REMOVED if self._code is None else self._code
            os.close(self._handle)
            self._handle = -1


def must_be_in(pid: int, container_id: str) -> None:
    """The kernel says that this process belongs to the container.

    Raises:
        EnvironmentNotAble: it does not, or does not tell.
    """
    try:
        groups = Path(f"/proc/{pid}/cgroup").read_text("utf-8", "replace")
    except OSError as error:
        raise _unreachable(f"/proc/{pid}/cgroup can't be read: {error.strerror}") from None
    if container_id not in groups:
        raise _unreachable(f"process {pid} is not in the container {container_id[:12]}, going by /proc/{pid}/cgroup")


def exit_code(state: dict[str, Any]) -> int | None:
    """From the engine's state of a container; None while it runs."""
    return None if state["Running"] else as_popen(state["ExitCode"])


def as_popen(code: int) -> int:
    """The engine's exit code as `subprocess` has it: engines add 128 to a signal's number, as shells do."""
    return 128 - code if code > 128 else code


def _wait_for_program(pid: int, path: str) -> None:
    """The process is the container's program by now, no more what made room for it.

    Raises:
        EnvironmentNotAble: not within 5 s.
    """
    deadline = time.monotonic() + BEGIN_S
    while True:
        try:
            words = Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").split("\0")
        except OSError as error:
            raise _unreachable(f"/proc/{pid}/cmdline can't be read: {error.strerror}") from None
        if path in words:
            return
        if time.monotonic() > deadline:
            raise _unreachable(f"process {pid} is not {path}, going by /proc/{pid}/cmdline: {' '.join(words)}")
        time.sleep(0.001)


def _unreachable(why: str) -> EnvironmentNotAble:
    return EnvironmentNotAble(
        "the process of the container can't be reached",
        why=why,
        remedy="use an engine on this machine, as a user who may see and signal its containers' processes",
    )
