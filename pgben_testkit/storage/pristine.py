"""A bucket as it was made: what a test put into it goes, and so does what it configured."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from pgben_testkit.storage.client import admin_client, put_probe
from pgben_testkit.storage.server import StorageInfo

CONFIGURED = "pgben-configured"
"""The gate's own question (`storage/gate`)."""

CONFIGURED_BY = (
    "get_bucket_versioning",
    "get_bucket_policy",
    "get_bucket_acl",
    "get_bucket_cors",
    "get_bucket_encryption",
    "get_bucket_lifecycle_configuration",
    "get_bucket_ownership_controls",
    "get_bucket_tagging",
    "get_object_lock_configuration",
    "get_public_access_block",
)


def configuration(client: Any, name: str) -> str:
    """All that is configured on the bucket, to be compared; also what it answers where nothing is."""
    import botocore.exceptions

    found: dict[str, Any] = {}
    for operation in CONFIGURED_BY:
        try:
            answer = getattr(client, operation)(Bucket=name)
        except botocore.exceptions.ClientError as error:
            answer = {"Code": error.response.get("Error", {}).get("Code", "")}
        answer.pop("ResponseMetadata", None)
        found[operation] = answer
    return json.dumps(found, sort_keys=True, default=str)


def as_new(info: StorageInfo, name: str, made: str) -> None:
    """Empty, and configured as in `made`; a bucket that differs is removed and made anew.

    Raises:
        botocore.exceptions.ClientError: something in it is locked until a time to come (COMPLIANCE).
    """
    import botocore.exceptions

    client = admin_client(info)
    differs = _may_be_configured(info, name) and configuration(client, name) != made
    if differs:
        with contextlib.suppress(botocore.exceptions.ClientError):  # one may deny its removal to everybody
            client.delete_bucket_policy(Bucket=name)
    empty(client, name)
    if differs:
        client.delete_bucket(Bucket=name)
        client.create_bucket(Bucket=name)
        put_probe(client, name)


def _may_be_configured(info: StorageInfo, name: str) -> bool:
    """Whether it pays to look: the gate knows, in one request where the look takes ten."""
    if not info.gate:
        return True
    import urllib3
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    asked = AWSRequest("GET", f"{info.url}/{name}?{CONFIGURED}")
    S3SigV4Auth(Credentials(info.access_key, info.secret_key), "s3", info.region).add_auth(asked)
    answer = urllib3.request("GET", asked.url, headers=dict(asked.headers))
    return bool(answer.data != b"no")


def empty(client: Any, name: str) -> None:
    """The bucket holds nothing: no object, no version, no delete marker, no unfinished upload; legal holds and
    GOVERNANCE retention are lifted.

    Raises:
        botocore.exceptions.ClientError: something in it is locked until a time to come (COMPLIANCE).
    """
    uploads = client.list_multipart_uploads(Bucket=name).get("Uploads", ())
    for upload in uploads:
        client.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
    while True:
        page = client.list_object_versions(Bucket=name, MaxKeys=1000)
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        for each in found:
            version = each.get("VersionId")
            _remove(client, name, each["Key"], {"VersionId": version} if version and version != "null" else {})
        if not page.get("IsTruncated") or not found:
            return


def _remove(client: Any, name: str, key: str, version: dict[str, str]) -> None:
    import botocore.exceptions

    try:
        client.delete_object(Bucket=name, Key=key, BypassGovernanceRetention=True, **version)
    except botocore.exceptions.ClientError:
        with contextlib.suppress(botocore.exceptions.ClientError):  # what keeps it may be another thing
            client.put_object_legal_hold(Bucket=name, Key=key, LegalHold={"Status": "OFF"}, **version)
        client.delete_object(Bucket=name, Key=key, BypassGovernanceRetention=True, **version)
