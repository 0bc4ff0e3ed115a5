"""Turn uploads by an HTML form into the PUT that brings the same object.

SeaweedFS takes any field that has a filename for the file, as browsers' FormData and Python's requests may send them,
knows no form without a policy, and ignores the form's ACL: it is given a PUT instead.
"""

from __future__ import annotations

from urllib.parse import urlencode

from pgben_testkit.storage.gate import checks
from pgben_testkit.storage.gate.backend import path_of
from pgben_testkit.storage.s3 import checksums, form, tags
from pgben_testkit.storage.s3.metadata import SYSTEM
from pgben_testkit.storage.s3.wire import Request

OF_THE_SIGNATURE = frozenset(
    {"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature", "x-amz-security-token"}
)
"""Fields that are about the form's policy, not its object."""


def as_put(filled: form.Form, bucket: str, host: str) -> Request:
    """Return the request that would bring the same object, unsigned.

    Raises:
        S3Failure: what it is made of is refused.
    """
    headers = form.object_headers(filled)
    tagging = headers.pop("tagging", "")
    headers = {
        name: value
        for name, value in headers.items()
        if name in SYSTEM or (name.startswith("x-amz-") and name not in OF_THE_SIGNATURE)
    }
    if tagging:
        headers["x-amz-tagging"] = urlencode(tags.tags_from(tagging.encode()))
    checks.of_object(headers)
    checksums.verify(headers, {}, filled.content)
    made = Request("PUT", path_of(bucket, form.key_of(filled)), "", {**headers, "host": host}, filled.content)
    _ = made.place  # raises where the key is none that a path may have
    return made
