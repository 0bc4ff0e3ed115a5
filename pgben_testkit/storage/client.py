"""Make S3 clients, and do the few operations that the kit itself needs."""

from __future__ import annotations

import functools
from typing import Any

from pgben_testkit import extras
from pgben_testkit.storage.server import StorageInfo


@functools.cache
def boto3_client(url: str, access_key: str, secret_key: str, region: str) -> Any:
    """Return a boto3 S3 client with path-style addresses and `s3v4` signatures; one a set of keys and process, since a
    new one costs 30 times a cached one.

    Raises:
        EnvironmentNotAble: the `s3` extra is not installed.
    """
    try:
        import boto3
        from botocore.config import Config
    except ModuleNotFoundError:
        raise extras.missing("boto3", what="S3 can't be spoken", extra="s3") from None
    return boto3.session.Session().client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        region_name=region,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},
            connect_timeout=5,
            read_timeout=60,
            proxies={},
        ),
    )


@functools.cache
def anonymous_client(url: str, region: str) -> Any:
    """Return a boto3 S3 client that signs nothing, cached for each process.

    Raises:
        EnvironmentNotAble: the `s3` extra is not installed.
    """
    try:
        import boto3
        import botocore
        from botocore.config import Config
    except ModuleNotFoundError:
        raise extras.missing("boto3", what="S3 can't be spoken", extra="s3") from None
    return boto3.session.Session().client(
        "s3",
        endpoint_url=url,
        region_name=region,
        aws_access_key_id="none",
        aws_secret_access_key="none",
        config=Config(
            signature_version=botocore.UNSIGNED,
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},
            connect_timeout=5,
            read_timeout=60,
            proxies={},
        ),
    )


def admin_client(info: StorageInfo) -> Any:
    return boto3_client(info.url, info.access_key, info.secret_key, info.region)


def bucket_exists_or_made(client: Any, name: str) -> None:
    """Make the bucket `name` where it does not exist."""
    try:
        client.create_bucket(Bucket=name)
    except (client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists):
        return


def put_probe(client: Any, name: str) -> None:
    """Put and remove an object, since the first PUT of a new bucket is slow (210 ms on SeaweedFS)."""
    client.put_object(Bucket=name, Key="pgben-probe", Body=b"1")
    client.delete_object(Bucket=name, Key="pgben-probe")


def not_yet() -> tuple[type[Exception], ...]:
    """Return the errors that a server answers with while it is starting."""
    import botocore.exceptions
    import urllib3.exceptions

    return botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError, urllib3.exceptions.HTTPError
