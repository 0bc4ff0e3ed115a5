"""The catalogue: each metric with its type, unit, labels and their closed sets, buckets, exporter and reason."""

from __future__ import annotations

import difflib
import fnmatch
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgben_testkit.checking.finding import Place
from pgben_testkit.errors import UsageProblem
from pgben_testkit.files import yaml
from pgben_testkit.files.problem import Unreadable

TYPES = ("counter", "gauge", "histogram", "summary", "info", "unknown")
SERIES_MAX = 1000
"""Series of one metric where neither the catalogue nor closed sets say how many there may be."""
_TOP = frozenset({"exporters", "sets", "metrics"})
_METRIC = frozenset({"type", "unit", "labels", "buckets", "exporter", "why", "optional", "series"})
_EXPORTER = frozenset({"description", "others", "series"})
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


@dataclass(frozen=True)
class Allowed:
    """What a label may hold: one of `values`, or what `pattern` matches as a whole; anything where both are empty."""

    values: tuple[str, ...] = ()
    pattern: str = ""

    def allows(self, value: str) -> bool:
        if self.values:
            return value in self.values
        return not self.pattern or re.fullmatch(self.pattern, value) is not None

    def __str__(self) -> str:
        if self.values:
            return ", ".join(self.values)
        return f"what matches {self.pattern}" if self.pattern else "anything"


@dataclass(frozen=True)
class Metric:
    """One metric by the name that queries use. `optional`: it may be absent, or without samples, and nobody minds.

    `series_max`: label combinations at most, a histogram's buckets not counted.
    """

    name: str
    type: str
    unit: str
    exporter: str
    why: str
    labels: Mapping[str, Allowed]
    buckets: tuple[float, ...]
    optional: bool
    series_max: int
    place: Place


@dataclass(frozen=True)
class Exporter:
    """Who exports. `others`: patterns of names that it may export beside those of the catalogue."""

    name: str
    description: str = ""
    others: tuple[str, ...] = ()
    series_max: int = 0

    def tolerates(self, name: str) -> bool:
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.others)


@dataclass(frozen=True)
class Catalogue:
    source: str
    exporters: Mapping[str, Exporter]
    metrics: Mapping[str, Metric]

    def of(self, exporter: str) -> Mapping[str, Metric]:
        """The metrics of one exporter.

        Raises:
            UsageProblem: the catalogue has no such exporter.
        """
        if exporter not in self.exporters:
            raise UsageProblem(
                f"{self.source} has no exporter {exporter}",
                why=f"it has {', '.join(self.exporters)}",
                remedy="name one of these with --exporter",
            )
        return {name: each for name, each in self.metrics.items() if each.exporter == exporter}

    def likely(self, names: frozenset[str]) -> str:
        """The exporter that most of these names are of, those of its `others` among them.

        Raises:
            UsageProblem: none of them is in the catalogue, or two exporters have as many.
        """
        if len(self.exporters) == 1:
            return next(iter(self.exporters))
        counts = {
            name: sum(each in self.of(name) or exporter.tolerates(each) for each in names)
            for name, exporter in self.exporters.items()
        }
        best = max(counts, key=lambda each: counts[each])
        if not counts[best] or sum(count == counts[best] for count in counts.values()) > 1:
            raise UsageProblem(
                "it is not clear whose metrics these are",
                why=f"none of {self.source}'s exporters stands out: {', '.join(counts)}",
                remedy="name one of these with --exporter",
            )
        return best


def load(path: Path) -> Catalogue:
    """The catalogue in a YAML file.

    Raises:
        UsageProblem: it can't be read, or says what it can't mean; with the line.
    """
    documents = yaml.read(path, str(path), extra="observability")
    return _of(documents, str(path))


def parse(text: str, *, shown: str = "catalogue") -> Catalogue:
    """Return the catalogue in `text`, which is YAML; `shown` is the path of its file in errors."""
    return _of(yaml.compose(text, shown, extra="observability"), shown)


def _of(documents: yaml.Documents, shown: str) -> Catalogue:
    if documents.problems:
        raise documents.problems[0].error("the catalogue")
    node = documents.nodes[0] if documents.nodes else None
    try:
        data = yaml.plain(node, shown) if node is not None else None
    except Unreadable as error:
        raise error.problem.error("the catalogue") from None
    return _Reader(shown, _line_numbers(node)).catalogue(data)


def _line_numbers(root: Any) -> dict[tuple[str, ...], int]:
    """Return for each path of keys, up to four deep, its line."""
    found: dict[tuple[str, ...], int] = {}

    def walk(node: Any, path: tuple[str, ...]) -> None:
        if len(path) > 3:
            return
        for name, (key, value) in yaml.mapping(node).items():
            found[*path, name] = yaml.place(key, shown="").line
            walk(value, (*path, name))

    walk(root, ())
    return found


