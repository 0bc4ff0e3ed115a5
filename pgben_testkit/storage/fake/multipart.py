"""Take multipart uploads, and refuse all that can be wrong about them.

Source: "Uploading and copying objects using multipart upload", "Checking object integrity" for composite checksums.
"""

from __future__ import annotations

import base64
import hashlib
import re
import xml.etree.ElementTree as ET

from pgben_testkit.storage.fake.call import Call, operation
from pgben_testkit.storage.fake.conditions import check_write
from pgben_testkit.storage.fake.copying import copied_headers, ranged_source
from pgben_testkit.storage.fake.listing import grouped
from pgben_testkit.storage.fake.newobject import facts_of, place, version_headers
from pgben_testkit.storage.fake.state import PartNote, StoredPart, Upload, etag_of
from pgben_testkit.storage.s3 import checksums, parameters, sealing
from pgben_testkit.storage.s3.document import NAMESPACE, tag
from pgben_testkit.storage.s3.failures import failure
from pgben_testkit.storage.s3.moments import iso
from pgben_testkit.storage.s3.parameters import count_of, encoder, part_number, parts_of
from pgben_testkit.storage.s3.wire import Response, xml_response

PART_BYTES_MIN = 5 << 20
"""Every part but the last; S3's."""


def upload_of(call: Call) -> Upload:
    found = call.bucket.multiparts.get(call.query.get("uploadId", ""))
    if found is None or found.key_name != call.key:
        raise failure("NoSuchUpload", extra={"UploadId": call.query.get("uploadId", "")})
    assert isinstance(found, Upload)
    return found


@operation("POST", "object", "uploads")
def create_multipart_upload(call: Call) -> Response:
    bucket, headers = call.bucket, {}
    algorithm = call.headers.get("x-amz-checksum-algorithm", "")
    kind = call.headers.get("x-amz-checksum-type", "")
    if algorithm:
        algorithm = checksums.known(algorithm)
        kind = kind or ("FULL_OBJECT" if algorithm == "CRC64NVME" else "COMPOSITE")
        if (kind == "FULL_OBJECT" and algorithm not in checksums.FULL_OBJECT) or (
            kind == "COMPOSITE" and algorithm == "CRC64NVME"
        ):
            raise failure(
                "InvalidRequest",
                f"The {kind} checksum type cannot be used with the {algorithm.lower()} checksum algorithm.",
            )
        headers = {"x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": kind}
    facts, customer = facts_of(call, bucket)
    facts.checksum_type, facts.checksums = kind or "FULL_OBJECT", {}
    made = Upload(call.key, call.now, facts, algorithm, customer)
    bucket.multiparts[made.id] = made
    if facts.seal:
        headers |= facts.seal.headers
    return xml_response(
        f"<InitiateMultipartUploadResult {NAMESPACE}>{tag('Bucket', bucket.name)}{tag('Key', call.key)}"
        f"{tag('UploadId', made.id)}</InitiateMultipartUploadResult>",
        headers=headers,
    )


def _same_customer(call: Call, upload: Upload) -> None:
    """Every part of an SSE-C upload comes with the key that it was begun with."""
    seal, (key, key_md5) = upload.facts.seal, sealing.customer_key(call.headers)
    wanted = seal.key_md5 if seal and seal.kind == "customer" else ""
    if key_md5 != wanted or bool(key) != bool(wanted):
        raise failure(
            "InvalidRequest",
            "The multipart upload initiate requested encryption. Subsequent part requests "
            "must include the appropriate encryption parameters.",
        )


def _keep(call: Call, upload: Upload, number: int, body: bytes, sums: dict[str, str]) -> StoredPart:
    if upload.algorithm and upload.algorithm not in sums:
        sums = {upload.algorithm: checksums.compute(upload.algorithm, body)}
    made = StoredPart(number, body, etag_of(body), call.now, sums)
    upload.parts[number] = made
    return made


@operation("PUT", "object", "uploadId")
def upload_part(call: Call) -> Response:
    number, upload = part_number(call.query), upload_of(call)
    _same_customer(call, upload)
    if upload.algorithm and call.checksums and upload.algorithm not in call.checksums:
        raise failure(
            "InvalidRequest",
            f"Checksum Type mismatch occurred, expected checksum Type: "
            f"{upload.algorithm.lower()}, actual checksum Type: {next(iter(call.checksums)).lower()}",
        )
    part = _keep(call, upload, number, call.request.body, dict(call.checksums))
    headers = {"ETag": f'"{part.etag}"'} | (upload.facts.seal.headers if upload.facts.seal else {})
    return Response(200, headers | {checksums.PREFIX + name.lower(): value for name, value in part.checksums.items()})


