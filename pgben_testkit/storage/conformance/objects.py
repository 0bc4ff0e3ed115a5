"""Cases: objects put, read, told about and removed."""

from __future__ import annotations

import os

from pgben_testkit.storage.conformance.case import case
from pgben_testkit.storage.conformance.target import Target, answers, holds, md5_hex, refused, same


@case("objects/put-get", needs="objects")
def put_get(t: Target) -> None:
    """What was put comes back, byte for byte."""
    body = os.urandom(3000)
    same(t.get(t.put(body)), body, "body")


@case("objects/zero-bytes", needs="objects")
def zero_bytes(t: Target) -> None:
    """An object of no bytes exists, has length 0 and the MD5 of nothing."""
    key = t.put(b"")
    found = t.s3.head_object(Bucket=t.shared, Key=key)
    same((found["ContentLength"], found["ETag"]), (0, f'"{md5_hex(b"")}"'), "length and ETag")
    same(t.get(key), b"", "body")


@case("objects/etag-is-md5", needs="objects")
def etag(t: Target) -> None:
    """The ETag of a single PUT is the MD5 of its body, in quotes."""
    made = t.s3.put_object(Bucket=t.shared, Key=t.key(), Body=b"abc")
    same(made["ETag"], f'"{md5_hex(b"abc")}"', "ETag")


@case("objects/overwrite", needs="objects")
def overwrite(t: Target) -> None:
    """The second PUT counts."""
    key = t.put(b"1")
    t.put(b"22", key)
    same(t.get(key), b"22", "body")


@case("objects/big", needs="objects")
def big(t: Target) -> None:
    """8 MiB in one PUT."""
    body = os.urandom(8 << 20)
    same(md5_hex(t.get(t.put(body))), md5_hex(body), "MD5 of the body")


@case("objects/head", needs="objects")
def head(t: Target) -> None:
    """HEAD tells length, type and time, and sends no body."""
    key = t.put(b"12345", ContentType="application/pdf")
    answer = t.raw("HEAD", f"/{t.shared}/{key}")
    same((answer.status, answer.headers.get("content-length"), answer.body), (200, "5", b""), "answer")
    same(answer.headers.get("content-type"), "application/pdf", "content type")
    holds(answer.headers.get("last-modified", "").endswith("GMT"), "no Last-Modified")
    same(answer.headers.get("accept-ranges"), "bytes", "Accept-Ranges")


@case("objects/get-missing", needs="objects", denial=True)
def get_missing(t: Target) -> None:
    """A key that isn't there is NoSuchKey."""
    refused(404, "NoSuchKey", lambda: t.s3.get_object(Bucket=t.shared, Key=t.key()))


@case("objects/head-missing", needs="objects", denial=True)
def head_missing(t: Target) -> None:
    """HEAD of a key that isn't there is 404."""
    refused(404, "404", lambda: t.s3.head_object(Bucket=t.shared, Key=t.key()))


@case("objects/bucket-missing", needs="objects", denial=True)
def bucket_missing(t: Target) -> None:
    """Everything in a bucket that isn't there is NoSuchBucket."""
    name = t.stem + "-none"
    refused(404, "NoSuchBucket", lambda: t.s3.get_object(Bucket=name, Key="a"))
    refused(404, "NoSuchBucket", lambda: t.s3.put_object(Bucket=name, Key="a", Body=b"1"))
    refused(404, "NoSuchBucket", lambda: t.s3.list_objects_v2(Bucket=name))
    refused(404, "NoSuchBucket", lambda: t.s3.delete_bucket(Bucket=name))


@case("objects/delete", needs="objects")
def delete(t: Target) -> None:
    """A deleted key is gone."""
    key = t.put()
    made = t.s3.delete_object(Bucket=t.shared, Key=key)
    same(made["ResponseMetadata"]["HTTPStatusCode"], 204, "status")
    refused(404, "NoSuchKey", lambda: t.s3.get_object(Bucket=t.shared, Key=key))


@case("objects/delete-missing", needs="objects")
def delete_missing(t: Target) -> None:
    """To delete what isn't there succeeds."""
    same(t.s3.delete_object(Bucket=t.shared, Key=t.key())["ResponseMetadata"]["HTTPStatusCode"], 204, "status")


