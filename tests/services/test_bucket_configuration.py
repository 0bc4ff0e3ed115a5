"""What a test configures on its bucket works with the bucket's own keys, and is gone for the next test."""

import json
from datetime import UTC, datetime, timedelta

import botocore.exceptions
import pytest

from pgben_testkit.errors import UsageProblem
from pgben_testkit.storage.client import admin_client
from pgben_testkit.storage.pristine import configuration
from pgben_testkit.storage.slots import Slots

pytestmark = [
    pytest.mark.parametrize("supply", ["embedded", "external", "container"], indirect=True, scope="module"),
    pytest.mark.filterwarnings("ignore:left on .* as they hold locked objects"),
]


def policy(name):
    statement: dict[str, object] = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{name}/*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


RULE = {"ID": "velhos", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}
CHANGES = {
    "policy": lambda s3, name: s3.put_bucket_policy(Bucket=name, Policy=policy(name)),
    "versioning": lambda s3, name: s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"}),
    "cors": lambda s3, name: s3.put_bucket_cors(
        Bucket=name, CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}
    ),
    "lifecycle": lambda s3, name: s3.put_bucket_lifecycle_configuration(
        Bucket=name, LifecycleConfiguration={"Rules": [RULE]}
    ),
    "encryption": lambda s3, name: s3.put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
    ),
    "acl": lambda s3, name: s3.put_bucket_acl(Bucket=name, ACL="public-read"),
    "public access block": lambda s3, name: s3.put_public_access_block(
        Bucket=name, PublicAccessBlockConfiguration={"BlockPublicAcls": True}
    ),
    "ownership": lambda s3, name: s3.put_bucket_ownership_controls(
        Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    ),
}


def the_same_again(buckets, name):
    """The bucket of this name, when it is given anew."""
    others = []
    while (bucket := buckets.acquire()).name != name:
        others.append(bucket)
    for each in others:
        buckets.release(each)
    return bucket


@pytest.mark.parametrize("change", CHANGES)
def test_a_configuration_is_gone_for_the_next(buckets, storage, change):
    bucket = buckets.acquire()
    before = configuration(admin_client(storage), bucket.name)
    try:
        CHANGES[change](bucket.boto3(), bucket.name)
    except botocore.exceptions.ClientError as error:
        if storage.gate or error.response["Error"]["Code"] in ("AccessDenied", "403"):
            raise
        pytest.skip(f"a server that has no {change}")
    assert configuration(admin_client(storage), bucket.name) != before
    bucket.boto3().put_object(Bucket=bucket.name, Key="a", Body=b"x")
    buckets.release(bucket)
    again = the_same_again(buckets, bucket.name)
    assert configuration(admin_client(storage), bucket.name) == before
    assert "Contents" not in again.boto3().list_objects_v2(Bucket=again.name)
    again.boto3().put_object(Bucket=again.name, Key="a", Body=b"x")
    buckets.release(again)


def locked(bucket, mode, **hold):
    s3 = bucket.boto3()
    CHANGES["versioning"](s3, bucket.name)
    s3.put_object_lock_configuration(Bucket=bucket.name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})
    if mode:
        hold |= {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": datetime.now(UTC) + timedelta(days=1)}
    s3.put_object(Bucket=bucket.name, Key="k", Body=b"1", ChecksumAlgorithm="CRC32", **hold)
    version = s3.list_object_versions(Bucket=bucket.name)["Versions"][0]["VersionId"]
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=bucket.name, Key="k", VersionId=version)


@pytest.mark.parametrize("mode", ["GOVERNANCE", "legal hold"])
def test_a_lock_that_can_be_lifted_is_lifted_for_the_next(buckets, storage, mode):
    bucket = buckets.acquire()
    before = configuration(admin_client(storage), bucket.name)
    locked(
        bucket,
        "" if mode == "legal hold" else mode,
        **({"ObjectLockLegalHoldStatus": "ON"} if mode == "legal hold" else {}),
    )
    buckets.release(bucket)
    again = the_same_again(buckets, bucket.name)
    assert configuration(admin_client(storage), bucket.name) == before
    buckets.release(again)


def test_a_bucket_that_cannot_be_emptied_is_given_to_nobody_and_the_next_take_others(buckets, storage):
    bucket = buckets.acquire()
    locked(bucket, "COMPLIANCE")
    buckets.release(bucket)
    few = Slots(storage)
    few.made[bucket.name] = "as it was"
    few._free = [bucket.name]  # the only one that is left
    few._dirty = {bucket.name}
    with pytest.raises(UsageProblem, match=r"(?s)no bucket is left.*1 hold what can't be removed"):
        few.take()


def versions_of_every_kind(s3, name):
    s3.put_object(Bucket=name, Key="antes", Body=b"1")
    for status in ("Enabled", "Suspended", "Enabled"):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
        s3.put_object(Bucket=name, Key="k", Body=b"1")
        s3.delete_object(Bucket=name, Key="k")


def no_requests_without_tls(s3, name):
    s3.put_object(Bucket=name, Key="k", Body=b"1")
    statement: dict[str, object] = {"Effect": "Deny", "Principal": "*", "Action": "s3:*"}
    statement["Resource"] = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
    statement["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


@pytest.mark.parametrize("leave", [versions_of_every_kind, no_requests_without_tls])
def test_a_bucket_left_in_any_state_comes_back_empty(buckets, storage, leave):
    if not storage.gate and storage.backend != "external":
        pytest.skip("SeaweedFS alone keeps null delete markers, and binds its administrator by policies")
    for _ in range(len(storage.buckets) // 4):  # it would burn one each time
        bucket = buckets.acquire()
        leave(bucket.boto3(), bucket.name)
        buckets.release(bucket)
        again = the_same_again(buckets, bucket.name)
        found = again.boto3().list_object_versions(Bucket=again.name)
        assert not found.get("Versions") and not found.get("DeleteMarkers")
        again.boto3().put_object(Bucket=again.name, Key="k", Body=b"1")
        buckets.release(again)
