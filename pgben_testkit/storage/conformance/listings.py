"""Cases: listings, with every delimiter, marker and encoding."""

from __future__ import annotations

from typing import Any

from pgben_testkit.storage.conformance.case import case
from pgben_testkit.storage.conformance.target import Target, holds, refused, same

KEYS = ("a/1", "a/2", "a/b/3", "b/4", "c", "d e", "ação/rg.pdf")


def _filled(t: Target, keys: tuple[str, ...] = KEYS) -> str:
    prefix = t.key("l/")
    for key in keys:
        t.put(b"x", prefix + key)
    return prefix


def _keys(found: Any, prefix: str) -> list[str]:
    return [each["Key"][len(prefix) :] for each in found.get("Contents", ())]


def _prefixes(found: Any, prefix: str) -> list[str]:
    return [each["Prefix"][len(prefix) :] for each in found.get("CommonPrefixes", ())]


@case("listings/v1-order", needs="listing")
def v1_order(t: Target) -> None:
    """ListObjects gives keys in the order of their UTF-8 bytes."""
    prefix = _filled(t, ("b", "a", "Z", "é", "a0", "a.b"))
    same(_keys(t.s3.list_objects(Bucket=t.shared, Prefix=prefix), prefix), ["Z", "a", "a.b", "a0", "b", "é"], "keys")


@case("listings/v2-order", needs="listing")
def v2_order(t: Target) -> None:
    """ListObjectsV2 does too, and counts."""
    prefix = _filled(t)
    found = t.s3.list_objects_v2(Bucket=t.shared, Prefix=prefix)
    same(_keys(found, prefix), sorted(KEYS), "keys")
    same((found["KeyCount"], found["IsTruncated"]), (len(KEYS), False), "count and end")


@case("listings/contents", needs="listing")
def contents(t: Target) -> None:
    """Each entry has ETag, size and time."""
    prefix = t.key("l/")
    made = t.s3.put_object(Bucket=t.shared, Key=prefix + "k", Body=b"12345")
    [entry] = t.s3.list_objects_v2(Bucket=t.shared, Prefix=prefix)["Contents"]
    same((entry["ETag"], entry["Size"]), (made["ETag"], 5), "entry")
    holds(entry.get("LastModified"), "no LastModified")


@case("listings/delimiter", needs="listing")
def delimiter(t: Target) -> None:
    """A delimiter rolls keys up into common prefixes."""
    prefix = _filled(t)
    for found in (
        t.s3.list_objects(Bucket=t.shared, Prefix=prefix, Delimiter="/"),
        t.s3.list_objects_v2(Bucket=t.shared, Prefix=prefix, Delimiter="/"),
    ):
        same(_prefixes(found, prefix), ["a/", "ação/", "b/"], "prefixes")
        same(_keys(found, prefix), ["c", "d e"], "keys")


@case("listings/delimiter-other", needs="listing_any_delimiter")
def delimiter_other(t: Target) -> None:
    """Any text may be the delimiter."""
    prefix = _filled(t, ("rg-1", "rg-2", "cpf-1", "nis", "a%b", "a%c"))
    found = t.s3.list_objects_v2(Bucket=t.shared, Prefix=prefix, Delimiter="-")
    same((_prefixes(found, prefix), _keys(found, prefix)), (["cpf-", "rg-"], ["a%b", "a%c", "nis"]), "with -")
    found = t.s3.list_objects_v2(Bucket=t.shared, Prefix=prefix, Delimiter="%")
    same(_prefixes(found, prefix), ["a%"], "with %")


@case("listings/delimiter-and-prefix", needs="listing")
def delimiter_and_prefix(t: Target) -> None:
    """Below a prefix that ends in the delimiter, and below one that doesn't."""
    prefix = _filled(t)
    found = t.s3.list_objects_v2(Bucket=t.shared, Prefix=prefix + "a/", Delimiter="/")
    same((_keys(found, prefix), _prefixes(found, prefix)), (["a/1", "a/2"], ["a/b/"]), "below a/")
    found = t.s3.list_objects_v2(Bucket=t.shared, Prefix=prefix + "a", Delimiter="/")
    same(_prefixes(found, prefix), ["a/", "ação/"], "prefixes that begin with a")


@case("listings/pages-v1", needs="listing")
def pages_v1(t: Target) -> None:
    """ListObjects by pages of 2 with Marker gives each key once."""
    prefix, seen, marker = _filled(t), list[str](), ""
    for _ in range(9):
        found = t.s3.list_objects(Bucket=t.shared, Prefix=prefix, MaxKeys=2, Marker=marker)
        seen += _keys(found, prefix)
        if not found["IsTruncated"]:
            break
        marker = found["Contents"][-1]["Key"]
    same(seen, sorted(KEYS), "keys of all pages")


@case("listings/pages-v2", needs="listing")
def pages_v2(t: Target) -> None:
    """ListObjectsV2 by pages of 2, common prefixes counted, gives each once."""
    prefix, seen = _filled(t), list[str]()
    token: dict[str, str] = {}
    for _ in range(9):
        found = t.s3.list_objects_v2(Bucket=t.shared, Prefix=prefix, MaxKeys=2, Delimiter="/", **token)
        page = _keys(found, prefix) + _prefixes(found, prefix)
        holds(len(page) <= 2, f"a page of {len(page)}")
        seen += page
        if not found["IsTruncated"]:
            break
        token = {"ContinuationToken": found["NextContinuationToken"]}
    same(sorted(seen), ["a/", "ação/", "b/", "c", "d e"], "entries of all pages")


