"""Look at ports: free ones on the loopback interface, external servers that answer, those that compose publishes."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from pgben_testkit.checking.fact import Fact
from pgben_testkit.checking.finding import Rule
from pgben_testkit.doctor.look import Ports
from pgben_testkit.services.process import free_ports
from pgben_testkit.services.registry import Registry
from pgben_testkit.settings import Settings

RULE = Rule("doctor/ports", "error", "No port is free, or a server does not answer")
PORTS_NEEDED = 12
"""One PostgreSQL and the ten of an S3 server, and one to spare."""
ANSWER_TIMEOUT_S = 2.0
STANDARD = {"postgresql": 5432, "postgres": 5432, "http": 80, "https": 443, "redis": 6379, "rediss": 6379}


def look(settings: Settings, ports: Ports) -> Iterator[Fact]:
    """Yield whether ports are free, whether each external server answers, and which of `ports` are in use."""
    try:
        free_ports(PORTS_NEEDED)
        yield Fact(RULE.id, "ok", "loopback", f"127.0.0.1 has {PORTS_NEEDED} free ports")
    except OSError as error:
        yield Fact(
            RULE.id,
            "error",
            "loopback",
            "127.0.0.1 has no free ports",
            error.strerror or str(error),
            "allow listening on the loopback interface; raise the limit of open files (ulimit -n)",
        )
    for service in Registry.installed():
        name, url = service.name, service.setting(settings, "url")
        if url and not url.startswith("unix:"):
            yield _answers(name, url)
    for port, place in dict(ports).items():
        if _taken(port):
            yield Fact(
                RULE.id,
                "note",
                str(port),
                f"port {port}, which compose publishes, is in use",
                "a server listens on it already: this compose project, or another",
                "stop it before `compose up`",
                place,
            )


def _answers(service: str, url: str) -> Fact:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "localhost", parts.port or STANDARD.get(parts.scheme, 0)
    except ValueError:
        return Fact(
            RULE.id,
            "error",
            service,
            f"the address of {service} can't be read",
            "its port is not a number",
            f"correct PGBEN_{service.upper()}_URL",
        )
    try:
        socket.create_connection((host, port), ANSWER_TIMEOUT_S).close()
    except OSError as error:
        return Fact(
            RULE.id,
            "error",
            service,
            f"{service} does not answer at {host}:{port}",
            error.strerror or str(error) or type(error).__name__,
            f"start it, correct PGBEN_{service.upper()}_URL, or choose --pgben-backend=embedded",
        )
    return Fact(RULE.id, "ok", service, f"{service} answers at {host}:{port}")


def _taken(port: int) -> bool:
    if not 0 < port < 65536:
        return False
    with socket.socket() as one:
        one.settimeout(0.2)
        return one.connect_ex(("127.0.0.1", port)) == 0
