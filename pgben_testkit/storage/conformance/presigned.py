"""Cases: presigned URLs: what they open, for how long, and nothing else."""

from __future__ import annotations

from pgben_testkit.storage.conformance.case import case
from pgben_testkit.storage.conformance.sigv4 import Keys
from pgben_testkit.storage.conformance.target import Target, answers, refused, same


def _split(url: str) -> tuple[str, str]:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return parts.path, parts.query


@case("presigned/get", needs="presigned")
def get(t: Target) -> None:
    """boto3's presigned GET reads with no keys."""
    url = t.s3.generate_presigned_url("get_object", Params={"Bucket": t.shared, "Key": t.put(b"abc")}, ExpiresIn=60)
    answer = t.send("GET", *_split(url), {})
    same((answer.status, answer.body), (200, b"abc"), "answer")


@case("presigned/put", needs="presigned")
def put(t: Target) -> None:
    """A presigned PUT writes."""
    path, query = t.presigned("PUT", t.shared, (key := t.key()))
    answers(t.send("PUT", path, query, {"host": t.host}, b"abc"), 200)
    same(t.get(key), b"abc", "body")


@case("presigned/odd-key", needs="presigned")
def odd_key(t: Target) -> None:
    """A key with spaces, plus, accents and percent can be presigned."""
    key = t.put(b"abc", t.key("ação + 100% (1).pdf"))
    url = t.s3.generate_presigned_url("get_object", Params={"Bucket": t.shared, "Key": key}, ExpiresIn=60)
    answer = t.send("GET", *_split(url), {})
    same((answer.status, answer.body), (200, b"abc"), "answer")


@case("presigned/overrides", needs="presigned")
def overrides(t: Target) -> None:
    """response-content-disposition in a presigned URL is signed and kept to."""
    url = t.s3.generate_presigned_url(
        "get_object",
        ExpiresIn=60,
        Params={
            "Bucket": t.shared,
            "Key": t.put(b"abc"),
            "ResponseContentDisposition": 'attachment; filename="rg.pdf"',
        },
    )
    answer = t.send("GET", *_split(url), {})
    same((answer.status, answer.headers.get("content-disposition")), (200, 'attachment; filename="rg.pdf"'), "answer")
    answers(t.send("GET", _split(url)[0], _split(url)[1].replace("rg.pdf", "cp.pdf"), {}), 403, "SignatureDoesNotMatch")


@case("presigned/expired", needs="presigned_expiry", denial=True)
def expired(t: Target) -> None:
    """A URL that has expired is AccessDenied."""
    path, query = t.presigned("GET", t.shared, t.put(), expires=60, at=-90)
    answers(t.send("GET", path, query, {}), 403, "AccessDenied")


@case("presigned/still-valid", needs="presigned_expiry")
def still_valid(t: Target) -> None:
    """One made an hour ago for two hours reads."""
    path, query = t.presigned("GET", t.shared, t.put(), expires=7200, at=-3600)
    answers(t.send("GET", path, query, {}), 200)


@case("presigned/prolonged", needs="presigned_expiry", denial=True)
def prolonged(t: Target) -> None:
    """A changed X-Amz-Expires is SignatureDoesNotMatch."""
    path, query = t.presigned("GET", t.shared, t.put(), expires=60)
    answers(t.send("GET", path, query.replace("Expires=60", "Expires=6000"), {}), 403, "SignatureDoesNotMatch")


@case("presigned/too-long", needs="presigned_limits", denial=True)
def too_long(t: Target) -> None:
    """More than a week is AuthorizationQueryParametersError."""
    path, query = t.presigned("GET", t.shared, t.put(), expires=604801)
    answers(t.send("GET", path, query, {}), 400, "AuthorizationQueryParametersError")


@case("presigned/expires-rubbish", needs="presigned_limits", denial=True)
def expires_rubbish(t: Target) -> None:
    """X-Amz-Expires that is no number, or below 0, is refused."""
    for value in ("-1", "amanha"):
        path, query = t.presigned("GET", t.shared, t.put(), expires=value)
        answers(t.send("GET", path, query, {}), 400)


@case("presigned/not-yet", needs="presigned_limits", denial=True)
def not_yet(t: Target) -> None:
    """A URL of a clock that is an hour ahead isn't valid yet."""
    path, query = t.presigned("GET", t.shared, t.put(), expires=7200, at=3600)
    same(t.send("GET", path, query, {}).status, 403, "status")