@case("objects/delete-many", needs="objects")
def delete_many(t: Target) -> None:
    """DeleteObjects removes several, those that aren't there included, and says so of each."""
    keys = [t.put(), t.put(), t.key()]
    made = t.s3.delete_objects(Bucket=t.shared, Delete={"Objects": [{"Key": key} for key in keys]})
    same(sorted(each["Key"] for each in made.get("Deleted", ())), sorted(keys), "deleted keys")
    refused(404, "NoSuchKey", lambda: t.s3.get_object(Bucket=t.shared, Key=keys[0]))


@case("objects/delete-many-quiet", needs="objects")
def delete_many_quiet(t: Target) -> None:
    """A quiet DeleteObjects tells of errors alone."""
    key = t.put()
    made = t.s3.delete_objects(Bucket=t.shared, Delete={"Objects": [{"Key": key}], "Quiet": True})
    same(made.get("Deleted", []), [], "told")
    refused(404, "NoSuchKey", lambda: t.s3.get_object(Bucket=t.shared, Key=key))


@case("objects/range", needs="ranges")
def byte_range(t: Target) -> None:
    """bytes=2-4 is 206 with its Content-Range."""
    key = t.put(b"0123456789")
    found = t.s3.get_object(Bucket=t.shared, Key=key, Range="bytes=2-4")
    same(
        (found["Body"].read(), found.get("ContentRange"), found["ContentLength"]), (b"234", "bytes 2-4/10", 3), "range"
    )
    same(found["ResponseMetadata"]["HTTPStatusCode"], 206, "status")


@case("objects/range-open", needs="ranges")
def range_open(t: Target) -> None:
    """bytes=7- is the rest, bytes=-2 the last two, bytes=8-99 what there is."""
    key = t.put(b"0123456789")
    for text, wanted in (
        ("bytes=7-", b"789"),
        ("bytes=-2", b"89"),
        ("bytes=8-99", b"89"),
        ("bytes=-99", b"0123456789"),
    ):
        same(t.get(key, Range=text), wanted, text)


@case("objects/range-beyond", needs="ranges", denial=True)
def range_beyond(t: Target) -> None:
    """A range beyond the end is 416 InvalidRange."""
    key = t.put(b"0123456789")
    refused(416, "InvalidRange", lambda: t.s3.get_object(Bucket=t.shared, Key=key, Range="bytes=10-12"))


@case("objects/range-of-nothing", needs="ranges", denial=True)
def range_of_nothing(t: Target) -> None:
    """No range of an empty object can be had."""
    key = t.put(b"")
    refused(416, "InvalidRange", lambda: t.s3.get_object(Bucket=t.shared, Key=key, Range="bytes=0-0"))


@case("objects/range-malformed", needs="ranges")
def range_malformed(t: Target) -> None:
    """A Range that isn't one is of no account."""
    key = t.put(b"0123456789")
    answer = t.raw("GET", f"/{t.shared}/{key}", headers={"range": "zeilen=1-2"})
    same((answer.status, answer.body), (200, b"0123456789"), "answer")


@case("objects/attributes", needs="attributes")
def attributes(t: Target) -> None:
    """GetObjectAttributes tells ETag, size and storage class."""
    key = t.put(b"12345")
    found = t.s3.get_object_attributes(
        Bucket=t.shared, Key=key, ObjectAttributes=["ETag", "ObjectSize", "StorageClass"]
    )
    same((found.get("ETag", "").strip('"'), found.get("ObjectSize")), (md5_hex(b"12345"), 5), "attributes")


@case("objects/storage-class-unknown", needs="storage_class", denial=True)
def storage_class_unknown(t: Target) -> None:
    """A storage class that there isn't is refused."""
    answer = t.raw("PUT", f"/{t.shared}/{t.key()}", body=b"1", headers={"x-amz-storage-class": "GAVETA"})
    answers(answer, 400, "InvalidStorageClass")


@case("objects/response-overrides", needs="objects")
def response_overrides(t: Target) -> None:
    """response-content-type and its like replace what is sent back."""
    key = t.put(ContentType="text/plain")
    found = t.s3.get_object(
        Bucket=t.shared,
        Key=key,
        ResponseContentType="application/pdf",
        ResponseContentDisposition='attachment; filename="rg.pdf"',
    )
    same(
        (found["ContentType"], found.get("ContentDisposition")),
        ("application/pdf", 'attachment; filename="rg.pdf"'),
        "headers",
    )


@case("objects/range-rubbish", needs="objects")
def range_rubbish(t: Target) -> None:
    """A Range that is none is not looked at."""
    answer = t.raw("GET", f"/{t.shared}/{t.put(b'abc')}", headers={"range": "bytes=a-b"})
    same((answer.status, answer.body), (200, b"abc"), "answer")
