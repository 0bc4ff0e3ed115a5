"""Cases: uploads by HTML form, with a signed policy."""

from __future__ import annotations

import time
from typing import Any

from pgben_testkit.storage.conformance.case import case
from pgben_testkit.storage.conformance.sigv4 import form_body, form_fields
from pgben_testkit.storage.conformance.target import Target, answers, refused, same
from pgben_testkit.storage.s3.answer import Answer


def _post(
    t: Target,
    key: str,
    conditions: list[Any],
    *,
    content: bytes = b"%PDF",
    extra: dict[str, str] | None = None,
    expires_s: float = 300,
    spoil: bool = False,
    change: tuple[bytes, bytes] = (b"", b""),
) -> Answer:
    fields = form_fields(t.keys, [{"bucket": t.shared}, *conditions], now=time.time(), expires_s=expires_s)
    if spoil:
        fields["x-amz-signature"] = "0" * 64
    kind, body = form_body({"key": key, **(extra or {}), **fields}, content)
    return t.send("POST", f"/{t.shared}", {}, {"host": t.host, "content-type": kind}, body.replace(*change))


def _not_there(t: Target, key: str) -> None:
    refused(404, "NoSuchKey", lambda: t.s3.get_object(Bucket=t.shared, Key=key))


@case("forms/upload", needs="post_policy")
def upload(t: Target) -> None:
    """A signed form uploads, with its type."""
    key = t.key()
    answers(
        _post(t, key, [{"key": key}, {"Content-Type": "application/pdf"}], extra={"Content-Type": "application/pdf"}),
        204,
    )
    found = t.s3.get_object(Bucket=t.shared, Key=key)
    same((found["Body"].read(), found["ContentType"]), (b"%PDF", "application/pdf"), "object")


@case("forms/boto3", needs="post_policy")
def by_boto3(t: Target) -> None:
    """What boto3's generate_presigned_post makes is taken."""
    made = t.s3.generate_presigned_post(t.shared, (key := t.key()), ExpiresIn=60)
    kind, body = form_body(made["fields"], b"abc")
    answers(t.send("POST", f"/{t.shared}", {}, {"host": t.host, "content-type": kind}, body), 204)
    same(t.get(key), b"abc", "body")


@case("forms/starts-with", needs="post_policy")
def starts_with(t: Target) -> None:
    """starts-with holds for keys below the prefix alone."""
    prefix = t.key("docs/")
    answers(_post(t, prefix + "a", [["starts-with", "$key", prefix]]), 204)
    other = t.key("outro")
    answers(_post(t, other, [["starts-with", "$key", prefix]]), 403, "AccessDenied")
    _not_there(t, other)


@case("forms/length-range", needs="post_policy", denial=True)
def length_range(t: Target) -> None:
    """content-length-range refuses what is too small and too large."""
    key = t.key()
    limits = [{"key": key}, ["content-length-range", 2, 5]]
    answers(_post(t, key, limits, content=b"x" * 6), 400, "EntityTooLarge")
    answers(_post(t, key, limits, content=b"x"), 400, "EntityTooSmall")
    _not_there(t, key)
    answers(_post(t, key, limits, content=b"xxx"), 204)


@case("forms/expired", needs="post_policy", denial=True)
def expired(t: Target) -> None:
    """A policy that has expired is AccessDenied."""
    key = t.key()
    answers(_post(t, key, [{"key": key}], expires_s=-60), 403, "AccessDenied")
    _not_there(t, key)


@case("forms/wrong-signature", needs="post_policy", denial=True)
def wrong_signature(t: Target) -> None:
    """A wrong signature is SignatureDoesNotMatch."""
    key = t.key()
    answers(_post(t, key, [{"key": key}], spoil=True), 403, "SignatureDoesNotMatch")
    _not_there(t, key)


@case("forms/other-key", needs="post_policy", denial=True)
def other_key(t: Target) -> None:
    """A key that the policy doesn't name is AccessDenied."""
    key = t.key()
    answers(_post(t, key, [{"key": t.key()}]), 403, "AccessDenied")
    _not_there(t, key)


