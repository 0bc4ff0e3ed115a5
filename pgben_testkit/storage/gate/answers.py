"""Answer what concerns access, in SeaweedFS' place: buckets' lists, policies, ACLs, ownership, the public block."""

from __future__ import annotations

import re
from collections.abc import Callable

from pgben_testkit.storage.gate.access import Access, ObjectFacts, Rights
from pgben_testkit.storage.gate.backend import Backend, path_of
from pgben_testkit.storage.s3 import document, policy, publicblock
from pgben_testkit.storage.s3.acl import Acl, from_xml
from pgben_testkit.storage.s3.document import NAMESPACE, tag, text_of
from pgben_testkit.storage.s3.failures import failure
from pgben_testkit.storage.s3.operations import Operation
from pgben_testkit.storage.s3.signature import Identity
from pgben_testkit.storage.s3.wire import Request, Response, xml_response

OWNERSHIPS = ("BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced")
BUCKETS_MAX = 10_000
"""Buckets that one page of their list holds."""


class Answers:
    """Answer a request that was found to be allowed, from what `access` holds."""

    def __init__(self, access: Access, backend: Backend) -> None:
        self._access, self._backend = access, backend

    def to(self, operation: Operation) -> Callable[[Request, Rights, str], Response] | None:
        """Return what answers `operation` here, or None where the server does."""
        found: Callable[[Request, Rights, str], Response] | None = getattr(self, operation.name, None)
        return found

    def list_buckets(self, request: Request, identity: Identity | None) -> Response:
        """Return the buckets that the account of `identity` owns and its keys reach.

        Raises:
            S3Failure: AccessDenied to somebody without keys.
        """
        if identity is None:
            raise failure("AccessDenied")
        query, reach = request.query, identity.buckets
        text = query.get("max-buckets", "")
        if text and (not re.fullmatch(r"\d{1,6}", text) or not 1 <= int(text) <= BUCKETS_MAX):
            raise failure("InvalidArgument", "Argument max-buckets must be an integer between 1 and 10000")
        listed = document.read(self._backend.ask("GET", "/").body, "ListAllMyBucketsResult")
        found = sorted(
            (name, each.findtext("CreationDate") or "")
            for each in listed.iterfind("Buckets/Bucket")
            if (name := each.findtext("Name") or "").startswith(query.get("prefix", ""))
            and self._access.owners.get(name, identity.id if reach else "") == identity.id
            and (reach is None or name in reach)
            and name > query.get("continuation-token", "")
        )
        shown = found[: int(text)] if text else found
        lines = "".join(
            f"<Bucket>{tag('Name', name)}{tag('CreationDate', made)}"
            f"{tag('BucketRegion', 'us-east-1') if text else ''}</Bucket>"
            for name, made in shown
        )
        more = tag("ContinuationToken", shown[-1][0]) if len(shown) < len(found) else ""
        owner = tag("ID", identity.id) + tag("DisplayName", self._access.users.get(identity.id, ""))
        return xml_response(
            f"<ListAllMyBucketsResult {NAMESPACE}><Owner>{owner}</Owner><Buckets>{lines}</Buckets>{more}"
            "</ListAllMyBucketsResult>"
        )

    # --- policies

    def get_bucket_policy(self, request: Request, held: Rights, key: str) -> Response:
        """Return the policy as it was put."""
        if held.rules_of_access is None:
            raise failure("NoSuchBucketPolicy", extra={"BucketName": held.name})
        return Response(200, {"Content-Type": "application/json"}, held.rules_of_access.text)

    def put_bucket_policy(self, request: Request, held: Rights, key: str) -> Response:
        """Keep the policy."""
        made = policy.read(bytes(request.body), held.name)
        if held.block["BlockPublicPolicy"] and made.public:
            raise failure("AccessDenied")
        self._access.policies[held.name] = made
        return Response(204)

    def delete_bucket_policy(self, request: Request, held: Rights, key: str) -> Response:
        """Forget the policy."""
        self._access.policies.pop(held.name, None)
        return Response(204)

    def get_bucket_policy_status(self, request: Request, held: Rights, key: str) -> Response:
        """Tell whether the policy is public."""
        if held.rules_of_access is None:
            raise failure("NoSuchBucketPolicy", extra={"BucketName": held.name})
        public = str(held.rules_of_access.public).lower()
        return xml_response(f"<PolicyStatus {NAMESPACE}>{tag('IsPublic', public)}</PolicyStatus>")

    # --- the block on public access, ownership

    def get_public_access_block(self, request: Request, held: Rights, key: str) -> Response:
        """Return the block as it was put."""
        if held.name not in self._access.blocks:
            raise failure("NoSuchPublicAccessBlockConfiguration", extra={"BucketName": held.name})
        return xml_response(publicblock.xml(held.block))

    def put_public_access_block(self, request: Request, held: Rights, key: str) -> Response:
        """Keep the block."""
        self._access.blocks[held.name] = publicblock.read(request.body)
        return Response(200)

    def delete_public_access_block(self, request: Request, held: Rights, key: str) -> Response:
        """Forget the block."""
        self._access.blocks.pop(held.name, None)
        return Response(204)

    def get_bucket_ownership_controls(self, request: Request, held: Rights, key: str) -> Response:
        """Return who owns what is put."""
        if not held.ownership:
            raise failure("OwnershipControlsNotFoundError", extra={"BucketName": held.name})
        return xml_response(
            f"<OwnershipControls {NAMESPACE}><Rule>{tag('ObjectOwnership', held.ownership)}</Rule></OwnershipControls>"
        )

    def put_bucket_ownership_controls(self, request: Request, held: Rights, key: str) -> Response:
        """Keep who owns what is put."""
        asked = text_of(document.read(request.body, "OwnershipControls"), "Rule/ObjectOwnership")
        if asked not in OWNERSHIPS:
            raise failure("MalformedXML")
        self._access.ownership[held.name] = asked
        return Response(200)

    def delete_bucket_ownership_controls(self, request: Request, held: Rights, key: str) -> Response:
        """Forget who owns what is put."""
        self._access.ownership.pop(held.name, None)
        return Response(204)

    # --- ACLs

    def get_bucket_acl(self, request: Request, held: Rights, key: str) -> Response:
        """Return the bucket's ACL."""
        return xml_response(held.grants.xml(self._access.users))

    def put_bucket_acl(self, request: Request, held: Rights, key: str) -> Response:
        """Keep the bucket's ACL."""
        self._access.grants[held.name] = self._acl(request, held.owner, held)
        return Response(200)

    def get_object_acl(self, request: Request, held: Rights, key: str) -> Response:
        """Return the ACL of an object."""
        version, _ = self._version(request, held.name, key)
        return xml_response(self._access.facts(held.name, key, version).acl.xml(self._access.users))

    def put_object_acl(self, request: Request, held: Rights, key: str) -> Response:
        """Keep the ACL of an object."""
        version, versioned = self._version(request, held.name, key)
        owner = self._access.facts(held.name, key, version).owner
        self._access.placed(held.name, key, version, ObjectFacts(owner, self._acl(request, owner, held)))
        return Response(200, {"x-amz-version-id": version} if versioned else {})

    def _acl(self, request: Request, owner: str, held: Rights) -> Acl:
        if held.ownership == "BucketOwnerEnforced":
            raise failure("AccessControlListNotSupported")
        made = self._access.asked_acl(request, owner, held)
        if made is not None:
            return made
        if not request.body:
            raise failure("MissingSecurityHeader", extra={"MissingHeaderName": "x-amz-acl"})
        made = from_xml(request.body, owner, self._access.users)
        self._access.check_acl(made, request, held)
        return made

    def _version(self, request: Request, bucket: str, key: str) -> tuple[str, bool]:
        """(id of the version that is asked about, whether the bucket has versions).

        Raises:
            S3Failure: it does not exist.
        """
        asked = request.query.get("versionId", "")
        if asked and not re.fullmatch(r"[\w.-]+", asked):
            raise failure("NoSuchVersion", extra={"Key": key, "VersionId": asked})
        found = self._backend.ask("HEAD", path_of(bucket, key), f"versionId={asked}" if asked else "")
        if found.status == 405:
            raise failure("MethodNotAllowed")
        if found.status == 404:
            raise failure("NoSuchVersion" if asked else "NoSuchKey", extra={"Key": key})
        version = found.headers.get("x-amz-version-id", "")
        if asked not in ("", "null") and version != asked:
            raise failure("NoSuchVersion", extra={"Key": key, "VersionId": asked})
        return version or "null", bool(version)
