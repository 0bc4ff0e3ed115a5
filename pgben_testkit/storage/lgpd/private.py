"""Check that nobody but its owner reaches a bucket: by requests of every kind, and by reading its policy and ACLs.

Requests are made by somebody without keys and by another account, with the headers and prefixes that the policy's
conditions ask for. Policies and ACLs are read besides, for what can't be tried: a condition that no request from here
meets, an account that we have no keys of, a right to remove or overwrite the objects that are in the bucket.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pgben_testkit.storage.lgpd.objects import Kept, Violation, all_versions, configured, status_of
from pgben_testkit.storage.s3 import policy as policies
from pgben_testkit.storage.s3.exposure import exposures, strangers_of
from pgben_testkit.storage.s3.failures import S3Failure
from pgben_testkit.storage.s3.policy import ANYBODY, Policy
from pgben_testkit.storage.s3.signature import ACCOUNT

EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
ANY_ACCOUNT = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
SHOWN = 5
"""Findings that a message names."""
LOOKED_AT_IN_FULL = 50
"""Versions that every kind of request is made for; beyond it they are read only."""
SENT_AS = {"aws:referer": "Referer", "aws:useragent": "User-Agent"}
"""Condition key -> the header that sets it."""


def assert_private(bucket: Kept) -> None:
    """Check that nobody but the owner of `bucket` reads, lists, writes or removes anything in it.

    Raises:
        Violation: somebody without keys, or another account, does or may do so.
    """
    anybody, strangers = open_to(bucket, all_versions(bucket))
    for who, found in (("anybody", anybody), ("another account", strangers)):
        if found:
            more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
            raise Violation(f"the bucket {bucket.name} is not private: {who} can {', '.join(found[:SHOWN])}{more}")


def open_to(bucket: Kept, versions: list[tuple[str, str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what somebody without keys can do to `bucket`, and what another account can do that anybody can't."""
    policy = _policy(bucket)
    keys = list(dict.fromkeys(key for key, _ in versions))
    variants = [Variant({}, ""), *_variants(bucket, policy, keys)]
    anybody = _tried(bucket, bucket.anonymous(), versions, variants)
    strangers: list[str] = []
    stranger = bucket.stranger()
    if stranger is not None:
        strangers += _tried(bucket, stranger, versions, variants)
    if policy is not None:
        exposed = _exposed(bucket, policy, keys, frozenset({ANYBODY}))
        anybody += [what for asked, what in exposed.items() if not _is_told(*asked, anybody)]
        for each in sorted(strangers_of(policy, _own(bucket))):
            more = _exposed(bucket, policy, keys, frozenset({ANYBODY, each}))
            strangers += [f"{what} (as {each})" for asked, what in more.items() if asked not in exposed]
    for grantee, what in _by_acls(bucket, versions):
        (anybody if grantee == EVERYBODY else strangers).append(what)
    first = tuple(dict.fromkeys(anybody))
    return first, tuple(each for each in dict.fromkeys(strangers) if each not in first)


# --- what is tried


@dataclass(frozen=True)
class Variant:
    """Hold what a condition of the policy asks of a request: headers, and the prefix of a listing."""

    headers: Mapping[str, str]
    prefix: str


def _variants(bucket: Kept, policy: Policy | None, keys: list[str]) -> list[Variant]:
    if policy is None:
        return []
    found: dict[tuple[tuple[tuple[str, str], ...], str], Variant] = {}
    for each in exposures(policy, bucket.name, keys, frozenset({ANYBODY})):
        headers = {header: each.context[key] for key, header in SENT_AS.items() if key in each.context}
        prefix = each.context.get("s3:prefix", "")
        if headers or prefix:
            found[tuple(sorted(headers.items())), prefix] = Variant(headers, prefix)
    return list(found.values())


@contextmanager
def _sending(client: Any, headers: Mapping[str, str]) -> Iterator[None]:
    """Every request of `client` carries `headers`."""

    def add(request: Any, **_: object) -> None:
        for name, value in headers.items():
            del request.headers[name]
            request.headers[name] = value

    client.meta.events.register_last("before-sign.s3", add)
    try:
        yield
    finally:
        client.meta.events.unregister("before-sign.s3", add)


def _tried(bucket: Kept, client: Any, versions: list[tuple[str, str]], variants: list[Variant]) -> list[str]:
    found: list[str] = []
    for variant in variants:
        with _sending(client, variant.headers), _probe(bucket, variant.prefix) as probe:
            tries = Tries(bucket, client, variant.prefix)
            tries.bucket()
            tries.writes(probe)
            for number, (key, version) in enumerate(versions):
                tries.object(key, version, fully=number < LOOKED_AT_IN_FULL)
            found += [f"{what}{_under(variant)}" for what in tries.found]
    return found


def _under(variant: Variant) -> str:
    told = [f"{name}: {value}" for name, value in variant.headers.items()]
    return f" with {', '.join(told)}" if told else ""


