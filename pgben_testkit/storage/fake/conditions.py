"""Judge If-Match, the other conditions and byte ranges: RFC 9110 as S3 reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from pgben_testkit.storage.fake.state import StoredObject, Version
from pgben_testkit.storage.s3.failures import failure
from pgben_testkit.storage.s3.moments import http_date


def _names(header: str, etag: str) -> bool:
    return header.strip() == "*" or etag in [each.strip().removeprefix("W/").strip('"') for each in header.split(",")]


def _moment(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def check_read(headers: Mapping[str, str], found: StoredObject, prefix: str = "if-") -> None:
    """Raises:
    S3Failure: 412 PreconditionFailed, or 304 with no body where the asker has it already.
    """
    copying = prefix != "if-"
    etag, modified = found.facts.etag, int(found.modified)
    match, none_match = headers.get(prefix + "match"), headers.get(prefix + "none-match")
    since, unmodified = headers.get(prefix + "modified-since"), headers.get(prefix + "unmodified-since")
    if match is not None:
        if not _names(match, etag):
            raise failure("PreconditionFailed", extra={"Condition": "If-Match"})
    elif unmodified is not None:
        moment = _moment(unmodified)
        if moment is not None and modified > moment:
            raise failure("PreconditionFailed", extra={"Condition": "If-Unmodified-Since"})
    same = False
    if none_match is not None:
        same = _names(none_match, etag)
    elif since is not None:
        moment = _moment(since)
        same = moment is not None and modified <= moment
    if same and copying:
        raise failure("PreconditionFailed", extra={"Condition": "If-None-Match"})
    if same:
        raise failure(
            "PreconditionFailed", status=304, headers={"ETag": f'"{etag}"', "Last-Modified": http_date(found.modified)}
        )


def check_write(headers: Mapping[str, str], current: Version | None) -> None:
    """Raises:
    S3Failure: the key must not exist, or must exist with this ETag, and it isn't so.
    """
    match, none_match = headers.get("if-match"), headers.get("if-none-match")
    there = current if isinstance(current, StoredObject) else None
    if none_match is not None:
        if none_match.strip() != "*":
            raise failure("NotImplemented", extra={"Header": "If-None-Match"})
        if there is not None:
            raise failure("PreconditionFailed", extra={"Condition": "If-None-Match"})
    if match is not None:
        if there is None:
            raise failure("NoSuchKey")
        if not _names(match, there.facts.etag):
            raise failure("PreconditionFailed", extra={"Condition": "If-Match"})


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """`(first, last)` of a Range header; None where it is none that S3 reads, and the whole is sent.

    Raises:
        S3Failure: nothing of it is there (416 InvalidRange).
    """
    found = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", header.replace(" ", ""))
    if found is None or not (found[1] or found[2]):
        return None
    if found[1]:
        first, last = int(found[1]), min(int(found[2]), size - 1) if found[2] else size - 1
        if found[2] and int(found[2]) < first:
            return None
    else:
        first, last = max(0, size - int(found[2])), size - 1
        if int(found[2]) == 0:
            first = size
    if first >= size:
        raise failure(
            "InvalidRange",
            extra={"RangeRequested": header, "ActualObjectSize": str(size)},
            headers={"Content-Range": f"bytes */{size}"},
        )
    return first, last
