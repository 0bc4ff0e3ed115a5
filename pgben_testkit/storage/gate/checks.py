"""Refuse what S3 refuses and SeaweedFS takes, before the server is asked. Every rule is the fake's own."""

from __future__ import annotations

from collections.abc import Mapping

from pgben_testkit.storage.s3 import (
    checksums,
    cors,
    deletion,
    document,
    form,
    lifecycle,
    metadata,
    newbucket,
    parameters,
    policy,
    sealing,
    tags,
)
from pgben_testkit.storage.s3.failures import failure
from pgben_testkit.storage.s3.signature import Identity
from pgben_testkit.storage.s3.wire import Request


def brings_object(request: Request, key: str) -> bool:
    """Return whether a new object, or an upload of one, begins with `request`."""
    query = request.query
    if not key or {"tagging", "acl", "retention", "legal-hold", "uploadId"} & query.keys():
        return False
    return request.method == "PUT" or (request.method == "POST" and "uploads" in query)


def by_form(
    request: Request, bucket: str, identities: Mapping[str, Identity], region: str, now: float
) -> tuple[form.Form, Identity | None]:
    """Return an HTML form that is signed rightly and keeps to its policy, and who signed it.

    Raises:
        S3Failure: as S3 refuses it.
    """
    filled = form.parse(request.header("content-type"), request.body)
    signer = form.signer(filled, dict(identities), region)
    if signer is not None:
        form.check_policy(filled, bucket, now)
    return filled, signer


def of_object(headers: Mapping[str, str]) -> None:
    """Check what the headers say that an object is made of.

    Raises:
        S3Failure: as S3 refuses it.
    """
    metadata.metadata(headers)
    tags.tags_of(headers.get("x-amz-tagging", ""))
    seal, _ = sealing.asked(headers, None)
    if seal is not None:
        no_kms(seal.kind)
    if headers.get("x-amz-storage-class", "STANDARD") not in metadata.STORAGE_CLASSES:
        raise failure("InvalidStorageClass", extra={"StorageClassRequested": headers["x-amz-storage-class"]})


def no_kms(kind: str) -> None:
    """Raises:
    S3Failure: keys of a KMS are asked for, which the server has not: it fails on them, or stores plain bytes.
    """
    if kind.startswith("aws:kms"):
        raise failure("NotImplemented", "Server side encryption specified but KMS is not configured")


def _some_acl(headers: Mapping[str, str]) -> None:
    if not any(name.startswith(("x-amz-acl", "x-amz-grant-")) for name in headers):
        raise failure("MissingSecurityHeader", extra={"MissingHeaderName": "x-amz-acl"})


def by_head(request: Request, key: str) -> None:
    """Check what headers and query alone tell.

    Raises:
        S3Failure: as S3 refuses it.
    """
    query, headers, method = request.query, request.headers, request.method
    if method in ("PUT", "POST") and not checksums.completes_upload(request):
        checksums.given(headers, {})
    if key:
        parameters.version_id(query)
    if "x-amz-copy-source" in headers and method == "PUT":
        parameters.copy_source(headers["x-amz-copy-source"])
    if method == "PUT" and "acl" in query and not request.header("content-length", "0").strip("0"):
        _some_acl(headers)
    if brings_object(request, key):
        of_object(headers)
        size = headers.get("x-amz-decoded-content-length") or headers.get("content-length", "0")
        if key.endswith("/") and method == "PUT" and "x-amz-copy-source" not in headers and size.strip("0"):
            raise failure("NotImplemented", "The server behind the gate keeps no bytes under a key that ends with /")
    elif key and method in ("GET", "HEAD") and not {"tagging", "acl", "uploadId"} & query.keys():
        sealing.not_of_reads(headers)
    if key and method == "PUT" and "uploadId" in query:
        parameters.part_number(query)
    if not key and method == "GET":
        parameters.listing(query)
        if query.get("continuation-token") == "":
            raise failure(
                "InvalidArgument",
                "The continuation token provided is incorrect",
                extra={"ArgumentName": "continuation-token"},
            )


def _instead(request: Request, body: bytes) -> None:
    """Another body is passed on, and no hash of the one that came."""
    request.body = body
    hashes = ("content-md5", "x-amz-content-sha256")
    request.headers = {
        name: value
        for name, value in request.headers.items()
        if name not in hashes and not name.startswith(checksums.PREFIX)
    }


def by_document(request: Request, bucket: str, key: str, region: str) -> None:
    """Check the document of a configuration or of a list.

    Raises:
        S3Failure: as S3 refuses it.
    """
    query, method, body = request.query, request.method, request.body
    if method == "PUT" and bucket and not key and not query:
        newbucket.check(bucket, body, region)
    elif method == "PUT" and not key and "versioning" in query:
        if document.text_of(document.read(body, "VersioningConfiguration"), "MfaDelete") == "Enabled":
            raise failure("NotImplemented")
    elif method == "PUT" and "tagging" in query:
        tags.tags_from(body, most=tags.TAGS_MAX if key else 50)
    elif method == "PUT" and not key and "encryption" in query:
        top = document.read(body, "ServerSideEncryptionConfiguration")
        for each in top.iter("SSEAlgorithm"):
            no_kms((each.text or "").strip())
        if any((each.text or "").strip() for each in top.iter("KMSMasterKeyID")):
            raise failure(
                "InvalidArgument",
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
            )
    elif method == "PUT" and not key and "policy" in query:
        policy.read(body, bucket)
    elif method == "PUT" and not key and "lifecycle" in query:
        sent = [document.text_of(each, "ID") for each in document.read(body, "LifecycleConfiguration").findall("Rule")]
        rules = lifecycle.rules_of(body)
        if not all(sent):
            _instead(request, document.write(rules).encode())  # the server gives no ID to a rule without one
    elif method == "PUT" and not key and "cors" in query:
        cors.rules_of(document.read(body, "CORSConfiguration"))
    elif method == "POST" and not key and "delete" in query:
        if "content-md5" not in request.headers and not checksums.given(request.headers, request.trailers):
            raise failure("InvalidRequest", "Missing required header for this request: Content-MD5")
        deletion.read(body)
    elif method == "POST" and key and "uploadId" in query:
        parameters.numbers_of(parameters.parts_of(body))
