"""Cases: encryption headers, customers' keys, ciphertext at rest."""

from __future__ import annotations

import os
from typing import Any

from pgben_testkit.storage.conformance.case import case
from pgben_testkit.storage.conformance.outcome import NotTried
from pgben_testkit.storage.conformance.target import Target, answers, holds, refused, same


def _key(seed: bytes = b"") -> dict[str, Any]:
    return {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": (seed or os.urandom(32))[:32]}


@case("encryption/sse-s3", needs="sse_s3")
def sse_s3(t: Target) -> None:
    """AES256 is told of by PUT, HEAD and GET."""
    key = t.key()
    made = t.s3.put_object(Bucket=t.shared, Key=key, Body=b"abc", ServerSideEncryption="AES256")
    found = t.s3.get_object(Bucket=t.shared, Key=key)
    same(
        [each.get("ServerSideEncryption") for each in (made, t.s3.head_object(Bucket=t.shared, Key=key), found)],
        ["AES256"] * 3,
        "told",
    )
    same(found["Body"].read(), b"abc", "body")


@case("encryption/rubbish", needs="sse_s3", denial=True)
def rubbish(t: Target) -> None:
    """An encryption that there isn't is refused, and nothing is stored."""
    key = t.key()
    answer = t.raw("PUT", f"/{t.shared}/{key}", body=b"a", headers={"x-amz-server-side-encryption": "ROT13"})
    answers(answer, 400, ("InvalidArgument", "InvalidEncryptionAlgorithmError"))
    refused(404, "NoSuchKey", lambda: t.s3.get_object(Bucket=t.shared, Key=key))


@case("encryption/default", needs="sse_default")
def default(t: Target) -> None:
    """The bucket's default encryption is set, read, applied and taken off."""
    name = t.bucket()
    rule = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    t.s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=rule)
    [found] = t.s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    same(found["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256", "rule")
    t.s3.put_object(Bucket=name, Key="k", Body=b"a")
    same(t.s3.head_object(Bucket=name, Key="k").get("ServerSideEncryption"), "AES256", "header")
    t.s3.delete_bucket_encryption(Bucket=name)


@case("encryption/sse-c", needs="sse_c")
def sse_c(t: Target) -> None:
    """With the customer's key the object is read."""
    mine, key = _key(), t.key()
    made = t.s3.put_object(Bucket=t.shared, Key=key, Body=b"segredo", **mine)
    same(made.get("SSECustomerAlgorithm"), "AES256", "algorithm told")
    same(t.get(key, **mine), b"segredo", "body")
    same(t.get(key, Range="bytes=2-4", **mine), b"gre", "range")


@case("encryption/sse-c-without-key", needs="sse_c", denial=True)
def without_key(t: Target) -> None:
    """Without the key it can't be read, nor told of."""
    key = t.put(b"segredo", **_key())
    refused(400, ("InvalidRequest", "InvalidArgument"), lambda: t.s3.get_object(Bucket=t.shared, Key=key))
    refused(400, ("400", "BadRequest"), lambda: t.s3.head_object(Bucket=t.shared, Key=key))


@case("encryption/sse-c-wrong-key", needs="sse_c", denial=True)
def wrong_key(t: Target) -> None:
    """With another key it can't be read."""
    key = t.put(b"segredo", **_key())
    refused(403, "AccessDenied", lambda: t.s3.get_object(Bucket=t.shared, Key=key, **_key()))


@case("encryption/sse-c-wrong-md5", needs="sse_c", denial=True)
def wrong_md5(t: Target) -> None:
    """A key whose MD5 is another's is refused."""
    key = t.key()
    headers = {
        "x-amz-server-side-encryption-customer-algorithm": "AES256",
        "x-amz-server-side-encryption-customer-key": "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=",
        "x-amz-server-side-encryption-customer-key-md5": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    answer = t.raw("PUT", f"/{t.shared}/{key}", body=b"a", headers=headers)
    same(answer.status, 400, "status")
    refused(404, "NoSuchKey", lambda: t.s3.get_object(Bucket=t.shared, Key=key))


@case("encryption/sse-c-short-key", needs="sse_c", denial=True)
def short_key(t: Target) -> None:
    """A key of 16 bytes is refused."""
    answer_to = lambda: t.put(b"a", SSECustomerAlgorithm="AES256", SSECustomerKey=b"k" * 16)  # noqa: E731
    refused(400, ("InvalidArgument", "InvalidRequest"), answer_to)


@case("encryption/key-for-plain", needs="sse_c", denial=True)
def key_for_plain(t: Target) -> None:
    """A key for an object that has none is refused."""
    key = t.put(b"aberto")
    refused(400, ("InvalidRequest", "InvalidArgument"), lambda: t.s3.get_object(Bucket=t.shared, Key=key, **_key()))


@case("encryption/sse-c-copy", needs="sse_c")
def copy(t: Target) -> None:
    """A copy reads with the source's key and writes with another."""
    one, two, source, key = _key(), _key(), t.key(), t.key()
    t.put(b"segredo", source, **one)
    t.s3.copy_object(
        Bucket=t.shared,
        Key=key,
        CopySource={"Bucket": t.shared, "Key": source},
        **two,
        CopySourceSSECustomerAlgorithm="AES256",
        CopySourceSSECustomerKey=one["SSECustomerKey"],
    )
    same(t.get(key, **two), b"segredo", "body")
    refused(403, "AccessDenied", lambda: t.s3.get_object(Bucket=t.shared, Key=key, **one))


@case("encryption/sse-c-multipart", needs="sse_c")
def multipart(t: Target) -> None:
    """A multipart upload with a customer's key."""
    mine, key = _key(), t.key()
    upload = t.s3.create_multipart_upload(Bucket=t.shared, Key=key, **mine)["UploadId"]
    part = t.s3.upload_part(Bucket=t.shared, Key=key, UploadId=upload, PartNumber=1, Body=b"segredo", **mine)
    t.s3.complete_multipart_upload(
        Bucket=t.shared, Key=key, UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    )
    same(t.get(key, **mine), b"segredo", "body")
    refused(400, ("InvalidRequest", "InvalidArgument"), lambda: t.s3.get_object(Bucket=t.shared, Key=key))


def _at_rest(t: Target, **options: Any) -> None:
    if t.holds is None:
        raise NotTried("the server's disk can't be looked at from here")
    plain, secret = os.urandom(64), os.urandom(64)
    t.put(plain + os.urandom(8000))
    holds(t.holds(plain), "the control, a plain object, isn't found on disk: the look is blind")
    t.put(secret + os.urandom(8000), **options)
    holds(not t.holds(secret), "the plain bytes lie on disk")


@case("encryption/at-rest-sse-s3", needs="sse_at_rest")
def at_rest_sse_s3(t: Target) -> None:
    """Under SSE-S3 the plain bytes are not on disk."""
    _at_rest(t, ServerSideEncryption="AES256")


@case("encryption/at-rest-sse-c", needs="sse_at_rest")
def at_rest_sse_c(t: Target) -> None:
    """Under SSE-C the plain bytes are not on disk."""
    _at_rest(t, **_key())


@case("encryption/said-by-a-read", needs="sse_s3", denial=True)
def said_by_a_read(t: Target) -> None:
    """A GET or HEAD that names a way to encrypt is 400: only writes say it."""
    key = t.put(ServerSideEncryption="AES256")
    for method in ("GET", "HEAD"):
        asked = {"x-amz-server-side-encryption": "AES256"}
        same(t.raw(method, f"/{t.shared}/{key}", headers=asked).status, 400, f"status of {method}")


@case("encryption/kms-kept-or-refused", needs="sse_s3", denial=True)
def kms_kept_or_refused(t: Target) -> None:
    """aws:kms and aws:kms:dsse are told of afterwards or refused: never dropped, and no error of the server's own."""
    for kind in ("aws:kms", "aws:kms:dsse"):
        key = t.key()
        answer = t.raw("PUT", f"/{t.shared}/{key}", body=b"a", headers={"x-amz-server-side-encryption": kind})
        if answer.status == 200:
            same(t.s3.head_object(Bucket=t.shared, Key=key).get("ServerSideEncryption"), kind, "told")
        else:
            same(answer.status in (400, 501), True, f"refused ({answer.status})")


@case("encryption/delete-none", needs="sse_default")
def delete_none(t: Target) -> None:
    """Removing a default that there isn't is 204."""
    answers(t.raw("DELETE", f"/{t.bucket()}", {"encryption": ""}), 204)


@case("encryption/key-without-kms", needs="sse_default", denial=True)
def key_without_kms(t: Target) -> None:
    """A default of AES256 with a KMS key is refused."""
    default = {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "a"}
    refused(
        400,
        ("InvalidArgument", "MalformedXML"),
        lambda: t.s3.put_bucket_encryption(
            Bucket=t.bucket(),
            ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]},
        ),
    )


