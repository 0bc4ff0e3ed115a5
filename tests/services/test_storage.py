"""Isolated buckets on a real S3 server, through boto3 and minio-py."""

import io

import botocore.exceptions
import pytest

from pgben_testkit.storage.client import boto3_client

pytestmark = pytest.mark.parametrize("supply", ["embedded", "external", "container"], indirect=True, scope="module")


def test_both_python_clients_do_their_round_on_it(bucket):
    minio, boto3 = bucket.minio(), bucket.boto3()
    minio.put_object(bucket.name, "a/ç.txt", io.BytesIO(b"123"), 3, metadata={"Encrypted": "true"})
    assert boto3.get_object(Bucket=bucket.name, Key="a/ç.txt")["Body"].read() == b"123"
    assert minio.stat_object(bucket.name, "a/ç.txt").metadata["x-amz-meta-encrypted"] == "true"
    assert [each.object_name for each in minio.list_objects(bucket.name, recursive=True)] == ["a/ç.txt"]


def test_the_next_bucket_is_empty_whatever_was_left(buckets):
    for _ in range(4):
        bucket = buckets.acquire()
        client = bucket.boto3()
        assert "Contents" not in client.list_objects_v2(Bucket=bucket.name)
        assert "Uploads" not in client.list_multipart_uploads(Bucket=bucket.name)
        client.put_object(Bucket=bucket.name, Key="deep/er/key", Body=b"x")
        client.create_multipart_upload(Bucket=bucket.name, Key="unfinished")
        buckets.release(bucket)


def test_two_buckets_held_at_once_differ_and_their_keys_do_not_reach_the_other(buckets, storage):
    if not storage.keys:
        pytest.skip("a server that we can't give keys of our own: one pair for all buckets")
    one, other = buckets.acquire(), buckets.acquire()
    assert one.name != other.name
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
        one.boto3().put_object(Bucket=other.name, Key="a", Body=b"x")
    buckets.release(one)
    buckets.release(other)


@pytest.mark.parametrize(("access", "secret"), [("own", "wrong-secret"), ("UNKNOWNKEY", "whatever")])
def test_wrong_keys_are_refused(bucket, access, secret):
    client = boto3_client(bucket.endpoint, bucket.access_key if access == "own" else access, secret, bucket.region)
    with pytest.raises(botocore.exceptions.ClientError):
        client.list_objects_v2(Bucket=bucket.name)


def test_no_key_and_a_tampered_address_are_refused_and_a_presigned_one_works(bucket):
    import urllib3

    bucket.boto3().put_object(Bucket=bucket.name, Key="a", Body=b"secret")
    http = urllib3.PoolManager(retries=False)
    assert http.request("GET", f"{bucket.endpoint}/{bucket.name}/a").status == 403
    url = bucket.boto3().generate_presigned_url("get_object", Params={"Bucket": bucket.name, "Key": "a"})
    assert http.request("GET", url).data == b"secret"
    assert http.request("GET", url[:-4] + "0000").status == 403
    assert http.request("GET", url.replace("X-Amz-Expires=3600", "X-Amz-Expires=9999")).status == 403


def test_env_gives_pgbens_names_host_without_scheme(bucket):
    env = bucket.env()
    assert env["MINIO_ENDPOINT"] == "127.0.0.1"
    assert env["MINIO_BUCKET"] == env["MINIO_BUCKET_NAME"] == bucket.name
    assert env["MINIO_USE_SSL"] == "false"
