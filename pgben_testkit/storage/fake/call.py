"""One request under way: who asks for what, whether it is allowed, and the table of operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pgben_testkit.storage.s3.acl import AUTHENTICATED, Acl
from pgben_testkit.storage.s3.failures import failure
from pgben_testkit.storage.s3.policy import ANYBODY, judge
from pgben_testkit.storage.s3.signature import ACCOUNT, Identity
from pgben_testkit.storage.s3.wire import Request, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgben_testkit.storage.fake.state import Bucket, Store, StoredObject

ROOT_ACTIONS = frozenset({"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"})
"""What the bucket's owner may do whatever its policy denies: nobody can lock the owner out."""
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
ALONG = {
    "x-amz-tagging": "s3:PutObjectTagging",
    "x-amz-acl": "s3:PutObjectAcl",
    "x-amz-object-lock-mode": "s3:PutObjectRetention",
    "x-amz-object-lock-legal-hold": "s3:PutObjectLegalHold",
}
"""What is put along with an object needs a right of its own, under a policy that names it."""


@dataclass
class Call:
    """`identity` is None for somebody nobody knows. `users`: canonical id -> name."""

    request: Request
    store: Store
    identity: Identity | None
    now: float
    users: Mapping[str, str]
    presigned: bool = False
    bucket_name: str = ""
    key: str = ""
    action: str = ""
    checksums: dict[str, str] = field(default_factory=dict)

    @property
    def bucket(self) -> Bucket:
        return self.store.bucket(self.bucket_name)

    @property
    def headers(self) -> dict[str, str]:
        return self.request.headers

    @property
    def query(self) -> dict[str, str]:
        return self.request.query

    @property
    def who(self) -> str:
        """The asker's canonical id; of nobody known, what S3 writes for them."""
        return self.identity.id if self.identity else "65a011a29cdf8ec533ec3d1ccaae921c"

    def owner_xml(self, owner: str, tag: str = "Owner") -> str:
        return f"<{tag}><ID>{owner}</ID><DisplayName>{self.users.get(owner, '')}</DisplayName></{tag}>"

    def context(self, target: StoredObject | None, *, force: bool = False) -> dict[str, str]:
        """Condition keys of a policy, lower-case. Made only where there is a policy."""
        if not force and self.bucket.rules_of_access is None:
            return {}
        headers, query = self.headers, self.query
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
            from urllib.parse import parse_qsl

            for name, value in parse_qsl(headers["x-amz-tagging"], keep_blank_values=True):
                found[f"s3:requestobjecttag/{name.lower()}"] = value
        if target is not None:
            found |= {f"s3:existingobjecttag/{name.lower()}": value for name, value in target.facts.tags.items()}
        return found

    def names(self) -> frozenset[str]:
        """What a policy's principal may call the asker."""
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

    def allowed(self, action: str, *, key: str = "", permission: str = "", target: StoredObject | None = None) -> bool:
        """Whether the asker may: a deny of the policy first, then ownership, the policy's allow, the ACL.

        `permission`: the ACL's name for it (empty: none gives it); it is looked up in the target's ACL for an object
        that is there, else in the bucket's.
        """
        bucket = self.bucket
        if self.identity is not None and self.identity.buckets is not None and bucket.name not in self.identity.buckets:
            return False
        verdict = ""
        if bucket.rules_of_access is not None:
            resource = f"arn:aws:s3:::{bucket.name}" + (f"/{key}" if key else "")
            verdict = judge(
                bucket.rules_of_access, action=action, resource=resource, who=self.names(), context=self.context(target)
            )
        owner = self.identity is not None and self.identity.id == bucket.owner
        if verdict == "deny":
            return owner and action in ROOT_ACTIONS
        if owner:
            return True
        policy = bucket.rules_of_access
        closed = bucket.block["RestrictPublicBuckets"] and policy is not None and policy.public
        if verdict == "allow" and not closed:
            return True
        if (
            target is not None
            and self.identity is not None
            and target.facts.owner == self.identity.id
            and permission in ("READ_ACP", "WRITE_ACP")
        ):
            return True
        if not permission or bucket.ownership == "BucketOwnerEnforced":
            return False
        acl = target.facts.acl if target is not None else bucket.grants
        if bucket.block["IgnorePublicAcls"]:
            acl = without_public(acl)
        return acl.allows(self.identity.id if self.identity else None, permission)

    def require(self, action: str, *, key: str = "", permission: str = "", target: StoredObject | None = None) -> None:
        if not self.allowed(action, key=key, permission=permission, target=target):
            raise failure("AccessDenied")

    def authorize(self, action: str, permission: str, target: StoredObject | None) -> None:
        """The asker may do this to the bucket or key that the request names.

        Raises:
            S3Failure: AccessDenied.
        """
        if "versionId" in self.query:
            action = OF_VERSIONS.get(action, action)
        self.require(action, key=self.key, permission=permission, target=target)
        if action == "s3:PutObject":
            for name, needed in ALONG.items():
                if name in self.headers:
                    self.require(needed, key=self.key, permission=permission)


def without_public(acl: Acl) -> Acl:
    return Acl(acl.owner, tuple(grant for grant in acl.grants if "/global/" not in grant[0]))


def is_public(acl: Acl) -> bool:
    return acl.public or any(name == AUTHENTICATED for name, _ in acl.grants)


Handler = Callable[[Call], Response]


@dataclass(frozen=True)
class Operation:
    """`action` is the policy's name of it, `permission` the ACL's; `target`: it is about an object that is there."""

    name: str
    handler: Handler
    action: str
    permission: str
    target: bool


OPERATIONS: dict[tuple[str, str, str], Operation] = {}
"""(method, `service` or `bucket` or `object`, subresource or empty) -> operation."""


def operation(
    method: str, level: str, sub: str = "", *, action: str, permission: str = "", target: bool = False
) -> Callable[[Handler], Handler]:
    """Puts the function in the table of operations."""

    def register(handler: Handler) -> Handler:
        name = handler.__name__
        OPERATIONS[method, level, sub] = Operation(name, handler, action, permission, target)
        return handler

    return register