@case("listings/start-after", needs="listing")
def start_after(t: Target) -> None:
    """StartAfter begins behind a key, there or not."""
    prefix = _filled(t)
    found = t.s3.list_objects_v2(Bucket=t.shared, Prefix=prefix, StartAfter=prefix + "b")
    same(_keys(found, prefix), ["b/4", "c", "d e"], "keys")


@case("listings/max-keys-0", needs="listing")
def max_keys_0(t: Target) -> None:
    """MaxKeys=0 lists nothing, and there is no more."""
    prefix = _filled(t, ("a",))
    found = t.s3.list_objects_v2(Bucket=t.shared, Prefix=prefix, MaxKeys=0)
    same((_keys(found, prefix), found["IsTruncated"]), ([], False), "page")


@case("listings/max-keys-rubbish", needs="listing_refuses", denial=True)
def max_keys_rubbish(t: Target) -> None:
    """max-keys that is no number, or below 0, is InvalidArgument."""
    for text in ("muitas", "-1"):
        answer = t.raw("GET", f"/{t.shared}", {"max-keys": text})
        same((answer.status, answer.code), (400, "InvalidArgument"), f"max-keys={text}")


@case("listings/encoding-url", needs="listing")
def encoding_url(t: Target) -> None:
    """encoding-type=url escapes keys; another is InvalidArgument."""
    prefix = _filled(t, ("a+b c&<é>",))
    answer = t.raw("GET", f"/{t.shared}", {"list-type": "2", "prefix": prefix, "encoding-type": "url"})
    text = answer.body.decode()
    holds("a%2Bb%20c%26%3C%C3%A9%3E" in text or "a%2Bb+c%26%3C%C3%A9%3E" in text, "the key is not escaped")


@case("listings/encoding-unknown", needs="listing_refuses", denial=True)
def encoding_unknown(t: Target) -> None:
    """An encoding that there isn't is InvalidArgument."""
    answer = t.raw("GET", f"/{t.shared}", {"encoding-type": "rot13"})
    same((answer.status, answer.code), (400, "InvalidArgument"), "answer")


@case("listings/bad-token", needs="listing_refuses", denial=True)
def bad_token(t: Target) -> None:
    """An empty continuation token is InvalidArgument."""
    refused(400, "InvalidArgument", lambda: t.s3.list_objects_v2(Bucket=t.shared, ContinuationToken=""))


@case("listings/fetch-owner", needs="listing")
def fetch_owner(t: Target) -> None:
    """V2 tells owners when asked."""
    prefix = _filled(t, ("a",))
    [entry] = t.s3.list_objects_v2(Bucket=t.shared, Prefix=prefix, FetchOwner=True)["Contents"]
    holds(entry.get("Owner", {}).get("ID"), "no owner")


@case("listings/nothing", needs="listing")
def nothing(t: Target) -> None:
    """A prefix that nothing has lists nothing."""
    found = t.s3.list_objects_v2(Bucket=t.shared, Prefix=t.key("nada/"))
    same((found["KeyCount"], found.get("Contents")), (0, None), "page")


@case("listings/read-after-write", needs="listing")
def read_after_write(t: Target) -> None:
    """What was just put is listed, what was just deleted is not."""
    prefix = _filled(t, ("a", "b"))
    t.s3.delete_object(Bucket=t.shared, Key=prefix + "a")
    same(_keys(t.s3.list_objects_v2(Bucket=t.shared, Prefix=prefix), prefix), ["b"], "keys")


@case("listings/buckets", needs="listing")
def buckets(t: Target) -> None:
    """ListBuckets has the bucket, with the time it was made."""
    shared = t.shared
    found = {each["Name"]: each for each in t.s3.list_buckets()["Buckets"]}
    holds(shared in found, "the bucket is not listed")
    holds(found[shared].get("CreationDate"), "no CreationDate")


@case("listings/uploads", needs="multipart")
def uploads(t: Target) -> None:
    """Unfinished uploads are listed by prefix, with their ids."""
    prefix = t.key("up/")
    ids = {t.s3.create_multipart_upload(Bucket=t.shared, Key=prefix + name)["UploadId"] for name in ("a", "b")}
    found = t.s3.list_multipart_uploads(Bucket=t.shared, Prefix=prefix).get("Uploads", ())
    same({each["UploadId"] for each in found}, ids, "uploads")


@case("listings/parameters", needs="listing", denial=True)
def parameters(t: Target) -> None:
    """Kinds, numbers and markers of listings that are none are InvalidArgument."""
    for query in (
        {"list-type": "3"},
        {"versions": "", "max-keys": "x"},
        {"versions": "", "version-id-marker": "x"},
        {"uploads": "", "max-uploads": "x"},
    ):
        answer = t.raw("GET", f"/{t.shared}", query)
        same((answer.status, answer.code), (400, "InvalidArgument"), f"answer to {query}")


@case("listings/page-of-5000", needs="listing")
def page_of_5000(t: Target) -> None:
    """A page has a thousand keys at most, whatever is asked, and says so."""
    same(t.s3.list_objects_v2(Bucket=t.shared, MaxKeys=5000)["MaxKeys"], 1000, "MaxKeys")
