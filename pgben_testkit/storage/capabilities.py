"""Tell what a backend can do, by its difference file, so that a test that needs more is refused and never passes."""

from __future__ import annotations

from collections.abc import Iterable

from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.storage.conformance.differences import of_backend

CAPABILITIES: dict[str, str] = {
    "auth": "signatures are checked: wrong, unknown, missing and late ones are refused",
    "auth_users": "users with rights of their own",
    "presigned_expiry": "presigned URLs die in time",
    "body_hash": "the hash of a signed body is checked",
    "chunked_signatures": "the signatures of chunks and trailers are checked",
    "checksums": "x-amz-checksum-* is checked, kept and told",
    "policy": "bucket policies let in and keep out",
    "policy_binds_owner": "a policy's deny binds the owner too",
    "acl": "access control lists of objects and buckets",
    "public_access_block": "the block on public access",
    "versioning": "versions and delete markers",
    "object_lock": "retention in both modes",
    "legal_hold": "legal hold",
    "sse_s3": "server-side encryption with the server's keys",
    "sse_c": "server-side encryption with the customer's keys",
    "sse_at_rest": "what lies on disk under encryption is ciphertext",
    "multipart": "multipart uploads",
    "conditional_writes": "If-Match and If-None-Match on PUT",
    "post_policy": "uploads by signed form",
    "tagging": "tags",
    "cors": "CORS configuration and preflight",
    "lifecycle": "lifecycle configuration is kept",
    "key_fidelity": "keys are kept as they are: a//b is not a/b",
}
CHEAPEST_FIRST = ("fake", "embedded")


def check_names(wanted: Iterable[str]) -> None:
    """Raises:
    UsageProblem: a capability that there isn't.
    """
    unknown = sorted(set(wanted) - set(CAPABILITIES))
    if unknown:
        raise UsageProblem(
            f"pgben_requires names {', '.join(unknown)}",
            why=f"there are {', '.join(CAPABILITIES)}",
            remedy="correct the marker",
        )


def lacking(backend: str, wanted: Iterable[str]) -> tuple[str, ...]:
    """Return which of `wanted` the backend lacks: all of it where the backend has no difference file."""
    listed = of_backend(backend)
    return tuple(each for each in wanted if listed is None or each in listed.lacks)


def require(backend: str, wanted: Iterable[str]) -> None:
    """Raises:
    EnvironmentNotAble: the backend lacks something.
    """
    wanted = tuple(wanted)
    check_names(wanted)
    missing = lacking(backend, wanted)
    if not missing:
        return
    if of_backend(backend) is None:
        raise EnvironmentNotAble(
            f"nobody knows whether the {backend} S3 server has {', '.join(missing)}",
            why="there is no difference file of it",
            remedy="try it with `pgben-testkit storage conformance`; run this test with --pgben-storage-backend=fake",
        )
    able = [each for each in CHEAPEST_FIRST if not lacking(each, wanted)]
    named = "embedded" if backend != "ungated" else "embedded (with no gate)"
    raise EnvironmentNotAble(
        f"the {named if backend in ('embedded', 'ungated') else backend} S3 server lacks {', '.join(missing)}",
        why="; ".join(f"{each}: {CAPABILITIES[each]}" for each in missing),
        remedy=f"use --pgben-storage-backend={able[0]}" if able else "no backend of the kit has it all",
    )


def cheapest(wanted: Iterable[str]) -> str:
    """Return the cheapest of the kit's backends that has all of `wanted`.

    Raises:
        EnvironmentNotAble: none has.
    """
    wanted = tuple(wanted)
    check_names(wanted)
    for each in CHEAPEST_FIRST:
        if not lacking(each, wanted):
            return each
    raise EnvironmentNotAble(
        f"no backend has {', '.join(wanted)} together",
        why="; ".join(f"{each} lacks {', '.join(lacking(each, wanted))}" for each in CHEAPEST_FIRST),
        remedy="divide the test",
    )
