"""A synthetic target: an endpoint that Prometheus really scrapes, of series that a test moves."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability import durations
from pgben_testkit.observability.lab.series import (
    DEFAULT_BUCKETS,
    Counter,
    Gauge,
    Histogram,
    Now,
    Series,
    Tell,
    exposition,
    nobody,
)
from pgben_testkit.services.listener import Listener

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
STAMPED_S = 0.01
"""Prometheus moves a scrape's stamp by up to 2 ms, to make them even (2.42, `scrapeTimestampTolerance`)."""
S = TypeVar("S", bound=Series)


class Target:
    """One target of a job. It is up, and exports nothing until it is told to.

    `address` is where it listens, on loopback. Its series are there from the moment when they are first named.
    """

    def __init__(
        self,
        job: str,
        instance: str,
        now: Now,
        tell: Tell = nobody,
        clock: Now | None = None,
        shorter: Callable[[float], float] = lambda seconds: seconds,
    ) -> None:
        """`clock`: the scraping program's, where that is another than `now`; `shorter`: seconds of `now` in its."""
        self.job = job
        self.instance = instance
        self.scrapes = 0
        self._now = now
        self._tell = tell
        self._clock = clock or now
        self._shorter = shorter
        self._series: dict[tuple[str, frozenset[tuple[str, str]]], Series] = {}
        self._fixed = ""
        self._lock = threading.Lock()
        self._answering = threading.Condition()
        self._is_down = False
        self._failed_until = 0.0
        self._delay_s = 0.0
        self._held: dict[int, float] = {}
        self._closed = False
        self._listener = Listener(self._serve, name=f"target {job}")
        self.address = f"127.0.0.1:{self._listener.port}"

    def __str__(self) -> str:
        return f"target {self.instance} of {self.job}"

    def counter(self, name: str, **labels: str) -> Counter:
        """The counter of this name and these labels, at 0 when new."""
        return self._named(Counter, name, labels)

    def gauge(self, name: str, **labels: str) -> Gauge:
        """The gauge of this name and these labels, at 0 when new."""
        return self._named(Gauge, name, labels)

    def histogram(self, name: str, buckets: Sequence[float] = DEFAULT_BUCKETS, **labels: str) -> Histogram:
        """The histogram of this name and these labels, empty when new."""
        return self._named(Histogram, name, labels, buckets=buckets)

    def add(self, series: Series) -> None:
        """A series of another kind."""
        with self._lock:
            self._series[(series.name, frozenset(series.labels.items()))] = series

    def exposes(self, text: str) -> None:
        """Besides its series, this exposition as it stands: what a real exporter once answered."""
        self._fixed = text if not text or text.endswith("\n") else text + "\n"

    def down(self) -> None:
        """Scrapes fail from now on: the connection is closed without an answer."""
        self._is_down = True
        self._set_delay(0.0)
        self._tell(f"{self} is down")

    def up(self) -> None:
        """Scrapes succeed again, at once."""
        self._is_down = False
        self._set_delay(0.0)
        self._failed_until = self._clock()
        self._tell(f"{self} is up")

    def slow(self, takes: str) -> None:
        """Each scrape takes this duration of the laboratory's time; longer than the job's timeout, and it fails."""
        self._set_delay(durations.seconds(takes))
        self._tell(f"{self} takes {takes} to answer")

    def restart(self) -> None:
        """The process behind it begins anew: counters and histograms from zero, `process_start_time_seconds` now, if
        it is exported."""
        with self._lock:
            for each in self._series.values():
                each.restarted()
                if each.name == "process_start_time_seconds" and isinstance(each, Gauge):
                    each.age()
        self._tell(f"{self} restarts")

    def vanish(self) -> None:
        """It exports no series any more, and is still up."""
        with self._lock:
            for each in self._series.values():
                each.vanish()
        self._fixed = ""
        self._tell(f"{self} exports nothing any more")

    @property
    def may_fail(self) -> bool:
        return self._is_down or self._delay_s > 0

    def may_have_failed(self, at: float) -> bool:
        """Whether a scrape of this moment, by the scraping program's clock, could fail. Where time runs on, one that
        met the target down is looked at when it is up again."""
        return self.may_fail or at <= self._failed_until + STAMPED_S

    @property
    def held_until(self) -> float | None:
        """When the scrape that is being held back ends, by the scraping program's clock; None if none is, or if that
        moment has come."""
        now = self._clock()
        return min((until for until in list(self._held.values()) if until > now), default=None)

    def close(self) -> None:
        """Nobody is answered any more."""
        self._closed = True
        with self._answering:
            self._answering.notify_all()
        self._listener.close()

    def _set_delay(self, seconds: float) -> None:
        """What is being held back is answered now: time must not go on with the old delay in flight."""
        with self._answering:
            self._delay_s = 0.0
            self._answering.notify_all()
            self._answering.wait_for(lambda: not self._held, timeout=5)
            self._delay_s = seconds

    def _serve(self, connection: socket.socket) -> None:
        _Handler(connection, self)

    def _named(self, kind: type[S], name: str, labels: dict[str, str], **more: Any) -> S:
        values = {key: str(value) for key, value in labels.items()}
        key = (name, frozenset(values.items()))
        with self._lock:
            found = self._series.get(key)
            if found is None:
                self._series[key] = found = kind(name, values, self._now, self._tell, **more)
        if not isinstance(found, kind):
            raise UsageProblem(f"{name} is a {found.kind} of this target", why=f"it can't be a {kind.kind} too")
        return found

    def answer(self, timeout_s: float) -> bytes | None:
        """What a scrape gets, None where it gets nothing. Blocks while a slow target holds it back."""
        self.scrapes += 1
        number = self.scrapes
        if self._delay_s:
            began = self._clock()
            done = began + self._shorter(self._delay_s)
            self._held[number] = ends = min(done, began + timeout_s)
            while self._clock() < ends and self._delay_s and not self._closed:
                with self._answering:
                    self._answering.wait(0.001)
            given_up = self._clock() >= ends and done > ends
            with self._answering:
                del self._held[number]
                self._answering.notify_all()
            if given_up:
                return None
        if self._is_down or self._closed:
            return None
        with self._lock:
            return (exposition(list(self._series.values()), self._now()) + self._fixed).encode()


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers the scrapes of one connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet: apart, they cost a delayed ACK of 40 ms

    def __init__(self, connection: socket.socket, target: Target) -> None:
        self._target = target
        super().__init__(connection, ("127.0.0.1", 0), None)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        body = self._target.answer(float(self.headers.get("X-Prometheus-Scrape-Timeout-Seconds", "10")))
        if body is None:
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Scrapes are counted, not logged."""
