"""Parameters of a query that several operations have, read as strictly as S3 reads them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from urllib.parse import quote

from pgben_testkit.storage.fake.document import read
from pgben_testkit.storage.fake.failures import failure

PAGE_MAX = 1000
PARTS_MAX = 10_000


def count_of(query: Mapping[str, str], name: str, default: int = PAGE_MAX) -> int:
    """A number of the query, 1000 at most.

    Raises:
        S3Failure: not a number, or below 0.
    """
    text = query.get(name, "")
    if not text:
        return default
    if not re.fullmatch(r"[+-]?\d{1,18}", text):
        raise failure("InvalidArgument", f"Provided {name} not an integer or within integer range",
                      extra={"ArgumentName": name, "ArgumentValue": text})  # fmt: skip
    if int(text) < 0 or int(text) > 2147483647:
        raise failure("InvalidArgument", f"Argument {name} must be an integer between 0 and 2147483647",
                      extra={"ArgumentName": name, "ArgumentValue": text})  # fmt: skip
    return min(int(text), PAGE_MAX) if default else int(text)


def encoder(query: Mapping[str, str]) -> Callable[[str], str]:
    kind = query.get("encoding-type")
    if kind is None:
        return str
    if kind.lower() != "url":
        raise failure("InvalidArgument", "Invalid Encoding Method specified in Request",
                      extra={"ArgumentName": "encoding-type", "ArgumentValue": kind})  # fmt: skip
    return lambda text: quote(text, safe="/-_.~*", errors="surrogateescape")


def part_number(query: Mapping[str, str]) -> int:
    text = query.get("partNumber", "")
    if not re.fullmatch(r"\d{1,9}", text) or not 1 <= int(text) <= PARTS_MAX:
        raise failure("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive",
                      extra={"ArgumentName": "partNumber", "ArgumentValue": text})  # fmt: skip
    return int(text)


def parts_of(body: bytes) -> list[ET.Element]:
    """The parts that a CompleteMultipartUpload names.

    Raises:
        S3Failure: not that document, none, too many.
    """
    lines = read(body, "CompleteMultipartUpload").findall("Part")
    if not 1 <= len(lines) <= PARTS_MAX:
        raise failure("MalformedXML")
    return lines
