"""Faults by the proxy, in front of the embedded server and of the fake's socket."""

import time

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ResponseStreamingError as Broken

from pgben_testkit.storage.bucket import Bucket
from pgben_testkit.storage.fake.fake import Fake


@pytest.fixture(params=["fake", "embedded"])
def faulty(request):
    if request.param == "fake":
        with Fake() as fake, fake.bucket().faulty() as bucket:
            yield bucket
        return
    info = request.getfixturevalue("supply").get("storage").info
    name = info.buckets[0]
    real = Bucket(name, info.url, info.access_key, info.secret_key, info.region)
    from pgben_testkit.storage.client import bucket_exists_or_made

    bucket_exists_or_made(real.boto3(), name)
    with real.faulty() as bucket:
        yield bucket


def test_with_no_fault_everything_passes_signatures_too(faulty):
    client, body = faulty.boto3(), b"x" * 300_000
    client.put_object(Bucket=faulty.name, Key="ação/k +", Body=body)
    assert client.get_object(Bucket=faulty.name, Key="ação/k +")["Body"].read() == body
    assert [each["Key"] for each in client.list_objects_v2(Bucket=faulty.name)["Contents"]] == ["ação/k +"]
    assert faulty.minio().stat_object(faulty.name, "ação/k +").size == len(body)
    client.delete_object(Bucket=faulty.name, Key="ação/k +")


@pytest.mark.parametrize(
    "kind, status, code",
    [
        ("slow_down", 503, "SlowDown"),
        ("clock_skew", 403, "RequestTimeTooSkewed"),
        ("bucket_gone", 404, "NoSuchBucket"),
        ("disk_full", 507, "XMinioStorageFull"),
    ],
)
def test_a_refusal_reaches_the_client_and_nothing_the_server(faulty, kind, status, code):
    client = faulty.boto3()
    with faulty.faults.during(kind, method="PUT") as fault, pytest.raises(ClientError) as raised:
        client.put_object(Bucket=faulty.name, Key="k", Body=b"x" * 200_000)
    response = raised.value.response
    assert (response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], fault.hits) == (status, code, 1)
    with pytest.raises(client.exceptions.NoSuchKey):
        client.get_object(Bucket=faulty.name, Key="k")


def test_bodies_break_end_early_come_late_and_with_a_wrong_etag(faulty):
    client = faulty.boto3()
    client.put_object(Bucket=faulty.name, Key="k", Body=b"x" * 100_000)
    with (
        faulty.faults.during("reset", after_bytes=1000),
        pytest.raises((Broken, ConnectionClosedError, HTTPClientError, IncompleteReadError, ConnectionResetError)),
    ):
        client.get_object(Bucket=faulty.name, Key="k")["Body"].read()
    with faulty.faults.during("truncated", after_bytes=1000), pytest.raises((IncompleteReadError, Broken)):
        client.get_object(Bucket=faulty.name, Key="k")["Body"].read()
    with faulty.faults.during("wrong_etag"):
        assert client.head_object(Bucket=faulty.name, Key="k")["ETag"].endswith('bad"')
    with faulty.faults.during("slow", seconds=0.2):
        began = time.perf_counter()
        client.head_object(Bucket=faulty.name, Key="k")
        assert time.perf_counter() - began >= 0.2
    assert len(client.get_object(Bucket=faulty.name, Key="k")["Body"].read()) == 100_000
    client.delete_object(Bucket=faulty.name, Key="k")
