"""A measurement as a row, and how rows are shown: on the terminal, and as the table in the docs."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

TESTS = 200
Rows = Iterator["Row"]


@dataclass(frozen=True)
class Row:
    """What was measured, seconds, the goal in seconds (0: none), a note in a few words."""

    what: str
    seconds: float
    goal: float = 0.0
    note: str = ""


def shown(seconds: float) -> str:
    """Seconds for a person: ms below 2 s."""
    if seconds >= 2:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.1 else f"{seconds * 1000:.1f} ms"


def print_rows(rows: Rows) -> list[Row]:
    """Print each as it comes; all of them."""
    kept = []
    for row in rows:
        goal = f"  (goal {shown(row.goal)})" if row.goal else ""
        print(f"{row.what:<62} {shown(row.seconds):>9}{goal}  {row.note}", flush=True)
        kept.append(row)
    return kept


def table(rows: list[Row]) -> str:
    """A Markdown table."""
    lines = ["| what | measured | goal | |", "|---|---|---|---|"]
    for row in rows:
        lines.append(f"| {row.what} | {shown(row.seconds)} | {shown(row.goal) if row.goal else ''} | {row.note} |")
    return "\n".join(lines)


def options(description: str) -> argparse.Namespace:
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, default=5, help="repetitions of which the median counts (default 5)")
    parser.add_argument("--tests", type=int, default=TESTS, help=f"tests in a suite (default {TESTS})")
    parser.add_argument(
        "--postgres-image", default="", help="image on the engine to measure containers with (default: skip them)"
    )
    return parser.parse_args()


def main(description: str, rows: Callable[[argparse.Namespace], Rows]) -> None:
    print_rows(rows(options(description.splitlines()[0])))


@contextmanager
def project(files: dict[str, str]) -> Iterator[Path]:
    """A folder with these files, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="pgben-bench-") as name:
        for path, text in files.items():
            target = Path(name) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        yield Path(name)


def pytest_seconds(folder: Path, *words: str) -> float:
    """Seconds of pytest's own session, as it prints them ("12 passed in 1.23s"), with the plugins that `words` name and
    no others: each worker of xdist imports all that happen to be installed.

    Raises:
        SystemExit: a test failed; with what pytest printed.
    """
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )
    if done.returncode:
        raise SystemExit(f"pytest {' '.join(words)} failed:\n{done.stdout[-3000:]}{done.stderr[-2000:]}")
    return float(done.stdout.strip().splitlines()[-1].split(" in ")[1].split("s")[0])


def median_of(rounds: int, measure: Callable[[], float]) -> float:
    return median(measure() for _ in range(rounds))
