"""The fake in process: both clients on one state, its clock, its users, what lies in it, what it refuses."""

import io
import os

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ResponseStreamingError as Broken
from minio.error import S3Error

from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.storage.fake.fake import Fake


@pytest.fixture
def fake():
    with Fake() as made:
        yield made


def code_of(call, **options):
    with pytest.raises(ClientError) as raised:
        call(**options)
    return raised.value.response["Error"]["Code"]


def test_both_clients_see_one_state_with_no_socket(fake):
    bucket = fake.bucket()
    bucket.boto3().put_object(Bucket=bucket.name, Key="ação + 1.pdf", Body=b"%PDF", Metadata={"iv": "0f"})
    found = bucket.minio().stat_object(bucket.name, "ação + 1.pdf")
    assert (found.size, found.metadata["x-amz-meta-iv"]) == (4, "0f")
    bucket.minio().put_object(bucket.name, "b", io.BytesIO(b"abc"), 3)
    assert bucket.boto3().get_object(Bucket=bucket.name, Key="b")["Body"].read() == b"abc"
    assert fake._served is None


def test_fakes_share_nothing_and_a_client_is_used_again():
    with Fake() as one:
        client = one.boto3()
        one.bucket("documentos").boto3().put_object(Bucket="documentos", Key="k", Body=b"1")
    with pytest.raises(UsageProblem, match="fake that is closed"):
        client.list_buckets()
    with Fake() as two, Fake() as three:
        assert client in (two.boto3(), three.boto3())
        assert two.boto3().list_buckets()["Buckets"] == three.boto3().list_buckets()["Buckets"] == []
        two.bucket("documentos")
        assert three.boto3().list_buckets()["Buckets"] == []


def test_who_is_nobody_and_who_has_a_bucket_alone_are_refused(fake):
    bucket, other = fake.bucket("docs-um"), fake.bucket("docs-dois")
    bucket.boto3().put_object(Bucket="docs-um", Key="k", Body=b"segredo")
    assert code_of(fake.boto3(anonymous=True).get_object, Bucket="docs-um", Key="k") == "AccessDenied"
    assert code_of(fake.boto3(fake.user("alheio")).get_object, Bucket="docs-um", Key="k") == "AccessDenied"
    limited = fake.boto3(fake.user("limitado", buckets=["docs-um"]))
    assert limited.get_object(Bucket="docs-um", Key="k")["Body"].read() == b"segredo"
    assert code_of(limited.put_object, Bucket=other.name, Key="k", Body=b"x") == "AccessDenied"
    assert [each["Name"] for each in limited.list_buckets()["Buckets"]] == ["docs-um"]
    with pytest.raises(S3Error, match="AccessDenied"):
        fake.minio(anonymous=True).get_object("docs-um", "k")


def test_its_clock_can_run_ahead(fake):
    import urllib3

    bucket = fake.bucket()
    bucket.boto3().put_object(Bucket=bucket.name, Key="k", Body=b"1")
    url = (
        bucket.served()
        .boto3()
        .generate_presigned_url("get_object", Params={"Bucket": bucket.name, "Key": "k"}, ExpiresIn=60)
    )
    assert urllib3.request("GET", url).status == 200
    fake.advance(61)
    answer = urllib3.request("GET", url)
    assert (answer.status, b"Request has expired" in answer.data) == (403, True)
    fake.advance(3600)
    assert code_of(bucket.boto3().list_buckets) == "RequestTimeTooSkewed"


def test_under_encryption_what_lies_there_is_ciphertext(fake):
    bucket, secret = fake.bucket(), os.urandom(100)
    client = bucket.boto3()
    client.put_object(Bucket=bucket.name, Key="plain", Body=secret)
    assert fake.stored(bucket.name, "plain") == secret and bucket.holds(secret)
    client.delete_object(Bucket=bucket.name, Key="plain")
    client.put_object(Bucket=bucket.name, Key="sealed", Body=secret, ServerSideEncryption="AES256")
    assert client.get_object(Bucket=bucket.name, Key="sealed")["Body"].read() == secret
    assert secret not in fake.stored(bucket.name, "sealed") and not bucket.holds(secret)


