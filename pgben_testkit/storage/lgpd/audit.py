"""Look up and try all of it at once: who reaches the bucket, what is encrypted, what is retained."""

from __future__ import annotations

from dataclasses import dataclass

from pgben_testkit.storage.lgpd.objects import Kept, ObjectState, all_versions, configured, state_of
from pgben_testkit.storage.lgpd.private import open_to


@dataclass(frozen=True)
class Audit:
    """Hold what was found. `public`: what somebody without keys could do; `strangers`: what another account could."""

    bucket: str
    public: tuple[str, ...]
    strangers: tuple[str, ...]
    default_encryption: str
    versioning: str
    object_lock: bool
    objects: tuple[ObjectState, ...]

    @property
    def plain(self) -> tuple[str, ...]:
        """Return the keys of what nobody encrypted."""
        return tuple(each.key for each in self.objects if not each.encryption)


def audit(bucket: Kept) -> Audit:
    """Return what is found of `bucket`; nothing that was tried stays in it.

    Raises:
        Violation: it holds too many versions to look at.
    """
    client, name = bucket.boto3(), bucket.name
    versions = all_versions(bucket)
    rules = (
        configured(client.get_bucket_encryption, Bucket=name)
        .get("ServerSideEncryptionConfiguration", {})
        .get("Rules", [])
    )
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm", "") if rules else ""
    lock = configured(client.get_object_lock_configuration, Bucket=name).get("ObjectLockConfiguration", {})
    anybody, strangers = open_to(bucket, versions)
    return Audit(
        bucket=name,
        public=anybody,
        strangers=strangers,
        default_encryption=default,
        versioning=configured(client.get_bucket_versioning, Bucket=name).get("Status", ""),
        object_lock=lock.get("ObjectLockEnabled") == "Enabled",
        objects=tuple(state_of(bucket, key, version) for key, version in versions),
    )
