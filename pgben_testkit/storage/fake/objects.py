"""PUT, GET, HEAD and DELETE of objects, their tags, ACLs and attributes."""

from __future__ import annotations

import re

from pgben_testkit.storage.fake.call import Call, operation
from pgben_testkit.storage.fake.conditions import byte_range, check_read, check_write
from pgben_testkit.storage.fake.newobject import LOCK, facts_of, place, version_headers
from pgben_testkit.storage.fake.state import Bucket, Marker, StoredObject, Version, etag_of
from pgben_testkit.storage.s3 import checksums, deletion, parameters, sealing, snowball
from pgben_testkit.storage.s3.acl import from_headers, from_xml
from pgben_testkit.storage.s3.document import NAMESPACE, tag
from pgben_testkit.storage.s3.failures import S3Failure, failure
from pgben_testkit.storage.s3.moments import http_date, iso
from pgben_testkit.storage.s3.tags import tags_from, tags_xml
from pgben_testkit.storage.s3.wire import Response, xml_response

OVERRIDES = {
    "response-content-type": "Content-Type",
    "response-content-language": "Content-Language",
    "response-expires": "Expires",
    "response-cache-control": "Cache-Control",
    "response-content-disposition": "Content-Disposition",
    "response-content-encoding": "Content-Encoding",
}


def look_up(call: Call) -> Version | None:
    """The version that the request is about: the current one, or that of `versionId`."""
    version_id = parameters.version_id(call.query)
    if version_id is None:
        return call.bucket.current(call.key)
    return call.bucket.version(call.key, version_id)


def existing(call: Call) -> StoredObject:
    """Return the object that the request asks for.

    Raises:
        S3Failure: NoSuchKey, NoSuchVersion, MethodNotAllowed on a delete marker, or AccessDenied for who may not know.
    """
    found = look_up(call)
    if isinstance(found, StoredObject):
        return found
    if found is None and "versionId" in call.query:
        raise failure("NoSuchVersion", extra={"Key": call.key, "VersionId": call.query["versionId"]})
    marker = {}
    if isinstance(found, Marker):
        marker = {"x-amz-delete-marker": "true", "x-amz-version-id": found.version_id}
        if "versionId" in call.query:
            raise failure(
                "MethodNotAllowed", headers={**marker, "Allow": "DELETE", "Last-Modified": http_date(found.modified)}
            )
    call.require("s3:ListBucket", permission="READ")
    raise failure("NoSuchKey", extra={"Key": call.key}, headers=marker)


@operation("PUT", "object")
def put_object(call: Call) -> Response:
    bucket = call.bucket
    if snowball.asked(call.headers):
        return _extracted(call)
    if "if-match" in call.headers or "if-none-match" in call.headers:
        check_write(call.headers, bucket.current(call.key))
    facts, customer = facts_of(call, bucket)
    made = place(call, bucket, call.key, call.request.body, facts, customer)
    headers = {"ETag": f'"{facts.etag}"', **version_headers(bucket, made.version_id)}
    if facts.seal:
        headers |= facts.seal.headers
    for name, value in facts.checksums.items():
        headers[checksums.PREFIX + name.lower()] = value
        headers["x-amz-checksum-type"] = "FULL_OBJECT"
    return Response(200, headers)


def _extracted(call: Call) -> Response:
    """Every object of the tar, or none."""
    inside = list(snowball.members(call.request.body, call.headers))
    call.request.headers = snowball.of_members(call.headers)
    call.checksums = {}
    for key, content in inside:
        facts, customer = facts_of(call, call.bucket)
        place(call, call.bucket, key, content, facts, customer)
    return Response(200, {"ETag": f'"{etag_of(call.request.body)}"'})


def describe(call: Call, found: StoredObject) -> dict[str, str]:
    """Return the headers that GET and HEAD share, without a length."""
    facts = found.facts
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": f'"{facts.etag}"',
        "Last-Modified": http_date(found.modified),
        **facts.system,
    }
    if facts.meta:
        headers |= {"x-amz-meta-" + name: value for name, value in facts.meta.items()}
    if call.bucket.versioning_status:
        headers["x-amz-version-id"] = found.version_id
    if facts.seal:
        headers |= facts.seal.headers
    if facts.storage_class != "STANDARD":
        headers["x-amz-storage-class"] = facts.storage_class
    if facts.tags:
        headers["x-amz-tagging-count"] = str(len(facts.tags))
    if facts.lock_mode:
        headers[LOCK + "mode"] = facts.lock_mode
        headers[LOCK + "retain-until-date"] = iso(facts.lock_until)
    if facts.legal_hold:
        headers[LOCK + "legal-hold"] = facts.legal_hold
    for name in call.query:
        if name in OVERRIDES:
            if call.identity is None:
                raise failure(
                    "InvalidRequest", "Request specific response headers cannot be used for anonymous GET requests."
                )
            headers[OVERRIDES[name]] = call.query[name]
    return headers


