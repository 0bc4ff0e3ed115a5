"""Read and write a bucket's block on public access: name -> whether it is set.

Source: "Blocking public access to your Amazon S3 storage" in the Amazon S3 user guide.
"""

from __future__ import annotations

from collections.abc import Mapping

from pgben_testkit.storage.s3 import document
from pgben_testkit.storage.s3.failures import failure

BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def none() -> dict[str, bool]:
    return dict.fromkeys(BLOCKS, False)


def read(body: bytes) -> dict[str, bool]:
    """Raises:
    S3Failure: not this document.
    """
    top = document.read(body, "PublicAccessBlockConfiguration")
    words = {name: document.text_of(top, name, "false").lower() for name in BLOCKS}
    if any(word not in ("true", "false") for word in words.values()):
        raise failure("MalformedXML")
    return {name: word == "true" for name, word in words.items()}


def xml(block: Mapping[str, bool]) -> str:
    inside = "".join(document.tag(name, str(block[name]).lower()) for name in BLOCKS)
    return f"<PublicAccessBlockConfiguration {document.NAMESPACE}>{inside}</PublicAccessBlockConfiguration>"
