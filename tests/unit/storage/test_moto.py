"""What our layer mends of moto 5.2.5: each of these says, when it fails, that moto has mended it itself."""

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import __version__ as moto_version
from moto import mock_aws

from pgben_testkit.storage.fake.fake import MOTO_TESTED


@pytest.fixture
def s3():
    with mock_aws():
        made = boto3.client(
            "s3",
            region_name="us-east-1",
            aws_access_key_id="errada",
            aws_secret_access_key="errada",
            config=Config(retries={"total_max_attempts": 1}),
        )
        made.create_bucket(Bucket="documentos", ObjectLockEnabledForBucket=True)
        yield made


def test_the_extra_pins_the_moto_that_was_tried():
    assert moto_version == MOTO_TESTED


def test_moto_takes_any_key(s3):
    s3.put_object(Bucket="documentos", Key="k", Body=b"1")
    assert s3.get_object(Bucket="documentos", Key="k")["Body"].read() == b"1"


def test_moto_takes_a_wrong_checksum(s3):
    s3.put_object(Bucket="documentos", Key="k", Body=b"1", ChecksumSHA256="A" * 43 + "=")


def test_moto_shortens_compliance(s3):
    until = datetime.now(UTC) + timedelta(days=10)
    s3.put_object(Bucket="documentos", Key="k", Body=b"1", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until)
    s3.put_object_retention(
        Bucket="documentos", Key="k", Retention={"Mode": "COMPLIANCE", "RetainUntilDate": until - timedelta(days=9)}
    )


def test_moto_cannot_tell_a_retention(s3):
    s3.put_object(
        Bucket="documentos",
        Key="k",
        Body=b"1",
        ObjectLockMode="GOVERNANCE",
        ObjectLockRetainUntilDate=datetime.now(UTC) + timedelta(days=1),
    )
    with pytest.raises((ClientError, NotImplementedError, AttributeError, KeyError, TypeError)):
        found = s3.get_object_retention(Bucket="documentos", Key="k")
        assert found["Retention"]["Mode"] == "GOVERNANCE"
        raise AssertionError("moto tells it now")


def test_moto_reads_sse_c_without_its_key(s3):
    s3.put_object(Bucket="documentos", Key="k", Body=b"1", SSECustomerAlgorithm="AES256", SSECustomerKey=b"k" * 32)
    assert s3.get_object(Bucket="documentos", Key="k")["Body"].read() == b"1"


def test_moto_takes_a_policy_that_is_none(s3):
    s3.put_bucket_policy(Bucket="documentos", Policy=json.dumps({"Statement": "nada"}))
