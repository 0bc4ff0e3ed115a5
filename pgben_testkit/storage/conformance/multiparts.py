"""Cases: multipart uploads and all that can be wrong about them."""

from __future__ import annotations

import hashlib
import os
from typing import Any

from pgben_testkit.storage.conformance.case import case
from pgben_testkit.storage.conformance.target import Target, answers, holds, refused, same

FIVE_MIB = 5 << 20


class Upload:
    """An upload under way on the shared bucket."""

    def __init__(self, t: Target, **options: Any) -> None:
        self.t, self.key = t, t.key("grande.bin")
        made = t.s3.create_multipart_upload(Bucket=t.shared, Key=self.key, **options)
        self.id, self.parts = made["UploadId"], []  # type: ignore[var-annotated]

    def part(self, number: int, body: bytes, **options: Any) -> str:
        made = self.t.s3.upload_part(
            Bucket=self.t.shared, Key=self.key, UploadId=self.id, PartNumber=number, Body=body, **options
        )
        self.parts.append({"PartNumber": number, "ETag": made["ETag"]})
        etag: str = made["ETag"]
        return etag

    def complete(self, parts: list[dict[str, Any]] | None = None, **options: Any) -> Any:
        return self.t.s3.complete_multipart_upload(
            Bucket=self.t.shared,
            Key=self.key,
            UploadId=self.id,
            MultipartUpload={"Parts": self.parts if parts is None else parts},
            **options,
        )

    def abort(self) -> None:
        self.t.s3.abort_multipart_upload(Bucket=self.t.shared, Key=self.key, UploadId=self.id)


@case("multipart/two-parts", needs="multipart")
def two_parts(t: Target) -> None:
    """Two parts become one object with metadata and an ETag of MD5s."""
    upload, first = Upload(t, Metadata={"tipo": "video"}, ContentType="video/mp4"), os.urandom(FIVE_MIB)
    upload.part(1, first)
    upload.part(2, b"fim")
    made = upload.complete()
    digest = hashlib.md5(hashlib.md5(first).digest() + hashlib.md5(b"fim").digest()).hexdigest()
    same(made["ETag"], f'"{digest}-2"', "ETag")
    found = t.s3.get_object(Bucket=t.shared, Key=upload.key)
    holds(found["Body"].read() == first + b"fim", "the body is another")
    same((found["Metadata"], found["ContentType"]), ({"tipo": "video"}, "video/mp4"), "metadata")


@case("multipart/out-of-order-upload", needs="multipart")
def out_of_order(t: Target) -> None:
    """Parts may arrive in any order, and again: the last of a number counts."""
    upload, big = Upload(t), os.urandom(FIVE_MIB)
    upload.part(9, b"fim")
    upload.part(3, b"x" * FIVE_MIB)
    upload.parts = [each for each in upload.parts if each["PartNumber"] != 3]
    upload.part(3, big)
    upload.parts.sort(key=lambda each: each["PartNumber"])
    upload.complete()
    holds(t.get(upload.key) == big + b"fim", "the body is another")


@case("multipart/list-parts", needs="multipart")
def list_parts(t: Target) -> None:
    """Parts are listed with sizes and ETags, by pages."""
    upload = Upload(t)
    tags = [upload.part(number, b"x" * number) for number in (1, 2, 3)]
    found = t.s3.list_parts(Bucket=t.shared, Key=upload.key, UploadId=upload.id, MaxParts=2)
    same(
        [(each["PartNumber"], each["Size"], each["ETag"]) for each in found["Parts"]],
        [(1, 1, tags[0]), (2, 2, tags[1])],
        "first page",
    )
    same(found["IsTruncated"], True, "IsTruncated")
    rest = t.s3.list_parts(
        Bucket=t.shared, Key=upload.key, UploadId=upload.id, PartNumberMarker=found["NextPartNumberMarker"]
    )
    same([each["PartNumber"] for each in rest["Parts"]], [3], "second page")
    upload.abort()


@case("multipart/part-too-small", needs="multipart_refuses", denial=True)
def too_small(t: Target) -> None:
    """A part that isn't the last has 5 MiB: EntityTooSmall."""
    upload = Upload(t)
    upload.part(1, b"pequena")
    upload.part(2, b"fim")
    refused(400, "EntityTooSmall", upload.complete)
    upload.abort()


@case("multipart/wrong-etag", needs="multipart_refuses", denial=True)
def wrong_etag(t: Target) -> None:
    """A part of another ETag is InvalidPart."""
    upload = Upload(t)
    upload.part(1, b"a")
    refused(400, "InvalidPart", lambda: upload.complete([{"PartNumber": 1, "ETag": '"' + "0" * 32 + '"'}]))
    refused(404, "NoSuchKey", lambda: t.s3.get_object(Bucket=t.shared, Key=upload.key))
    upload.abort()


