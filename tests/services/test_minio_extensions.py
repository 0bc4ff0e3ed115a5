"""What MinIO has beyond S3, as minio-py's own functional tests ask for it: snowball uploads, keys left unversioned."""

import io
import os
import tarfile

import pytest
from minio.commonconfig import ENABLED, SnowballObject
from minio.error import S3Error
from minio.versioningconfig import VersioningConfig

from pgben_testkit.storage.bucket import Bucket
from pgben_testkit.storage.fake.fake import Fake


@pytest.fixture(params=["fake", "embedded"])
def bucket(request):
    if request.param == "fake":
        with Fake() as fake:
            yield fake.bucket()
        return
    info = request.getfixturevalue("supply").get("storage").info
    made = Bucket(f"pgben-mx-{os.urandom(4).hex()}", info.url, info.access_key, info.secret_key, info.region)
    made.boto3().create_bucket(Bucket=made.name)
    yield made


def contents(bucket):
    s3 = bucket.boto3()
    found = s3.list_objects_v2(Bucket=bucket.name).get("Contents", ())
    return {each["Key"]: s3.get_object(Bucket=bucket.name, Key=each["Key"])["Body"].read() for each in found}


@pytest.mark.parametrize("compression", [False, True])
def test_a_snowball_becomes_the_objects_in_it(bucket, compression):
    inside = {f"lote/{number}.pdf": os.urandom(1000 * number) for number in range(4)}
    objects = [SnowballObject(key, data=io.BytesIO(body), length=len(body)) for key, body in inside.items()]
    bucket.minio().upload_snowball_objects(bucket.name, objects, compression=compression)
    assert contents(bucket) == inside


def tar(folder="pasta"):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as out:
        directory = tarfile.TarInfo(folder)
        directory.type = tarfile.DIRTYPE
        out.addfile(directory)
        out.addfile(tarfile.TarInfo(f"{folder}/vazio.txt"))
    return made.getvalue()


def put_tar(bucket, body, **options):
    meta = {"snowball-auto-extract": "true", **{f"minio-snowball-{name}": value for name, value in options.items()}}
    bucket.boto3().put_object(
        Bucket=bucket.name, Key="x.tar", Body=body, Metadata={**meta, "Origem": "lote"}, ContentType="text/plain"
    )


def test_options_of_a_snowball(bucket):
    put_tar(bucket, tar())
    assert set(contents(bucket)) == {"pasta/", "pasta/vazio.txt"}
    put_tar(bucket, tar("outra"), prefix="/2026/", **{"ignore-dirs": "true"})
    assert set(contents(bucket)) == {"pasta/", "pasta/vazio.txt", "2026/outra/vazio.txt"}
    head = bucket.boto3().head_object(Bucket=bucket.name, Key="2026/outra/vazio.txt")
    assert (head["Metadata"], head["ContentType"]) == ({"origem": "lote"}, "text/plain")


def cut_off():
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as out:
        member = tarfile.TarInfo("inteiro.pdf")
        out.addfile(member)
        member = tarfile.TarInfo("cortado.pdf")
        member.size = 5000
        out.addfile(member, io.BytesIO(bytes(5000)))
    return made.getvalue()[:2000]


def test_what_is_no_tar_is_refused_and_leaves_nothing(bucket):
    for body in (b"no tar at all", cut_off()):
        with pytest.raises(bucket.boto3().exceptions.ClientError, match="InvalidArgument"):
            put_tar(bucket, body)
    assert contents(bucket) == {}


def test_keys_left_out_of_versioning(bucket, request):
    wanted = VersioningConfig(ENABLED, excluded_prefixes=["tmp/"], exclude_folders=True)
    if "embedded" in request.node.name:  # it can't leave keys out, and must not say that it does
        with pytest.raises(S3Error, match="NotImplemented"):
            bucket.minio().set_bucket_versioning(bucket.name, wanted)
        return
    bucket.minio().set_bucket_versioning(bucket.name, wanted)
    told = bucket.minio().get_bucket_versioning(bucket.name)
    assert (told.status, told.excluded_prefixes, told.exclude_folders) == ("Enabled", ["tmp/"], True)
    s3 = bucket.boto3()
    for key in ("tmp/a", "fica", "pasta/"):
        for _ in range(2):
            s3.put_object(Bucket=bucket.name, Key=key, Body=b"1")
    versions = s3.list_object_versions(Bucket=bucket.name)["Versions"]
    assert sorted(each["Key"] for each in versions) == ["fica", "fica", "pasta/", "tmp/a"]
    assert {each["VersionId"] for each in versions if each["Key"] != "fica"} == {"null"}


def test_select_is_not_implemented(bucket):
    bucket.boto3().put_object(Bucket=bucket.name, Key="a.csv", Body=b"a,b\n1,2\n")
    with pytest.raises(bucket.boto3().exceptions.ClientError, match="NotImplemented"):
        bucket.boto3().select_object_content(
            Bucket=bucket.name,
            Key="a.csv",
            Expression="select * from s3object",
            ExpressionType="SQL",
            InputSerialization={"CSV": {}},
            OutputSerialization={"CSV": {}},
        )
