"""Check that every version is kept until a given moment, by trying to remove it."""

from __future__ import annotations

from datetime import UTC, datetime

from pgben_testkit.storage.lgpd.objects import Kept, Violation, all_versions, state_of, status_of


def assert_retained(bucket: Kept, *, until: datetime, mode: str = "COMPLIANCE") -> None:
    """Check that every version in the bucket is retained until `until` at least, and that its removal is refused.

    With `mode="GOVERNANCE"` retention counts that whoever has the right may lift. A legal hold is not counted: it
    has no date, and can be taken off at any time. On a server that does not refuse, the object is gone.

    Raises:
        Violation: a version is not, or the bucket is empty.
    """
    from botocore.exceptions import ClientError

    wanted = (until if until.tzinfo else until.replace(tzinfo=UTC)).replace(microsecond=0)
    client, found = bucket.boto3(), all_versions(bucket)
    if not found:
        raise Violation(f"nothing is retained in {bucket.name}: it is empty")
    for key, version in found:
        state = state_of(bucket, key, version)
        named = key if version == "null" else f"{key} (version {version})"
        if state.until is None:
            held = ": a legal hold has no date, and can be taken off" if state.legal_hold else ""
            raise Violation(f"{named} in {bucket.name} is not retained: it can be removed at any time{held}")
        if state.mode != "COMPLIANCE" and mode == "COMPLIANCE":
            raise Violation(
                f"{named} in {bucket.name} is retained in the mode {state.mode}, which whoever has the right may lift; "
                'COMPLIANCE is asked for. Accept the other one by mode="GOVERNANCE"'
            )
        if state.until < wanted:
            raise Violation(
                f"{named} in {bucket.name} is retained until {state.until:%Y-%m-%d %H:%M:%S} UTC alone, "
                f"and must be until {wanted.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
            )
        tries = [{}, {"BypassGovernanceRetention": True}] if state.mode == "COMPLIANCE" else [{}]
        for options in tries:
            try:
                client.delete_object(Bucket=bucket.name, Key=key, VersionId=version, **options)
            except ClientError as error:
                if status_of(error) in (400, 403):
                    continue
                raise
            raise Violation(
                f"{named} in {bucket.name} says it is retained until {state.until:%Y-%m-%d}, and was removed"
            )
