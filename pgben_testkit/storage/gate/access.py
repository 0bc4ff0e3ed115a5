"""Who may, where the server behind the gate doesn't know: anybody unknown, ACLs of objects, the block on public access.

Policies and ACLs are the server's own and asked for each time; the block on public access lives in the gate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from pgben_testkit.storage.gate.backend import Backend, path_of
from pgben_testkit.storage.s3 import document, publicblock
from pgben_testkit.storage.s3.acl import Acl, canned, from_headers, from_xml
from pgben_testkit.storage.s3.answer import Answer
from pgben_testkit.storage.s3.cors import CorsRule, rules_of
from pgben_testkit.storage.s3.failures import failure
from pgben_testkit.storage.s3.judgement import Asker, action_of, needed_along
from pgben_testkit.storage.s3.policy import Policy, read
from pgben_testkit.storage.s3.signature import Identity
from pgben_testkit.storage.s3.wire import Request

OWNER = "root"
"""The canonical id that SeaweedFS gives the owner of everything."""
NOT_SUBS = frozenset(
    {
        "versionId",
        "partNumber",
        "x-id",
        "list-type",
        "prefix",
        "delimiter",
        "marker",
        "max-keys",
        "encoding-type",
        "continuation-token",
        "start-after",
        "fetch-owner",
        "key-marker",
        "version-id-marker",
    }
)
"""Query names that make no other operation of a request."""
OBJECT = {
    "GET": ("s3:GetObject", "READ"),
    "HEAD": ("s3:GetObject", "READ"),
    "PUT": ("s3:PutObject", "WRITE"),
    "DELETE": ("s3:DeleteObject", "WRITE"),
}
UPLOAD = {
    "PUT": ("s3:PutObject", "WRITE"),
    "POST": ("s3:PutObject", "WRITE"),
    "DELETE": ("s3:AbortMultipartUpload", "WRITE"),
}


@dataclass
class Rights:
    """Hold what the server and the gate know of the access to a bucket, as `s3.judgement` reads it."""

    name: str
    rules_of_access: Policy | None
    block: dict[str, bool]
    grants: Acl
    ownership: str = ""
    owner: str = OWNER


@dataclass(frozen=True)
class ObjectFacts:
    """Hold what the server knows of the access to an object, as `s3.judgement` reads it."""

    owner: str
    acl: Acl
    tags: dict[str, str] = field(default_factory=dict)


def asked(request: Request, key: str) -> tuple[str, str] | None:
    """`(policy's action, ACL's permission)` of what somebody unknown may be let do; None: nothing of that."""
    subs = {name for name in request.query if name not in NOT_SUBS and not name.startswith(("response-", "X-Amz-"))}
    method = request.method
    if key and not subs and "x-amz-copy-source" not in request.headers:
        return OBJECT.get(method)
    if key and subs <= {"uploads", "uploadId"} and "x-amz-copy-source" not in request.headers:
        return UPLOAD.get(method)
    if not key and method in ("GET", "HEAD") and not subs:
        return "s3:ListBucket", "READ"
    if not key and method == "GET" and subs == {"versions"}:
        return "s3:ListBucketVersions", "READ"
    return None


class Access:
    """What the gate itself holds of buckets, and its judgement. Safe from many threads.

    `blocks`: bucket -> its block on public access; `ownership`: bucket -> what was set.
    """

    def __init__(self, users: Iterable[Identity]) -> None:
        self.blocks: dict[str, dict[str, bool]] = {}
        self.ownership: dict[str, str] = {}
        self._users = {each.id: each.name for each in users}

    def forget(self, bucket: str) -> None:
        """The bucket is gone."""
        self.blocks.pop(bucket, None)
        self.ownership.pop(bucket, None)

    def block(self, bucket: str) -> dict[str, bool]:
        return self.blocks.get(bucket) or publicblock.none()

    def policy(self, backend: Backend, bucket: str) -> Policy | None:
        """The bucket's policy, as the server has it.

        Raises:
            S3Failure: NoSuchBucket.
        """
        answer = backend.ask("GET", path_of(bucket), "policy=")
        if answer.code == "NoSuchBucket":
            raise failure("NoSuchBucket", extra={"BucketName": bucket})
        return read(answer.body, bucket) if answer.status == 200 else None

    def cors_rules(self, backend: Backend, bucket: str) -> tuple[CorsRule, ...]:
        """The bucket's, as the server has them.

        Raises:
            S3Failure: NoSuchBucket.
        """
        answer = backend.ask("GET", path_of(bucket), "cors=")
        if answer.code == "NoSuchBucket":
            raise failure("NoSuchBucket", extra={"BucketName": bucket})
        return rules_of(document.read(answer.body, "CORSConfiguration")) if answer.status == 200 else ()

    def unknown_may(self, backend: Backend, request: Request, bucket: str, key: str, now: float) -> bool:
        """Whether somebody nobody knows may do this. False where the gate has no say: the server must refuse.

        Raises:
            S3Failure: AccessDenied, NoSuchBucket.
        """
        wanted = asked(request, key)
        if wanted is None or not bucket:
            return False
        action, permission = wanted
        policy = self.policy(backend, bucket)
        held = Rights(bucket, policy, self.block(bucket), self._acl(backend, bucket), self.ownership.get(bucket, ""))
        asker = Asker(request, None, now)
        target = None
        if action == "s3:GetObject":
            target = self._object(backend, request, bucket, key, policy)
        action = action_of(action, request)
        for needed in (action, *needed_along(action, request)):
            if not asker.allowed(held, needed, key=key, permission=permission, target=target):
                raise failure("AccessDenied")
        if (
            action == "s3:GetObject"
            and target is None
            and not asker.allowed(held, "s3:ListBucket", permission="READ", target=None)
        ):
            raise failure("AccessDenied")
        return True

    def known_may(self, backend: Backend, identity: Identity, bucket: str) -> None:
        """RestrictPublicBuckets shuts out other accounts too, whatever a public policy gives them.

        Raises:
            S3Failure: AccessDenied.
        """
        if identity is backend.admin or identity.name == bucket or not self.block(bucket)["RestrictPublicBuckets"]:
            return
        policy = self.policy(backend, bucket)
        if policy is not None and policy.public:
            raise failure("AccessDenied")

    def check_grants(self, request: Request, bucket: str) -> None:
        """The ACL that the request brings is one, and allowed here.

        Raises:
            S3Failure: no such ACL or grantee; AccessDenied for a public one where that is blocked.
        """
        made = from_headers(request.headers, OWNER, OWNER, self._known())
        if made is None and "acl" in request.query and request.method == "PUT" and request.body:
            made = self._read(request.body)
        if made is None:
            return
        if (
            self.ownership.get(bucket) == "BucketOwnerEnforced"
            and request.headers.get("x-amz-acl") != "bucket-owner-full-control"
        ):
            raise failure("AccessControlListNotSupported")
        if self.block(bucket)["BlockPublicAcls"] and made.public:
            raise failure("AccessDenied")

    def _known(self) -> dict[str, str]:
        return {**self._users, OWNER: OWNER}

    def _read(self, body: bytes) -> Acl:
        owner = document.text_of(document.read(body, "AccessControlPolicy", "MalformedACLError"), "Owner/ID") or OWNER
        grantees = {each.decode("utf-8", "replace"): "" for each in re.findall(rb"<ID>([^<]*)</ID>", body)}
        return from_xml(body, owner, {**grantees, **self._known()})

    def _acl(self, backend: Backend, bucket: str) -> Acl:
        return self._held(backend.ask("GET", path_of(bucket), "acl="))

    def _held(self, answer: Answer) -> Acl:
        return self._read(answer.body) if answer.status == 200 else canned("private", OWNER, OWNER)

    def _object(
        self, backend: Backend, request: Request, bucket: str, key: str, policy: Policy | None
    ) -> ObjectFacts | None:
        path, version = path_of(bucket, key), request.query.get("versionId")
        of_version = f"&versionId={version}" if version and re.fullmatch(r"[\w.-]+", version) else ""
        answer = backend.ask("GET", path, "acl=" + of_version)
        if answer.status != 200:
            return None
        tags: dict[str, str] = {}
        if policy is not None and b"existingobjecttag" in policy.text.lower():
            from pgben_testkit.storage.s3.tags import tags_from

            found = backend.ask("GET", path, "tagging=" + of_version)
            tags = tags_from(found.body) if found.status == 200 else {}
        return ObjectFacts(OWNER, self._held(answer), tags)
