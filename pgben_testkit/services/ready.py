"""Wait for a starting server by a real request."""

from __future__ import annotations

import time
from collections.abc import Callable

from pgben_testkit.errors import EnvironmentNotAble

LOOK_S = 0.1
"""So often it is asked whether the server still runs: a container's engine takes milliseconds to say."""


def wait_ready(
    name: str,
    probe: Callable[[], object],
    *,
    retry: tuple[type[Exception], ...],
    timeout_s: float,
    interval_s: float,
    ended: Callable[[], str],
    log: Callable[[], str],
) -> None:
    """Call `probe` until it returns. Only the exceptions of `retry` mean "not yet".

    `ended` says in a word how the server ended, nothing while it runs; `log` gives the tail of its log.

    Raises:
        EnvironmentNotAble: the server ended, or the time is over; with the last error and the log's tail.
    """
    deadline = time.monotonic() + timeout_s
    look = 0.0
    while True:
        try:
            probe()
            return
        except retry as error:
            last = error
        now = time.monotonic()
        if now >= look:
            look = now + LOOK_S
            how = ended()
            if how:
                raise EnvironmentNotAble(
                    f"{name} ended while it was starting ({how})",
                    why="its log ends with:\n" + indented(log()),
                    remedy="the last lines of the log name the cause: a full disk, a missing right, a taken port",
                )
        if now > deadline:
            raise EnvironmentNotAble(
                f"{name} was not ready after {timeout_s:g} s",
                why=f"last error: {type(last).__name__}: {last}; its log ends with:\n" + indented(log()),
                remedy="raise --pgben-start-timeout on a slow machine",
            )
        time.sleep(interval_s)


def indented(text: str) -> str:
    """A log's lines within an error."""
    return "\n".join("    " + line for line in text.splitlines())
