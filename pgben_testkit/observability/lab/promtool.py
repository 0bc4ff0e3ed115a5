"""promtool as the second witness: what it says of a test group, told apart from the other groups of its file."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.observability.lab.testfile import TestFile, TestGroup
from pgben_testkit.observability.servers import programs
from pgben_testkit.observability.servers.configured import as_yaml

TIMEOUT_S = 300.0


@dataclass(frozen=True)
class Said:
    """`passed`: its verdict; `text`: its own words."""

    passed: bool
    text: str


def found() -> bool:
    try:
        programs.find("promtool")
    except EnvironmentNotAble:
        return False
    return True


def asked(file: TestFile, group: TestGroup) -> Said:
    """promtool on this group alone.

    Raises:
        EnvironmentNotAble: no promtool, or it does not end.
    """
    source = file.source.plain()
    top = {key: value for key, value in source.items() if key not in ("tests", "rule_files", "group_eval_order")}
    order = source.get("group_eval_order")
    data = {
        **top,
        "rule_files": list(file.rule_files),
        **({"group_eval_order": order} if order else {}),
        "tests": [_typed(group.source.plain())],
    }
    with tempfile.TemporaryDirectory(prefix="pgben-promtool-") as folder:
        path = Path(folder) / "test.yml"
        path.write_text(as_yaml(data), "utf-8")
        argv = [programs.find("promtool").path, "test", "rules", str(path)]
        try:
            done = subprocess.run(argv, capture_output=True, text=True, timeout=TIMEOUT_S, cwd=file.path.parent)
        except subprocess.TimeoutExpired:
            raise EnvironmentNotAble("promtool does not end", why=f"{TIMEOUT_S:g} s are over") from None
    told = [line for line in (done.stdout + done.stderr).splitlines() if line.strip() and str(path) not in line]
    return Said(done.returncode == 0, "\n".join(told))


def _typed(data: object) -> object:
    """Sample values as numbers, which promtool wants; all else may stay text."""
    if isinstance(data, list):
        return [_typed(each) for each in data]
    if isinstance(data, dict):
        return {
            key: float(value) if key == "value" and isinstance(value, str) else _typed(value)
            for key, value in data.items()
        }
    return data
