"""Read the metadata of a new object from the headers of the request that brings it."""

from __future__ import annotations

from collections.abc import Mapping

from pgben_testkit.storage.s3.failures import failure

SYSTEM = {
    "content-type": "Content-Type",
    "cache-control": "Cache-Control",
    "content-disposition": "Content-Disposition",
    "content-encoding": "Content-Encoding",
    "content-language": "Content-Language",
    "expires": "Expires",
    "x-amz-website-redirect-location": "x-amz-website-redirect-location",
}
META = "x-amz-meta-"
META_BYTES_MAX = 2048
"""User metadata, names and values together; S3's."""
STORAGE_CLASSES = (
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "DEEP_ARCHIVE",
    "OUTPOSTS",
    "GLACIER_IR",
    "SNOW",
    "EXPRESS_ONEZONE",
)


def metadata(headers: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """`(system headers, user's metadata)`.

    Raises:
        S3Failure: more than 2 KB of the user's.
    """
    system = {name: headers[low] for low, name in SYSTEM.items() if headers.get(low)}
    if "Content-Encoding" in system:
        kept = [part.strip() for part in system["Content-Encoding"].split(",") if part.strip() != "aws-chunked"]
        if kept:
            system["Content-Encoding"] = ",".join(kept)
        else:
            del system["Content-Encoding"]
    system.setdefault("Content-Type", "binary/octet-stream")
    meta = {name[len(META) :]: value for name, value in headers.items() if name.startswith(META)}
    size = sum(len(name) + len(value) for name, value in meta.items())
    if size > META_BYTES_MAX:
        raise failure("MetadataTooLarge", extra={"Size": str(size), "MaxSizeAllowed": str(META_BYTES_MAX)})
    return system, meta
