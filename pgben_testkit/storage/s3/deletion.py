"""Read the document of DeleteObjects."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from pgben_testkit.storage.s3 import document
from pgben_testkit.storage.s3.failures import failure

DELETE_MAX = 1000
"""Keys that one DeleteObjects may name."""


def read(body: bytes) -> tuple[list[ET.Element], bool]:
    """Return `(the objects named, whether only errors are told)`.

    Raises:
        S3Failure: none, too many, or one without a key.
    """
    top = document.read(body, "Delete")
    wanted = top.findall("Object")
    if not 1 <= len(wanted) <= DELETE_MAX or not all(each.findtext("Key") for each in wanted):
        raise failure("MalformedXML")
    return wanted, document.text_of(top, "Quiet").lower() == "true"