class _Reader:
    def __init__(self, shown: str, lines: Mapping[tuple[str, ...], int]) -> None:
        self._shown = shown
        self._lines = lines

    def _place(self, *path: str) -> Place:
        while path and path not in self._lines:
            path = path[:-1]
        return Place(self._shown, self._lines.get(path, 0))

    def _bad(self, path: tuple[str, ...], what: str, remedy: str) -> UsageProblem:
        return UsageProblem(f"{self._place(*path)}: {what}", remedy=remedy)

    def _mapping(self, value: Any, path: tuple[str, ...], known: frozenset[str] | None = None) -> dict[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            raise self._bad(
                path, f"{path[-1] if path else 'the file'} is not a mapping of names", "write it as NAME: ..."
            )
        for key in value:
            if known is not None and key not in known:
                meant = difflib.get_close_matches(key, known, 1)
                remedy = f"did you mean {meant[0]}?" if meant else f"there are {', '.join(sorted(known))}"
                raise self._bad((*path, key), f"there is no {key}", remedy)
        return value

    def catalogue(self, data: Any) -> Catalogue:
        top = self._mapping(data, (), _TOP)
        exporters = {}
        for name, told in self._mapping(top.get("exporters"), ("exporters",)).items():
            path = ("exporters", name)
            given = self._mapping(told, path, _EXPORTER)
            others = tuple(map(str, self._list(given.get("others"), (*path, "others"))))
            limit = self._limit(given.get("series"), (*path, "series"))
            exporters[name] = Exporter(name, str(given.get("description", "")), others, limit)
        sets = {
            name: tuple(self._strings(values, ("sets", name)))
            for name, values in self._mapping(top.get("sets"), ("sets",)).items()
        }
        metrics = {
            name: self._metric(name, told, sets, exporters)
            for name, told in self._mapping(top.get("metrics"), ("metrics",)).items()
        }
        if not metrics:
            raise self._bad(("metrics",), "the catalogue has no metrics", "write them under metrics:")
        return Catalogue(self._shown, exporters, metrics)

    def _metric(
        self, name: str, told: Any, sets: Mapping[str, tuple[str, ...]], exporters: Mapping[str, Exporter]
    ) -> Metric:
        path = ("metrics", name)
        given = self._mapping(told, path, _METRIC)
        if not _NAME.fullmatch(name):
            raise self._bad(
                path, f"{name} is not the name of a metric", "letters, digits and _ (Prometheus' data model)"
            )
        kind = given.get("type")
        if kind not in TYPES:
            raise self._bad((*path, "type"), f"{name} has the type {kind}", f"one of {', '.join(TYPES)}")
        exporter = str(given.get("exporter"))
        if exporter not in exporters:
            raise self._bad(
                (*path, "exporter"),
                f"{name} is exported by {exporter}, which exporters: has not",
                f"one of {', '.join(exporters)}",
            )
        for word in ("unit", "why"):
            if not isinstance(given.get(word), str) or not given[word].strip():
                raise self._bad(path, f"{name} has no {word}", f"say {word} in a few words")
        labels = {
            label: self._allowed(allowed, sets, (*path, "labels"), label)
            for label, allowed in self._mapping(given.get("labels"), (*path, "labels")).items()
        }
        buckets = tuple(self._numbers(given.get("buckets"), (*path, "buckets")))
        if (kind == "histogram") != bool(buckets):
            raise self._bad((*path, "buckets"), f"{name}: a histogram has buckets, and nothing else has", "correct it")
        if list(buckets) != sorted(set(buckets)) or (buckets and math.isinf(buckets[-1])):
            raise self._bad((*path, "buckets"), f"{name}'s buckets do not rise", "give them rising, without +Inf")
        optional = given.get("optional", False)
        if not isinstance(optional, bool):
            raise self._bad((*path, "optional"), f"{name}: optional is true or false", "correct it")
        limit = self._limit(given.get("series"), (*path, "series"))
        if not limit:
            closed = all(each.values for each in labels.values())
            limit = math.prod(len(each.values) for each in labels.values()) if closed else SERIES_MAX
        return Metric(
            name, kind, given["unit"], exporter, given["why"], labels, buckets, optional, limit, self._place(*path)
        )

    def _allowed(self, told: Any, sets: Mapping[str, tuple[str, ...]], path: tuple[str, ...], label: str) -> Allowed:
        if not _LABEL.fullmatch(label):
            raise self._bad(path, f"{label} is not the name of a label", "letters, digits and _")
        if told == "any":
            return Allowed()
        if isinstance(told, list):
            return Allowed(tuple(self._strings(told, path)))
        if isinstance(told, dict) and len(told) == 1:
            [(how, value)] = told.items()
            if how == "set" and value in sets:
                return Allowed(sets[value])
            if how == "set":
                raise self._bad(path, f"there is no set {value}", f"sets: has {', '.join(sets) or 'none'}")
            if how == "pattern" and isinstance(value, str):
                try:
                    re.compile(value)
                except re.error as error:
                    raise self._bad(
                        path, f"the pattern of {label} is not a regular expression: {error}", "correct it"
                    ) from None
                return Allowed(pattern=value)
        raise self._bad(
            path,
            f"it is not clear what {label} may hold",
            "write a list of values, {set: NAME}, {pattern: REGEX} or any",
        )

    def _list(self, value: Any, path: tuple[str, ...]) -> list[Any]:
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._bad(path, f"{path[-1]} is not a list", "write it as [a, b]")
        return value

    def _strings(self, value: Any, path: tuple[str, ...]) -> list[str]:
        found = self._list(value, path)
        for each in found:
            if not isinstance(each, str):
                raise self._bad(
                    path, f"{each} is not a text: YAML reads it as {type(each).__name__}", "put it in quotes"
                )
        if not found:
            raise self._bad(path, "the list of values is empty", "name the values")
        return found

    def _numbers(self, value: Any, path: tuple[str, ...]) -> list[float]:
        found = self._list(value, path)
        if any(isinstance(each, bool) or not isinstance(each, int | float) for each in found):
            raise self._bad(path, "buckets are numbers", "write them as [0.1, 1, 10]")
        return [float(each) for each in found]

    def _limit(self, value: Any, path: tuple[str, ...]) -> int:
        if value is None:
            return 0
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self._bad(path, "series is a number of series, 1 or more", "correct it")
        return value
