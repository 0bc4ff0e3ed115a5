"""List objects, by both versions of ListObjects, and their versions: every delimiter, marker and encoding."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator

from pgben_testkit.storage.fake.call import Call, operation
from pgben_testkit.storage.fake.state import Bucket, StoredObject, Version
from pgben_testkit.storage.s3.document import NAMESPACE, tag
from pgben_testkit.storage.s3.failures import failure
from pgben_testkit.storage.s3.moments import iso
from pgben_testkit.storage.s3.parameters import count_of, encoder
from pgben_testkit.storage.s3.wire import Response, xml_response


def grouped(key: str, prefix: str, delimiter: str) -> str:
    """Return the common prefix that a key is rolled up into, or an empty string."""
    if not delimiter:
        return ""
    end = key.find(delimiter, len(prefix))
    return key[: end + len(delimiter)] if end >= 0 else ""


def _page(bucket: Bucket, prefix: str, delimiter: str, after: str, most: int) -> tuple[list[StoredObject | str], bool]:
    """Objects and common prefixes (as text) in order, after a key or prefix; and whether there are more."""
    found: list[StoredObject | str] = []
    if most == 0:
        return found, False
    last = ""
    for name in bucket.names():
        if name <= after or not name.startswith(prefix):
            continue
        group = grouped(name, prefix, delimiter)
        if group and (group == last or (after and after.startswith(group))):
            continue
        current = bucket.current(name)
        if not isinstance(current, StoredObject):
            continue
        if len(found) >= most:
            return found, True
        last = group
        found.append(group or current)
    return found, False


def _contents(call: Call, entries: list[StoredObject | str], encode: Callable[[str], str], *, owner: bool) -> str:
    lines = []
    for each in entries:
        if isinstance(each, str):
            continue
        facts = each.facts
        sums = "".join(tag("ChecksumAlgorithm", name) for name in facts.checksums)
        if sums:
            sums += tag("ChecksumType", facts.checksum_type)
        lines.append(
            f"<Contents>{tag('Key', encode(each.name))}{tag('LastModified', iso(each.modified))}"
            f"<ETag>&quot;{facts.etag}&quot;</ETag>{sums}{tag('Size', each.size)}"
            f"{call.owner_xml(facts.owner) if owner else ''}{tag('StorageClass', facts.storage_class)}</Contents>"
        )
    lines += [
        f"<CommonPrefixes>{tag('Prefix', encode(each))}</CommonPrefixes>" for each in entries if isinstance(each, str)
    ]
    return "".join(lines)


def _name(entry: StoredObject | str) -> str:
    return entry if isinstance(entry, str) else str(entry.name)


def _common(call: Call, prefix: str, delimiter: str, most: int, truncated: bool) -> str:
    encode = encoder(call.query)
    return (
        tag("Name", call.bucket.name)
        + tag("Prefix", encode(prefix))
        + tag("MaxKeys", most)
        + (tag("Delimiter", encode(delimiter)) if delimiter else "")
        + (tag("EncodingType", "url") if "encoding-type" in call.query else "")
        + tag("IsTruncated", str(truncated).lower())
    )


@operation("GET", "bucket")
def list_objects(call: Call) -> Response:
    query = call.query
    if "list-type" in query:
        if query["list-type"] != "2":
            raise failure("InvalidArgument", "Invalid List Type", extra={"ArgumentName": "list-type"})
        return list_objects_v2(call)
    encode, most = encoder(call.query), count_of(call.query, "max-keys")
    prefix, delimiter, marker = query.get("prefix", ""), query.get("delimiter", ""), query.get("marker", "")
    entries, truncated = _page(call.bucket, prefix, delimiter, marker, most)
    following = ""
    if truncated and delimiter:
        following = tag("NextMarker", encode(_name(entries[-1])))
    return xml_response(
        f"<ListBucketResult {NAMESPACE}>{_common(call, prefix, delimiter, most, truncated)}"
        f"{tag('Marker', encode(marker))}{following}{_contents(call, entries, encode, owner=True)}</ListBucketResult>"
    )


def list_objects_v2(call: Call) -> Response:
    query, encode, most = call.query, encoder(call.query), count_of(call.query, "max-keys")
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    after = start = query.get("start-after", "")
    token = query.get("continuation-token")
    if token is not None:
        try:
            after = base64.urlsafe_b64decode(token.encode("ascii")).decode("utf-8")
        except (binascii.Error, ValueError):
            after = ""
        if not after:
            raise failure(
                "InvalidArgument",
                "The continuation token provided is incorrect",
                extra={"ArgumentName": "continuation-token"},
            )
    entries, truncated = _page(call.bucket, prefix, delimiter, after, most)
    extra = tag("KeyCount", len(entries))
    if token is not None:
        extra += tag("ContinuationToken", token)
    if "start-after" in query:
        extra += tag("StartAfter", encode(start))
    if truncated:
        extra += tag("NextContinuationToken", base64.urlsafe_b64encode(_name(entries[-1]).encode()).decode())
    owner = query.get("fetch-owner", "").lower() == "true"
    return xml_response(
        f"<ListBucketResult {NAMESPACE}>{_common(call, prefix, delimiter, most, truncated)}{extra}"
        f"{_contents(call, entries, encode, owner=owner)}</ListBucketResult>"
    )


def _all_versions(bucket: Bucket) -> Iterator[tuple[Version, bool]]:
    """Every version, newest of a key first, with whether it is the current one."""
    for name in bucket.names():
        for index, version in enumerate(reversed(bucket.versions(name))):
            yield version, index == 0


@operation("GET", "bucket", "versions")
def list_object_versions(call: Call) -> Response:
    query, encode, most = call.query, encoder(call.query), count_of(call.query, "max-keys")
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    key_marker, id_marker = query.get("key-marker", ""), query.get("version-id-marker", "")
    if id_marker and not key_marker:
        raise failure("InvalidArgument", "A version-id marker cannot be specified without a key marker.")
    lines: list[str] = []
    prefixes: list[str] = []
    truncated, passed, last, last_id = False, not id_marker, "", ""
    for version, latest in _all_versions(call.bucket):
        name = version.name
        if name < key_marker or not name.startswith(prefix):
            continue
        if name == key_marker:
            if passed and id_marker:
                pass
            else:
                passed = passed or version.version_id == id_marker
                continue
        group = grouped(name, prefix, delimiter)
        if group and (group in prefixes or (key_marker and key_marker.startswith(group))):
            continue
        if len(lines) + len(prefixes) >= most:
            truncated = most > 0
            break
        last, last_id = (group, "") if group else (name, version.version_id)
        if group:
            prefixes.append(group)
            continue
        head = (
            f"{tag('Key', encode(name))}{tag('VersionId', version.version_id)}{tag('IsLatest', str(latest).lower())}"
            f"{tag('LastModified', iso(version.modified))}"
        )
        if isinstance(version, StoredObject):
            facts = version.facts
            sums = "".join(tag("ChecksumAlgorithm", each) for each in facts.checksums)
            if sums:
                sums += tag("ChecksumType", facts.checksum_type)
            lines.append(
                f"<Version>{head}<ETag>&quot;{facts.etag}&quot;</ETag>{sums}{tag('Size', version.size)}"
                f"{tag('StorageClass', facts.storage_class)}{call.owner_xml(facts.owner)}</Version>"
            )
        else:
            lines.append(f"<DeleteMarker>{head}{call.owner_xml(version.owner)}</DeleteMarker>")
    following = ""
    if truncated:
        following = tag("NextKeyMarker", encode(last)) + (tag("NextVersionIdMarker", last_id) if last_id else "")
    return xml_response(
        f"<ListVersionsResult {NAMESPACE}>{_common(call, prefix, delimiter, most, truncated)}"
        f"{tag('KeyMarker', encode(key_marker))}{tag('VersionIdMarker', id_marker)}{following}{''.join(lines)}"
        + "".join(f"<CommonPrefixes>{tag('Prefix', encode(each))}</CommonPrefixes>" for each in prefixes)
        + "</ListVersionsResult>"
    )
