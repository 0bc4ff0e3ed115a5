"""Expressions whose durations are divided: what they become, and which are refused."""

import pathlib
import re
import shutil
import subprocess
from datetime import timedelta

import promql_parser
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pgben_testkit.observability.lab.scale import NotScalable, Scale
from pgben_testkit.observability.lab.scaled_config import scaled_rules
from pgben_testkit.observability.lab.scaled_expression import from_then_on, scaled

SCALE = Scale(100, 1000.5, 2000.25)
ALIKE = Scale(1, 0, 0)
STACK = sorted(pathlib.Path(__file__).parents[4].glob("fixtures/observability/*/rules/*.yml"))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("up == 0", "up == 0"),
        ("rate(x[5m] offset 1m)", "(rate(x[3s] offset 600ms) / 100)"),
        ("irate(x[1m])", "(irate(x[600ms]) / 100)"),
        ("increase(x[10m]) > 5", "increase(x[6s]) > 5"),
        ("x offset -1h", "x offset -36s"),
        ("max_over_time(rate(x[1m])[1h:5m] offset 1d)", "max_over_time((rate(x[600ms]) / 100)[36s:3s] offset 14m24s)"),
        ("max_over_time(x[5m:])", "max_over_time(x[3s:])"),
        ("deriv(rate(x[1m])[30m:1m])", "(deriv((rate(x[600ms]) / 100)[18s:600ms]) / 100)"),
        ("time() - x > 3600", "(2000.25 + (time() - 1000.5) * 100) - x > 3600"),
        ("timestamp(up)", "(2000.25 + (timestamp(up) - 1000.5) * 100)"),
        ("hour() > 8", "hour(vector((2000.25 + (time() - 1000.5) * 100))) > 8"),
        ("hour(x)", "hour(x)"),
        ("predict_linear(x[1h], 4*3600) < 0", "predict_linear(x[36s], (4 * 3600) / 100) < 0"),
        ("-rate(x[5m]) ^ 2", "-(rate(x[3s]) / 100) ^ 2"),
        (
            "histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m])))",
            "histogram_quantile(0.9, sum by (le) ((rate(x_bucket[3s]) / 100)))",
        ),
        ('a{x=~"b.*"} / on (job) group_left (z) b > bool 3', 'a{x=~"b.*"} / on (job) group_left (z) b > bool 3'),
        ('absent({job="x"})', 'absent({job="x"})'),
        ('absent_over_time({job="x"}[5m])', 'absent_over_time({job="x"}[3s])'),
        (
            r'rate(x{a=~"\\d \"offset 3m\"",b="é\n"}[5m] offset 5m)',
            r'(rate(x{a=~"\\d \"offset 3m\"",b="é\n"}[3s] offset 3s) / 100)',
        ),
        (r'x{a=~"\\d offset 3m"} offset 5m', r'x{a=~"\\d offset 3m"} offset 3s'),
        (r'increase(x{a="b\tc"}[5m])', r'increase(x{a="b\tc"}[3s])'),
        ("count_over_time(x[7ms])", "count_over_time(x[1ms])"),
    ],
)
def test_what_an_expression_becomes(written, expected):
    assert scaled(written, SCALE) == expected


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("x @ 17", "@ names a moment of Prometheus' own clock"),
        ("rate(x[5m] @ end())", "@ names a moment"),
        ("max_over_time(x[1h:1m] @ start())", "@ names a moment"),
        ("scrape_duration_seconds > 1", "selects scrape_duration_seconds"),
        ("time() - ALERTS_FOR_STATE > 60", "selects ALERTS_FOR_STATE"),
        ('sum({job="x"})', "selects scrape_duration_seconds"),
        ('max_over_time({__name__=~"scrape_.*"}[5m])', "selects scrape_duration_seconds"),
        ("rate(x[5m", "it can't be read"),
        ("ts_of_max_over_time(x[5m])", "ts_of_max_over_time"),
    ],
)
def test_what_is_refused(written, why):
    with pytest.raises(NotScalable) as caught:
        scaled(written, SCALE)
    assert why in caught.value.why and written in caught.value.what
    assert "real time" in caught.value.remedy


