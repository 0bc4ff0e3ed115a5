"""Cases: what an object carries besides its bytes: headers, metadata of the user's, tags."""

from __future__ import annotations

from pgben_testkit.storage.conformance.case import case
from pgben_testkit.storage.conformance.target import Target, answers, refused, same


@case("metadata/user", needs="metadata")
def user(t: Target) -> None:
    """PGBen's own metadata come back, names in lower case, values as they were."""
    given = {
        "Original-Name": "rg da Maria.pdf",
        "Hash": "ab" * 32,
        "Encrypted": "true",
        "IV": "0f" * 16,
        "AuthTag": "1e" * 16,
    }
    key = t.put(Metadata=given)
    found = t.s3.head_object(Bucket=t.shared, Key=key)["Metadata"]
    same(
        {name.lower(): value for name, value in found.items()},
        {name.lower(): value for name, value in given.items()},
        "metadata",
    )


@case("metadata/replaced-by-put", needs="metadata")
def replaced(t: Target) -> None:
    """A new PUT leaves nothing of the old metadata."""
    key = t.put(Metadata={"antigo": "1"})
    t.put(key=key, Metadata={"novo": "2"})
    same(t.s3.head_object(Bucket=t.shared, Key=key)["Metadata"], {"novo": "2"}, "metadata")


@case("metadata/spaces-inside", needs="metadata")
def spaces(t: Target) -> None:
    """Spaces within a value stay; those around it go."""
    answer = t.raw(
        "PUT", f"/{t.shared}/{(key := t.key())}", body=b"1", headers={"x-amz-meta-nome": "  Maria da Silva "}
    )
    answers(answer, 200)
    same(t.s3.head_object(Bucket=t.shared, Key=key)["Metadata"].get("nome"), "Maria da Silva", "value")


@case("metadata/utf-8", needs="metadata_utf8")
def utf8(t: Target) -> None:
    """A value in UTF-8 comes back as the same bytes, or as RFC 2047 says them."""
    answer = t.raw("PUT", f"/{t.shared}/{(key := t.key())}", body=b"1", headers={"x-amz-meta-nome": "Jose"})
    answers(answer, 200)
    import http.client
    import time
    from email.header import decode_header, make_header
    from urllib.parse import urlsplit

    from pgben_testkit.storage.conformance.sigv4 import signed_headers

    path, value = f"/{t.shared}/{key}", "Conceição"
    made = signed_headers(t.keys, "PUT", path, {}, {"host": t.host, "x-amz-meta-nome": value}, b"1", now=time.time())
    made["x-amz-meta-nome"] = value.encode().decode("latin-1")
    parts = urlsplit(t.endpoint)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=30)
    connection.request("PUT", path, b"1", made)
    status = connection.getresponse().status
    connection.close()
    same(status, 200, "status of the PUT")
    found = t.raw("HEAD", path).headers.get("x-amz-meta-nome", "")
    if found.startswith("=?"):
        found = str(make_header(decode_header(found)))
    else:
        found = found.encode("latin-1").decode("utf-8", "replace")
    same(found, value, "value")


@case("metadata/system-headers", needs="metadata")
def system(t: Target) -> None:
    """Cache-Control, Content-Disposition, -Encoding, -Language and -Type are kept."""
    key = t.put(
        CacheControl="no-store",
        ContentDisposition="inline",
        ContentEncoding="gzip",
        ContentLanguage="pt-BR",
        ContentType="application/pdf",
    )
    found = t.s3.head_object(Bucket=t.shared, Key=key)
    same(
        [
            found.get(name)
            for name in ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType")
        ],
        ["no-store", "inline", "gzip", "pt-BR", "application/pdf"],
        "headers",
    )


@case("metadata/default-type", needs="metadata")
def default_type(t: Target) -> None:
    """With no Content-Type, an object is binary/octet-stream."""
    key = t.key()
    answers(t.raw("PUT", f"/{t.shared}/{key}", body=b"1"), 200)
    same(t.s3.head_object(Bucket=t.shared, Key=key)["ContentType"], "binary/octet-stream", "content type")


@case("metadata/too-large", needs="metadata_limit", denial=True)
def too_large(t: Target) -> None:
    """More than 2 KB of metadata are MetadataTooLarge."""
    refused(400, "MetadataTooLarge", lambda: t.put(Metadata={"a": "x" * 2100}))


