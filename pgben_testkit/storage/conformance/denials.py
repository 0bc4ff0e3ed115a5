"""Cases: who is refused. Each shows that the same request is served when it is right."""

from __future__ import annotations

import time

from pgben_testkit.storage.client import boto3_client
from pgben_testkit.storage.conformance.case import case
from pgben_testkit.storage.conformance.sigv4 import Keys
from pgben_testkit.storage.conformance.target import Target, answers, refused, same


@case("denials/wrong-secret", needs="auth", denial=True)
def wrong_secret(t: Target) -> None:
    """A wrong secret key is SignatureDoesNotMatch: nothing is read, written or removed."""
    wrong, key = boto3_client(t.endpoint, t.access_key, "errada" * 7, t.region), t.put(b"segredo")
    refused(403, "SignatureDoesNotMatch", lambda: wrong.get_object(Bucket=t.shared, Key=key))
    refused(403, "SignatureDoesNotMatch", lambda: wrong.put_object(Bucket=t.shared, Key=key, Body=b"x"))
    refused(403, "SignatureDoesNotMatch", lambda: wrong.delete_object(Bucket=t.shared, Key=key))
    refused(403, "SignatureDoesNotMatch", lambda: wrong.list_buckets())
    same(t.get(key), b"segredo", "body after refused writes")


@case("denials/unknown-key", needs="auth", denial=True)
def unknown_key(t: Target) -> None:
    """An access key that nobody has is InvalidAccessKeyId."""
    nobody, key = boto3_client(t.endpoint, "AKIANINGUEM", "s" * 40, t.region), t.put()
    refused(403, "InvalidAccessKeyId", lambda: nobody.get_object(Bucket=t.shared, Key=key))
    refused(403, "InvalidAccessKeyId", lambda: nobody.create_bucket(Bucket=t.stem + "-x"))


@case("denials/anonymous", needs="auth", denial=True)
def anonymous(t: Target) -> None:
    """With no signature nothing is read, listed, written or removed."""
    key = t.put(b"segredo")
    path = f"/{t.shared}/{key}"
    for method, where, query in (
        ("GET", path, {}),
        ("PUT", path, {}),
        ("DELETE", path, {}),
        ("GET", f"/{t.shared}", {}),
        ("GET", f"/{t.shared}", {"policy": ""}),
        ("PUT", f"/{t.stem}-y", {}),
    ):
        answer = t.raw(method, where, query, body=b"x" if method == "PUT" and where == path else b"", anonymous=True)
        same((answer.status, answer.code), (403, "AccessDenied"), f"{method} {sorted(query)}")
    same(t.raw("HEAD", path, anonymous=True).status, 403, "HEAD")
    same(t.get(key), b"segredo", "body after refused writes")


@case("denials/anonymous-list-buckets", needs="auth", denial=True)
def anonymous_list_buckets(t: Target) -> None:
    """Nobody lists buckets without a signature."""
    answers(t.raw("GET", "/", anonymous=True), 403, "AccessDenied")


@case("denials/late-clock", needs="auth", denial=True)
def late_clock(t: Target) -> None:
    """A clock 20 minutes off, either way, is RequestTimeTooSkewed; 10 minutes are not."""
    key = t.put(b"a")
    for minutes in (-20, 20):
        answer = t.raw("GET", f"/{t.shared}/{key}", at=minutes * 60)
        same((answer.status, answer.code), (403, "RequestTimeTooSkewed"), f"{minutes} minutes")
    answers(t.raw("GET", f"/{t.shared}/{key}", at=-600), 200)


@case("denials/changed-header", needs="auth", denial=True)
def changed_header(t: Target) -> None:
    """A signed header that was changed is SignatureDoesNotMatch."""
    key = t.key()
    answer = t.raw(
        "PUT",
        f"/{t.shared}/{key}",
        body=b"a",
        headers={"x-amz-meta-tipo": "rg"},
        change=lambda made: made.update({"x-amz-meta-tipo": "cpf"}),
    )
    answers(answer, 403, "SignatureDoesNotMatch")
    refused(404, "NoSuchKey", lambda: t.s3.get_object(Bucket=t.shared, Key=key))


@case("denials/changed-path", needs="auth", denial=True)
def changed_path(t: Target) -> None:
    """A signature for one key doesn't open another."""
    one, two = t.put(b"meu"), t.put(b"alheio")
    from pgben_testkit.storage.conformance.sigv4 import signed_headers

    made = signed_headers(t.keys, "GET", f"/{t.shared}/{one}", {}, {"host": t.host}, b"", now=time.time())
    answers(t.send("GET", f"/{t.shared}/{two}", {}, made), 403, "SignatureDoesNotMatch")
    answers(t.send("GET", f"/{t.shared}/{one}", {}, made), 200)


@case("denials/changed-query", needs="auth", denial=True)
def changed_query(t: Target) -> None:
    """A query that was changed is SignatureDoesNotMatch."""
    from pgben_testkit.storage.conformance.sigv4 import signed_headers

    made = signed_headers(t.keys, "GET", f"/{t.shared}", {"prefix": "a"}, {"host": t.host}, b"", now=time.time())
    answers(t.send("GET", f"/{t.shared}", {"prefix": "b"}, made), 403, "SignatureDoesNotMatch")


