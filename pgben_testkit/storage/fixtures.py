"""The fixtures of S3: thin over `storage/`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from pgben_testkit.pytest_world import world_of

if TYPE_CHECKING:
    from pgben_testkit.storage.bucket import Bucket
    from pgben_testkit.storage.server import StorageInfo


@pytest.fixture(scope="session")
def pgben_storage(request: pytest.FixtureRequest) -> StorageInfo:
    """The S3 server of this run: `url`, keys of its administrator, `region`, `how` it was provided."""
    return world_of(request.config).storage


@pytest.fixture
def pgben_bucket(request: pytest.FixtureRequest) -> Iterator[Bucket]:
    """An empty bucket of this test's own: `.name`, `.endpoint`, keys, `.boto3()`, `.minio()`, `.env()`."""
    buckets = world_of(request.config).buckets
    bucket = buckets.acquire()
    yield bucket
    buckets.release(bucket)
