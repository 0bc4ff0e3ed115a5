"""Run the gate: `python -m pgben_testkit.storage.gate PLAN`. Ends when the server behind it has ended."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

LOOK_S = 1.0


def main() -> None:
    from pgben_testkit.storage.gate.gate import Gate
    from pgben_testkit.storage.gate.plan import Plan

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
