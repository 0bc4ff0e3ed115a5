"""Cases: conditional requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pgben_testkit.storage.conformance.case import case
from pgben_testkit.storage.conformance.target import Target, answers, refused, same

PAST = datetime(2001, 1, 1, tzinfo=UTC)


@case("conditions/get-if-match", needs="conditional_reads")
def get_if_match(t: Target) -> None:
    """If-Match with the ETag reads; with another it is 412."""
    etag = t.s3.put_object(Bucket=t.shared, Key=(key := t.key()), Body=b"a")["ETag"]
    same(t.get(key, IfMatch=etag), b"a", "body")
    refused(412, "PreconditionFailed", lambda: t.s3.get_object(Bucket=t.shared, Key=key, IfMatch='"outro"'))


@case("conditions/get-if-none-match", needs="conditional_reads")
def get_if_none_match(t: Target) -> None:
    """If-None-Match with the ETag is 304 with no body; with another it reads."""
    etag = t.s3.put_object(Bucket=t.shared, Key=(key := t.key()), Body=b"a")["ETag"]
    answer = t.raw("GET", f"/{t.shared}/{key}", headers={"if-none-match": etag})
    same((answer.status, answer.body), (304, b""), "answer")
    same(t.get(key, IfNoneMatch='"outro"'), b"a", "body")


@case("conditions/get-if-modified-since", needs="conditional_reads")
def get_if_modified_since(t: Target) -> None:
    """If-Modified-Since a moment before reads; since one after the object's it is 304."""
    key = t.put(b"a")
    same(t.get(key, IfModifiedSince=PAST), b"a", "body")
    since = t.s3.head_object(Bucket=t.shared, Key=key)["LastModified"]
    refused(
        304,
        ("304", "Not Modified", "NotModified"),
        lambda: t.s3.get_object(Bucket=t.shared, Key=key, IfModifiedSince=since + timedelta(seconds=1)),
    )


@case("conditions/get-if-unmodified-since", needs="conditional_reads")
def get_if_unmodified_since(t: Target) -> None:
    """If-Unmodified-Since a moment before the object's is 412."""
    key = t.put(b"a")
    refused(412, "PreconditionFailed", lambda: t.s3.get_object(Bucket=t.shared, Key=key, IfUnmodifiedSince=PAST))
    same(t.get(key, IfUnmodifiedSince=datetime.now(UTC) + timedelta(hours=1)), b"a", "body")


@case("conditions/head", needs="conditional_reads")
def head(t: Target) -> None:
    """HEAD keeps to conditions as GET does."""
    etag = t.s3.put_object(Bucket=t.shared, Key=(key := t.key()), Body=b"a")["ETag"]
    refused(412, "412", lambda: t.s3.head_object(Bucket=t.shared, Key=key, IfMatch='"outro"'))
    same(t.raw("HEAD", f"/{t.shared}/{key}", headers={"if-none-match": etag}).status, 304, "status")


@case("conditions/match-and-unmodified", needs="conditional_reads")
def match_and_unmodified(t: Target) -> None:
    """If-Match that holds outweighs If-Unmodified-Since that doesn't."""
    etag = t.s3.put_object(Bucket=t.shared, Key=(key := t.key()), Body=b"a")["ETag"]
    same(t.get(key, IfMatch=etag, IfUnmodifiedSince=PAST), b"a", "body")


@case("conditions/put-if-none-match", needs="conditional_writes")
def put_if_none_match(t: Target) -> None:
    """If-None-Match: * writes once; the second time it is 412 and the first body stays."""
    key = t.key()
    t.put(b"1", key, IfNoneMatch="*")
    refused(412, "PreconditionFailed", lambda: t.put(b"2", key, IfNoneMatch="*"))
    same(t.get(key), b"1", "body")


@case("conditions/put-if-match", needs="conditional_writes")
def put_if_match(t: Target) -> None:
    """If-Match on PUT writes over this version alone."""
    etag = t.s3.put_object(Bucket=t.shared, Key=(key := t.key()), Body=b"1")["ETag"]
    refused(412, "PreconditionFailed", lambda: t.put(b"2", key, IfMatch='"' + "0" * 32 + '"'))
    same(t.get(key), b"1", "body")
    t.put(b"3", key, IfMatch=etag)
    same(t.get(key), b"3", "body")


@case("conditions/put-if-match-missing", needs="conditional_writes", denial=True)
def put_if_match_missing(t: Target) -> None:
    """If-Match on a key that isn't there is NoSuchKey."""
    refused(404, "NoSuchKey", lambda: t.put(b"2", t.key(), IfMatch='"' + "0" * 32 + '"'))


@case("conditions/copy", needs="copy")
def copy(t: Target) -> None:
    """A copy keeps to conditions on its source."""
    etag = t.s3.put_object(Bucket=t.shared, Key=(key := t.key()), Body=b"a")["ETag"]
    source = {"Bucket": t.shared, "Key": key}
    t.s3.copy_object(Bucket=t.shared, Key=t.key(), CopySource=source, CopySourceIfMatch=etag)
    for condition in (
        {"CopySourceIfMatch": '"outro"'},
        {"CopySourceIfNoneMatch": etag},
        {"CopySourceIfUnmodifiedSince": PAST},
    ):
        refused(
            412,
            "PreconditionFailed",
            lambda condition=condition: t.s3.copy_object(  # type: ignore[misc]
                Bucket=t.shared, Key=t.key(), CopySource=source, **condition
            ),
        )


@case("conditions/weak-or-star", needs="conditional_reads")
def star(t: Target) -> None:
    """If-Match: * reads what is there."""
    key = t.put(b"a")
    answers(t.raw("GET", f"/{t.shared}/{key}", headers={"if-match": "*"}), 200)
