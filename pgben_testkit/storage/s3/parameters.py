"""Read the parameters that several operations have, as strictly as S3 reads them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, quote, unquote

from pgben_testkit.storage.s3.document import read
from pgben_testkit.storage.s3.failures import failure

PAGE_MAX = 1000
PARTS_MAX = 10_000


def count_of(query: Mapping[str, str], name: str, default: int = PAGE_MAX) -> int:
    """Return a number of the query, 1000 at most.

    Raises:
        S3Failure: not a number, or below 0.
    """
    text = query.get(name, "")
    if not text:
        return default
    if not re.fullmatch(r"[+-]?\d{1,18}", text):
        raise failure(
            "InvalidArgument",
            f"Provided {name} not an integer or within integer range",
            extra={"ArgumentName": name, "ArgumentValue": text},
        )
    if int(text) < 0 or int(text) > 2147483647:
        raise failure(
            "InvalidArgument",
            f"Argument {name} must be an integer between 0 and 2147483647",
            extra={"ArgumentName": name, "ArgumentValue": text},
        )
    return min(int(text), PAGE_MAX) if default else int(text)


def encoder(query: Mapping[str, str]) -> Callable[[str], str]:
    kind = query.get("encoding-type")
    if kind is None:
        return str
    if kind.lower() != "url":
        raise failure(
            "InvalidArgument",
            "Invalid Encoding Method specified in Request",
            extra={"ArgumentName": "encoding-type", "ArgumentValue": kind},
        )
    return lambda text: quote(text, safe="/-_.~*", errors="surrogateescape")


def part_number(query: Mapping[str, str]) -> int:
    text = query.get("partNumber", "")
    if not re.fullmatch(r"\d{1,9}", text) or not 1 <= int(text) <= PARTS_MAX:
        raise failure(
            "InvalidArgument",
            "Part number must be an integer between 1 and 10000, inclusive",
            extra={"ArgumentName": "partNumber", "ArgumentValue": text},
        )
    return int(text)


def parts_of(body: bytes) -> list[ET.Element]:
    """Return the parts that a CompleteMultipartUpload names.

    Raises:
        S3Failure: not that document, none, too many.
    """
    lines = read(body, "CompleteMultipartUpload").findall("Part")
    if not 1 <= len(lines) <= PARTS_MAX:
        raise failure("MalformedXML")
    return lines


def numbers_of(lines: list[ET.Element]) -> list[int]:
    """Return the numbers of a CompleteMultipartUpload's parts.

    Raises:
        S3Failure: one without number or ETag, or not in ascending order.
    """
    numbers: list[int] = []
    for line in lines:
        text, etag = (line.findtext("PartNumber") or "").strip(), (line.findtext("ETag") or "").strip().strip('"')
        if not re.fullmatch(r"\d{1,9}", text) or not etag:
            raise failure("MalformedXML")
        if numbers and int(text) <= numbers[-1]:
            raise failure("InvalidPartOrder")
        numbers.append(int(text))
    return numbers


def version_id(query: Mapping[str, str]) -> str | None:
    """Return the version asked for, or None.

    Raises:
        S3Failure: it can't be one.
    """
    asked = query.get("versionId")
    if asked == "":
        raise failure(
            "InvalidArgument",
            "Version id cannot be the empty string",
            extra={"ArgumentName": "versionId", "ArgumentValue": ""},
        )
    if asked is not None and asked != "null" and not re.fullmatch(r"[0-9A-Za-z._-]{16,1024}", asked):
        raise failure(
            "InvalidArgument",
            "Invalid version id specified",
            extra={"ArgumentName": "versionId", "ArgumentValue": asked},
        )
    return asked


def listing(query: Mapping[str, str]) -> None:
    """Raises:
    S3Failure: a parameter of a listing that S3 does not take.
    """
    encoder(query)
    count_of(query, "max-keys")
    count_of(query, "max-uploads")
    if query.get("list-type", "2") != "2":
        raise failure("InvalidArgument", "Invalid List Type", extra={"ArgumentName": "list-type"})
    if query.get("version-id-marker") and not query.get("key-marker"):
        raise failure("InvalidArgument", "A version-id marker cannot be specified without a key marker.")


def copy_source(header: str) -> tuple[str, str, str | None]:
    """Return `(bucket, key, version id)` that an `x-amz-copy-source` names.

    Raises:
        S3Failure: no bucket, or no key.
    """
    raw, _, raw_query = header.partition("?")
    place = unquote(raw.encode("latin-1").decode("utf-8", "surrogateescape"), errors="surrogateescape")
    bucket, _, key = place.removeprefix("/").partition("/")
    if not bucket or not key:
        raise failure(
            "InvalidArgument",
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
            extra={"ArgumentName": "x-amz-copy-source", "ArgumentValue": header},
        )
    return bucket, key, dict(parse_qsl(raw_query, keep_blank_values=True)).get("versionId")
