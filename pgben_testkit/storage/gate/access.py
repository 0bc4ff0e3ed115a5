"""Decide who may do what, by the judgement that the fake uses: SeaweedFS decides nothing behind the gate.

Owners, policies, ACLs and the block on public access live here, for as long as the gate and its server do. What
SeaweedFS would do with them is incomplete: it refuses parts of the policy language, binds its own administrator by
policies that S3's owner may always remove, and ignores the ACLs of objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from pgben_testkit.storage.gate.backend import Backend, path_of
from pgben_testkit.storage.s3 import document, publicblock
from pgben_testkit.storage.s3.acl import Acl, canned, from_headers
from pgben_testkit.storage.s3.cors import CorsRule, rules_of
from pgben_testkit.storage.s3.failures import failure
from pgben_testkit.storage.s3.judgement import Asker, action_of, needed_along
from pgben_testkit.storage.s3.operations import SOURCE, Operation
from pgben_testkit.storage.s3.parameters import copy_source
from pgben_testkit.storage.s3.policy import Policy
from pgben_testkit.storage.s3.signature import ACCOUNT, Identity
from pgben_testkit.storage.s3.wire import Request

OWNER = "root"
"""The canonical id that SeaweedFS gives the owner of everything: our administrator's."""


@dataclass
class Rights:
    """Hold what decides about a bucket, as `s3.judgement` reads it."""

    name: str
    owner: str
    rules_of_access: Policy | None
    block: dict[str, bool]
    grants: Acl
    ownership: str = ""


@dataclass(frozen=True)
class ObjectFacts:
    """Hold what decides about an object, as `s3.judgement` reads it."""

    owner: str
    acl: Acl
    tags: dict[str, str] = field(default_factory=dict)