@operation("PUT", "object", "(part copy)")
def upload_part_copy(call: Call) -> Response:
    number, upload = part_number(call.query), upload_of(call)
    _same_customer(call, upload)
    source_bucket, source, body = ranged_source(call)
    part = _keep(call, upload, number, body, {})
    sums = "".join(tag("Checksum" + name, value) for name, value in part.checksums.items())
    return xml_response(
        f"<CopyPartResult {NAMESPACE}>{tag('LastModified', iso(part.modified))}"
        f"<ETag>&quot;{part.etag}&quot;</ETag>{sums}</CopyPartResult>",
        headers=copied_headers(source_bucket, source, {}),
    )


def _chosen(upload: Upload, lines: list[ET.Element]) -> list[StoredPart]:
    """The parts that a Complete names.

    Raises:
        S3Failure: not in order, not there, another ETag or checksum, too small.
    """
    chosen: list[StoredPart] = []
    for number, line in zip(parameters.numbers_of(lines), lines, strict=True):
        text, etag = str(number), (line.findtext("ETag") or "").strip().strip('"')
        part = upload.parts.get(number)
        if part is None or part.etag != etag:
            raise failure("InvalidPart", extra={"UploadId": upload.id, "PartNumber": text, "ETag": etag})
        for name, value in part.checksums.items():
            stated = line.findtext("Checksum" + name)
            if stated is not None and stated.strip() != value:
                raise failure("InvalidPart", extra={"UploadId": upload.id, "PartNumber": text, "ETag": etag})
        chosen.append(part)
    for part in chosen[:-1]:
        if len(part.body) < PART_BYTES_MIN:
            raise failure(
                "EntityTooSmall",
                extra={
                    "ProposedSize": str(len(part.body)),
                    "MinSizeAllowed": str(PART_BYTES_MIN),
                    "PartNumber": str(part.number),
                    "ETag": part.etag,
                },
            )
    return chosen


def _checksum(upload: Upload, chosen: list[StoredPart], body: bytes) -> dict[str, str]:
    name = upload.algorithm
    if not name:
        return {}
    if upload.facts.checksum_type == "FULL_OBJECT":
        return {name: checksums.compute(name, body)}
    joined = b"".join(base64.b64decode(part.checksums[name]) for part in chosen)
    return {name: f"{checksums.compute(name, joined)}-{len(chosen)}"}


@operation("POST", "object", "uploadId")
def complete_multipart_upload(call: Call) -> Response:
    bucket, upload = call.bucket, upload_of(call)
    lines = parts_of(call.request.body)
    chosen = _chosen(upload, lines)
    if "if-match" in call.headers or "if-none-match" in call.headers:
        check_write(call.headers, bucket.current(call.key))
    body = b"".join(part.body for part in chosen)
    stated = call.headers.get("x-amz-mp-object-size")
    if stated is not None and stated != str(len(body)):
        raise failure("InvalidRequest", "The provided 'x-amz-mp-object-size' header does not match what was computed.")
    facts = upload.facts
    facts.checksums = _checksum(upload, chosen, body)
    for name, value in checksums.given(
        {
            key: text.rpartition("-")[0] if re.search(r"-\d+$", text) else text
            for key, text in call.headers.items()
            if key.startswith(checksums.PREFIX)
        },
        {},
    ).items():
        if name in facts.checksums and facts.checksums[name].partition("-")[0] != value:
            raise failure("BadDigest", f"The {name.lower()} you specified did not match the calculated checksum.")
    digest = hashlib.md5(b"".join(bytes.fromhex(part.etag) for part in chosen)).hexdigest()
    facts.etag = f"{digest}-{len(chosen)}"
    facts.parts = tuple(PartNote(part.number, len(part.body), dict(part.checksums)) for part in chosen)
    made = place(call, bucket, call.key, body, facts, upload.customer_key)
    dict.pop(bucket.multiparts, upload.id)
    sums = "".join(tag("Checksum" + name, value) for name, value in facts.checksums.items())
    if sums:
        sums += tag("ChecksumType", facts.checksum_type)
    host = call.headers.get("host", "localhost")
    return xml_response(
        f"<CompleteMultipartUploadResult {NAMESPACE}>{tag('Location', f'http://{host}/{bucket.name}/{call.key}')}"
        f"{tag('Bucket', bucket.name)}{tag('Key', call.key)}<ETag>&quot;{facts.etag}&quot;</ETag>{sums}"
        "</CompleteMultipartUploadResult>",
        headers=version_headers(bucket, made.version_id) | (facts.seal.headers if facts.seal else {}),
    )