@case("presigned/other-key", needs="presigned", denial=True)
def other_key(t: Target) -> None:
    """A URL opens its own key alone."""
    mine, other = t.put(b"meu"), t.put(b"alheio")
    _, query = t.presigned("GET", t.shared, mine)
    answers(t.send("GET", f"/{t.shared}/{other}", query, {}), 403, "SignatureDoesNotMatch")


@case("presigned/other-method", needs="presigned", denial=True)
def other_method(t: Target) -> None:
    """A URL to read neither writes nor removes."""
    key = t.put(b"abc")
    path, query = t.presigned("GET", t.shared, key)
    answers(t.send("PUT", path, query, {}, b"x"), 403, "SignatureDoesNotMatch")
    answers(t.send("DELETE", path, query, {}), 403, "SignatureDoesNotMatch")
    same(t.get(key), b"abc", "body")


@case("presigned/wrong-secret", needs="presigned", denial=True)
def wrong_secret(t: Target) -> None:
    """A URL signed with a wrong secret, or by nobody, opens nothing."""
    key = t.put()
    path, query = t.presigned("GET", t.shared, key, keys=Keys(t.access_key, "errada", t.region))
    answers(t.send("GET", path, query, {}), 403, "SignatureDoesNotMatch")
    path, query = t.presigned("GET", t.shared, key, keys=Keys("AKIANINGUEM", "x", t.region))
    answers(t.send("GET", path, query, {}), 403, "InvalidAccessKeyId")


@case("presigned/no-signature", needs="presigned", denial=True)
def no_signature(t: Target) -> None:
    """A URL without its signature is refused, and isn't anonymous."""
    path, query = t.presigned("GET", t.shared, t.put())
    answer = t.send("GET", path, query.partition("&X-Amz-Signature")[0], {})
    same(answer.status in (400, 403), True, f"refused ({answer.status})")


@case("presigned/signed-header", needs="presigned", denial=True)
def signed_header(t: Target) -> None:
    """A header under the signature must be sent as it was signed."""
    key = t.key()
    path, query = t.presigned("PUT", t.shared, key, headers={"content-type": "application/pdf"})
    answers(t.send("PUT", path, query, {"content-type": "text/html"}, b"<b>"), 403, "SignatureDoesNotMatch")
    answers(t.send("PUT", path, query, {"content-type": "application/pdf"}, b"%PDF"), 200)
    same(t.s3.head_object(Bucket=t.shared, Key=key)["ContentType"], "application/pdf", "content type")


@case("presigned/signature-2", needs="auth", denial=True)
def signature_2(t: Target) -> None:
    """A URL by Signature Version 2 is refused."""
    key = t.put()
    answer = t.send(
        "GET",
        f"/{t.shared}/{key}",
        {"AWSAccessKeyId": t.access_key, "Expires": "4102444800", "Signature": "c2lnbmF0dXJl"},
        {},
    )
    same(answer.status in (400, 403), True, f"refused ({answer.status})")


@case("presigned/limited-to-its-signer", needs="auth_users", denial=True)
def its_signer(t: Target) -> None:
    """A URL gives no more than its signer has."""
    t.others()
    assert t.other is not None
    path, query = t.presigned("GET", t.shared, t.put(), keys=Keys(*t.other, t.region))
    answers(t.send("GET", path, query, {}), 403, "AccessDenied")


@case("presigned/delete", needs="presigned")
def delete(t: Target) -> None:
    """A presigned DELETE removes."""
    key = t.put()
    path, query = t.presigned("DELETE", t.shared, key)
    answers(t.send("DELETE", path, query, {}), 204)
    refused(404, "NoSuchKey", lambda: t.s3.get_object(Bucket=t.shared, Key=key))


@case("presigned/checksum-of-nothing", needs="auth")
def checksum_of_nothing(t: Target) -> None:
    """A checksum in the URL that was made before there was a body, as the AWS SDK for JavaScript does, is no matter."""
    key = t.key()
    path, query = t.presigned(
        "PUT", t.shared, key, extra={"x-amz-checksum-crc32": "AAAAAA==", "x-amz-sdk-checksum-algorithm": "CRC32"}
    )
    answers(t.send("PUT", path, query, {"host": t.host}, b"abc"), 200)
    same(t.get(key), b"abc", "body")
