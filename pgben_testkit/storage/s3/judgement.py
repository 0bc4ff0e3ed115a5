"""Decide whether a request is allowed: the bucket's policy, its owner, the block on public access and the ACLs.

Source: "How Amazon S3 authorizes a request" in the Amazon S3 user guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qsl

from pgben_testkit.storage.s3.acl import Acl
from pgben_testkit.storage.s3.policy import ANYBODY, Policy, judge
from pgben_testkit.storage.s3.signature import ACCOUNT, Identity
from pgben_testkit.storage.s3.wire import Request

ROOT_ACTIONS = frozenset({"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"})
"""Actions that a policy cannot deny to the owner of the bucket, so that no policy locks the owner out."""
OF_VERSIONS = {
    "s3:GetObject": "s3:GetObjectVersion",
    "s3:DeleteObject": "s3:DeleteObjectVersion",
    "s3:GetObjectTagging": "s3:GetObjectVersionTagging",
    "s3:PutObjectTagging": "s3:PutObjectVersionTagging",
    "s3:DeleteObjectTagging": "s3:DeleteObjectVersionTagging",
    "s3:GetObjectAcl": "s3:GetObjectVersionAcl",
    "s3:PutObjectAcl": "s3:PutObjectVersionAcl",
    "s3:GetObjectAttributes": "s3:GetObjectVersionAttributes",
}
"""Action of a request without `versionId` -> action of the same request with it."""
ALONG = {
    "x-amz-tagging": "s3:PutObjectTagging",
    "x-amz-acl": "s3:PutObjectAcl",
    "x-amz-object-lock-mode": "s3:PutObjectRetention",
    "x-amz-object-lock-legal-hold": "s3:PutObjectLegalHold",
}
"""Header of a PutObject -> the action that the header needs besides s3:PutObject."""


class BucketRights(Protocol):
    """Hold what decides about a bucket. `owner` is a canonical id; `block` is its block on public access."""

    @property
    def name(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def rules_of_access(self) -> Policy | None: ...
    @property
    def block(self) -> Mapping[str, bool]: ...
    @property
    def grants(self) -> Acl: ...
    @property
    def ownership(self) -> str: ...


class ObjectRights(Protocol):
    """Hold what decides about an object that exists. `owner` is a canonical id."""

    @property
    def owner(self) -> str: ...
    @property
    def acl(self) -> Acl: ...
    @property
    def tags(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class Asker:
    """Describe who sends `request`. `identity` is None for an anonymous request; `now` is in seconds since 1970."""

    request: Request
    identity: Identity | None
    now: float
    presigned: bool = False

    def names(self) -> frozenset[str]:
        """Return every name by which the principal of a policy may mean this asker."""
        one = self.identity
        if one is None:
            return frozenset({ANYBODY})
        account = f"arn:aws:iam::{ACCOUNT}"
        return frozenset(
            {
                ANYBODY,
                one.id,
                one.name,
                one.access_key,
                f"{account}:user/{one.name}",
                f"arn:aws:iam::{one.id}:root",
                f"arn:aws:iam:::user/{one.name}",
                f"{account}:user/{one.id}",
                *((account + ":root", ACCOUNT) if one.name == "admin" else ()),
            }
        )

    def context(self, target: ObjectRights | None) -> dict[str, str]:
        """Return the condition keys of the request, in lower case, with the tags of `target`."""
        headers, query = self.request.headers, self.request.query
        found = {
            "aws:securetransport": str(self.request.secure).lower(),
            "aws:sourceip": self.request.remote,
            "aws:currenttime": str(self.now),
            "aws:epochtime": str(int(self.now)),
            "s3:authtype": "REST-QUERY-STRING" if self.presigned else "REST-HEADER",
            "s3:signatureversion": "AWS4-HMAC-SHA256",
        }
        if self.identity:
            found |= {"aws:username": self.identity.name, "aws:userid": self.identity.id}
        for header, name in (("user-agent", "aws:useragent"), ("referer", "aws:referer"), ("host", "aws:host")):
            if header in headers:
                found[name] = headers[header]
        for name, value in headers.items():
            if name.startswith("x-amz-"):
                found["s3:" + name] = value
        for name in ("prefix", "delimiter", "max-keys"):
            if name in query:
                found["s3:" + name] = query[name]
        if "versionId" in query:
            found["s3:versionid"] = query["versionId"]
        if "x-amz-object-lock-mode" in headers:
            found["s3:object-lock-mode"] = headers["x-amz-object-lock-mode"]
        if "x-amz-tagging" in headers:
            for name, value in parse_qsl(headers["x-amz-tagging"], keep_blank_values=True):
                found[f"s3:requestobjecttag/{name.lower()}"] = value
        if target is not None:
            found |= {f"s3:existingobjecttag/{name.lower()}": value for name, value in target.tags.items()}
        return found

    def allowed(
        self, bucket: BucketRights, action: str, *, key: str = "", permission: str = "", target: ObjectRights | None
    ) -> bool:
        """Return whether the asker may do `action` to `key` of `bucket`, or to the bucket where `key` is empty.

        A deny of the policy is looked at first, then ownership, then an allow of the policy, then the ACL of `target`,
        or of the bucket where `target` is None. `permission` is the ACL's name of the action; where it is empty no ACL
        gives it. Keys that reach certain buckets alone are somebody without keys in another one, but for a policy that
        names them.
        """
        one = self.identity
        outside = one is not None and one.buckets is not None and bucket.name not in one.buckets
        who = one.id if one is not None and not outside else None
        policy = bucket.rules_of_access
        verdict = ""
        if policy is not None:
            resource = f"arn:aws:s3:::{bucket.name}" + (f"/{key}" if key else "")
            verdict = judge(policy, action=action, resource=resource, who=self.names(), context=self.context(target))
        owner = who == bucket.owner
        if verdict == "deny":
            return owner and action in ROOT_ACTIONS
        if owner:
            return True
        closed = bucket.block["RestrictPublicBuckets"] and policy is not None and policy.public
        if verdict == "allow" and not closed:
            return True
        if target is not None and target.owner == who and permission in ("READ_ACP", "WRITE_ACP"):
            return True
        if not permission or bucket.ownership == "BucketOwnerEnforced":
            return False
        acl = target.acl if target is not None else bucket.grants
        if bucket.block["IgnorePublicAcls"]:
            acl = without_public(acl)
        return acl.allows(who, permission)


def action_of(action: str, request: Request) -> str:
    """Return the name of `action` as a policy must give it for `request`: another one where a version is named."""
    return OF_VERSIONS.get(action, action) if "versionId" in request.query else action


def needed_along(action: str, request: Request) -> list[str]:
    """Return the further actions that the headers of `request` need besides `action`."""
    if action != "s3:PutObject":
        return []
    return [needed for name, needed in ALONG.items() if name in request.headers]


def without_public(acl: Acl) -> Acl:
    """Return `acl` without the grants to everybody and to every account."""
    return Acl(acl.owner, tuple(grant for grant in acl.grants if "/global/" not in grant[0]))
