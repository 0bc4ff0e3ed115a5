"""Ask the container engine whether it answers, and for our containers on it.

The first questions are asked on the engine's socket directly, in a millisecond or two and never over 2 s:
importing the engine's library takes a hundred times longer, and most runs never need it.
"""

from __future__ import annotations

import functools
import os
import re
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.services.run import RUN_LABEL

ANSWER_TIMEOUT_S = 2.0
NAME_LABEL = "pgben-testkit.name"
"""Says which of a run's containers it is."""


@dataclass(frozen=True)
class Engine:
    """An engine that answered. `host` as in DOCKER_HOST."""

    host: str
    name: str


@dataclass(frozen=True)
class NoEngine:
    """Why there is none."""

    why: str


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


def ask(host: str, path: str, timeout_s: float = ANSWER_TIMEOUT_S) -> tuple[int, bytes, bytes]:
    """The engine's answer to a GET: HTTP status, head and body. HTTP/1.0, where the end of the connection ends the
    body: importing http.client would cost every run 40 ms.

    Raises:
        OSError: no complete answer within `timeout_s`.
    """
    parts = urlsplit(host)
    deadline = time.monotonic() + timeout_s
    if parts.scheme == "unix":
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(timeout_s)
        address: Any = parts.path
    elif parts.scheme in ("tcp", "http"):
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        connection.settimeout(timeout_s)
        address = (parts.hostname or "localhost", parts.port or 2375)
    else:
        raise OSError(f"addresses of the kind {parts.scheme}:// are not supported")
    with connection:
        connection.connect(address)
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: engine\r\n\r\n".encode())
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
            connection.settimeout(max(0.001, deadline - time.monotonic()))
    head, _, body = answer.partition(b"\r\n\r\n")
    try:
        status = int(head.split()[1])
    except (IndexError, ValueError):
        raise OSError("the answer is not HTTP") from None
    if b"transfer-encoding: chunked" in head.lower():
        raise OSError("the answer is in chunks, which HTTP/1.0 forbids")
    return status, head, body


def _name(head: bytes) -> str:
    """`Docker 28.2.2` from the header `Server: Docker/28.2.2 (linux)`; Podman calls itself Libpod there."""
    found = re.search(rb"(?im)^server: *(\w+)/(\S+)", head)
    kind, version = (found.group(1).decode(), found.group(2).decode()) if found else ("engine", "")
    return f"{'Podman' if kind == 'Libpod' else kind} {version}".strip()


@functools.cache
def find() -> Engine | NoEngine:
    """The first engine that answers, asked once a process; all questions together take 2 s at most."""
    why = "Docker or Podman is not running: no socket of a container engine was found"
    deadline = time.monotonic() + ANSWER_TIMEOUT_S
    for host in hosts():
        left = deadline - time.monotonic()
        if left <= 0:
            break
        try:
            status, head, _ = ask(host, "/_ping", left)  # Podman takes seconds for /version under load
        except OSError as error:
            why = f"the engine at {host} does not answer: {error or type(error).__name__}"
            continue
        if status == 200:
            return Engine(host, _name(head))
        why = f"the engine at {host} answers {status}"
    return NoEngine(why)


def running(service: str) -> Engine:
    """The engine that answers.

    Raises:
        EnvironmentNotAble: none does; `service` was to come from it.
    """
    found = find()
    if isinstance(found, NoEngine):
        raise EnvironmentNotAble(
            f"no container for {service}", why=found.why, remedy="start the engine, or choose --pgben-backend=embedded"
        )
    return found


def client(engine: Engine) -> Any:
    """testcontainers' client of `engine`; its `.client` is the Docker SDK's. One a thread: half a second to import.

    Raises:
        EnvironmentNotAble: the `container` extra is not installed.
    """
    if not library_installed():
        raise EnvironmentNotAble(
            "containers can't be used",
            why="testcontainers is not installed",
            remedy="pip install 'pgben-testkit[container]', or choose --pgben-backend=embedded",
        )
    from testcontainers.core.docker_client import DockerClient

    return DockerClient(environment=os.environ | {"DOCKER_HOST": engine.host}, timeout=60)


def library_installed() -> bool:
    """Whether the `container` extra is there; importing nothing."""
    import importlib.util

    return importlib.util.find_spec("testcontainers") is not None


def containers_of(run_id: str, *, name: str = "", running: bool = False) -> list[Any]:
    """Our containers of a run, or the one of that name; none where no engine answers."""
    engine = find()
    if isinstance(engine, NoEngine) or not library_installed():
        return []
    labels = [f"{RUN_LABEL}={run_id}"] + ([f"{NAME_LABEL}={name}"] if name else [])
    found: list[Any] = client(engine).client.containers.list(
        all=not running, filters={"label": labels}, ignore_removed=True
    )
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
