"""The container engine: does it answer, has it the image, pull within a bound, our containers on it.

The first questions are asked on the engine's socket directly, in a millisecond or two and never over 2 s:
importing the engine's library takes a hundred times longer, and most runs never need it.
"""

from __future__ import annotations

import functools
import hashlib
import http.client
import json
import os
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.services.places import private_folder, state_dir
from pgben_testkit.services.run import RUN_LABEL

ANSWER_TIMEOUT_S = 2.0
PULL_FAILURE_COUNTS_S = 3600.0
"""So long a failed pull is remembered, so that `auto` doesn't wait for it in every run."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Engine:
    """An engine that answered. `host` as in DOCKER_HOST."""

    host: str
    name: str


@dataclass(frozen=True)
class NoEngine:
    """Why there is none."""

    why: str


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def hosts() -> list[str]:
    """Where an engine may listen: DOCKER_HOST alone when it is set, else Docker's and Podman's usual sockets."""
    named = os.environ.get("DOCKER_HOST")
    if named:
        return [named]
    runtime = os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.geteuid()}")
    paths = [
        "/var/run/docker.sock",
        f"{runtime}/docker.sock",
        str(Path.home() / ".docker/run/docker.sock"),
        f"{runtime}/podman/podman.sock",
        "/run/podman/podman.sock",
    ]
    return [f"unix://{path}" for path in paths if Path(path).exists()]


def _ask(host: str, path: str, timeout_s: float) -> tuple[int, bytes]:
    parts = urlsplit(host)
    connection: http.client.HTTPConnection
    if parts.scheme == "unix":
        connection = _SocketConnection(parts.path, timeout_s)
    elif parts.scheme in ("tcp", "http"):
        connection = http.client.HTTPConnection(parts.hostname or "localhost", parts.port or 2375, timeout=timeout_s)
    else:
        raise OSError(f"addresses of the kind {parts.scheme}:// are not supported")
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@functools.cache
def find() -> Engine | NoEngine:
    """The first engine that answers, asked once a process; all questions together take 2 s at most."""
    why = "no engine's socket is there"
    deadline = time.monotonic() + ANSWER_TIMEOUT_S
    for host in hosts():
        left = deadline - time.monotonic()
        if left <= 0:
            break
        try:
            status, body = _ask(host, "/version", left)
        except (OSError, http.client.HTTPException) as error:
            why = f"the engine at {host} does not answer: {error or type(error).__name__}"
            continue
        if status == 200:
            version = json.loads(body)
            platform = version.get("Platform", {}).get("Name") or "Docker"
            kind = "Podman" if "podman" in json.dumps(version).lower() else platform.split()[0]
            return Engine(host, f"{kind} {version.get('Version', '?')}")
        why = f"the engine at {host} answers {status}"
    return NoEngine(why)


def has_image(engine: Engine, image: str) -> bool:
    """Whether `image` is on the engine already."""
    try:
        status, _ = _ask(engine.host, f"/images/{quote(image, safe='/:@')}/json", ANSWER_TIMEOUT_S)
    except (OSError, http.client.HTTPException):
        return False
    return status == 200


def client(engine: Engine) -> Any:
    """The Docker SDK's client for `engine`.

    Raises:
        EnvironmentNotAble: the `container` extra is not installed.
    """
    try:
        import docker
    except ModuleNotFoundError:
        raise EnvironmentNotAble(
            "containers can't be used",
            why="testcontainers is not installed",
            remedy="pip install 'pgben-testkit[container]', or choose --pgben-backend=embedded",
        ) from None
    return docker.DockerClient(base_url=engine.host, timeout=60)


def library_installed() -> bool:
    """Whether the `container` extra is there; importing nothing."""
    import importlib.util

    return importlib.util.find_spec("testcontainers") is not None


def _failure_note(image: str) -> Path:
    folder = private_folder(state_dir() / "pull-failures")
    return folder / hashlib.sha256(image.encode()).hexdigest()[:16]


def pull_failed_lately(image: str) -> str:
    """Why pulling `image` failed within the last hour, or an empty string."""
    note = _failure_note(image)
    try:
        age_s = time.time() - note.stat().st_mtime
        return note.read_text("utf-8") if age_s < PULL_FAILURE_COUNTS_S else ""
    except OSError:
        return ""


def pull(engine: Engine, image: str, *, timeout_s: float, progress: Progress) -> None:
    """Pull `image` within `timeout_s`, telling `progress` how far it is.

    Raises:
        EnvironmentNotAble: refused, or not done in time. The failure is remembered for an hour.
    """
    events: queue.Queue[dict[str, Any] | Exception | None] = queue.Queue()

    def work() -> None:
        try:
            for event in _pull_events(engine, image):
                events.put(event)
            events.put(None)
        except Exception as error:  # handed to the waiting thread, which raises it
            events.put(error)

    threading.Thread(target=work, daemon=True, name=f"pull {image}").start()
    deadline = time.monotonic() + timeout_s
    layers: dict[str, tuple[int, int]] = {}
    while True:
        try:
            event = events.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise _pull_failed(image, f"not done after {timeout_s:g} s") from None
        if event is None:
            return
        if isinstance(event, Exception):
            raise _pull_failed(image, str(event))
        if "error" in event:
            raise _pull_failed(image, str(event["error"]))
        detail = event.get("progressDetail") or {}
        if detail.get("total"):
            layers[event.get("id", "")] = (detail.get("current", 0), detail["total"])
            got, total = (sum(column) for column in zip(*layers.values(), strict=True))
            progress(f"pulling {image}: {got / 1e6:.0f} of {total / 1e6:.0f} MB")


def _pull_events(engine: Engine, image: str) -> Iterator[dict[str, Any]]:
    name, _, tag = image.partition("@") if "@" in image else image.rpartition(":")
    if "/" in tag or not name:
        name, tag = image, "latest"
    yield from client(engine).api.pull(name, tag=tag, stream=True, decode=True)


def _pull_failed(image: str, why: str) -> EnvironmentNotAble:
    try:
        _failure_note(image).write_text(why, "utf-8")
    except OSError:
        pass  # a note only saves time; the error below is what counts
    return EnvironmentNotAble(
        f"the image {image} can't be pulled",
        why=why,
        remedy="pull or load it by hand, name another image, or choose --pgben-backend=embedded",
    )


def containers_of(run_id: str, *, running: bool = False) -> list[Any]:
    """Our containers of a run; none where no engine answers."""
    engine = find()
    if isinstance(engine, NoEngine) or not library_installed():
        return []
    found: list[Any] = client(engine).containers.list(all=not running, filters={"label": f"{RUN_LABEL}={run_id}"})
    return found


def remove_containers_of(run_id: str) -> int:
    """Remove a run's containers with their volumes; how many."""
    import docker.errors

    removed = 0
    for container in containers_of(run_id):
        try:
            container.remove(force=True, v=True)
            removed += 1
        except docker.errors.NotFound:
            continue
    return removed
