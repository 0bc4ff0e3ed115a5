"""What an endpoint exports: families of metrics with their samples, read by prometheus-client's parsers."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability.extra import need

OPENMETRICS = "application/openmetrics-text"
BELONGS = {
    "histogram": ("_bucket", "_sum", "_count"),
    "gaugehistogram": ("_bucket", "_gsum", "_gcount"),
    "summary": ("_sum", "_count"),
    "counter": ("_total",),
    "info": ("_info",),
}
"""Type -> endings of its samples' names, beside the family's own."""
SPREAD = frozenset({"le", "quantile"})
"""Labels that spread one series over many samples."""
NOT_SPREAD = ("gauge", "counter")
"""Types in which these are labels like others: MinIO exports a histogram's buckets as a gauge."""
Labels = tuple[tuple[str, str], ...]
"""Label names and values, sorted."""
_DECLARED = re.compile(r"#\s+(TYPE|HELP|UNIT)\s+(\S+)")
_SAMPLE_NAME = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)")


class NotAnExposition(UsageProblem):
    """The text is in neither of the formats. Names the line, never quotes it: a label may hold personal data."""


@dataclass(frozen=True)
class Sample:
    name: str
    labels: Labels
    value: float

    def label(self, name: str) -> str:
        """Its value, empty where the sample has no such label."""
        return dict(self.labels).get(name, "")

    @property
    def series(self) -> Labels:
        """The labels without those that spread a histogram or a summary."""
        return tuple(pair for pair in self.labels if pair[0] not in SPREAD)


@dataclass(frozen=True)
class Family:
    """One metric, by the name that a query uses: a counter's has its `_total`. `line`: where it first appears.

    `declared`: a TYPE, HELP or UNIT line names it, whether it has samples or not.
    """

    name: str
    type: str
    help: str
    line: int
    declared: bool
    samples: tuple[Sample, ...]

    @property
    def series(self) -> frozenset[Labels]:
        """The series of the family; the buckets of a histogram are one."""
        if self.type in NOT_SPREAD:
            return frozenset(each.labels for each in self.samples)
        return frozenset(each.series for each in self.samples)


@dataclass(frozen=True)
class Exposition:
    """All families: name -> family. `source` is the URL or file; `took_s` and `size_bytes` of the scrape."""

    source: str
    families: Mapping[str, Family]
    size_bytes: int = 0
    took_s: float = 0.0
    openmetrics: bool = False
    _values: dict[tuple[str, Labels], float] = field(default_factory=dict, repr=False, compare=False)

    def values(self) -> Mapping[tuple[str, Labels], float]:
        """(sample name, labels) -> value, of all samples."""
        if not self._values:
            for family in self.families.values():
                self._values.update({(each.name, each.labels): each.value for each in family.samples})
        return self._values

    def value(self, name: str, **labels: str) -> float | None:
        """The sum of the samples called `name` that carry these labels; None where there is none."""
        wanted = labels.items()
        found = [
            value for (sample, has), value in self.values().items() if sample == name and wanted <= dict(has).items()
        ]
        return sum(found) if found else None