@case("denials/changed-body", needs="body_hash", denial=True)
def changed_body(t: Target) -> None:
    """A body that isn't the one that was hashed is XAmzContentSHA256Mismatch, and nothing is stored."""
    from pgben_testkit.storage.conformance.sigv4 import signed_headers

    path = f"/{t.shared}/{(key := t.key())}"
    made = signed_headers(t.keys, "PUT", path, {}, {"host": t.host}, b"verdadeiro", now=time.time())
    answers(t.send("PUT", path, {}, made, b"adulterado"), 400, "XAmzContentSHA256Mismatch")
    refused(404, "NoSuchKey", lambda: t.s3.get_object(Bucket=t.shared, Key=key))


@case("denials/signature-2", needs="auth", denial=True)
def signature_2(t: Target) -> None:
    """Signature Version 2 is refused."""
    key = t.put()
    headers = {
        "host": t.host,
        "authorization": f"AWS {t.access_key}:c2lnbmF0dXJl",
        "date": "Thu, 01 Jan 2026 00:00:00 GMT",
    }
    answer = t.send("GET", f"/{t.shared}/{key}", {}, headers)
    same(answer.status in (400, 403), True, f"refused ({answer.status})")


@case("denials/malformed-authorization", needs="auth", denial=True)
def malformed_authorization(t: Target) -> None:
    """An Authorization header that makes no sense is refused, and is no anonymous request."""
    key = t.put()
    for text in ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a", "Bearer abc", "AWS4-HMAC-SHA256 Credential=,,,"):
        answer = t.send("GET", f"/{t.shared}/{key}", {}, {"host": t.host, "authorization": text})
        same(400 <= answer.status < 404, True, f"{text}: refused ({answer.status})")


@case("denials/other-region", needs="auth_region", denial=True)
def other_region(t: Target) -> None:
    """A signature for another region is AuthorizationHeaderMalformed."""
    answer = t.raw("GET", f"/{t.shared}", keys=Keys(t.access_key, t.secret_key, "sa-east-9"))
    answers(answer, 400, "AuthorizationHeaderMalformed")


@case("denials/unsigned-header", needs="auth_signed_headers", denial=True)
def unsigned_header(t: Target) -> None:
    """An x-amz-* header that wasn't signed is refused."""
    key = t.key()
    answer = t.raw("PUT", f"/{t.shared}/{key}", body=b"a", change=lambda made: made.update({"x-amz-meta-b": "1"}))
    answers(answer, 403, ("AccessDenied", "SignatureDoesNotMatch"))
    refused(404, "NoSuchKey", lambda: t.s3.get_object(Bucket=t.shared, Key=key))


@case("denials/two-signatures", needs="auth_one_mechanism", denial=True)
def two_signatures(t: Target) -> None:
    """A signature in the header and one in the query are refused together."""
    key = t.put()
    path, query = t.presigned("GET", t.shared, key)
    answer = t.send("GET", path, query, {"host": t.host, "authorization": "AWS4-HMAC-SHA256 Credential=a/b"})
    answers(answer, 400)


@case("denials/other-user", needs="auth_users", denial=True)
def other_user(t: Target) -> None:
    """Another user with no rights reads, writes and removes nothing."""
    other, key = t.others(), t.put(b"segredo")
    refused(403, "AccessDenied", lambda: other.get_object(Bucket=t.shared, Key=key))
    refused(403, "AccessDenied", lambda: other.put_object(Bucket=t.shared, Key=key, Body=b"x"))
    refused(403, "AccessDenied", lambda: other.delete_object(Bucket=t.shared, Key=key))
    refused(403, "AccessDenied", lambda: other.list_objects_v2(Bucket=t.shared))
    refused(403, "AccessDenied", lambda: other.delete_bucket(Bucket=t.shared))
    same(t.get(key), b"segredo", "body after refused writes")


@case("denials/missing-looks-forbidden", needs="auth_users", denial=True)
def missing_looks_forbidden(t: Target) -> None:
    """Who may not list isn't told that a key is missing."""
    refused(403, "AccessDenied", lambda: t.others().get_object(Bucket=t.shared, Key=t.key()))


@case("denials/unknown-session-token", needs="auth", denial=True)
def unknown_session_token(t: Target) -> None:
    """A session token that nobody gave out is refused, whatever the keys are."""
    key = t.put(b"segredo")
    answer = t.raw("GET", f"/{t.shared}/{key}", headers={"x-amz-security-token": "nenhuma"})
    same((answer.status in (400, 403), answer.code), (True, "InvalidToken"), "refused")


@case("denials/expected-owner-of-the-source", needs="auth", denial=True)
def expected_owner_of_the_source(t: Target) -> None:
    """A copy whose source's bucket is somebody else's than expected is refused."""
    source, key = t.put(b"x"), t.key()
    place = {"Bucket": t.shared, "Key": key, "CopySource": {"Bucket": t.shared, "Key": source}}
    refused(403, "AccessDenied", lambda: t.s3.copy_object(**place, ExpectedSourceBucketOwner="999999999999"))
    refused(403, "AccessDenied", lambda: t.s3.copy_object(**place, ExpectedBucketOwner="999999999999"))
    refused(404, "NoSuchKey", lambda: t.get(key))
