"""Name the operation that a request asks for, and what a policy and an ACL call it."""

from __future__ import annotations

from dataclasses import dataclass

from pgben_testkit.storage.s3.failures import failure
from pgben_testkit.storage.s3.wire import Request

SOURCE = "x-amz-copy-source"


@dataclass(frozen=True)
class Operation:
    """Describe an operation. `action` is the policy's name of it, `permission` the ACL's, empty where it has none;
    `target`: it is about an object that exists."""

    name: str
    action: str
    permission: str = ""
    target: bool = False


KEPT = {
    "website": "BucketWebsite",
    "notification": "BucketNotification",
    "logging": "BucketLogging",
    "replication": "ReplicationConfiguration",
    "accelerate": "AccelerateConfiguration",
    "inventory": "InventoryConfiguration",
}
"""Configuration of a bucket that is only kept -> the end of its actions' names."""

SUBS = {
    "bucket": (
        "delete",
        "versions",
        "uploads",
        "location",
        "versioning",
        "policy",
        "policyStatus",
        "acl",
        "tagging",
        "cors",
        "lifecycle",
        "encryption",
        "object-lock",
        "publicAccessBlock",
        "ownershipControls",
        "requestPayment",
        "analytics",
        "metrics",
        "intelligent-tiering",
        *KEPT,
    ),
    "object": (
        "uploadId",
        "uploads",
        "tagging",
        "acl",
        "retention",
        "legal-hold",
        "attributes",
        "torrent",
        "restore",
        "select",
    ),
    "service": (),
}
"""Query names that make another operation of a request; other names change nothing."""
OPERATIONS: dict[tuple[str, str, str], Operation] = {
    ("GET", "service", ""): Operation("list_buckets", "s3:ListAllMyBuckets"),
    ("PUT", "bucket", ""): Operation("create_bucket", ""),
    ("HEAD", "bucket", ""): Operation("head_bucket", "s3:ListBucket", "READ"),
    ("DELETE", "bucket", ""): Operation("delete_bucket", "s3:DeleteBucket"),
    ("GET", "bucket", "location"): Operation("get_bucket_location", "s3:GetBucketLocation"),
    ("GET", "bucket", "requestPayment"): Operation("get_bucket_request_payment", "s3:GetBucketRequestPayment"),
    ("PUT", "bucket", "requestPayment"): Operation("put_bucket_request_payment", "s3:PutBucketRequestPayment"),
    ("GET", "bucket", "versioning"): Operation("get_bucket_versioning", "s3:GetBucketVersioning"),
    ("PUT", "bucket", "versioning"): Operation("put_bucket_versioning", "s3:PutBucketVersioning"),
    ("GET", "bucket", "policy"): Operation("get_bucket_policy", "s3:GetBucketPolicy"),
    ("PUT", "bucket", "policy"): Operation("put_bucket_policy", "s3:PutBucketPolicy"),
    ("DELETE", "bucket", "policy"): Operation("delete_bucket_policy", "s3:DeleteBucketPolicy"),
    ("GET", "bucket", "policyStatus"): Operation("get_bucket_policy_status", "s3:GetBucketPolicyStatus"),
    ("GET", "bucket", "acl"): Operation("get_bucket_acl", "s3:GetBucketAcl", "READ_ACP"),
    ("PUT", "bucket", "acl"): Operation("put_bucket_acl", "s3:PutBucketAcl", "WRITE_ACP"),
    ("GET", "bucket", "ownershipControls"): Operation("get_bucket_ownership_controls", "s3:GetBucketOwnershipControls"),
    ("PUT", "bucket", "ownershipControls"): Operation("put_bucket_ownership_controls", "s3:PutBucketOwnershipControls"),
    ("DELETE", "bucket", "ownershipControls"): Operation(
        "delete_bucket_ownership_controls", "s3:PutBucketOwnershipControls"
    ),
    ("GET", "bucket", "publicAccessBlock"): Operation("get_public_access_block", "s3:GetBucketPublicAccessBlock"),
    ("PUT", "bucket", "publicAccessBlock"): Operation("put_public_access_block", "s3:PutBucketPublicAccessBlock"),
    ("DELETE", "bucket", "publicAccessBlock"): Operation("delete_public_access_block", "s3:PutBucketPublicAccessBlock"),
    ("GET", "bucket", "encryption"): Operation("get_bucket_encryption", "s3:GetEncryptionConfiguration"),
    ("PUT", "bucket", "encryption"): Operation("put_bucket_encryption", "s3:PutEncryptionConfiguration"),
    ("DELETE", "bucket", "encryption"): Operation("delete_bucket_encryption", "s3:PutEncryptionConfiguration"),
    ("GET", "bucket", "tagging"): Operation("get_bucket_tagging", "s3:GetBucketTagging"),
    ("PUT", "bucket", "tagging"): Operation("put_bucket_tagging", "s3:PutBucketTagging"),
    ("DELETE", "bucket", "tagging"): Operation("delete_bucket_tagging", "s3:PutBucketTagging"),
    ("GET", "bucket", "cors"): Operation("get_bucket_cors", "s3:GetBucketCORS"),
    ("PUT", "bucket", "cors"): Operation("put_bucket_cors", "s3:PutBucketCORS"),
    ("DELETE", "bucket", "cors"): Operation("delete_bucket_cors", "s3:PutBucketCORS"),
    ("GET", "bucket", "lifecycle"): Operation("get_bucket_lifecycle_configuration", "s3:GetLifecycleConfiguration"),
    ("PUT", "bucket", "lifecycle"): Operation("put_bucket_lifecycle_configuration", "s3:PutLifecycleConfiguration"),
    ("DELETE", "bucket", "lifecycle"): Operation("delete_bucket_lifecycle", "s3:PutLifecycleConfiguration"),
    ("PUT", "object", "(copy)"): Operation("copy_object", "s3:PutObject", "WRITE"),
    ("GET", "bucket", ""): Operation("list_objects", "s3:ListBucket", "READ"),
    ("GET", "bucket", "versions"): Operation("list_object_versions", "s3:ListBucketVersions", "READ"),
    ("PUT", "object", ""): Operation("put_object", "s3:PutObject", "WRITE"),
    ("GET", "object", ""): Operation("get_object", "s3:GetObject", "READ", target=True),
    ("HEAD", "object", ""): Operation("head_object", "s3:GetObject", "READ", target=True),
    ("DELETE", "object", ""): Operation("delete_object", "s3:DeleteObject", "WRITE"),
    ("POST", "bucket", "delete"): Operation("delete_objects", ""),
    ("GET", "object", "tagging"): Operation("get_object_tagging", "s3:GetObjectTagging", target=True),
    ("PUT", "object", "tagging"): Operation("put_object_tagging", "s3:PutObjectTagging", target=True),
    ("DELETE", "object", "tagging"): Operation("delete_object_tagging", "s3:DeleteObjectTagging", target=True),
    ("GET", "object", "acl"): Operation("get_object_acl", "s3:GetObjectAcl", "READ_ACP", target=True),
    ("PUT", "object", "acl"): Operation("put_object_acl", "s3:PutObjectAcl", "WRITE_ACP", target=True),
    ("GET", "object", "attributes"): Operation("get_object_attributes", "s3:GetObjectAttributes", "READ", target=True),
    ("GET", "object", "retention"): Operation("get_object_retention", "s3:GetObjectRetention", target=True),
    ("PUT", "object", "retention"): Operation("put_object_retention", "s3:PutObjectRetention", target=True),
    ("GET", "object", "legal-hold"): Operation("get_object_legal_hold", "s3:GetObjectLegalHold", target=True),
    ("PUT", "object", "legal-hold"): Operation("put_object_legal_hold", "s3:PutObjectLegalHold", target=True),
    ("GET", "bucket", "object-lock"): Operation("get_object_lock_configuration", "s3:GetBucketObjectLockConfiguration"),
    ("PUT", "bucket", "object-lock"): Operation("put_object_lock_configuration", "s3:PutBucketObjectLockConfiguration"),
    ("POST", "object", "uploads"): Operation("create_multipart_upload", "s3:PutObject", "WRITE"),
    ("PUT", "object", "uploadId"): Operation("upload_part", "s3:PutObject", "WRITE"),
    ("PUT", "object", "(part copy)"): Operation("upload_part_copy", "s3:PutObject", "WRITE"),
    ("POST", "object", "uploadId"): Operation("complete_multipart_upload", "s3:PutObject", "WRITE"),
    ("DELETE", "object", "uploadId"): Operation("abort_multipart_upload", "s3:AbortMultipartUpload", "WRITE"),
    ("GET", "object", "uploadId"): Operation("list_parts", "s3:ListMultipartUploadParts"),
    ("GET", "bucket", "uploads"): Operation("list_multipart_uploads", "s3:ListBucketMultipartUploads", "READ"),
}
"""(method, `service` or `bucket` or `object`, subresource or empty) -> operation."""


