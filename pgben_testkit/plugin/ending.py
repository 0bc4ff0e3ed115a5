"""End a session in order on SIGTERM, as ctrl-C does: it is what CI sends when it cancels a job."""

from __future__ import annotations

import signal
import threading

import pytest

ENDING = pytest.StashKey[bool]()
"""Set while the session is being finished."""
SIGTERM_AGAIN_S = 5.0
"""Seconds until the signal is sent once more."""


def end_in_order_on_sigterm(config: pytest.Config) -> None:
    """Make SIGTERM end the session in order, unless somebody else takes the signal or this is not the main thread."""
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return

    def end(number: int, _: object) -> None:
        if ENDING in config.stash:
            return  # once is enough: the servers are being stopped
        _again_until_it_ends(config, number)
        pytest.exit(f"terminated by {signal.Signals(number).name}", returncode=128 + number)

    signal.signal(signal.SIGTERM, end)
    config.add_cleanup(_default_sigterm)


def _default_sigterm() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _again_until_it_ends(config: pytest.Config, number: int) -> None:
    """Send the signal again after a while: an exception at any moment can leave a lock of the code under test taken,
    and its own clean-up then waits for that lock for ever."""
    main = threading.main_thread().ident
    assert main is not None

    def again() -> None:
        if ENDING not in config.stash:
            signal.pthread_kill(main, number)

    timer = threading.Timer(SIGTERM_AGAIN_S, again)
    timer.daemon = True
    timer.start()
