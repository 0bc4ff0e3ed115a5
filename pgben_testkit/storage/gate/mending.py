"""Correct the answers of SeaweedFS 4.48 that S3 gives otherwise, by what the server really holds."""

from __future__ import annotations

from urllib.parse import quote

from pgben_testkit.storage.gate.backend import Backend, path_of
from pgben_testkit.storage.s3 import document, parameters, sealing
from pgben_testkit.storage.s3.failures import S3Failure, failure
from pgben_testkit.storage.s3.wire import Request, Response

LOCK_SUBS = frozenset({"retention", "legal-hold"})


def concerned(request: Request, key: str, status: int, headers: dict[str, str], *, versioned: bool) -> bool:
    """Return whether an answer with this status and these headers may have to be corrected."""
    method, query = request.method, request.query
    if status == 412:
        return method == "PUT" and "if-match" in request.headers
    if status in (200, 206) and no_version(request, key, versioned=versioned) and method in ("GET", "HEAD"):
        return True
    if status == 404 and method == "DELETE":
        return not key and "encryption" in query
    if status == 404:
        return method in ("GET", "HEAD") and bool(key) and (versioned or bool(LOCK_SUBS & query.keys()))
    return (
        status in (200, 206)
        and method in ("GET", "HEAD")
        and bool(key)
        and sealing.CUSTOMER + "algorithm" in request.headers
        and sealing.CUSTOMER + "algorithm" not in headers
    )


def no_version(request: Request, key: str, *, versioned: bool) -> bool:
    """Return whether a version is named in a bucket that never had any: the server takes it for the object."""
    return (
        bool(key)
        and not versioned
        and "uploadId" not in request.query
        and request.query.get("versionId", "null") != "null"
    )


def mend(
    backend: Backend, request: Request, bucket: str, key: str, status: int, code: str, *, versioned: bool
) -> S3Failure | Response | None:
    """Return what S3 answers instead; None where it answers the same. `code`: the error's, empty after HEAD."""
    if status == 412:
        there = backend.ask("HEAD", path_of(bucket, key)).status != 404
        return None if there else failure("NoSuchKey", extra={"Key": key})
    if request.method == "DELETE":
        return Response(204) if code == "ServerSideEncryptionConfigurationNotFoundError" else None
    if status != 404:
        if no_version(request, key, versioned=versioned):
            return failure("NoSuchVersion", extra={"Key": key, "VersionId": request.query["versionId"]})
        try:
            sealing.may_open(None, request.headers)
        except S3Failure as error:
            return error
        return None
    if code == "ObjectLockConfigurationNotFoundError" and LOCK_SUBS & request.query.keys():
        locked = backend.ask("GET", path_of(bucket), "object-lock=").status == 200
        return failure("NoSuchObjectLockConfiguration") if locked else None
    if code not in ("", "NoSuchKey", "NoSuchVersion") or request.query.keys() & LOCK_SUBS:
        return None
    return _marker(backend, request, bucket, key)


def _marker(backend: Backend, request: Request, bucket: str, key: str) -> S3Failure | None:
    """What hides behind a 404: the delete marker that is the current version, or the one asked for."""
    asked = request.query.get("versionId")
    query = f"max-keys=1000&prefix={quote(key, safe='-_.~', errors='surrogateescape')}&versions="
    answer = backend.ask("GET", path_of(bucket), query)
    if answer.status != 200:
        return None
    for each in document.read(answer.body, "ListVersionsResult").iterfind("DeleteMarker"):
        if each.findtext("Key") != key:
            continue
        version, latest = document.text_of(each, "VersionId"), document.text_of(each, "IsLatest") == "true"
        told = {"x-amz-delete-marker": "true", "x-amz-version-id": version}
        if asked is not None and asked == version:
            return failure("MethodNotAllowed", headers={**told, "Allow": "DELETE"})
        if asked is None and latest:
            return failure("NoSuchKey", extra={"Key": key}, headers=told)
    return None


def remove_null_marker(backend: Backend, bucket: str, key: str) -> bool:
    """Remove the delete marker of `key` whose version is `null`; return whether there was one.

    SeaweedFS answers that it did so and keeps the marker. An object put in its place can be removed.
    """
    path = path_of(bucket, key)
    query = f"max-keys=1000&prefix={quote(key, safe='-_.~', errors='surrogateescape')}&versions="
    answer = backend.ask("GET", path_of(bucket), query)
    if answer.status != 200:
        return False
    markers = document.read(answer.body, "ListVersionsResult").iterfind("DeleteMarker")
    if not any(each.findtext("Key") == key and each.findtext("VersionId") == "null" for each in markers):
        return False
    status = document.text_of(
        document.read(backend.ask("GET", path_of(bucket), "versioning=").body, "VersioningConfiguration"), "Status"
    )
    if status == "Enabled":
        _set_versioning(backend, bucket, "Suspended")
    try:
        for method in ("PUT", "DELETE"):
            done = backend.ask(method, path, "" if method == "PUT" else "versionId=null")
            if done.status >= 300:
                raise failure("InternalError", f"The delete marker can't be removed: {done.status} {done.code}")
    finally:
        if status == "Enabled":
            _set_versioning(backend, bucket, "Enabled")
    return True


def _set_versioning(backend: Backend, bucket: str, status: str) -> None:
    body = f"<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>".encode()
    answer = backend.ask("PUT", path_of(bucket), "versioning=", body=body)
    if answer.status >= 300:
        raise failure("InternalError", f"Versioning can't be set: {answer.status} {answer.code}")


def check_source_key(backend: Backend, request: Request) -> None:
    """Check the customer's key that the source of a copy is read with: the server copies garbage with a wrong one.

    Raises:
        S3Failure: it is wrong, missing, or not applicable.
    """
    bucket, key, version = parameters.copy_source(request.headers["x-amz-copy-source"])
    given, _ = sealing.customer_key(request.headers, sealing.SOURCE_CUSTOMER)
    query = f"versionId={quote(version, safe='')}" if version else ""
    plain = backend.ask("HEAD", path_of(bucket, key), query)
    if plain.status == 404 or (plain.status == 200 and not given):
        return
    if plain.status == 200:
        raise failure("InvalidRequest", "The encryption parameters are not applicable to this object.")
    if not given:
        sealing.may_open(sealing.Seal("customer", key_md5="?"), {})
    names = {
        name.replace(sealing.SOURCE_CUSTOMER, sealing.CUSTOMER): value
        for name, value in request.headers.items()
        if name.startswith(sealing.SOURCE_CUSTOMER)
    }
    if backend.ask("HEAD", path_of(bucket, key), query, names).status >= 400:
        raise failure("AccessDenied")


def holds_versions(backend: Backend, bucket: str) -> bool:
    """Return whether a version or delete marker is left in the bucket."""
    answer = backend.ask("GET", path_of(bucket), "max-keys=1&versions=")
    if answer.status != 200:
        return False
    top = document.read(answer.body, "ListVersionsResult")
    return top.find("Version") is not None or top.find("DeleteMarker") is not None