@pytest.mark.parametrize(
    "kind, code",
    [
        ("slow_down", "SlowDown"),
        ("clock_skew", "RequestTimeTooSkewed"),
        ("bucket_gone", "NoSuchBucket"),
        ("disk_full", "XMinioStorageFull"),
        ("internal_error", "InternalError"),
    ],
)
def test_a_fault_that_refuses_does_so_as_often_as_asked(fake, kind, code):
    bucket = fake.bucket()
    with fake.faults.during(kind, method="PUT", key="*.pdf", times=1) as fault:
        bucket.boto3().put_object(Bucket=bucket.name, Key="a.txt", Body=b"1")
        assert code_of(bucket.boto3().put_object, Bucket=bucket.name, Key="a.pdf", Body=b"1") == code
        bucket.boto3().put_object(Bucket=bucket.name, Key="a.pdf", Body=b"2")
    assert fault.hits == 1
    assert bucket.boto3().get_object(Bucket=bucket.name, Key="a.pdf")["Body"].read() == b"2"


def test_bodies_break_off_and_end_early_for_both_clients(fake):
    bucket = fake.bucket()
    client = bucket.boto3()
    client.put_object(Bucket=bucket.name, Key="k", Body=b"x" * 1000)
    with fake.faults.during("reset", after_bytes=100):
        with pytest.raises(Broken):
            client.get_object(Bucket=bucket.name, Key="k")["Body"].read()
        with pytest.raises(Exception, match=r"reset|broken"):
            bucket.minio().get_object(bucket.name, "k").read()
        with pytest.raises((ConnectionClosedError, HTTPClientError)):
            client.put_object(Bucket=bucket.name, Key="other", Body=b"2")
    assert client.get_object(Bucket=bucket.name, Key="other")["Body"].read() == b"2"  # done, and nobody was told
    with fake.faults.during("truncated", after_bytes=100):
        with pytest.raises(IncompleteReadError):
            client.get_object(Bucket=bucket.name, Key="k")["Body"].read()
        with pytest.raises(Exception, match="IncompleteRead"):
            bucket.minio().get_object(bucket.name, "k").read()
    with fake.faults.during("wrong_etag"):
        assert client.put_object(Bucket=bucket.name, Key="k", Body=b"2")["ETag"].endswith('bad"')
    with fake.faults.during("slow", seconds=0.05) as fault:
        client.head_object(Bucket=bucket.name, Key="k")
    assert fault.hits == 1


def test_an_unknown_fault_is_one_clear_error(fake):
    with pytest.raises(UsageProblem, match="no fault 'talvez'"):
        fake.faults.add("talvez")


def test_without_the_extra_there_is_one_clear_error(monkeypatch):
    import sys

    for name in [
        each for each in sys.modules if each.startswith("pgben_testkit.storage.fake.") and "fake.fake" not in each
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "moto", None)
    monkeypatch.setitem(sys.modules, "moto.s3", None)
    monkeypatch.setitem(sys.modules, "moto.s3.models", None)
    with pytest.raises(EnvironmentNotAble) as raised:
        Fake()
    assert raised.value.remedy == "pip install 'pgben-testkit[fake]'"


def test_a_sealed_client_side_sse_c_by_minio_py_works_where_it_believes_in_tls(fake):
    from minio.sse import SseCustomerKey

    bucket, key = fake.bucket(), SseCustomerKey(os.urandom(32))
    client = fake.minio(secure=True)
    client.put_object(bucket.name, "k", io.BytesIO(b"segredo"), 7, sse=key)
    assert client.get_object(bucket.name, "k", ssec=key).read() == b"segredo"
    with pytest.raises(S3Error):
        client.get_object(bucket.name, "k")


def test_configurations_that_moto_keeps_come_back(fake):
    bucket = fake.bucket()
    client = bucket.boto3()
    wanted = {"IndexDocument": {"Suffix": "index.html"}}
    client.put_bucket_website(Bucket=bucket.name, WebsiteConfiguration=wanted)
    assert client.get_bucket_website(Bucket=bucket.name)["IndexDocument"] == wanted["IndexDocument"]
    client.put_bucket_accelerate_configuration(Bucket=bucket.name, AccelerateConfiguration={"Status": "Enabled"})
    assert client.get_bucket_accelerate_configuration(Bucket=bucket.name)["Status"] == "Enabled"
    assert code_of(client.get_bucket_replication, Bucket=bucket.name) == "ReplicationConfigurationNotFoundError"