def _customer(byte: bytes, prefix: str = "SSECustomer") -> dict[str, Any]:
    return {f"{prefix}Algorithm": "AES256", f"{prefix}Key": byte * 32}


@case("encryption/copy-with-a-wrong-key", needs="sse_c", denial=True)
def copy_with_a_wrong_key(t: Target) -> None:
    """A source under SSE-C is copied with its own key alone, and never as garbage."""
    source, key = t.put(b"segredo", **_customer(b"a")), t.key()
    place = {"Bucket": t.shared, "Key": key, "CopySource": {"Bucket": t.shared, "Key": source}}
    refused(403, "AccessDenied", lambda: t.s3.copy_object(**place, **_customer(b"b", "CopySourceSSECustomer")))
    refused(400, "InvalidRequest", lambda: t.s3.copy_object(**place))
    refused(404, "NoSuchKey", lambda: t.get(key))
    t.s3.copy_object(**place, **_customer(b"a", "CopySourceSSECustomer"))
    same(t.get(key), b"segredo", "body of the copy")


@case("encryption/parts-with-the-upload's-key", needs="sse_c", denial=True)
def parts_with_the_uploads_key(t: Target) -> None:
    """Every part of an upload under SSE-C comes with the key that it was begun with."""
    which = {"Bucket": t.shared, "Key": t.key()}
    upload = t.s3.create_multipart_upload(**which, **_customer(b"a"))["UploadId"]
    part = {**which, "UploadId": upload, "PartNumber": 1, "Body": b"x"}
    refused(400, ("InvalidRequest", "InvalidArgument"), lambda: t.s3.upload_part(**part))
    refused(400, ("InvalidRequest", "InvalidArgument"), lambda: t.s3.upload_part(**part, **_customer(b"b")))
    t.s3.upload_part(**part, **_customer(b"a"))
    t.s3.abort_multipart_upload(**which, UploadId=upload)
