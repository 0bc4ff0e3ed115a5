"""Copy whole objects, and ranges into a part. The source is read with the asker's own rights."""

from __future__ import annotations

import re

from pgben_testkit.storage.fake.call import Call, operation
from pgben_testkit.storage.fake.conditions import check_read, check_write
from pgben_testkit.storage.fake.newobject import facts_of, place, version_headers
from pgben_testkit.storage.fake.state import Bucket, Marker, StoredObject
from pgben_testkit.storage.s3 import checksums, sealing
from pgben_testkit.storage.s3.document import NAMESPACE, tag
from pgben_testkit.storage.s3.failures import failure
from pgben_testkit.storage.s3.moments import iso
from pgben_testkit.storage.s3.operations import SOURCE
from pgben_testkit.storage.s3.parameters import copy_source
from pgben_testkit.storage.s3.payload import OBJECT_BYTES_MAX
from pgben_testkit.storage.s3.wire import Response, xml_response


def source_of(call: Call) -> tuple[Bucket, StoredObject]:
    """Return the bucket and object that `x-amz-copy-source` names, readable by the asker, under its conditions.

    Raises:
        S3Failure: no such thing, not allowed, a condition that doesn't hold, the wrong customer's key.
    """
    bucket_name, key, version_id = copy_source(call.headers[SOURCE])
    bucket = call.store.bucket(bucket_name)
    expected = call.headers.get("x-amz-source-expected-bucket-owner")
    if expected is not None and expected not in (bucket.owner, bucket.account_id):
        raise failure("AccessDenied")
    found = bucket.current(key) if version_id is None else bucket.version(key, version_id)
    asker = Call(call.request, call.store, call.identity, call.now, call.users, call.presigned, bucket_name, key)
    target = found if isinstance(found, StoredObject) else None
    asker.require("s3:GetObjectVersion" if version_id else "s3:GetObject", key=key, permission="READ", target=target)
    if target is None:
        if version_id is not None and isinstance(found, Marker):
            raise failure(
                "InvalidRequest",
                "The source of a copy request may not specifically refer to a delete marker by version id.",
            )
        raise failure("NoSuchVersion" if version_id else "NoSuchKey", extra={"Key": key})
    check_read(call.headers, target, "x-amz-copy-source-if-")
    sealing.may_open(target.facts.seal, call.headers, sealing.SOURCE_CUSTOMER)
    return bucket, target


def _plain(call: Call, source: StoredObject) -> bytes:
    return sealing.opened(source.facts.seal, source.stored, call.headers, sealing.SOURCE_CUSTOMER)


def copied_headers(source_bucket: Bucket, source: StoredObject, made: dict[str, str]) -> dict[str, str]:
    if source_bucket.versioning_status:
        made["x-amz-copy-source-version-id"] = source.version_id
    return made


@operation("PUT", "object", "(copy)")
def copy_object(call: Call) -> Response:
    headers, bucket = call.headers, call.bucket
    directive = headers.get("x-amz-metadata-directive", "COPY")
    tag_directive = headers.get("x-amz-tagging-directive", "COPY")
    for name, value in (("x-amz-metadata-directive", directive), ("x-amz-tagging-directive", tag_directive)):
        if value not in ("COPY", "REPLACE"):
            raise failure(
                "InvalidArgument", "Unknown metadata directive.", extra={"ArgumentName": name, "ArgumentValue": value}
            )
    source_bucket, source = source_of(call)
    if source.size > OBJECT_BYTES_MAX:
        raise failure(
            "InvalidRequest",
            "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120",
        )
    same = source_bucket is bucket and source.name == call.key and bucket.current(call.key) is source
    changes = directive == "REPLACE" or any(
        name in headers
        for name in (
            "x-amz-storage-class",
            "x-amz-website-redirect-location",
            sealing.HEADER,
            sealing.CUSTOMER + "algorithm",
        )
    )
    if same and not changes and source.facts.seal is None and bucket.default_seal is None:
        raise failure(
            "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself "
            "without changing the object's metadata, storage class, website redirect "
            "location or encryption attributes.",
        )
    if "if-match" in headers or "if-none-match" in headers:
        check_write(headers, bucket.current(call.key))
    body = _plain(call, source)
    facts, customer = facts_of(call, bucket)
    if directive == "COPY":
        facts.system, facts.meta = dict(source.facts.system), dict(source.facts.meta)
    if tag_directive == "COPY":
        facts.tags = dict(source.facts.tags)
    algorithm = headers.get("x-amz-checksum-algorithm")
    if algorithm:
        name = checksums.known(algorithm)
        facts.checksums = {name: checksums.compute(name, body)}
    else:
        facts.checksums = {name: checksums.compute(name, body) for name in source.facts.checksums}
    made = place(call, bucket, call.key, body, facts, customer)
    sums = "".join(tag("Checksum" + name, value) for name, value in facts.checksums.items())
    answer = version_headers(bucket, made.version_id) | (facts.seal.headers if facts.seal else {})
    return xml_response(
        f"<CopyObjectResult {NAMESPACE}>{tag('LastModified', iso(made.modified))}"
        f"<ETag>&quot;{facts.etag}&quot;</ETag>{sums}</CopyObjectResult>",
        headers=copied_headers(source_bucket, source, answer),
    )


def ranged_source(call: Call) -> tuple[Bucket, StoredObject, bytes]:
    """Return the source, and the bytes of `x-amz-copy-source-range` or all of them."""
    source_bucket, source = source_of(call)
    text, body = call.headers.get(SOURCE + "-range"), _plain(call, source)
    if text is None:
        return source_bucket, source, body
    found = re.fullmatch(r"bytes=(\d{1,18})-(\d{1,18})", text)
    if found is None or int(found[1]) > int(found[2]):
        raise failure(
            "InvalidArgument",
            "The x-amz-copy-source-range value must be of the form bytes=first-last where "
            "first and last are the zero-based offsets of the first and last bytes to copy",
            extra={"ArgumentName": SOURCE + "-range", "ArgumentValue": text},
        )
    if int(found[2]) >= source.size:
        raise failure("InvalidRange", f"Range specified is not valid for source object of size: {source.size}")
    return source_bucket, source, body[int(found[1]) : int(found[2]) + 1]
