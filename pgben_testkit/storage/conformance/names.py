"""Cases: names of buckets and keys, legal and not."""

from __future__ import annotations

from pgben_testkit.storage.conformance.case import case
from pgben_testkit.storage.conformance.target import Target, answers, refused, same

ODD = {
    "spaces": "a b  c .pdf",
    "plus": "a+b.pdf",
    "percent": "100%.pdf",
    "percent-escape": "a%20b.pdf",
    "accents": "ação/José.pdf",
    "ampersand": "a&b<c>\"d'.pdf",
    "equals": "a=b;c?d#e.pdf",
    "emoji": "recibo 🧾.pdf",
    "chinese": "文件.pdf",
    "brackets": "(1)[2]{3}.pdf",
    "tilde": "~a!$*',@:.pdf",
    "dots": "a..b/...c",
    "hidden": ".oculto",
    "backslash": "a\\b.pdf",
    "slash-at-end": "pasta/",
}


def _odd(t: Target, name: str) -> None:
    prefix = t.key("n/")
    key = prefix + ODD[name]
    body = b"" if key.endswith("/") else b"abc"
    t.put(body, key)
    same(t.get(key), body, "body")
    same(
        [each["Key"] for each in t.s3.list_objects_v2(Bucket=t.shared, Prefix=prefix).get("Contents", ())],
        [key],
        "listed",
    )
    t.s3.delete_object(Bucket=t.shared, Key=key)
    refused(404, "NoSuchKey", lambda: t.s3.get_object(Bucket=t.shared, Key=key))


for _name in ODD:

    def _run(t: Target, name: str = _name) -> None:
        _odd(t, name)

    _run.__doc__ = f"A key with {_name.replace('-', ' ')} is put, read, listed and removed as it is."
    _run.__qualname__ = f"key_{_name}"
    case(f"names/key-{_name}", needs="keys")(_run)


@case("names/double-slash", needs="key_fidelity")
def double_slash(t: Target) -> None:
    """a//b and a/b are two keys."""
    prefix = t.key("n/")
    t.put(b"1", prefix + "a/b")
    t.put(b"2", prefix + "a//b")
    same((t.get(prefix + "a/b"), t.get(prefix + "a//b")), (b"1", b"2"), "bodies")


@case("names/case", needs="keys")
def letter_case(t: Target) -> None:
    """Keys differ by their case."""
    prefix = t.key("n/")
    t.put(b"1", prefix + "rg")
    t.put(b"2", prefix + "RG")
    same((t.get(prefix + "rg"), t.get(prefix + "RG")), (b"1", b"2"), "bodies")


@case("names/folder-and-file", needs="key_fidelity")
def folder_and_file(t: Target) -> None:
    """a and a/b are both objects."""
    prefix = t.key("n/")
    t.put(b"1", prefix + "a")
    t.put(b"2", prefix + "a/b")
    same((t.get(prefix + "a"), t.get(prefix + "a/b")), (b"1", b"2"), "bodies")


@case("names/key-1024", needs="keys")
def key_1024(t: Target) -> None:
    """A key of 1024 bytes is legal."""
    key = t.key("")
    key += "/".join("x" * 199 for _ in range(6))
    key = key[:1023] + "z"
    t.put(b"abc", key)
    same(t.get(key), b"abc", "body")


@case("names/key-too-long", needs="key_limit", denial=True)
def key_too_long(t: Target) -> None:
    """A key of 1025 bytes is KeyTooLongError."""
    answers(t.raw("PUT", f"/{t.shared}/" + "/".join(["y" * 199] * 6)[:1025], body=b"a"), 400, "KeyTooLongError")


@case("names/bucket-illegal", needs="bucket_names", denial=True)
def bucket_illegal(t: Target) -> None:
    """Names that the rules forbid are InvalidBucketName."""
    for name in (
        "Maiusculas",
        "ab",
        "com_sublinhado",
        "192.168.5.4",
        "-hifen",
        "hifen-",
        "dois..pontos",
        "x" * 64,
        "xn--a",
    ):
        answer = t.raw("PUT", f"/{name}")
        same((answer.status, answer.code), (400, "InvalidBucketName"), name[:20])


@case("names/bucket-with-dots", needs="bucket_names")
def bucket_with_dots(t: Target) -> None:
    """Dots and figures are legal."""
    name = f"{t.stem}.1.docs"
    t.s3.create_bucket(Bucket=name)
    t.s3.head_bucket(Bucket=name)
    t.s3.delete_bucket(Bucket=name)


@case("names/climbing", needs="path_safety", denial=True)
def climbing(t: Target) -> None:
    """A path that climbs out of its bucket reaches nothing."""
    secret = t.put(b"segredo")
    other = t.bucket()
    for path in (
        f"/{other}/../{t.shared}/{secret}",
        f"/{other}/%2e%2e/{t.shared}/{secret}",
        f"/{other}/..%2f..%2f..%2f..%2fetc%2fpasswd",
    ):
        answer = t.raw("GET", path, encoded=True, anonymous=True)
        same(
            (400 <= answer.status < 500, b"segredo" in answer.body, b"root:" in answer.body),
            (True, False, False),
            f"{path[-40:]} ({answer.status})",
        )


@case("names/climbing-signed", needs="path_safety", denial=True)
def climbing_signed(t: Target) -> None:
    """A signed path that climbs above the root is refused, and writes nothing outside."""
    other = t.bucket()
    answer = t.raw("PUT", f"/{other}/%2e%2e/%2e%2e/fuga", body=b"x", encoded=True)
    same(400 <= answer.status < 500, True, f"refused ({answer.status})")


@case("names/buckets-reserved", needs="bucket_names", denial=True)
def buckets_reserved(t: Target) -> None:
    """Names that S3 keeps for itself are InvalidBucketName."""
    for name in ("sthree-pgben", "pgben--ol-s3", "amzn-s3-demo-pgben", "pgben.-a"):
        answers(t.raw("PUT", f"/{name}"), 400, "InvalidBucketName")


@case("names/long-part", needs="key_fidelity")
def long_part(t: Target) -> None:
    """A key may have 1024 bytes between two slashes."""
    key = t.key()
    t.put(b"a", key + "a" * (1024 - len(key)))


@case("names/folder-with-a-body", needs="key_fidelity")
def folder_with_a_body(t: Target) -> None:
    """A key that ends with a slash holds bytes as any other."""
    key = t.put(b"dentro", t.key("pasta/"))
    same(t.get(key), b"dentro", "body")