@contextmanager
def _probe(bucket: Kept, prefix: str) -> Iterator[str]:
    """An object of ours in the bucket, to be overwritten and removed by others; gone afterwards."""
    client, key = bucket.boto3(), f"{prefix}pgben-probe-{os.urandom(6).hex()}"
    client.put_object(Bucket=bucket.name, Key=key, Body=b"probe")
    try:
        yield key
    finally:
        page = client.list_object_versions(Bucket=bucket.name, Prefix=key)
        for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            client.delete_object(
                Bucket=bucket.name, Key=each["Key"], VersionId=each["VersionId"], BypassGovernanceRetention=True
            )


class Tries:
    """Make requests by `client`, and keep in `found` what was not refused."""

    def __init__(self, bucket: Kept, client: Any, prefix: str = "") -> None:
        self._bucket, self._client, self._prefix = bucket, client, prefix
        self.found: list[str] = []

    def _try(self, what: str, call: Callable[..., Any], **options: Any) -> bool:
        """Whether the request was let in: only who may read a configuration is told that there is none."""
        from botocore.exceptions import ClientError

        try:
            call(Bucket=self._bucket.name, **options)
        except ClientError as error:
            status, reads = status_of(error), call.__name__.startswith(("get_", "head_", "list_"))
            if status in (401, 403, 405) or status >= 500 or (status == 400 and not reads):
                return False
            if (
                status == 404
                and "Key" in options
                and error.response["Error"]["Code"] != "NoSuchObjectLockConfiguration"
            ):
                return False  # who may list is told that there is nothing: that is found by listing
        self.found.append(what)
        return True

    def bucket(self) -> None:
        """Try to read the bucket itself: its listings and its configuration."""
        client, prefix = self._client, {"Prefix": self._prefix} if self._prefix else {}
        at = f" under {self._prefix}" if self._prefix else ""
        self._try(f"list its objects{at}", client.list_objects_v2, **prefix)
        self._try(f"list its versions{at}", client.list_object_versions, **prefix)
        self._try(f"list its uploads{at}", client.list_multipart_uploads, **prefix)
        for name, what in READ_OF_BUCKETS.items():
            self._try(f"read its {what}", getattr(client, name))

    def writes(self, probe: str) -> None:
        """Try to write, change and remove, all of it on an object of ours."""
        client, owner, name = self._client, self._bucket.boto3(), self._bucket.name
        new = f"{probe}-new"
        if self._try("write objects", client.put_object, Key=new, Body=b"probe"):
            owner.delete_object(Bucket=name, Key=new)
        self._try("overwrite objects", client.put_object, Key=probe, Body=b"probe")
        self._try("begin uploads", client.create_multipart_upload, Key=new)
        for each in owner.list_multipart_uploads(Bucket=name, Prefix=new).get("Uploads", ()):
            owner.abort_multipart_upload(Bucket=name, Key=each["Key"], UploadId=each["UploadId"])
        tags = {"TagSet": [{"Key": "pgben", "Value": "probe"}]}
        self._try("tag objects", client.put_object_tagging, Key=probe, Tagging=tags)
        self._try("untag objects", client.delete_object_tagging, Key=probe)
        self._try("set the ACL of objects", client.put_object_acl, Key=probe, ACL="private")
        version = owner.list_object_versions(Bucket=name, Prefix=probe)["Versions"][0]["VersionId"]
        self._try("remove objects", client.delete_object, Key=probe)
        self._try("remove versions", client.delete_object, Key=probe, VersionId=version)
        self._bucket_writes()

    def _bucket_writes(self) -> None:
        """Try to configure the bucket, with what it is configured by already."""
        client, owner, name = self._client, self._bucket.boto3(), self._bucket.name
        status = configured(owner.get_bucket_versioning, Bucket=name).get("Status")
        if status:
            self._try("set its versioning", client.put_bucket_versioning, VersioningConfiguration={"Status": status})
        text = configured(owner.get_bucket_policy, Bucket=name).get("Policy")
        if text:
            self._try("set its policy", client.put_bucket_policy, Policy=text)
        acl = configured(owner.get_bucket_acl, Bucket=name)
        if acl.get("Grants"):
            same = {"Owner": acl["Owner"], "Grants": acl["Grants"]}
            self._try("set its ACL", client.put_bucket_acl, AccessControlPolicy=same)

    def object(self, key: str, version: str, *, fully: bool) -> None:
        """Try to read a version of `key`, by its id and without, and with `fully` all that is said of it."""
        client = self._client
        self._try(f"read {key}", client.get_object, Key=key)
        self._try(f"read {key} by its version {version}", client.get_object, Key=key, VersionId=version)
        if not fully:
            return
        if f"read {key}" not in self.found:
            self._try(f"look at {key}", client.head_object, Key=key)
        self._try(f"read the tags of {key}", client.get_object_tagging, Key=key)
        self._try(f"read the tags of {key} by its version", client.get_object_tagging, Key=key, VersionId=version)
        self._try(f"read the ACL of {key}", client.get_object_acl, Key=key)
        self._try(f"read the ACL of {key} by its version", client.get_object_acl, Key=key, VersionId=version)
        self._try(f"read the size of {key}", client.get_object_attributes, Key=key, ObjectAttributes=["ObjectSize"])
        self._try(f"read the retention of {key}", client.get_object_retention, Key=key)


