"""Leave a bucket on a warm server for an application that outlives a run."""

from __future__ import annotations

from pgben_testkit.errors import TestkitError
from pgben_testkit.storage.bucket import Bucket
from pgben_testkit.storage.server import StorageInfo

NAME = "pgben-env-test"


def leave_bucket(info: StorageInfo) -> dict[str, str]:
    """Make the bucket; return its variables, in the names that the tools of AWS read too.

    Without the extra `s3` no bucket is made: the application makes it itself.
    """
    from pgben_testkit.storage import client

    try:
        client.bucket_exists_or_made(client.admin_client(info), NAME)
    except TestkitError:
        pass  # boto3 is not installed
    return Bucket(NAME, info.url, info.access_key, info.secret_key, info.region).env() | {
        "S3_ENDPOINT": info.url,
        "S3_BUCKET": NAME,
        "AWS_ACCESS_KEY_ID": info.access_key,
        "AWS_SECRET_ACCESS_KEY": info.secret_key,
        "AWS_REGION": info.region,
    }