def parse(text: str, *, source: str = "text", openmetrics: bool = False) -> Exposition:
    """The families of an exposition.

    Raises:
        NotAnExposition: it can't be read; with the line.
        EnvironmentNotAble: prometheus-client is not installed.
    """
    need("prometheus_client", "prometheus-client")
    if openmetrics:
        from prometheus_client.openmetrics.parser import text_string_to_metric_families as read
    else:
        from prometheus_client.parser import text_string_to_metric_families as read

    try:
        found = list(read(text))  # type: ignore[no-untyped-call]
    except Exception as error:  # the parsers let slip whatever their code ran into: ValueError, KeyError, IndexError
        raise _broken(text, source, openmetrics, error) from None
    declared, first = _lines(text)
    types: dict[str, tuple[str, str]] = {}
    samples: dict[str, list[Sample]] = {}
    for each in found:
        name = _queried(each.name, each.type, declared, openmetrics)
        if name not in types or types[name][0] == "unknown":
            types[name] = (each.type, each.documentation)
        kept = samples.setdefault(name, [])
        for sample in each.samples:
            if sample.name.endswith("_created"):
                continue
            called = sample.name
            if each.type == "counter" and not openmetrics and not name.endswith("_total"):
                called = called.removesuffix("_total")  # the parser's own addition
            kept.append(Sample(called, tuple(sorted(sample.labels.items())), float(sample.value)))
    families = {
        name: Family(
            name,
            kind,
            text_,
            _line(name, kind, declared, first),
            _is_declared(name, kind, declared),
            tuple(samples[name]),
        )
        for name, (kind, text_) in types.items()
    }
    return Exposition(source, families, len(text.encode()), openmetrics=openmetrics)


def _queried(name: str, kind: str, declared: Mapping[str, int], openmetrics: bool) -> str:
    """The name as queries use it: prometheus-client's parsers take a counter's `_total` away."""
    if kind == "info" and openmetrics:
        return f"{name}_info"
    if kind != "counter":
        return name
    return f"{name}_total" if openmetrics or f"{name}_total" in declared or name not in declared else name


def _lines(text: str) -> tuple[dict[str, int], dict[str, int]]:
    """Name -> first line with a TYPE, HELP or UNIT of it; name -> first line with a sample of it."""
    declared: dict[str, int] = {}
    first: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("#"):
            found = _DECLARED.match(line)
            if found:
                declared.setdefault(found[2], number)
        else:
            found = _SAMPLE_NAME.match(line)
            if found:
                first.setdefault(found[1], number)
    return declared, first


def _line(name: str, kind: str, declared: Mapping[str, int], first: Mapping[str, int]) -> int:
    names = (
        name,
        name.removesuffix("_total"),
        name.removesuffix("_info"),
        *(name + end for end in BELONGS.get(kind, ())),
    )
    return next((lines[each] for lines in (declared, first) for each in names if each in lines), 0)


def _is_declared(name: str, kind: str, declared: Mapping[str, int]) -> bool:
    return any(each in declared for each in (name, name.removesuffix("_total"), name.removesuffix("_info")))


def _reached(text: str, openmetrics: bool) -> int:
    """How many lines the parser reads until it gives up: a fault of a whole metric shows at the line after it."""
    if openmetrics:
        from prometheus_client.openmetrics.parser import text_fd_to_metric_families as read
    else:
        from prometheus_client.parser import text_fd_to_metric_families as read

    number = 0

    def lines() -> Iterator[str]:
        nonlocal number
        for number, line in enumerate(io.StringIO(text), 1):  # noqa: B007
            yield line

    try:
        list(read(lines()))  # type: ignore[no-untyped-call]
    except Exception:
        return number
    return number


def _broken(text: str, source: str, openmetrics: bool, error: Exception) -> NotAnExposition:
    """Which line, found by reading each alone. The parser's words are dropped: they quote the line."""
    from prometheus_client.parser import text_string_to_metric_families as read

    lines = text.split("\n")
    number = 0
    for index, line in enumerate(lines, 1):
        try:
            list(read(line + "\n"))
        except Exception:
            number = index
            break
    start = text.lstrip()[:1]
    if start in ("<", "{", "["):
        why = f"it begins like {'HTML' if start == '<' else 'JSON'}"
    elif openmetrics and not text.rstrip().endswith("# EOF"):
        why = "it says that it is OpenMetrics and does not end with # EOF: it was cut off, or it is the text format"
    elif number:
        why = f"line {number} is no sample and no comment"
    else:
        at = _reached(text, openmetrics)
        why = f"the lines do not go together: at line {at}, or in the metric before it ({type(error).__name__})"
    return NotAnExposition(
        f"{source} is no exposition of metrics", why=why, remedy="name the path where the metrics are, usually /metrics"
    )
