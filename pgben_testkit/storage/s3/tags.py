"""Read tags of objects and buckets from a header or a document, and refuse what S3 refuses."""

from __future__ import annotations

from urllib.parse import parse_qsl

from pgben_testkit.storage.s3.document import NAMESPACE, read, tag
from pgben_testkit.storage.s3.failures import S3Failure, failure

TAGS_MAX = 10


def checked_tags(pairs: list[tuple[str, str]], *, most: int = TAGS_MAX) -> dict[str, str]:
    """Raises:
    S3Failure: too many, too long, twice the same, or of those that are AWS's own.
    """
    if len(pairs) > most:
        raise S3Failure("BadRequest", f"Object tags cannot be greater than {most}", 400, {}, {})
    found: dict[str, str] = {}
    for name, value in pairs:
        if not 1 <= len(name) <= 128:
            raise failure("InvalidTag", "The TagKey you have provided is invalid")
        if len(value) > 256:
            raise failure("InvalidTag", "The TagValue you have provided is invalid")
        if name.lower().startswith("aws:"):
            raise failure("InvalidTag", "Your TagKey cannot be prefixed with aws:")
        if not all(each.isalnum() or each in " _.:/=+-@" for each in name + value):
            raise failure("InvalidTag", "The TagKey or TagValue you have provided is invalid")
        if name in found:
            raise failure("InvalidTag", "Cannot provide multiple Tags with the same key")
        found[name] = value
    return found


def tags_of(header: str) -> dict[str, str]:
    """Return the tags of an `x-amz-tagging` header; one without `=` has an empty value."""
    if not header:
        return {}
    try:
        whole = "&".join(each if "=" in each else each + "=" for each in header.split("&"))
        pairs = parse_qsl(whole, keep_blank_values=True, strict_parsing=True, errors="strict")
    except (ValueError, UnicodeDecodeError):
        raise failure(
            "InvalidArgument",
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL "
            "query parameters without tag name duplicates.",
        ) from None
    return checked_tags(pairs)


def tags_xml(tags: dict[str, str]) -> str:
    inside = "".join(f"<Tag>{tag('Key', name)}{tag('Value', value)}</Tag>" for name, value in tags.items())
    return f"<Tagging {NAMESPACE}><TagSet>{inside}</TagSet></Tagging>"


def tags_from(body: bytes, *, most: int = 10) -> dict[str, str]:
    top = read(body, "Tagging")
    if top.find("TagSet") is None:
        raise failure("MalformedXML")
    pairs = []
    for each in top.iterfind("TagSet/Tag"):
        if each.find("Key") is None or each.find("Value") is None:
            raise failure("MalformedXML")
        pairs.append((each.findtext("Key") or "", each.findtext("Value") or ""))
    return checked_tags(pairs, most=most)
