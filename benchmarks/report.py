"""All benchmarks of servers and isolation in one run, and the docs' table made from it.

python benchmarks/report.py [--postgres-image IMAGE]     writes docs/benchmarks.md
"""

from __future__ import annotations

import datetime
import os
import platform
from pathlib import Path

import containers
import imports
import suites
import waits
from rows import options, print_rows, table

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
PARTS = {"Waits": waits, "Suites": suites, "Containers": containers, "Import": imports}
BY_HAND = "<!-- what follows is written by hand -->"
TOP = """# Benchmarks

Made by `python benchmarks/report.py` on {day}: {machine}, {cores} cores, Python {python}, `/dev/shm` as the data
folder. The schema is that of `benchmarks/schema.py`: 80 tables, 200 indexes, 50 enums. Medians of one run; machines
are noisy and differ, so compare within a table only.
"""


def main() -> None:
    given = options((__doc__ or "").splitlines()[0])
    text = TOP.format(
        day=datetime.date.today(), machine=platform.machine(), cores=os.cpu_count(), python=platform.python_version()
    )
    for title, part in PARTS.items():
        measured = print_rows(part.rows(given))
        if measured:
            text += f"\n## {title}\n\n{table(measured)}\n"
    _, mark, rest = PAGE.read_text("utf-8").partition(BY_HAND)
    PAGE.write_text(f"{text}\n{mark}{rest}", "utf-8")
    print(f"written: {PAGE}")


if __name__ == "__main__":
    main()