@case("multipart/missing-part", needs="multipart_refuses", denial=True)
def missing_part(t: Target) -> None:
    """A part that was never sent is InvalidPart."""
    upload = Upload(t)
    etag = upload.part(1, b"a")
    refused(400, "InvalidPart", lambda: upload.complete([{"PartNumber": 7, "ETag": etag}]))
    upload.abort()


@case("multipart/wrong-order", needs="multipart_refuses", denial=True)
def wrong_order(t: Target) -> None:
    """Parts named out of order are InvalidPartOrder."""
    upload = Upload(t)
    upload.part(1, b"x" * FIVE_MIB)
    upload.part(2, b"fim")
    refused(400, "InvalidPartOrder", lambda: upload.complete(upload.parts[::-1]))
    upload.abort()


@case("multipart/no-parts", needs="multipart_refuses", denial=True)
def no_parts(t: Target) -> None:
    """A Complete that names none is MalformedXML."""
    upload = Upload(t)
    upload.part(1, b"a")
    answer = t.raw(
        "POST",
        f"/{t.shared}/{upload.key}",
        {"uploadId": upload.id},
        body=b"<CompleteMultipartUpload></CompleteMultipartUpload>",
    )
    answers(answer, 400, "MalformedXML")
    upload.abort()


@case("multipart/unknown-upload", needs="multipart_refuses", denial=True)
def unknown_upload(t: Target) -> None:
    """An upload that there isn't is NoSuchUpload, whatever is wanted of it."""
    upload, key = "0" * 32, t.key()
    part = [{"PartNumber": 1, "ETag": '"' + "0" * 32 + '"'}]
    where = {"Bucket": t.shared, "Key": key, "UploadId": upload}
    refused(404, "NoSuchUpload", lambda: t.s3.upload_part(**where, PartNumber=1, Body=b"a"))
    refused(404, "NoSuchUpload", lambda: t.s3.list_parts(**where))
    refused(404, "NoSuchUpload", lambda: t.s3.abort_multipart_upload(**where))
    refused(404, "NoSuchUpload", lambda: t.s3.complete_multipart_upload(**where, MultipartUpload={"Parts": part}))


@case("multipart/part-number", needs="multipart_refuses", denial=True)
def part_number(t: Target) -> None:
    """Part numbers are 1 to 10000."""
    upload = Upload(t)
    for number in ("0", "10001", "um"):
        answer = t.raw("PUT", f"/{t.shared}/{upload.key}", {"partNumber": number, "uploadId": upload.id}, body=b"a")
        same((answer.status, answer.code), (400, "InvalidArgument"), f"part {number}")
    upload.abort()


@case("multipart/abort", needs="multipart")
def abort(t: Target) -> None:
    """An aborted upload is gone, with its parts."""
    upload = Upload(t)
    upload.part(1, b"a")
    upload.abort()
    refused(404, "NoSuchUpload", lambda: t.s3.list_parts(Bucket=t.shared, Key=upload.key, UploadId=upload.id))
    refused(404, "NoSuchKey", lambda: t.s3.get_object(Bucket=t.shared, Key=upload.key))


@case("multipart/invisible-until-complete", needs="multipart")
def invisible(t: Target) -> None:
    """Until Complete there is no object."""
    upload = Upload(t)
    upload.part(1, b"a")
    refused(404, "NoSuchKey", lambda: t.s3.get_object(Bucket=t.shared, Key=upload.key))
    same(t.s3.list_objects_v2(Bucket=t.shared, Prefix=upload.key)["KeyCount"], 0, "listed")
    upload.abort()


@case("multipart/get-part", needs="part_numbers")
def get_part(t: Target) -> None:
    """partNumber reads one part and tells how many there are."""
    upload = Upload(t)
    upload.part(1, b"x" * FIVE_MIB)
    upload.part(2, b"fim")
    upload.complete()
    found = t.s3.get_object(Bucket=t.shared, Key=upload.key, PartNumber=2)
    same((found["Body"].read(), found.get("PartsCount")), (b"fim", 2), "part")


@case("multipart/complete-if-none-match", needs="conditional_writes")
def complete_if_none_match(t: Target) -> None:
    """Complete with If-None-Match: * doesn't write over what is there."""
    upload = Upload(t)
    upload.part(1, b"b")
    t.put(b"a", upload.key)
    refused(412, "PreconditionFailed", lambda: upload.complete(IfNoneMatch="*"))
    same(t.get(upload.key), b"a", "body")


@case("multipart/part-twice", needs="multipart", denial=True)
def part_twice(t: Target) -> None:
    """A Complete that names a part twice is InvalidPartOrder."""
    upload = Upload(t)
    upload.part(1, b"a")
    refused(400, "InvalidPartOrder", lambda: upload.complete(upload.parts * 2))
    upload.abort()
