"""The gate's process: `python -m pgben_testkit.storage.gate PLAN`. Ends with the server that it stands before."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

LOOK_S = 1.0


def main() -> None:
    from pgben_testkit.storage.gate import visit  # noqa: F401 - loaded before the first request, not by it
    from pgben_testkit.storage.gate.gate import Gate, Plan

    plan = Plan.read(Path(sys.argv[1]))
    gate = Gate(plan)
    while True:
        try:
            os.kill(plan.pid, 0)
        except ProcessLookupError:
            break
        time.sleep(LOOK_S)
    gate.close()


if __name__ == "__main__":
    main()
