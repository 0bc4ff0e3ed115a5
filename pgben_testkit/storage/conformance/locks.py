"""Cases: object lock in both modes, legal hold, retention by default."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pgben_testkit.storage.conformance.case import case
from pgben_testkit.storage.conformance.target import Target, answers, holds, refused, same

LOCKED = ("AccessDenied", "ObjectLocked", "InvalidRequest")


def _until(seconds: float = 20) -> datetime:
    """Short, so that what the cases lock can soon be removed."""
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)


def _bucket(t: Target) -> str:
    return t.bucket(ObjectLockEnabledForBucket=True)


def _locked(t: Target, name: str, mode: str, until: datetime) -> str:
    version: str = t.s3.put_object(
        Bucket=name, Key="k", Body=b"1", ObjectLockMode=mode, ObjectLockRetainUntilDate=until
    )["VersionId"]
    return version


@case("locks/bucket", needs="object_lock")
def bucket(t: Target) -> None:
    """A bucket made with object lock has it, and versioning."""
    name = _bucket(t)
    same(
        t.s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]["ObjectLockEnabled"],
        "Enabled",
        "lock",
    )
    same(t.s3.get_bucket_versioning(Bucket=name).get("Status"), "Enabled", "versioning")


@case("locks/bucket-without", needs="object_lock", denial=True)
def bucket_without(t: Target) -> None:
    """A bucket without it has no configuration and takes no retention."""
    name = t.bucket()
    refused(404, "ObjectLockConfigurationNotFoundError", lambda: t.s3.get_object_lock_configuration(Bucket=name))
    refused(400, "InvalidRequest", lambda: _locked(t, name, "GOVERNANCE", _until()))


@case("locks/governance", needs="object_lock", denial=True)
def governance(t: Target) -> None:
    """GOVERNANCE keeps a version from removal, unless bypassed."""
    name = _bucket(t)
    version = _locked(t, name, "GOVERNANCE", _until())
    refused(403, LOCKED, lambda: t.s3.delete_object(Bucket=name, Key="k", VersionId=version))
    same(t.get("k", name, VersionId=version), b"1", "body")
    t.s3.delete_object(Bucket=name, Key="k", VersionId=version, BypassGovernanceRetention=True)
    refused(404, ("NoSuchVersion", "NoSuchKey"), lambda: t.s3.get_object(Bucket=name, Key="k", VersionId=version))


@case("locks/compliance", needs="object_lock", denial=True)
def compliance(t: Target) -> None:
    """COMPLIANCE keeps it from everybody, bypass or not."""
    name = _bucket(t)
    version = _locked(t, name, "COMPLIANCE", _until(8))
    for options in ({}, {"BypassGovernanceRetention": True}):
        refused(
            403,
            LOCKED,
            lambda options=options: t.s3.delete_object(  # type: ignore[misc]
                Bucket=name, Key="k", VersionId=version, **options
            ),
        )
    same(t.get("k", name, VersionId=version), b"1", "body")


@case("locks/marker-still", needs="object_lock")
def marker_still(t: Target) -> None:
    """A DELETE with no version hides even what is locked, and the version stays."""
    name = _bucket(t)
    version = _locked(t, name, "GOVERNANCE", _until())
    t.s3.delete_object(Bucket=name, Key="k")
    same(t.get("k", name, VersionId=version), b"1", "body")


@case("locks/retention-read", needs="object_lock")
def retention_read(t: Target) -> None:
    """Retention is read back, by its own call and by HEAD."""
    name, until = _bucket(t), _until()
    _locked(t, name, "GOVERNANCE", until)
    found = t.s3.get_object_retention(Bucket=name, Key="k")["Retention"]
    same((found["Mode"], found["RetainUntilDate"]), ("GOVERNANCE", until), "retention")
    head = t.s3.head_object(Bucket=name, Key="k")
    same((head.get("ObjectLockMode"), head.get("ObjectLockRetainUntilDate")), ("GOVERNANCE", until), "HEAD")


@case("locks/compliance-shortened", needs="object_lock", denial=True)
def compliance_shortened(t: Target) -> None:
    """COMPLIANCE is neither shortened nor weakened; it can be prolonged."""
    name, until = _bucket(t), _until(10)
    _locked(t, name, "COMPLIANCE", until)

    def put(mode: str, seconds: float) -> Any:
        return t.s3.put_object_retention(
            Bucket=name,
            Key="k",
            BypassGovernanceRetention=True,
            Retention={"Mode": mode, "RetainUntilDate": until + timedelta(seconds=seconds)},
        )

    refused(403, LOCKED, lambda: put("COMPLIANCE", -5))
    refused(403, LOCKED, lambda: put("GOVERNANCE", 5))
    same(
        t.s3.get_object_retention(Bucket=name, Key="k")["Retention"],
        {"Mode": "COMPLIANCE", "RetainUntilDate": until},
        "retention after refused changes",
    )
    put("COMPLIANCE", 2)


@case("locks/governance-shortened", needs="object_lock", denial=True)
def governance_shortened(t: Target) -> None:
    """GOVERNANCE is shortened with the bypass alone."""
    name, until = _bucket(t), _until(60)
    _locked(t, name, "GOVERNANCE", until)
    sooner = {"Mode": "GOVERNANCE", "RetainUntilDate": until - timedelta(seconds=40)}
    refused(403, LOCKED, lambda: t.s3.put_object_retention(Bucket=name, Key="k", Retention=sooner))
    t.s3.put_object_retention(Bucket=name, Key="k", Retention=sooner, BypassGovernanceRetention=True)
    same(
        t.s3.get_object_retention(Bucket=name, Key="k")["Retention"]["RetainUntilDate"],
        sooner["RetainUntilDate"],
        "date",
    )


@case("locks/past", needs="object_lock", denial=True)
def past(t: Target) -> None:
    """A retention until yesterday is refused."""
    name = _bucket(t)
    refused(400, ("InvalidArgument", "InvalidRequest"), lambda: _locked(t, name, "GOVERNANCE", _until(-86400)))


@case("locks/half", needs="object_lock", denial=True)
def half(t: Target) -> None:
    """A mode with no date is refused."""
    name = _bucket(t)
    refused(
        400,
        ("InvalidArgument", "InvalidRequest"),
        lambda: t.s3.put_object(Bucket=name, Key="k", Body=b"1", ObjectLockMode="GOVERNANCE"),
    )


@case("locks/legal-hold", needs="legal_hold", denial=True)
def legal_hold(t: Target) -> None:
    """A legal hold keeps a version until it is off."""
    name = _bucket(t)
    version = t.s3.put_object(Bucket=name, Key="k", Body=b"1", ObjectLockLegalHoldStatus="ON")["VersionId"]
    same(t.s3.get_object_legal_hold(Bucket=name, Key="k")["LegalHold"]["Status"], "ON", "status")
    for options in ({}, {"BypassGovernanceRetention": True}):
        refused(
            403,
            LOCKED,
            lambda options=options: t.s3.delete_object(  # type: ignore[misc]
                Bucket=name, Key="k", VersionId=version, **options
            ),
        )
    t.s3.put_object_legal_hold(Bucket=name, Key="k", LegalHold={"Status": "OFF"})
    t.s3.delete_object(Bucket=name, Key="k", VersionId=version)


@case("locks/default", needs="object_lock")
def default(t: Target) -> None:
    """The bucket's default retention falls on new objects."""
    name = _bucket(t)
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    t.s3.put_object_lock_configuration(
        Bucket=name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    same(t.s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"].get("Rule"), rule, "rule")
    version = t.s3.put_object(Bucket=name, Key="k", Body=b"1")["VersionId"]
    found = t.s3.get_object_retention(Bucket=name, Key="k")["Retention"]
    left = found["RetainUntilDate"] - datetime.now(UTC)
    holds(
        found["Mode"] == "GOVERNANCE" and timedelta(hours=23) < left <= timedelta(days=1, minutes=1),
        f"retention {found}",
    )
    refused(403, LOCKED, lambda: t.s3.delete_object(Bucket=name, Key="k", VersionId=version))


@case("locks/default-rubbish", needs="object_lock_refuses", denial=True)
def default_rubbish(t: Target) -> None:
    """A default of 0 days, or of days and years, is refused."""
    name = _bucket(t)
    for inside in (
        "<Mode>GOVERNANCE</Mode><Days>0</Days>",
        "<Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years>",
        "<Mode>TALVEZ</Mode><Days>1</Days>",
    ):
        body = (
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>"
            f"{inside}</DefaultRetention></Rule></ObjectLockConfiguration>"
        ).encode()
        import base64
        import hashlib

        md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
        answer = t.raw("PUT", f"/{name}", {"object-lock": ""}, body=body, headers={"content-md5": md5})
        same(answer.status, 400, f"status for {inside}")


@case("locks/none", needs="object_lock")
def none(t: Target) -> None:
    """An object with no retention has NoSuchObjectLockConfiguration."""
    name = _bucket(t)
    t.s3.put_object(Bucket=name, Key="k", Body=b"1")
    refused(404, "NoSuchObjectLockConfiguration", lambda: t.s3.get_object_retention(Bucket=name, Key="k"))


@case("locks/suspend-versioning", needs="object_lock", denial=True)
def suspend(t: Target) -> None:
    """Versioning can't be suspended on a bucket with object lock."""
    name = _bucket(t)
    refused(
        409,
        "InvalidBucketState",
        lambda: t.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"}),
    )
    same(t.s3.get_bucket_versioning(Bucket=name)["Status"], "Enabled", "status")


@case("locks/rubbish", needs="object_lock_refuses", denial=True)
def rubbish(t: Target) -> None:
    """A retention that makes no sense is refused."""
    name = _bucket(t)
    t.s3.put_object(Bucket=name, Key="k", Body=b"1")
    answer = t.raw("PUT", f"/{name}/k", {"retention": ""}, body=b"<Retention><Mode>TALVEZ</Mode></Retention>")
    answers(answer, 400)


@case("locks/default-binds-copies", needs="object_lock", denial=True)
def default_binds_copies(t: Target) -> None:
    """The bucket's default retention is on a copy as on any other object."""
    source, name = t.put(b"x"), t.bucket(ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    t.s3.put_object_lock_configuration(
        Bucket=name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    made = t.s3.copy_object(Bucket=name, Key="k", CopySource={"Bucket": t.shared, "Key": source})["VersionId"]
    same(t.s3.get_object_retention(Bucket=name, Key="k", VersionId=made)["Retention"]["Mode"], "GOVERNANCE", "mode")
    refused(403, "AccessDenied", lambda: t.s3.delete_object(Bucket=name, Key="k", VersionId=made))


@case("locks/bypass-needs-a-right", needs="auth_users", denial=True)
def bypass_needs_a_right(t: Target) -> None:
    """Who may remove versions, and no more, does not get past GOVERNANCE by saying so."""
    import json
    from datetime import UTC, datetime, timedelta

    other, name = t.others(), t.bucket(ObjectLockEnabledForBucket=True)
    until = datetime.now(UTC) + timedelta(days=1)
    version = t.s3.put_object(
        Bucket=name, Key="k", Body=b"x", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until
    )["VersionId"]
    allowed = {"Effect": "Allow", "Principal": "*", "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"]}
    text = json.dumps({"Version": "2012-10-17", "Statement": [{**allowed, "Resource": f"arn:aws:s3:::{name}/*"}]})
    t.s3.put_bucket_policy(Bucket=name, Policy=text)
    which = {"Bucket": name, "Key": "k", "VersionId": version}
    refused(403, "AccessDenied", lambda: other.delete_object(**which, BypassGovernanceRetention=True))
    same(t.get("k", name), b"x", "body")
    t.s3.delete_object(**which, BypassGovernanceRetention=True)