@case("forms/extra-field", needs="post_policy_fields", denial=True)
def extra_field(t: Target) -> None:
    """A field that the policy doesn't name is AccessDenied."""
    key = t.key()
    answers(_post(t, key, [{"key": key}], extra={"x-amz-meta-tipo": "rg"}), 403, "AccessDenied")
    _not_there(t, key)


@case("forms/other-bucket", needs="post_policy", denial=True)
def other_bucket(t: Target) -> None:
    """A policy for one bucket is of no use in another."""
    key = t.key()
    fields = form_fields(t.keys, [{"bucket": "outro"}, {"key": key}], now=time.time())
    kind, body = form_body({"key": key, **fields}, b"x")
    answers(t.send("POST", f"/{t.shared}", {}, {"host": t.host, "content-type": kind}, body), 403, "AccessDenied")
    _not_there(t, key)


@case("forms/unsigned", needs="post_policy", denial=True)
def unsigned(t: Target) -> None:
    """A form with no signature writes nothing into a private bucket."""
    key = t.key()
    kind, body = form_body({"key": key}, b"x")
    answer = t.send("POST", f"/{t.shared}", {}, {"host": t.host, "content-type": kind}, body)
    same(answer.status in (400, 403), True, f"refused ({answer.status})")
    _not_there(t, key)


@case("forms/status-201", needs="post_policy")
def status_201(t: Target) -> None:
    """success_action_status=201 answers with a document that names key and ETag."""
    key = t.key()
    answer = _post(t, key, [{"key": key}, {"success_action_status": "201"}], extra={"success_action_status": "201"})
    same((answer.status, b"<PostResponse" in answer.body, b"<Key>" in answer.body), (201, True, True), "answer")


@case("forms/filename", needs="post_policy")
def filename(t: Target) -> None:
    """${filename} in the key is the file's name."""
    prefix = t.key("")[:-6]
    answers(_post(t, prefix + "${filename}", [["starts-with", "$key", prefix]]), 204)
    same(t.get(prefix + "rg.pdf"), b"%PDF", "body")


@case("forms/filename-in-policy", needs="post_policy", denial=True)
def filename_in_policy(t: Target) -> None:
    """A policy is about the key with the file's name in it, not about ${filename}."""
    key = t.key()
    answers(_post(t, key + "/${filename}", [{"key": key + "/${filename}"}]), 403, "AccessDenied")
    _not_there(t, key + "/rg.pdf")
    answers(_post(t, key + "/${filename}", [{"key": key + "/rg.pdf"}]), 204)


@case("forms/fields-with-filenames", needs="post_policy")
def fields_with_filenames(t: Target) -> None:
    """Fields with a filename of their own, as Python's requests sends them, are fields."""
    key = t.key()
    answers(_post(t, key, [{"key": key}], change=(b'name="key"', b'name="key"; filename="key"')), 204)
    same(t.get(key), b"%PDF", "body")


@case("forms/expiration-rubbish", needs="post_policy_fields", denial=True)
def expiration_rubbish(t: Target) -> None:
    """A policy whose end isn't ISO 8601 in UTC is refused."""
    key = t.key()
    fields = form_fields(
        t.keys, [{"bucket": t.shared}, {"key": key}], now=time.time(), expires="2999-01-01 00:00:00+00:00"
    )
    kind, body = form_body({"key": key, **fields}, b"x")
    answer = t.send("POST", f"/{t.shared}", {}, {"host": t.host, "content-type": kind}, body)
    same(answer.status in (400, 403), True, f"refused ({answer.status})")
    _not_there(t, key)


@case("forms/anybody", needs="acl")
def anybody(t: Target) -> None:
    """A form with no policy is taken by a bucket that anybody may write to."""
    name, key = t.bucket(), t.key()
    t.s3.put_bucket_acl(Bucket=name, ACL="public-read-write")
    kind, body = form_body({"key": key}, b"x")
    answers(t.send("POST", f"/{name}", {}, {"host": t.host, "content-type": kind}, body), 204)


@case("forms/acl", needs="acl")
def with_acl(t: Target) -> None:
    """The ACL of a form is its object's."""
    key = t.key()
    answers(_post(t, key, [{"key": key}, {"acl": "public-read"}], extra={"acl": "public-read"}), 204)
    same(t.raw("GET", f"/{t.shared}/{key}", anonymous=True).status, 200, "status for somebody without keys")
