"""Run MinIO in a container, or another image with the same command line and variables."""

from __future__ import annotations

import base64
import secrets
import time
from dataclasses import replace
from typing import Any

from pgben_testkit.services import engine as engines
from pgben_testkit.services.choose import Choice
from pgben_testkit.services.container import Recipe, ServerContainer
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Progress
from pgben_testkit.settings import Settings
from pgben_testkit.storage.client import admin_client, bucket_exists_or_made, not_yet, put_probe
from pgben_testkit.storage.server import StorageInfo

PORT = 9000
IMAGE_STORY = (
    "MinIO publishes no images since October 2025 and left Docker Hub in September 2026: its last one "
    "(RELEASE.2025-09-07T16-13-09Z) remains on Quay, and forks carry on; name one that you can pull, best by "
    "digest, with --pgben-storage-image"
)


class ContainerStorage:
    """Own a server in a container that is removed at the end."""

    def __init__(self, info: StorageInfo, container: ServerContainer) -> None:
        self.info = info
        self._container = container

    @classmethod
    def start(cls, run: Run, settings: Settings, choice: Choice, progress: Progress) -> ContainerStorage:
        """Start the server and wait until a first PUT worked.

        There is one pair of keys: MinIO makes others only by its own protocol.
        """
        began = time.perf_counter()
        engine = engines.running("storage")
        progress("starting the S3 server")
        access, secret = "pgbenadmin", secrets.token_hex(20)
        recipe = Recipe(
            image=choice.image,
            command=["server", "/data", "--address", f":{PORT}"],
            ports=[PORT],
            tmpfs={},
            keep_entrypoint=True,
            environment={
                "MINIO_ROOT_USER": access,
                "MINIO_ROOT_PASSWORD": secret,
                "MINIO_REGION": settings.storage_region,
                "MINIO_UPDATE": "off",
                "MINIO_BROWSER": "off",
                # A key of its own, so that encryption asked for (SSE-S3) works without a key server.
                "MINIO_KMS_SECRET_KEY": "pgben:" + base64.b64encode(secrets.token_bytes(32)).decode(),
            },
        )
        container = ServerContainer.start("storage", engine, recipe, run)
        names = [f"pgben-{run.id}-{number}" for number in range(settings.storage_buckets)]
        info = StorageInfo(
            backend="container",
            how=f"{choice.image} in a container",
            why=choice.why,
            url="",
            access_key=access,
            secret_key=secret,
            region=settings.storage_region,
            buckets=names,
        )
        try:
            client: Any = None

            def probe() -> None:
                nonlocal info, client
                url = f"http://{container.host}:{container.ports[PORT]}"
                if info.url != url:
                    info = replace(info, url=url)
                    client = admin_client(info)
                bucket_exists_or_made(client, names[0])
                put_probe(client, names[0])

            container.wait_ready(probe, retry=not_yet(), timeout_s=settings.start_timeout, interval_s=0.01)
        except BaseException:
            container.stop()
            raise
        info = StorageInfo.from_dict({**info.as_dict(), "ready_s": time.perf_counter() - began})
        return cls(info, container)

    def stop(self) -> None:
        """Remove the container, and its objects with it."""
        self._container.stop()