def place_of(request: Request, bucket: str, key: str) -> tuple[str, str, str]:
    """Return the key in OPERATIONS of what `request` asks of `key` in `bucket`; either may be empty."""
    level = "object" if key else "bucket" if bucket else "service"
    query, sub = request.query, ""
    if query:
        sub = next((name for name in SUBS[level] if name in query), "")
    if level == "object" and request.method == "PUT" and SOURCE in request.headers and sub in ("", "uploadId"):
        sub = "(part copy)" if sub else "(copy)"
    return request.method, level, sub


def find(request: Request, bucket: str, key: str) -> Operation:
    """Return the operation that `request` asks for.

    Raises:
        S3Failure: MethodNotAllowed, or NotImplemented for what S3 has and we don't.
    """
    method, level, sub = place = place_of(request, bucket, key)
    found = OPERATIONS.get(place)
    if found is None and level == "bucket" and sub in KEPT and method in ("GET", "PUT", "DELETE"):
        return Operation(f"kept_{sub}", f"s3:{'Get' if method == 'GET' else 'Put'}{KEPT[sub]}")
    if found is not None:
        return found
    if sub in ("torrent", "restore", "select", "analytics", "metrics", "intelligent-tiering"):
        raise failure("NotImplemented")
    if method == "POST" and level == "bucket" and not sub:
        raise failure("MalformedPOSTRequest", "The request is not multipart/form-data", status=412)
    raise failure("MethodNotAllowed", extra={"Method": method, "ResourceType": (sub or level).upper()})