def _part_range(call: Call, found: StoredObject) -> tuple[int, int]:
    """`(first, last)` of the part that `partNumber` names."""
    text = call.query["partNumber"]
    if not re.fullmatch(r"\d{1,9}", text) or not 1 <= int(text) <= 10000:
        raise failure(
            "InvalidArgument",
            "Part number must be an integer between 1 and 10000, inclusive",
            extra={"ArgumentName": "partNumber", "ArgumentValue": text},
        )
    if "range" in call.headers:
        raise failure("InvalidRequest", "Cannot specify both Range header and partNumber query parameter")
    number = int(text)
    if not found.facts.parts:
        if number != 1:
            raise failure("InvalidPartNumber", extra={"ActualPartCount": "1", "PartNumberRequested": text})
        return 0, found.size - 1
    first = 0
    for part in found.facts.parts:
        if part.number == number:
            return first, first + part.size - 1
        first += part.size
    raise failure(
        "InvalidPartNumber", extra={"ActualPartCount": str(len(found.facts.parts)), "PartNumberRequested": text}
    )


def _serve(call: Call, *, body: bool) -> Response:
    sealing.not_of_reads(call.headers)
    found = existing(call)
    try:
        check_read(call.headers, found)
    except S3Failure as error:
        if error.status == 304:
            return Response(304, dict(error.headers))
        raise
    headers = describe(call, found)
    sealing.may_open(found.facts.seal, call.headers)
    status, span = 200, None
    if "partNumber" in call.query:
        span, status = _part_range(call, found), 206
        if found.facts.parts:
            headers["x-amz-mp-parts-count"] = str(len(found.facts.parts))
    elif call.headers.get("range"):
        span = byte_range(call.headers["range"], found.size)
        status = 206 if span else 200
    if call.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED" and span is None:
        for name, value in found.facts.checksums.items():
            headers[checksums.PREFIX + name.lower()] = value
            headers["x-amz-checksum-type"] = found.facts.checksum_type
    first, last = span or (0, found.size - 1)
    if span and found.size:
        headers["Content-Range"] = f"bytes {first}-{last}/{found.size}"
    headers["Content-Length"] = str(last - first + 1)
    if not body:
        return Response(status, headers)
    plain = sealing.opened(found.facts.seal, found.stored, call.headers)
    return Response(status, headers, plain[first : last + 1] if span else plain)


@operation("GET", "object")
def get_object(call: Call) -> Response:
    return _serve(call, body=True)


@operation("HEAD", "object")
def head_object(call: Call) -> Response:
    return _serve(call, body=False)


def delete_one(call: Call, bucket: Bucket, key: str, version_id: str | None) -> tuple[str, bool]:
    """The object or version is gone, or a marker hides it: `(version id, whether it is a delete marker)`.

    Raises:
        S3Failure: it is locked.
    """
    if version_id is None:
        if not bucket.versioning_status:
            bucket.remove(key, "null")
            return "", False
        marker = Marker(key, bucket.next_version_id(key), call.now, call.who)
        bucket.add(marker)
        return marker.version_id, True
    found = bucket.version(key, version_id)
    if found is None:
        return version_id, False
    if isinstance(found, StoredObject):
        bypass = call.headers.get("x-amz-bypass-governance-retention", "").lower() == "true"
        if bypass:
            call.require("s3:BypassGovernanceRetention", key=key)
        if found.is_locked(bypass, call.now):
            raise failure("AccessDenied", "Access Denied because object protected by object lock.")
    bucket.remove(key, version_id)
    return version_id, isinstance(found, Marker)


@operation("DELETE", "object")
def delete_object(call: Call) -> Response:
    bucket, version_id = call.bucket, call.query.get("versionId")
    if version_id is not None:
        look_up(call)
    if "if-match" in call.headers:
        check_write({"if-match": call.headers["if-match"]}, bucket.current(call.key))
    removed, marker = delete_one(call, bucket, call.key, version_id)
    headers = {"x-amz-version-id": removed} if removed and bucket.versioning_status else {}
    if marker:
        headers["x-amz-delete-marker"] = "true"
    return Response(204, headers)