@operation("DELETE", "object", "uploadId")
def abort_multipart_upload(call: Call) -> Response:
    dict.pop(call.bucket.multiparts, upload_of(call).id)
    return Response(204)


@operation("GET", "object", "uploadId")
def list_parts(call: Call) -> Response:
    upload = upload_of(call)
    most, marker = count_of(call.query, "max-parts"), count_of(call.query, "part-number-marker", 0)
    rest = [upload.parts[number] for number in sorted(upload.parts) if number > marker]
    shown = rest[:most]
    lines = "".join(
        f"<Part>{tag('PartNumber', part.number)}{tag('LastModified', iso(part.modified))}"
        f"<ETag>&quot;{part.etag}&quot;</ETag>{tag('Size', len(part.body))}"
        + "".join(tag("Checksum" + name, value) for name, value in part.checksums.items())
        + "</Part>"
        for part in shown
    )
    algorithm = ""
    if upload.algorithm:
        algorithm = tag("ChecksumAlgorithm", upload.algorithm) + tag("ChecksumType", upload.facts.checksum_type)
    return xml_response(
        f"<ListPartsResult {NAMESPACE}>{tag('Bucket', call.bucket.name)}{tag('Key', call.key)}"
        f"{tag('UploadId', upload.id)}{call.owner_xml(upload.facts.owner, 'Initiator')}"
        f"{call.owner_xml(upload.facts.owner)}{tag('StorageClass', upload.facts.storage_class)}"
        f"{tag('PartNumberMarker', marker)}{tag('NextPartNumberMarker', shown[-1].number if shown else 0)}"
        f"{tag('MaxParts', most)}{tag('IsTruncated', str(len(rest) > len(shown)).lower())}{algorithm}{lines}"
        "</ListPartsResult>"
    )


@operation("GET", "bucket", "uploads")
def list_multipart_uploads(call: Call) -> Response:
    query, encode = call.query, encoder(call.query)
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    key_marker, id_marker = query.get("key-marker", ""), query.get("upload-id-marker", "")
    most = count_of(call.query, "max-uploads")
    uploads = sorted(dict.values(call.bucket.multiparts), key=lambda each: (each.key_name, each.initiated, each.id))
    if key_marker:
        names = [each.id for each in uploads if each.key_name == key_marker]
        after = names[names.index(id_marker) + 1 :] if id_marker in names else []
        uploads = [each for each in uploads if each.key_name > key_marker or each.id in after]
    lines: list[str] = []
    prefixes: list[str] = []
    last = None
    truncated = False
    for each in uploads:
        if not each.key_name.startswith(prefix):
            continue
        group = grouped(each.key_name, prefix, delimiter)
        if group and (group in prefixes or (key_marker and key_marker.startswith(group))):
            continue
        if len(lines) + len(prefixes) >= most:
            truncated = True
            break
        last = each
        if group:
            prefixes.append(group)
            continue
        lines.append(
            f"<Upload>{tag('Key', encode(each.key_name))}{tag('UploadId', each.id)}"
            f"{call.owner_xml(each.facts.owner, 'Initiator')}{call.owner_xml(each.facts.owner)}"
            f"{tag('StorageClass', each.facts.storage_class)}{tag('Initiated', iso(each.initiated))}</Upload>"
        )
    following = ""
    if truncated and last is not None:
        following = tag("NextKeyMarker", encode(last.key_name)) + tag("NextUploadIdMarker", last.id)
    return xml_response(
        f"<ListMultipartUploadsResult {NAMESPACE}>{tag('Bucket', call.bucket.name)}"
        f"{tag('KeyMarker', encode(key_marker))}{tag('UploadIdMarker', id_marker)}{following}"
        + (tag("Prefix", encode(prefix)) if prefix else "<Prefix></Prefix>")
        + (tag("Delimiter", encode(delimiter)) if delimiter else "")
        + (tag("EncodingType", "url") if "encoding-type" in query else "")
        + tag("MaxUploads", most)
        + tag("IsTruncated", str(truncated).lower())
        + "".join(lines)
        + "".join(f"<CommonPrefixes>{tag('Prefix', encode(each))}</CommonPrefixes>" for each in prefixes)
        + "</ListMultipartUploadsResult>"
    )