class Access:
    """Hold what the gate knows of the access to buckets and objects, and judge by it.

    `owners`, `policies`, `blocks`, `ownership`, `grants` are by bucket; `objects` holds (bucket, key) -> version ->
    facts, where they are not those of an object of the bucket's owner under a private ACL.
    """

    def __init__(self, users: Iterable[Identity]) -> None:
        self.owners: dict[str, str] = {}
        self.policies: dict[str, Policy] = {}
        self.blocks: dict[str, dict[str, bool]] = {}
        self.ownership: dict[str, str] = {}
        self.grants: dict[str, Acl] = {}
        self.objects: dict[tuple[str, str], dict[str, ObjectFacts]] = {}
        self.users: dict[str, str] = {OWNER: "admin"}
        for each in users:
            self.users.setdefault(each.id, each.name)

    def forget(self, bucket: str) -> None:
        """Forget all about a bucket that is gone."""
        for held in (self.owners, self.policies, self.blocks, self.ownership, self.grants):
            held.pop(bucket, None)
        for place in [each for each in self.objects if each[0] == bucket]:
            self.objects.pop(place, None)

    def block(self, bucket: str) -> dict[str, bool]:
        """Return the bucket's block on public access."""
        return self.blocks.get(bucket) or publicblock.none()

    def rights(self, backend: Backend, bucket: str) -> Rights:
        """Return what decides about `bucket`.

        Raises:
            S3Failure: NoSuchBucket.
        """
        if bucket not in self.owners:
            if backend.ask("HEAD", path_of(bucket)).status == 404:
                raise failure("NoSuchBucket", extra={"BucketName": bucket})
            self.owners[bucket] = OWNER
        owner = self.owners[bucket]
        grants = self.grants.get(bucket) or canned("private", owner, owner)
        return Rights(
            bucket, owner, self.policies.get(bucket), self.block(bucket), grants, self.ownership.get(bucket, "")
        )

    def cors_rules(self, backend: Backend, bucket: str) -> tuple[CorsRule, ...]:
        """Return the bucket's CORS rules, as the server has them.

        Raises:
            S3Failure: NoSuchBucket.
        """
        answer = backend.ask("GET", path_of(bucket), "cors=")
        if answer.code == "NoSuchBucket":
            raise failure("NoSuchBucket", extra={"BucketName": bucket})
        return rules_of(document.read(answer.body, "CORSConfiguration")) if answer.status == 200 else ()

    def authorize(self, backend: Backend, asker: Asker, operation: Operation, bucket: str, key: str) -> None:
        """Check that the asker may do `operation` to `key` of `bucket`, and read the source of a copy.

        Raises:
            S3Failure: AccessDenied, NoSuchBucket.
        """
        held, request = self.rights(backend, bucket), asker.request
        if "x-amz-expected-bucket-owner" in request.headers:
            self._expected(request.headers["x-amz-expected-bucket-owner"], held.owner)
        if operation.action:
            target = self._target(backend, asker, held, key, request) if operation.target else None
            action = action_of(operation.action, request)
            for needed in (action, *needed_along(action, request)):
                self._require(asker, held, needed, key, operation.permission, target)
            if operation.action == "s3:GetObject" and target is None and "versionId" not in request.query:
                missing = operation.target and not self._is_owner(asker, held)
                if missing and not asker.allowed(held, "s3:ListBucket", permission="READ", target=None):
                    raise failure("AccessDenied")
        if request.header("x-amz-bypass-governance-retention").lower() == "true" and key:
            self._require(asker, held, "s3:BypassGovernanceRetention", key, "", None)
        if operation.name in ("copy_object", "upload_part_copy"):
            self._authorize_source(backend, asker)

    def may_remove(self, backend: Backend, asker: Asker, bucket: str, key: str, version: str | None) -> bool:
        """Return whether the asker may remove `key` of `bucket`, or a version of it."""
        held = self.rights(backend, bucket)
        action = "s3:DeleteObjectVersion" if version else "s3:DeleteObject"
        if not asker.allowed(held, action, key=key, permission="WRITE", target=None):
            return False
        bypass = asker.request.header("x-amz-bypass-governance-retention").lower() == "true"
        return not bypass or asker.allowed(held, "s3:BypassGovernanceRetention", key=key, target=None)

    def _authorize_source(self, backend: Backend, asker: Asker) -> None:
        bucket, key, version = copy_source(asker.request.headers[SOURCE])
        held = self.rights(backend, bucket)
        if "x-amz-source-expected-bucket-owner" in asker.request.headers:
            self._expected(asker.request.headers["x-amz-source-expected-bucket-owner"], held.owner)
        of_source = Request("GET", path_of(bucket, key), f"versionId={version}" if version else "", {})
        target = self._target(backend, asker, held, key, of_source)
        action = "s3:GetObjectVersion" if version else "s3:GetObject"
        self._require(asker, held, action, key, "READ", target)

    @staticmethod
    def _is_owner(asker: Asker, held: Rights) -> bool:
        one = asker.identity
        return one is not None and one.id == held.owner and (one.buckets is None or held.name in one.buckets)

    @staticmethod
    def _require(
        asker: Asker, held: Rights, action: str, key: str, permission: str, target: ObjectFacts | None
    ) -> None:
        if not asker.allowed(held, action, key=key, permission=permission, target=target):
            raise failure("AccessDenied")

    @staticmethod
    def _expected(stated: str, owner: str) -> None:
        if stated != owner and not (stated == ACCOUNT and owner == OWNER):
            raise failure("AccessDenied")

    def _target(self, backend: Backend, asker: Asker, held: Rights, key: str, request: Request) -> ObjectFacts | None:
        """What decides about the object that `request` is about; None where there is none, or nothing needs it."""
        policy = held.rules_of_access
        tagged = policy is not None and b"existingobjecttag" in policy.text.lower()
        if self._is_owner(asker, held) and not tagged:
            return None
        path, version = path_of(held.name, key), request.query.get("versionId", "")
        query = f"versionId={version}" if re.fullmatch(r"[\w.-]+", version) else ""
        found = backend.ask("HEAD", path, query)
        if found.status in (404, 405):
            return None
        facts = self.facts(held.name, key, found.headers.get("x-amz-version-id", version or "null"))
        if not tagged:
            return facts
        from pgben_testkit.storage.s3.tags import tags_from

        tags = backend.ask("GET", path, "tagging=" + (f"&{query}" if query else ""))
        return ObjectFacts(facts.owner, facts.acl, tags_from(tags.body) if tags.status == 200 else {})

    # --- objects

    def facts(self, bucket: str, key: str, version: str) -> ObjectFacts:
        """Return what decides about a version of `key`."""
        owner = self.owners.get(bucket, OWNER)
        kept = self.objects.get((bucket, key), {}).get(version)
        return kept or ObjectFacts(owner, canned("private", owner, owner))

    def new_facts(self, request: Request, identity: Identity | None, held: Rights) -> ObjectFacts | None:
        """Return what decides about the object that `request` brings; None where that is as of all others.

        Raises:
            S3Failure: no such ACL or grantee; AccessDenied for a public one where that is blocked.
        """
        full = request.headers.get("x-amz-acl") == "bucket-owner-full-control"
        owner = identity.id if identity is not None else held.owner
        if held.ownership == "BucketOwnerEnforced" or (held.ownership == "BucketOwnerPreferred" and full):
            owner = held.owner
        acl = self.asked_acl(request, owner, held)
        if acl is None:
            return None if owner == held.owner else ObjectFacts(owner, canned("private", owner, held.owner))
        return ObjectFacts(owner, acl)

    def asked_acl(self, request: Request, owner: str, held: Rights) -> Acl | None:
        """Return the ACL that the headers of `request` ask for, or None.

        Raises:
            S3Failure: no such ACL or grantee; AccessDenied for a public one where that is blocked.
        """
        made = from_headers(request.headers, owner, held.owner, self.users)
        if made is not None:
            self.check_acl(made, request, held)
        return made

    def check_acl(self, acl: Acl, request: Request, held: Rights) -> None:
        """Check that `acl` may be put in the bucket.

        Raises:
            S3Failure: it takes no ACLs, or none that are public.
        """
        full = request.headers.get("x-amz-acl") == "bucket-owner-full-control"
        if held.ownership == "BucketOwnerEnforced" and not full:
            raise failure("AccessControlListNotSupported")
        if held.block["BlockPublicAcls"] and acl.public:
            raise failure("AccessDenied")

    def placed(self, bucket: str, key: str, version: str, facts: ObjectFacts | None) -> None:
        """Remember the facts of a version that was just put."""
        place = (bucket, key)
        if facts is not None:
            self.objects.setdefault(place, {})[version] = facts
        elif place in self.objects:
            self.objects[place].pop(version, None)
