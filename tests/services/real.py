"""What the tests of real servers share: the command line, the test images, settings of their own."""

import sys
from pathlib import Path

import pytest

from pgben_testkit import settings
from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.services.supply import Supply

SCHEMA = Path(__file__).parents[2] / "fixtures" / "schema"
BUILD_IMAGES = Path(__file__).parents[1] / "images" / "build"
POSTGRES_IMAGE = "pgben-testkit-test/postgres:15"
REDIS_IMAGE = "pgben-testkit-test/redis:7"
MINIO_IMAGE = "pgben-testkit-test/minio:1"
BEANSTALK_IMAGE = "pgben-testkit-test/beanstalkd:1"
MONITORING_IMAGE = "pgben-testkit-test/monitoring:1"
CLI = [sys.executable, "-c", "from pgben_testkit.cli import main; main()"]


def started(stack, **given):
    supply = Supply(
        settings.read(
            root=SCHEMA.parent,
            environ={},
            command_line={
                "warm": "no",
                "postgres_schema": str(SCHEMA),
                "postgres_image": POSTGRES_IMAGE,
                "storage_image": MINIO_IMAGE,
                "redis_image": REDIS_IMAGE,
                "redis_databases": "5",
                "pull": "no",
                **given,
            },
        )
    )
    stack.callback(supply.close)
    return supply


def provided(supply, service):
    try:
        return supply.get(service)
    except EnvironmentNotAble as error:
        if f"no embedded {service}" in error.what:
            pytest.skip(str(error))
        raise