READ_OF_BUCKETS = {
    "get_bucket_location": "location",
    "get_bucket_policy": "policy",
    "get_bucket_acl": "ACL",
    "get_bucket_versioning": "versioning",
    "get_bucket_tagging": "tags",
    "get_bucket_cors": "CORS rules",
    "get_bucket_encryption": "encryption",
    "get_bucket_lifecycle_configuration": "lifecycle rules",
    "get_object_lock_configuration": "object lock",
    "get_public_access_block": "block on public access",
    "get_bucket_ownership_controls": "ownership",
}


# --- what is read


def _policy(bucket: Kept) -> Policy | None:
    """The bucket's policy, unless the block on public access takes it out of force for others."""
    client, name = bucket.boto3(), bucket.name
    text = configured(client.get_bucket_policy, Bucket=name).get("Policy")
    if not text:
        return None
    block = configured(client.get_public_access_block, Bucket=name).get("PublicAccessBlockConfiguration", {})
    try:
        found = policies.read(text.encode(), name)
    except S3Failure as error:
        raise Violation(f"the policy of {name} can't be judged: {error.message}") from None
    return None if block.get("RestrictPublicBuckets") and found.public else found


def _own(bucket: Kept) -> list[str]:
    """Every name of the bucket's own account in a policy."""
    owner = configured(bucket.boto3().get_bucket_acl, Bucket=bucket.name).get("Owner", {}).get("ID", "")
    return [ACCOUNT, owner, f"arn:aws:iam::{owner}:root"]


def _exposed(bucket: Kept, policy: Policy, keys: list[str], who: frozenset[str]) -> dict[tuple[str, str], str]:
    """What the policy allows to these askers: (action, key) -> how it is told."""
    found: dict[tuple[str, str], str] = {}
    for each in exposures(policy, bucket.name, keys, who):
        asked = {key: value for key, value in each.context.items() if key not in ("aws:sourceip",)}
        where = f" where {json.dumps(asked)}" if each.conditional else ""
        found.setdefault((each.action, each.key), f"{each.action} on {each.key or 'the bucket'} by its policy{where}")
    return found


TOLD_AS = {
    "s3:GetObject": "read {}",
    "s3:GetObjectVersion": "read {} by its version",
    "s3:GetObjectTagging": "read the tags of {}",
    "s3:GetObjectAcl": "read the ACL of {}",
    "s3:GetObjectAttributes": "read the size of {}",
    "s3:ListBucket": "list its objects",
    "s3:ListBucketVersions": "list its versions",
    "s3:ListBucketMultipartUploads": "list its uploads",
    "s3:PutObject": "write objects",
    "s3:DeleteObject": "remove objects",
    "s3:DeleteObjectVersion": "remove versions",
}
"""Action -> how a request that was let in tells it of a key."""


def _is_told(action: str, key: str, found: list[str]) -> bool:
    told = TOLD_AS.get(action, "").format(key)
    return bool(told) and any(each == told or each.startswith((f"{told} ", f"{told} with ")) for each in found)


def _by_acls(bucket: Kept, versions: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield (grantee, what) of every grant to others in the ACLs that are in force."""
    client, name = bucket.boto3(), bucket.name
    block = configured(client.get_public_access_block, Bucket=name).get("PublicAccessBlockConfiguration", {})
    controls = configured(client.get_bucket_ownership_controls, Bucket=name).get("OwnershipControls", {})
    if any(each.get("ObjectOwnership") == "BucketOwnerEnforced" for each in controls.get("Rules", ())):
        return
    acls = [("the bucket", configured(client.get_bucket_acl, Bucket=name))]
    acls += [
        (key, configured(client.get_object_acl, Bucket=name, Key=key, VersionId=version)) for key, version in versions
    ]
    owner = acls[0][1].get("Owner", {}).get("ID", "")
    for what, acl in acls:
        for grant in acl.get("Grants", ()):
            grantee = grant.get("Grantee", {})
            group = grantee.get("URI", "")
            if group in (EVERYBODY, ANY_ACCOUNT) and not block.get("IgnorePublicAcls"):
                yield group, f"{grant['Permission']} {what} by its ACL"
            elif not group and grantee.get("ID", owner) not in (owner, acl.get("Owner", {}).get("ID")):
                yield grantee["ID"], f"{grant['Permission']} {what} by its ACL (as {grantee['ID']})"
