"""Ask a program for its version."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence

ANSWER_TIMEOUT_S = 10.0
_VERSION = re.compile(r"\d+\.\d+(?:\.\d+)?(?:[-+.]\w+)*")


def version_of(command: Sequence[str]) -> str:
    """Return the version that `command` prints; empty where it does not run, or prints none."""
    try:
        asked = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=ANSWER_TIMEOUT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = _VERSION.search(asked.stdout + asked.stderr)
    return match[0] if match else ""
