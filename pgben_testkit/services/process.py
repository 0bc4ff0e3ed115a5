"""Run a server's process: started without privileges, waited for by a real request, stopped, recognised later."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.services.ready import wait_ready
from pgben_testkit.services.run import RUN_VARIABLE, Run

LOG_TAIL_LINES = 15
INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


@dataclass(frozen=True)
class Account:
    """Who a server runs as. None in `uid` and `gid`: as ourselves."""

    uid: int | None
    gid: int | None

    def own(self, *paths: Path) -> None:
        if self.uid is not None:
            for path in paths:
                os.chown(path, self.uid, self.gid or self.uid)


def unprivileged() -> Account:
    """As root an account without rights (PostgreSQL refuses root, and wants a name for its uid); else ourselves."""
    if os.geteuid() != 0:
        return Account(None, None)
    for name in ("nobody", "postgres", "daemon"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(found.pw_uid, found.pw_gid)
    raise EnvironmentNotAble(
        "no account to run a server as",
        why="we are root, the server must not be, and there is no user nobody, postgres or daemon",
        remedy="run the tests as an ordinary user, or add a user named nobody",
    )


def free_ports(count: int) -> list[int]:
    """`count` different ports of the loopback interface that the kernel says are free now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def tail(log: Path, lines: int = LOG_TAIL_LINES) -> str:
    """The last lines of a log, or nothing."""
    try:
        return "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:])
    except OSError:
        return ""


class ServerProcess:
    """A running process that carries the run's id and is on its record."""

    def __init__(self, name: str, popen: subprocess.Popen[bytes], log: Path, run: Run) -> None:
        self.name = name
        self.popen = popen
        self.log = log
        self._run = run

    @classmethod
    def start(
        cls,
        name: str,
        argv: Sequence[str | Path],
        *,
        run: Run,
        log: Path,
        account: Account,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> ServerProcess:
        """Start `argv` in a session of its own, so that a ctrl-C meant for the tests does not reach it."""
        import psutil

        environ = {key: os.environ[key] for key in INHERITED if key in os.environ}
        environ |= {RUN_VARIABLE: run.id, **(env or {})}
        with open(log, "ab") as out:
            try:
                popen = subprocess.Popen(
                    [str(part) for part in argv],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    env=environ,
                    cwd=cwd or run.data,
                    start_new_session=True,
                    user=account.uid,
                    group=account.gid,
                    extra_groups=[] if account.uid is not None else None,
                )
            except OSError as error:
                raise EnvironmentNotAble(
                    f"{name} can't be started",
                    why=f"{error.strerror}: {argv[0]}",
                    remedy="check that the file is a program for this machine and that its folder can be entered",
                ) from None
        run.note("process", name, pid=popen.pid, created=psutil.Process(popen.pid).create_time())
        return cls(name, popen, log, run)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        return self.popen

    def poll(self) -> int | None:
        """The exit code, negative for a signal's; None while it runs."""
        return self.popen.poll()

    def log_tail(self, lines: int = LOG_TAIL_LINES) -> str:
        """The last lines that it printed, or nothing."""
        return tail(self.log, lines)

    def wait_ready(
        self,
        probe: Callable[[], object],
        *,
        retry: tuple[type[Exception], ...],
        timeout_s: float,
        interval_s: float = 0.001,
    ) -> None:
        """Call `probe` until it returns. Only the exceptions of `retry` mean "not yet".

        Raises:
            EnvironmentNotAble: the process ended, or the time is over; with the last error and the log's tail.
        """

        def ended() -> str:
            code = self.poll()
            return "" if code is None else f"exit code {code}"

        wait_ready(
            self.name,
            probe,
            retry=retry,
            timeout_s=timeout_s,
            interval_s=interval_s,
            ended=ended,
            log=self.log_tail,
        )

    def stop(self, how: signal.Signals = signal.SIGTERM, *, grace_s: float = 5.0) -> None:
        """End it: by `how`, and by SIGKILL of its whole group when it lingers. Twice is fine."""
        if self.popen.poll() is None:
            self.popen.send_signal(how)
            try:
                self.popen.wait(grace_s)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.popen.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        self.popen.wait()
        self._run.forget("process", self.name)
