"""Read MinIO's snowball: a tar put under `x-amz-meta-snowball-auto-extract: true` becomes the objects in it.

The headers are MinIO's (its documentation, "Snowball auto-extract"); S3 itself has no such thing in PutObject.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Mapping

from pgben_testkit.storage.s3.failures import failure

EXTRACT = "x-amz-meta-snowball-auto-extract"
OPTION = "x-amz-meta-minio-snowball-"
MEMBERS_MAX = 100_000


def asked(headers: Mapping[str, str]) -> bool:
    return headers.get(EXTRACT, "").lower() == "true"


def of_members(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the request's headers as each object in the tar has them: without those that are about the tar."""
    about = (
        "content-length",
        "content-md5",
        "content-encoding",
        "x-amz-checksum-",
        "x-amz-sdk-checksum",
        EXTRACT,
        OPTION,
    )
    return {name: value for name, value in headers.items() if not name.startswith(about)}


def members(body: bytes, headers: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """`(key, bytes)` of each object; of a folder its name with a slash and nothing in it. Plain or compressed.

    Raises:
        S3Failure: InvalidArgument, where it is no tar.
    """
    prefix = headers.get(OPTION + "prefix", "").strip("/")
    no_folders = headers.get(OPTION + "ignore-dirs", "").lower() == "true"
    try:
        with tarfile.open(fileobj=io.BytesIO(body), mode="r:*") as tar:
            for count, each in enumerate(tar):
                if count >= MEMBERS_MAX:
                    raise failure("InvalidArgument", f"The tar holds more than {MEMBERS_MAX} objects")
                key = "/".join(part for part in (prefix, each.name.strip("/")) if part)
                if each.isfile():
                    content = tar.extractfile(each)
                    yield key, content.read() if content else b""
                elif each.isdir() and not no_folders:
                    yield key + "/", b""
    except (tarfile.TarError, EOFError, OSError) as error:
        raise failure("InvalidArgument", f"The body is no tar: {error}") from None
