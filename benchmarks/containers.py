"""How long containers take to start, on the engine of this machine.

    python benchmarks/containers.py --postgres-image postgres:15

testcontainers' own PostgreSQL is measured beside ours where the image has the official entry point.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import median

from rows import Row, Rows, main, project
from schema import write_schema

from pgben_testkit import settings
from pgben_testkit.services import engine as engines
from pgben_testkit.services.supply import Supply


def start(root: Path, image: str) -> float:
    """Seconds to a running server with the template on it."""
    given = {"backend": "container", "warm": "no", "postgres_schema": "schema", "postgres_image": image, "pull": "no"}
    supply = Supply(settings.read(root=root, environ={}, command_line=given))
    try:
        return supply.get("postgres").info.ready_s
    finally:
        supply.close()


def has_official_entry_point(image: str) -> bool:
    engine = engines.find()
    assert isinstance(engine, engines.Engine)
    found = engines.client(engine).client.images.get(image)
    return "docker-entrypoint" in " ".join(found.attrs["Config"]["Entrypoint"] or [])


def theirs(image: str) -> float:
    """Seconds that testcontainers takes to a server that answers, without a schema."""
    from testcontainers.postgres import PostgresContainer

    began = time.perf_counter()
    with PostgresContainer(image):
        return time.perf_counter() - began


def rows(options: argparse.Namespace) -> Rows:
    image = options.postgres_image
    if not image:
        print("no --postgres-image: containers are not measured")
        return
    with project({}) as root:
        write_schema(root / "schema")
        yield Row("PostgreSQL container, image prepared on the spot", start(root, image))
        ready = median(start(root, image) for _ in range(options.rounds))
        yield Row("PostgreSQL container, prepared image", ready, 1.0, "imports included in the first round alone")
        if has_official_entry_point(image):
            other = median(theirs(image) for _ in range(options.rounds))
            yield Row("PostgreSQL container by testcontainers, no schema", other, 0, f"{other / ready:.1f} times ours")


if __name__ == "__main__":
    main(__doc__ or "", rows)
