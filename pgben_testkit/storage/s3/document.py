"""Read XML without entities and external documents, and write it with the roots that clients look for."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

from pgben_testkit.storage.s3.failures import failure
from pgben_testkit.storage.s3.wire import CONFIG_BYTES_MAX

NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


def read(body: bytes, root: str, error: str = "MalformedXML") -> ET.Element:
    """Return the document's root, its tags without their namespace.

    Raises:
        S3Failure: not XML, a document type in it (no entity is ever expanded), another root, too long.
    """
    if len(body) > CONFIG_BYTES_MAX:
        raise failure("MaxMessageLengthExceeded", extra={"MaxMessageLengthBytes": str(CONFIG_BYTES_MAX)})
    if b"<!" in body.replace(b"<!--", b""):
        raise failure(error)
    try:
        top = ET.fromstring(body)
    except (ET.ParseError, ValueError, LookupError):  # LookupError: an encoding that doesn't exist
        raise failure(error) from None
    for each in top.iter():
        each.tag = each.tag.rpartition("}")[2]
    if top.tag != root:
        raise failure(error)
    return top


def text_of(element: ET.Element, path: str, default: str = "") -> str:
    found = element.findtext(path)
    return default if found is None else found.strip()


def number_of(element: ET.Element, path: str, error: str = "MalformedXML") -> int | None:
    """Return the whole number below `path`, or None where there is no such element."""
    found = element.findtext(path)
    if found is None:
        return None
    try:
        return int(found)
    except ValueError:
        raise failure(error) from None


def write(element: ET.Element, *, top: bool = True) -> str:
    """Return the document as text, its root in S3's namespace."""
    inside = "".join(write(child, top=False) for child in element) or safe(element.text or "")
    attributes = "".join(f' {_attribute(name)}="{safe(value)}"' for name, value in element.attrib.items())
    return f"<{element.tag}{' ' + NAMESPACE if top else ''}{attributes}>{inside}</{element.tag}>"


def _attribute(name: str) -> str:
    if name.startswith("{http://www.w3.org/2001/XMLSchema-instance}"):
        return 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:' + name.rpartition("}")[2]
    return name.rpartition("}")[2]


def safe(text: str) -> str:
    """Escaped for XML. Control characters become references as S3 writes them, though XML 1.0 forbids those: a client
    that wants keys with them asks for `encoding-type=url`."""
    if text.isalnum():
        return text
    text = escape(text, {'"': "&quot;"})
    if text.isprintable():
        return text
    return "".join(each if each >= " " else f"&#x{ord(each):x};" for each in text)


def tag(name: str, value: object) -> str:
    return f"<{name}>{safe(str(value))}</{name}>"
