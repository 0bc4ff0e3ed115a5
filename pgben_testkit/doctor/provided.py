"""Give what the warm servers of a project provide, as the variables that applications read."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from pgben_testkit.errors import TestkitError
from pgben_testkit.services import warm
from pgben_testkit.services.registry import Registry
from pgben_testkit.settings import Settings

DATABASE = "pgben_env_test"
BUCKET = "pgben-env-test"


def values(settings: Settings, progress: Callable[[str], None] = lambda _: None) -> dict[str, str]:
    """Return the variables of each warm server of the project in `settings.root`; empty where none runs.

    A database, cloned from the project's schema where the server has it, and a bucket are made for them; they go with
    the server (`pgben-testkit down`).
    """
    found: dict[str, str] = {}
    makers = {"postgres": _postgres, "storage": _storage, "redis": _redis}
    registry = Registry()
    for name, make in makers.items():
        facts = warm.find(registry.get(name), settings)
        if facts is not None:
            progress(f"asking the warm {name} server")
            found |= make(facts)
    return found


def _postgres(facts: dict[str, object]) -> dict[str, str]:
    from psycopg import sql

    from pgben_testkit.postgres.server import PostgresInfo, connect

    info = PostgresInfo.from_dict(facts)
    with connect(info) as connection:
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
        if not there:
            template = info.template or "template1"
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(statement.format(sql.Identifier(DATABASE), sql.Identifier(template)))
    address = urlsplit(info.dsn)._replace(path=f"/{DATABASE}").geturl()
    return {
        "DB_HOST": info.host,
        "DB_PORT": str(info.port),
        "DB_USER": info.user,
        "DB_PASS": info.password,
        "DB_NAME": DATABASE,
        "PGHOST": info.host,
        "PGPORT": str(info.port),
        "PGUSER": info.user,
        "PGPASSWORD": info.password,
        "PGDATABASE": DATABASE,
        "DATABASE_URL": address,
    }


def _storage(facts: dict[str, object]) -> dict[str, str]:
    from pgben_testkit.storage.server import StorageInfo

    info = StorageInfo.from_dict(facts)
    parts = urlsplit(info.url)
    secure = parts.scheme == "https"
    _make_bucket(info.url, info.access_key, info.secret_key, info.region)
    return {
        "MINIO_ENDPOINT": parts.hostname or "127.0.0.1",
        "MINIO_PORT": str(parts.port or (443 if secure else 80)),
        "MINIO_USE_SSL": "true" if secure else "false",
        "MINIO_ACCESS_KEY": info.access_key,
        "MINIO_SECRET_KEY": info.secret_key,
        "MINIO_BUCKET": BUCKET,
        "MINIO_BUCKET_NAME": BUCKET,
        "MINIO_REGION": info.region,
        "S3_ENDPOINT": info.url,
        "S3_BUCKET": BUCKET,
        "AWS_ACCESS_KEY_ID": info.access_key,
        "AWS_SECRET_ACCESS_KEY": info.secret_key,
        "AWS_REGION": info.region,
    }


def _make_bucket(url: str, access_key: str, secret_key: str, region: str) -> None:
    from pgben_testkit.storage import client

    try:
        s3 = client.boto3_client(url, access_key, secret_key, region)
    except TestkitError:
        return  # without the extra the application makes its bucket itself
    client.bucket_exists_or_made(s3, BUCKET)


def _redis(facts: dict[str, object]) -> dict[str, str]:
    from pgben_testkit.redis.server import RedisInfo

    info = RedisInfo.from_dict(facts)
    number = info.numbers[-1] if info.numbers else 0
    return {
        "REDIS_HOST": info.host,
        "REDIS_PORT": str(info.port),
        "REDIS_PASSWORD": info.password,
        "REDIS_DB": str(number),
        "REDIS_URL": f"{info.address(with_password=True)}/{number}",
    }
