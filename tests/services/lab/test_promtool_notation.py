"""The notation of series, held against promtool itself: the same values, and the same refusals."""

import math
import subprocess

import pytest
from lab_programs import program

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability.lab import notation

TAKEN = [
    "1",
    "1 2 3",
    "",
    " 1 ",
    "1  2",
    "1x3",
    "_x0",
    "_x3 1",
    "1+1x0",
    "0+10x5",
    "10-2x4",
    "-1-1x3",
    "+1+2x2",
    "1e2x2",
    "1.e1",
    ".5x2",
    "0x10",
    "1 _",
    "_ stale _ 4",
    "stale",
    "NaN",
    "-inf",
    "+Inf 1",
    "nan",
    "01",
    "007",
    "010x2",
    "08",
    "1e+2x2",
    "1+1e1x2",
    "0.1+0.1x10",
    "Inf",
    "1-1x2 5+5x2 _x2 7",
]
REFUSED = [
    "1+1",
    "1x",
    "1 + 1x2",
    "_+1x2",
    "1+-1x2",
    "1+infx2",
    "1,2",
    "STALE",
    "stalex2",
    "infx3",
    "1X3",
    "0x1F",
    "1e",
    "1.5.2",
    "__",
    "1x2x3",
    "a",
    "1_",
    "{1}",
]
INTERVAL_MIN = 10
"""Longer than Prometheus looks back: each value is seen at its own step and at no other."""


def promtool(folder, text, expected):
    """Its exit code and words on a series `x` of these values, expected to be those."""
    (folder / "rules.yml").write_text("groups: []\n")
    tests = []
    for step, value in enumerate(expected):
        at = f"eval_time: {step * INTERVAL_MIN}m"
        isnan = isinstance(value, float) and math.isnan(value)
        samples = "[]" if not isinstance(value, float) or isnan else f"[{{labels: x, value: {go(value)}}}]"
        tests.append(f"  - {{expr: x == x, {at}, exp_samples: {samples}}}\n")
        tests.append(f"  - {{expr: count(x != x), {at}, exp_samples: {'[{value: 1}]' if isnan else '[]'}}}\n")
    (folder / "test.yml").write_text(
        f"rule_files: [rules.yml]\nevaluation_interval: {INTERVAL_MIN}m\ntests:\n- interval: {INTERVAL_MIN}m\n"
        f"  input_series: [{{series: x, values: '{text}'}}]\n  promql_expr_test:\n" + "".join(tests)
    )
    done = subprocess.run(
        [program("promtool"), "test", "rules", "test.yml"], cwd=folder, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def go(value):
    return {math.inf: ".inf", -math.inf: "-.inf"}.get(value, repr(value))


@pytest.mark.parametrize("text", TAKEN)
def test_the_values_are_those_of_promtool(tmp_path, text):
    made = notation.values(text)
    code, told = promtool(tmp_path, text, [*made, None])
    assert code == 0, told
    wrong = [12345.0, *made[1:]] if made else [12345.0]
    code, told = promtool(tmp_path, text, wrong)
    assert code != 0  # promtool did look at them


@pytest.mark.parametrize("text", REFUSED)
def test_what_promtool_refuses_is_refused(tmp_path, text):
    with pytest.raises(UsageProblem):
        notation.values(text)
    code, told = promtool(tmp_path, text, [None])
    assert code != 0 and "error" in told, told