@operation("POST", "bucket", "delete")
def delete_objects(call: Call) -> Response:
    bucket = call.bucket
    if "content-md5" not in call.headers and not call.checksums:
        raise failure("InvalidRequest", "Missing required header for this request: Content-MD5")
    wanted, quiet = deletion.read(call.request.body)
    lines = []
    for each in wanted:
        key, version_id = each.findtext("Key") or "", each.findtext("VersionId")
        named = tag("Key", key) + (tag("VersionId", version_id) if version_id else "")
        try:
            action = "s3:DeleteObjectVersion" if version_id else "s3:DeleteObject"
            call.require(action, key=key, permission="WRITE")
            etag = each.findtext("ETag")
            if etag is not None:
                check_write({"if-match": etag}, bucket.current(key))
            removed, marker = delete_one(call, bucket, key, version_id)
        except S3Failure as error:
            lines.append(f"<Error>{named}{tag('Code', error.code)}{tag('Message', error.message)}</Error>")
            continue
        if quiet:
            continue
        if marker:
            named += tag("DeleteMarker", "true") + tag("DeleteMarkerVersionId", removed)
        lines.append(f"<Deleted>{named}</Deleted>")
    return xml_response(f"<DeleteResult {NAMESPACE}>{''.join(lines)}</DeleteResult>")


# --- tags


@operation("GET", "object", "tagging")
def get_object_tagging(call: Call) -> Response:
    found = existing(call)
    return xml_response(tags_xml(found.facts.tags), headers=version_headers(call.bucket, found.version_id))


@operation("PUT", "object", "tagging")
def put_object_tagging(call: Call) -> Response:
    found = existing(call)
    found.facts.tags = tags_from(call.request.body)
    return Response(200, version_headers(call.bucket, found.version_id))


@operation("DELETE", "object", "tagging")
def delete_object_tagging(call: Call) -> Response:
    found = existing(call)
    found.facts.tags = {}
    return Response(204, version_headers(call.bucket, found.version_id))


# --- ACL


@operation("GET", "object", "acl")
def get_object_acl(call: Call) -> Response:
    return xml_response(existing(call).facts.acl.xml(call.users))


@operation("PUT", "object", "acl")
def put_object_acl(call: Call) -> Response:
    bucket, found = call.bucket, existing(call)
    if bucket.ownership == "BucketOwnerEnforced":
        raise failure("AccessControlListNotSupported")
    made = from_headers(call.headers, found.facts.owner, bucket.owner, call.users)
    if made is None:
        if not call.request.body:
            raise failure("MissingSecurityHeader", extra={"MissingHeaderName": "x-amz-acl"})
        made = from_xml(call.request.body, found.facts.owner, call.users)
    if bucket.block["BlockPublicAcls"] and made.public:
        raise failure("AccessDenied")
    found.facts.acl = made
    return Response(200, version_headers(bucket, found.version_id))


# --- attributes

ATTRIBUTES = ("ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize")


@operation("GET", "object", "attributes")
def get_object_attributes(call: Call) -> Response:
    found = existing(call)
    facts = found.facts
    sealing.may_open(facts.seal, call.headers)
    wanted = [name.strip() for name in call.headers.get("x-amz-object-attributes", "").split(",") if name.strip()]
    if not wanted or any(name not in ATTRIBUTES for name in wanted):
        raise failure("InvalidArgument", "Invalid attribute name specified.")
    lines = []
    if "ETag" in wanted:
        lines.append(tag("ETag", facts.etag))
    if "Checksum" in wanted and facts.checksums:
        inside = "".join(tag("Checksum" + name, value) for name, value in facts.checksums.items())
        lines.append(f"<Checksum>{inside}{tag('ChecksumType', facts.checksum_type)}</Checksum>")
    if "ObjectParts" in wanted and facts.parts:
        try:
            marker = int(call.headers.get("x-amz-part-number-marker", "0"))
            most = min(1000, int(call.headers.get("x-amz-max-parts", "1000")))
        except ValueError:
            raise failure("InvalidArgument") from None
        rest = [part for part in facts.parts if part.number > marker]
        shown = rest[:most]
        parts = "".join(
            f"<Part>{tag('PartNumber', part.number)}{tag('Size', part.size)}"
            + "".join(tag("Checksum" + name, value) for name, value in part.checksums.items())
            + "</Part>"
            for part in shown
            if part.checksums
        )
        lines.append(
            f"<ObjectParts>{tag('PartsCount', len(facts.parts))}{tag('PartNumberMarker', marker)}"
            + (tag("NextPartNumberMarker", shown[-1].number) if shown else "")
            + tag("MaxParts", most)
            + tag("IsTruncated", str(len(rest) > len(shown)).lower())
            + parts
            + "</ObjectParts>"
        )
    if "StorageClass" in wanted:
        lines.append(tag("StorageClass", facts.storage_class))
    if "ObjectSize" in wanted:
        lines.append(tag("ObjectSize", found.size))
    headers = {"Last-Modified": http_date(found.modified), **version_headers(call.bucket, found.version_id)}
    return xml_response(
        f"<GetObjectAttributesResponse {NAMESPACE}>{''.join(lines)}</GetObjectAttributesResponse>", headers=headers
    )
