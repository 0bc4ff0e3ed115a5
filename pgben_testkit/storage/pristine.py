"""Make a bucket as it was when it was made: empty, and configured in no way."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
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
    """Return all that is configured on the bucket `name` as text, to be compared."""
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
    """Empty the bucket `name`; where it is not configured as in `made`, remove it and make it again.

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
    """Remove all that the bucket `name` holds: objects, versions, delete markers and unfinished uploads.

    Legal holds and GOVERNANCE retention are lifted.

    Raises:
        botocore.exceptions.ClientError: something in it is locked until a time to come (COMPLIANCE), or is still listed
            after it was removed.
    """
    _until_none(name, lambda: _uploads(client, name), lambda each: client.abort_multipart_upload(Bucket=name, **each))
    _until_none(name, lambda: _versions(client, name), lambda each: _remove(client, name, each))


def _until_none(
    name: str, listed: Callable[[], list[dict[str, str]]], remove: Callable[[dict[str, str]], object]
) -> None:
    """Remove what is listed, page by page; a page that comes again as it was would come for ever."""
    before: list[dict[str, str]] = []
    while page := listed():
        if page == before:
            import botocore.exceptions

            error = {"Code": "BucketNotEmpty", "Message": f"still in {name} after it was removed: {page[0]}"}
            raise botocore.exceptions.ClientError({"Error": error}, "DeleteObject")
        for each in page:
            remove(each)
        before = page


def _uploads(client: Any, name: str) -> list[dict[str, str]]:
    found = client.list_multipart_uploads(Bucket=name).get("Uploads", ())
    return [{"Key": each["Key"], "UploadId": each["UploadId"]} for each in found]


def _versions(client: Any, name: str) -> list[dict[str, str]]:
    """One page of versions and delete markers. The version `null` is named too: in a bucket that was ever versioned,
    a removal that names none only adds a delete marker."""
    page = client.list_object_versions(Bucket=name, MaxKeys=1000)
    found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
    return [{"Key": each["Key"], "VersionId": each.get("VersionId") or "null"} for each in found]


def _remove(client: Any, name: str, version: dict[str, str]) -> None:
    import botocore.exceptions

    try:
        client.delete_object(Bucket=name, BypassGovernanceRetention=True, **version)
    except botocore.exceptions.ClientError:
        with contextlib.suppress(botocore.exceptions.ClientError):  # what keeps it may be another thing
            client.put_object_legal_hold(Bucket=name, LegalHold={"Status": "OFF"}, **version)
        client.delete_object(Bucket=name, BypassGovernanceRetention=True, **version)