SELECTORS = st.sampled_from(["x", 'y{a="b"}', 'z{a=~"b|c",d!=""}', "job:x:rate5m"])
MINUTES = st.integers(1, 500).map(lambda number: f"{number}m")
RANGES = st.builds("{}[{}]{}".format, SELECTORS, MINUTES, st.sampled_from(["", " offset 5m", " offset -1h"]))
VECTORS = st.recursive(
    st.one_of(
        SELECTORS,
        st.builds("{}({})".format, st.sampled_from(["rate", "increase", "deriv", "avg_over_time", "changes"]), RANGES),
        st.builds("predict_linear({}, 3600)".format, RANGES),
    ),
    lambda inner: st.one_of(
        st.builds("sum by (a) ({})".format, inner),
        st.builds("({}) {} ({})".format, inner, st.sampled_from(["+", "/", "and", "unless on (a)", ">"]), inner),
        st.builds("{} {} 2".format, inner, st.sampled_from(["*", "^", "-", "> bool"])),
        st.builds("max_over_time(({})[{}:1m])".format, inner, MINUTES),
        st.builds("-{}".format, inner),
        st.builds("time() - {}".format, inner),
    ),
    max_leaves=6,
)


@given(VECTORS)
def test_divided_by_one_it_says_the_same(expression):
    made = scaled(expression, ALIKE).replace("(0 + (time() - 0) * 1)", "time()").replace("(3600) / 1", "3600")
    made = re.sub(r"\(((?:rate|deriv)\([^()]*\)) / 1\)", r"\1", made)
    assert promql_parser.parse(made).prettify() == promql_parser.parse(expression).prettify()


@given(VECTORS)
def test_whatever_is_scaled_is_divided_back_by_its_inverse(expression):
    """Durations survive a division by 100 and one by 1/100: none is lost, none divided twice."""
    there = scaled(expression, SCALE)
    back = scaled(there, Scale(0.01, 0, 0))
    assert sorted(_durations(back)) == sorted(_durations(promql_parser.parse(expression).prettify()))


def _durations(expression):
    found = []

    def visit(node):
        if hasattr(node, "range"):
            found.extend([node.range, getattr(node, "step", None) or timedelta()])
        elif hasattr(node, "offset") and hasattr(node, "matchers"):
            found.append(node.offset or timedelta())

    promql_parser.walk(promql_parser.parse(expression), visit)
    return found


@pytest.mark.parametrize("written", ["vector(1)", "up == 0", "1", "time() > bool 5", "a or b", "(1)"])
def test_an_alert_is_on_from_a_moment(written):
    made = from_then_on(written, 1000.5)
    scalar = written in ("1", "time() > bool 5", "(1)")
    assert made == f"{'vector' if scalar else ''}({written}) and on () (vector(time()) >= 1000.5)"


def test_of_strings_nothing_is_lost():
    written = (
        "label_replace("
        + " or ".join(f'x{{a="b  {each}\\n c"}}' for each in range(20))
        + ', "a", "$1  x", "b", "(.*)")'
    )
    made = scaled(written, SCALE)
    assert repr(promql_parser.parse(made)) == repr(promql_parser.parse(written))
    assert "\n" not in made


@pytest.mark.parametrize("path", STACK, ids=lambda path: path.stem)
def test_every_rule_of_the_reference_stack_is_scaled(path, tmp_path):
    made = scaled_rules(path, SCALE)
    (tmp_path / path.name).write_text(yaml.safe_dump(made))
    if not shutil.which("promtool"):
        pytest.skip("promtool is not installed (Debian: prometheus)")
    done = subprocess.run(["promtool", "check", "rules", path.name], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
