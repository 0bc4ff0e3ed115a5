"""Cases: copies of objects and of ranges."""

from __future__ import annotations

from pgben_testkit.storage.conformance.case import case
from pgben_testkit.storage.conformance.target import Target, answers, holds, refused, same


@case("copies/plain", needs="copy")
def plain(t: Target) -> None:
    """A copy has the bytes, type, metadata and tags of its source."""
    source = t.put(b"abc", ContentType="text/plain", Metadata={"tipo": "rg"}, Tagging="a=1")
    made = t.s3.copy_object(Bucket=t.shared, Key=(key := t.key()), CopySource={"Bucket": t.shared, "Key": source})
    holds(made["CopyObjectResult"].get("ETag"), "no ETag in the result")
    found = t.s3.get_object(Bucket=t.shared, Key=key)
    same(
        (found["Body"].read(), found["ContentType"], found["Metadata"]), (b"abc", "text/plain", {"tipo": "rg"}), "copy"
    )
    same(t.s3.get_object_tagging(Bucket=t.shared, Key=key)["TagSet"], [{"Key": "a", "Value": "1"}], "tags")


@case("copies/replace", needs="copy")
def replace(t: Target) -> None:
    """With REPLACE, metadata and type are the request's."""
    source = t.put(b"abc", Metadata={"tipo": "rg"})
    t.s3.copy_object(
        Bucket=t.shared,
        Key=(key := t.key()),
        CopySource={"Bucket": t.shared, "Key": source},
        MetadataDirective="REPLACE",
        Metadata={"novo": "1"},
        ContentType="image/png",
    )
    found = t.s3.head_object(Bucket=t.shared, Key=key)
    same((found["Metadata"], found["ContentType"]), ({"novo": "1"}, "image/png"), "copy")


@case("copies/onto-itself", needs="copy_refuses", denial=True)
def onto_itself(t: Target) -> None:
    """Onto itself with nothing changed is InvalidRequest; with new metadata it works."""
    key = t.put(b"abc")
    here = {"Bucket": t.shared, "Key": key}
    refused(400, "InvalidRequest", lambda: t.s3.copy_object(Bucket=t.shared, Key=key, CopySource=here))
    t.s3.copy_object(Bucket=t.shared, Key=key, CopySource=here, MetadataDirective="REPLACE", Metadata={"b": "2"})
    same(t.s3.head_object(Bucket=t.shared, Key=key)["Metadata"], {"b": "2"}, "metadata")


@case("copies/missing-source", needs="copy", denial=True)
def missing_source(t: Target) -> None:
    """A source that isn't there is NoSuchKey or NoSuchBucket."""
    refused(
        404,
        "NoSuchKey",
        lambda: t.s3.copy_object(Bucket=t.shared, Key=t.key(), CopySource={"Bucket": t.shared, "Key": t.key()}),
    )
    refused(
        404,
        "NoSuchBucket",
        lambda: t.s3.copy_object(Bucket=t.shared, Key=t.key(), CopySource={"Bucket": t.stem + "-none", "Key": "a"}),
    )


@case("copies/odd-key", needs="copy")
def odd_key(t: Target) -> None:
    """A source key with spaces, plus, percent and accents is found."""
    source = t.put(b"abc", t.key("ação + 100% ü.pdf"))
    t.s3.copy_object(Bucket=t.shared, Key=(key := t.key()), CopySource={"Bucket": t.shared, "Key": source})
    same(t.get(key), b"abc", "body")


@case("copies/other-bucket", needs="copy")
def other_bucket(t: Target) -> None:
    """Between buckets."""
    name, source = t.bucket(), t.put(b"abc")
    t.s3.copy_object(Bucket=name, Key="c", CopySource={"Bucket": t.shared, "Key": source})
    same(t.get("c", name), b"abc", "body")


@case("copies/directive-rubbish", needs="copy_refuses", denial=True)
def directive_rubbish(t: Target) -> None:
    """A directive that there isn't is InvalidArgument."""
    source = t.put()
    answer = t.raw(
        "PUT",
        f"/{t.shared}/{t.key()}",
        headers={"x-amz-copy-source": f"/{t.shared}/{source}", "x-amz-metadata-directive": "TALVEZ"},
    )
    answers(answer, 400, "InvalidArgument")


@case("copies/part", needs="multipart")
def part(t: Target) -> None:
    """A range of an object becomes a part."""
    source, key = t.put(b"0123456789"), t.key()
    upload = t.s3.create_multipart_upload(Bucket=t.shared, Key=key)["UploadId"]
    copied = t.s3.upload_part_copy(
        Bucket=t.shared,
        Key=key,
        UploadId=upload,
        PartNumber=1,
        CopySource={"Bucket": t.shared, "Key": source},
        CopySourceRange="bytes=2-5",
    )
    t.s3.complete_multipart_upload(
        Bucket=t.shared,
        Key=key,
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": copied["CopyPartResult"]["ETag"]}]},
    )
    same(t.get(key), b"2345", "body")


@case("copies/part-range-beyond", needs="multipart_refuses", denial=True)
def part_range_beyond(t: Target) -> None:
    """A range beyond the source is refused."""
    source, key = t.put(b"0123456789"), t.key()
    upload = t.s3.create_multipart_upload(Bucket=t.shared, Key=key)["UploadId"]
    try:
        answer = t.raw(
            "PUT",
            f"/{t.shared}/{key}",
            {"partNumber": "1", "uploadId": upload},
            headers={"x-amz-copy-source": f"/{t.shared}/{source}", "x-amz-copy-source-range": "bytes=5-50"},
        )
        same(
            (answer.status in (400, 416), answer.code in ("InvalidRange", "InvalidArgument")),
            (True, True),
            f"answer {answer.status} {answer.code}: refused as a range",
        )
    finally:
        t.s3.abort_multipart_upload(Bucket=t.shared, Key=key, UploadId=upload)


@case("copies/no-key", needs="copy", denial=True)
def no_key(t: Target) -> None:
    """A source that is a bucket alone is InvalidArgument."""
    key = t.key()
    refused(400, "InvalidArgument", lambda: t.s3.copy_object(Bucket=t.shared, Key=key, CopySource=t.shared))
    refused(404, "NoSuchKey", lambda: t.s3.get_object(Bucket=t.shared, Key=key))
