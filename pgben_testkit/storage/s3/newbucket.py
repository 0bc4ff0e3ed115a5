"""Check what a new bucket may be called, and where it may lie."""

from __future__ import annotations

import ipaddress
import re

from pgben_testkit.storage.s3.document import read, text_of
from pgben_testkit.storage.s3.failures import failure


def legal_name(name: str) -> bool:
    """Source: "Bucket naming rules" in the Amazon S3 user guide."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", name) or ".." in name or ".-" in name or "-." in name:
        return False
    if name.startswith(("xn--", "sthree-", "amzn-s3-demo-")) or name.endswith(("-s3alias", "--ol-s3", ".mrap")):
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return True
    return False


def check(name: str, body: bytes, region: str) -> None:
    """Raises:
    S3Failure: no such name, or a place that is not this one.
    """
    if not legal_name(name):
        raise failure("InvalidBucketName", extra={"BucketName": name})
    if body.strip():
        where = text_of(read(body, "CreateBucketConfiguration"), "LocationConstraint")
        if where not in ("", region) and not (where == "EU" and region == "eu-west-1"):
            raise failure("InvalidLocationConstraint", extra={"LocationConstraint": where})
