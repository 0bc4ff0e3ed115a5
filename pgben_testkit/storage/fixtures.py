"""The fixtures of S3: thin over `storage/`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from pgben_testkit.pytest_world import world_of

if TYPE_CHECKING:
    from pgben_testkit.storage.bucket import Bucket
    from pgben_testkit.storage.fake.fake import Fake
    from pgben_testkit.storage.server import StorageInfo


@pytest.fixture(scope="session")
def pgben_storage(request: pytest.FixtureRequest) -> StorageInfo:
    """The S3 server of this run: `url`, keys of its administrator, `region`, `how` it was provided."""
    return world_of(request.config).storage


@pytest.fixture
def pgben_bucket(request: pytest.FixtureRequest) -> Iterator[Bucket]:
    """An empty bucket of this test's own: `.name`, `.endpoint`, keys, `.boto3()`, `.minio()`, `.env()`."""
    wanted = required(request.node)
    if wanted:
        from pgben_testkit.storage.capabilities import require

        require(world_of(request.config).storage.listed_as, wanted)
    buckets = world_of(request.config).buckets
    bucket = buckets.acquire()
    yield bucket
    buckets.release(bucket)


@pytest.fixture
def pgben_s3_fake(request: pytest.FixtureRequest) -> Iterator[Fake]:
    """An S3 in memory with no socket, this test's own: `.boto3()`, `.minio()`, `.bucket()`, `.user()`, `.faults`."""
    from pgben_testkit.storage.fake.fake import Fake

    wanted = required(request.node)
    if wanted:
        from pgben_testkit.storage.capabilities import require

        require("fake", wanted)
    with Fake() as fake:
        yield fake


@pytest.fixture
def pgben_s3(request: pytest.FixtureRequest) -> Iterator[Bucket]:
    """A bucket on the cheapest backend that has what the test's `pgben_requires` names: the fake, else the run's."""
    from pgben_testkit.storage.capabilities import cheapest

    if cheapest(required(request.node)) == "fake":
        yield request.getfixturevalue("pgben_s3_fake").bucket()
    else:
        yield request.getfixturevalue("pgben_bucket")


def required(item: pytest.Item) -> tuple[str, ...]:
    """What the markers `pgben_requires` of a test name."""
    return tuple(str(name) for marker in item.iter_markers("pgben_requires") for name in marker.args)