@case("tags/put-get-delete", needs="tagging")
def tags(t: Target) -> None:
    """Tags of an object are set, read, counted and removed."""
    key = t.put()
    wanted = [{"Key": "tipo", "Value": "rg"}, {"Key": "sigilo", "Value": "alto"}]
    t.s3.put_object_tagging(Bucket=t.shared, Key=key, Tagging={"TagSet": wanted})
    found = t.s3.get_object_tagging(Bucket=t.shared, Key=key)["TagSet"]
    same(sorted(found, key=str), sorted(wanted, key=str), "tags")
    same(t.s3.get_object(Bucket=t.shared, Key=key).get("TagCount"), 2, "count")
    t.s3.delete_object_tagging(Bucket=t.shared, Key=key)
    same(t.s3.get_object_tagging(Bucket=t.shared, Key=key)["TagSet"], [], "tags after their removal")


@case("tags/with-put", needs="tagging")
def tags_with_put(t: Target) -> None:
    """x-amz-tagging sets tags along with the object."""
    key = t.put(Tagging="tipo=rg&nome=Maria%20Silva")
    found = {each["Key"]: each["Value"] for each in t.s3.get_object_tagging(Bucket=t.shared, Key=key)["TagSet"]}
    same(found, {"tipo": "rg", "nome": "Maria Silva"}, "tags")


@case("tags/no-value", needs="tagging")
def tags_no_value(t: Target) -> None:
    """A tag of the header with no `=` has an empty value."""
    key = t.put(Tagging="tipo=rg&urgente")
    found = {each["Key"]: each["Value"] for each in t.s3.get_object_tagging(Bucket=t.shared, Key=key)["TagSet"]}
    same(found, {"tipo": "rg", "urgente": ""}, "tags")


@case("tags/too-many", needs="tagging_limits", denial=True)
def too_many(t: Target) -> None:
    """An eleventh tag is refused, and the object keeps those it had."""
    key = t.put(Tagging="tipo=rg")
    eleven = [{"Key": f"k{number}", "Value": "v"} for number in range(11)]
    refused(
        400,
        ("BadRequest", "InvalidTag"),
        lambda: t.s3.put_object_tagging(Bucket=t.shared, Key=key, Tagging={"TagSet": eleven}),
    )
    same(t.s3.get_object_tagging(Bucket=t.shared, Key=key)["TagSet"], [{"Key": "tipo", "Value": "rg"}], "tags")


@case("tags/key-too-long", needs="tagging_limits", denial=True)
def key_too_long(t: Target) -> None:
    """A tag's key has 128 characters at most, its value 256."""
    key = t.put()
    for name, value in (("k" * 129, "v"), ("k", "v" * 257)):
        refused(
            400,
            "InvalidTag",
            lambda name=name, value=value: t.s3.put_object_tagging(  # type: ignore[misc]
                Bucket=t.shared, Key=key, Tagging={"TagSet": [{"Key": name, "Value": value}]}
            ),
        )


@case("tags/twice-the-same", needs="tagging_limits", denial=True)
def twice(t: Target) -> None:
    """Two tags of one key are refused."""
    key = t.put()
    refused(
        400,
        ("InvalidTag", "MalformedXML"),
        lambda: t.s3.put_object_tagging(
            Bucket=t.shared, Key=key, Tagging={"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}
        ),
    )


@case("tags/of-bucket", needs="tagging")
def of_bucket(t: Target) -> None:
    """A bucket's tags are set and read; with none there is NoSuchTagSet."""
    name = t.bucket()
    refused(404, "NoSuchTagSet", lambda: t.s3.get_bucket_tagging(Bucket=name))
    t.s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "sistema", "Value": "pgben"}]})
    same(t.s3.get_bucket_tagging(Bucket=name)["TagSet"], [{"Key": "sistema", "Value": "pgben"}], "tags")
    t.s3.delete_bucket_tagging(Bucket=name)
    refused(404, "NoSuchTagSet", lambda: t.s3.get_bucket_tagging(Bucket=name))


@case("tags/of-missing", needs="tagging", denial=True)
def of_missing(t: Target) -> None:
    """Tags of a key that isn't there are NoSuchKey."""
    refused(404, "NoSuchKey", lambda: t.s3.get_object_tagging(Bucket=t.shared, Key=t.key()))
