"""Where Alertmanager's routes send an alert, and when: read from its configuration.

Source: Alertmanager's documentation of `route` and its dispatch/route.go. Compared with `amtool config routes test` by
our tests. Matchers are Go's regular expressions (RE2), anchored; Python's `re` takes all but a few of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability.durations import seconds

_MATCHER = re.compile(r'\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^,"{}\s]*)\s*,?')


@dataclass(frozen=True)
class Matcher:
    """`name op value` on a label; a label that is not there counts as empty."""

    name: str
    op: str
    value: str

    def matches(self, labels: Mapping[str, str]) -> bool:
        has = labels.get(self.name, "")
        if self.op in ("=", "!="):
            return (has == self.value) == (self.op == "=")
        return (re.fullmatch(self.value, has) is not None) == (self.op == "=~")


@dataclass(frozen=True)
class Route:
    """A node of the tree, with what it inherits. Times in seconds; `by` is None for `...`: every label."""

    receiver: str
    matchers: tuple[Matcher, ...]
    by: frozenset[str] | None
    wait_s: float
    interval_s: float
    repeat_s: float
    goes_on: bool
    may_mute: bool
    path: str
    children: tuple[Route, ...] = field(default=())

    def matching(self, labels: Mapping[str, str]) -> list[Route]:
        """The routes that an alert takes: the deepest that match, more than one where one says `continue`."""
        if not all(each.matches(labels) for each in self.matchers):
            return []
        found: list[Route] = []
        for child in self.children:
            taken = child.matching(labels)
            found += taken
            if taken and not child.goes_on:
                break
        return found or [self]

    def group(self, labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """The labels that tell this alert's group from others of the route, sorted."""
        names = labels if self.by is None else self.by
        return tuple(sorted((name, labels[name]) for name in names if name in labels))

    def walk(self) -> Iterator[Route]:
        yield self
        for each in self.children:
            yield from each.walk()


def tree(config: Mapping[str, Any]) -> Route:
    """The routes of an Alertmanager configuration.

    Raises:
        UsageProblem: a matcher that can't be read.
    """
    default = Route("", (), frozenset(), 30.0, 300.0, 14400.0, False, False, "route")
    return _route(config.get("route") or {}, default, "route")


def mute_receivers(config: Mapping[str, Any]) -> frozenset[str]:
    """The receivers without an integration: what comes to them reaches nobody."""
    return frozenset(
        str(each["name"])
        for each in config.get("receivers") or []
        if not any(value for key, value in each.items() if key.endswith("_configs"))
    )


def _route(data: Mapping[str, Any], above: Route, path: str) -> Route:
    by = data.get("group_by")
    made = Route(
        receiver=str(data.get("receiver") or above.receiver),
        matchers=tuple(_matchers(data)),
        by=above.by if by is None else None if "..." in by else frozenset(map(str, by)),
        wait_s=_time(data, "group_wait", above.wait_s),
        interval_s=_time(data, "group_interval", above.interval_s),
        repeat_s=_time(data, "repeat_interval", above.repeat_s),
        goes_on=bool(data.get("continue")),
        may_mute=bool(data.get("mute_time_intervals") or data.get("active_time_intervals")),
        path=path,
    )
    children = tuple(
        _route(each, made, f"{path}.routes[{number}]") for number, each in enumerate(data.get("routes") or [])
    )
    return Route(**{**made.__dict__, "children": children})


def _time(data: Mapping[str, Any], name: str, above: float) -> float:
    return above if data.get(name) is None else seconds(data[name])


def _matchers(data: Mapping[str, Any]) -> Iterator[Matcher]:
    for name, value in (data.get("match") or {}).items():
        yield Matcher(str(name), "=", str(value))
    for name, value in (data.get("match_re") or {}).items():
        yield Matcher(str(name), "=~", str(value))
    for text in data.get("matchers") or []:
        yield from read_matchers(str(text))


def read_matchers(text: str) -> Iterator[Matcher]:
    """The matchers of one string, as `severity="critical"` or `{a="b", c=~"d|e"}`.

    Raises:
        UsageProblem: it is none.
    """
    rest = text.strip()
    if rest.startswith("{") and rest.endswith("}"):
        rest = rest[1:-1]
    while rest:
        found = _MATCHER.match(rest)
        if not found:
            raise UsageProblem(f"{text!r} is no matcher", why='one is like severity="critical" or team=~"a|b"')
        name, op, value = found.groups()
        if value.startswith('"'):
            value = re.sub(
                r"\\(.)", lambda each: {"n": "\n"}.get(each[1], each[1] if each[1] in '"\\' else each[0]), value[1:-1]
            )
        yield Matcher(name, op, value)
        rest = rest[found.end() :]
