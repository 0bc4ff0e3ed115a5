"""Give the fixtures, and tell pgben-testkit of the service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pgben_beanstalk.service import SERVICE, BeanstalkInfo, Tube
from pgben_testkit.plugin.session import world_of


def pytest_pgben_services() -> list[object]:
    return [SERVICE]


@pytest.fixture(scope="session")
def pgben_beanstalk(request: pytest.FixtureRequest) -> BeanstalkInfo:
    """Return the beanstalkd server of this run: `host`, `port`, `how` it was provided."""
    return world_of(request.config).info(SERVICE)


@pytest.fixture
def pgben_tube(request: pytest.FixtureRequest, pgben_beanstalk: BeanstalkInfo) -> Iterator[Tube]:
    """Give an empty tube that no other test uses: `name`, `client()`, `env()`."""
    tubes = world_of(request.config).space(SERVICE)
    tube = tubes.acquire()
    yield tube
    tubes.release(tube)
