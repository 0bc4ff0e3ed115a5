"""promtool's unit-test files, read: what promtool takes, and where each thing stands.

Source: Prometheus' documentation, "Unit testing for rules".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability import durations
from pgben_testkit.observability.lab import located, notation
from pgben_testkit.observability.lab.agreement import Alert
from pgben_testkit.observability.lab.located import Located
from pgben_testkit.observability.lab.notation import InputSeries

FILE_KEYS = ("rule_files", "evaluation_interval", "group_eval_order", "tests", "fuzzy_compare")
GROUP_KEYS = (
    "name",
    "interval",
    "input_series",
    "alert_rule_test",
    "promql_expr_test",
    "external_labels",
    "external_url",
)
DEFAULT_INTERVAL = "1m"


@dataclass(frozen=True)
class AlertTest:
    """`at_s`: seconds after the beginning; `expected`: the alerts that fire then."""

    name: str
    at_s: float
    eval_time: str
    expected: tuple[Alert, ...]
    line: int


@dataclass(frozen=True)
class ExpressionTest:
    expression: str
    at_s: float
    eval_time: str
    expected: tuple[tuple[Mapping[str, str], float], ...]
    line: int


@dataclass(frozen=True)
class TestGroup:
    """One of `tests`. `interval_s`: between two values of a series."""

    name: str
    interval_s: float
    series: tuple[InputSeries, ...]
    alerts: tuple[AlertTest, ...]
    expressions: tuple[ExpressionTest, ...]
    external_labels: Mapping[str, str]
    external_url: str
    line: int
    source: Located = field(repr=False)

    __test__ = False  # no class of pytest's

    @property
    def length_s(self) -> float:
        """Until the last thing that it looks at."""
        return max([each.at_s for each in self.alerts] + [each.at_s for each in self.expressions], default=0.0)


@dataclass(frozen=True)
class TestFile:
    """`rule_files`: globs, absolute."""

    path: Path
    rule_files: tuple[str, ...]
    evaluation_s: float
    groups: tuple[TestGroup, ...]
    source: Located = field(repr=False)

    __test__ = False


def is_one(source: Located) -> bool:
    """It has what only promtool's files have."""
    return isinstance(source.value, dict) and "tests" in source.value and "scenarios" not in source.value


def read(path: Path) -> TestFile:
    """Raises UsageProblem: promtool would not take it; with the line."""
    return of(located.read(path), path)


def of(source: Located, path: Path) -> TestFile:
    top = source.mapping(FILE_KEYS, "a unit-test file")
    if "tests" not in top:
        raise source.wrong("there are no tests", remedy="write tests: into it")
    evaluation_s = _duration(top.get("evaluation_interval"), DEFAULT_INTERVAL)
    patterns = [each.text() for each in top["rule_files"].items("rule_files")] if "rule_files" in top else []
    groups = tuple(_group(each, number, evaluation_s) for number, each in enumerate(top["tests"].items("tests"), 1))
    folder = path.resolve().parent
    return TestFile(path, tuple(str(folder / each) for each in patterns), evaluation_s, groups, source)


def _group(source: Located, number: int, evaluation_s: float) -> TestGroup:
    keys = source.mapping(GROUP_KEYS, "a test group")
    return TestGroup(
        name=keys["name"].text() if "name" in keys else f"test {number}",
        interval_s=_duration(keys.get("interval"), evaluation_s),
        series=tuple(map(_series, keys["input_series"].items())) if "input_series" in keys else (),
        alerts=tuple(map(_alert_test, keys["alert_rule_test"].items())) if "alert_rule_test" in keys else (),
        expressions=tuple(map(_expression, keys["promql_expr_test"].items())) if "promql_expr_test" in keys else (),
        external_labels=keys["external_labels"].labels() if "external_labels" in keys else {},
        external_url=keys["external_url"].text() if "external_url" in keys else "",
        line=source.line,
        source=source,
    )


def _series(source: Located) -> InputSeries:
    keys = source.mapping(("series", "values"), "an input series")
    for each in ("series", "values"):
        if each not in keys:
            raise source.wrong(f"an input series has no {each}", remedy=f"write {each}: into it")
    values = "" if keys["values"].value is None else keys["values"].text()
    try:
        return notation.series(keys["series"].text(), values)
    except UsageProblem as error:
        raise source.wrong(error.what, why=error.why, remedy=error.remedy) from None


def _alert_test(source: Located) -> AlertTest:
    keys = source.mapping(("eval_time", "alertname", "exp_alerts"), "an alert_rule_test")
    name = keys["alertname"].text() if "alertname" in keys else ""
    if not name:
        raise source.wrong("an alert_rule_test names no alert", remedy="write alertname: into it")
    wanted = keys.get("exp_alerts")
    expected = [_expected(each, name) for each in (wanted.items("exp_alerts") if wanted and wanted.value else [])]
    at_s = _duration(keys.get("eval_time"), 0)
    return AlertTest(name, at_s, durations.text(at_s), tuple(expected), source.line)


def _expected(source: Located, name: str) -> Alert:
    keys = source.mapping(("exp_labels", "exp_annotations"), "an expected alert")
    labels, annotations = (
        keys[each].labels() if each in keys and keys[each].value is not None else {}
        for each in ("exp_labels", "exp_annotations")
    )
    return {**{key: value for key, value in labels.items() if value}, "alertname": name}, annotations


def _expression(source: Located) -> ExpressionTest:
    keys = source.mapping(("expr", "eval_time", "exp_samples"), "a promql_expr_test")
    if "expr" not in keys:
        raise source.wrong("a promql_expr_test has no expr", remedy="write expr: into it")
    wanted = keys.get("exp_samples")
    samples = []
    for each in wanted.items("exp_samples") if wanted and wanted.value else []:
        fields = each.mapping(("labels", "value", "histogram"), "an expected sample")
        if "histogram" in fields:
            raise each.wrong("native histograms can't be compared", why="none can be scraped as text")
        described = fields["labels"].text() if "labels" in fields and fields["labels"].value is not None else "{}"
        samples.append((_labels(described, each), fields["value"].number() if "value" in fields else 0.0))
    at_s = _duration(keys.get("eval_time"), 0)
    return ExpressionTest(keys["expr"].text().strip(), at_s, durations.text(at_s), tuple(samples), source.line)


def _labels(described: str, source: Located) -> dict[str, str]:
    """Of `errs{job="api"}`, `{job="api"}` or `{}`, the name as `__name__`."""
    if described.strip() in ("", "{}"):
        return {}
    try:
        name, labels = notation.selector(described)
    except UsageProblem as error:
        raise source.wrong(error.what, why=error.why, remedy=error.remedy) from None
    return {"__name__": name, **labels} if name else labels


def _duration(source: Located | None, default: str | float) -> float:
    if source is None or source.value is None:
        return durations.seconds(default)
    try:
        return durations.seconds(source.text())
    except UsageProblem as error:
        raise source.wrong(error.what, why=error.why, remedy=error.remedy) from None
