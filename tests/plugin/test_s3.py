"""The S3 fixtures, the marker and `run --s3=fake` as a project meets them."""

import sys

import pytest

CLI = [sys.executable, "-c", "from pgben_testkit.cli import main; main()"]
TESTS = """
import pytest
from botocore.exceptions import ClientError

def test_fake(pgben_s3_fake):
    bucket = pgben_s3_fake.bucket()
    bucket.boto3().put_object(Bucket=bucket.name, Key="a", Body=b"1")
    assert bucket.minio().stat_object(bucket.name, "a").size == 1
    with pytest.raises(ClientError, match="AccessDenied"):
        pgben_s3_fake.boto3(anonymous=True).get_object(Bucket=bucket.name, Key="a")

def test_fresh(pgben_s3_fake):
    assert pgben_s3_fake.boto3().list_buckets()["Buckets"] == []

@pytest.mark.pgben_requires("acl", "object_lock")
def test_cheapest(pgben_s3):
    pgben_s3.boto3().put_object(Bucket=pgben_s3.name, Key="a", Body=b"1")
    assert type(pgben_s3).__name__ == "FakeBucket"

@pytest.mark.pgben_requires("auth", "versioning")
def test_has(pgben_bucket):
    pgben_bucket.boto3().put_object(Bucket=pgben_bucket.name, Key="a", Body=b"1")
"""
LACKS = """
import pytest

@pytest.mark.pgben_requires("auth", "public_access_block")
def test_lacks(pgben_bucket):
    pass
"""


@pytest.fixture
def project(pytester):
    pytester.makeini("[pytest]\npgben_backend = embedded\n")
    return pytester


@pytest.mark.parametrize("args", [(), ("-n2",), ("--pgben-storage-backend=fake",)], ids=" ".join)
def test_the_fixtures_serve_on_every_backend(project, args):
    project.makepyfile(TESTS)
    project.runpytest_subprocess(*args).assert_outcomes(passed=4)


def test_a_backend_that_lacks_something_refuses_the_test_and_names_one_that_has_it(project):
    project.makepyfile(LACKS)
    result = project.runpytest_subprocess("--no-pgben-storage-gate")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*the embedded (with no gate) S3 server lacks public_access_block*", "*--pgben-storage-backend=fake*"]
    )
    for option in ("--pgben-storage-gate", "--pgben-storage-backend=fake"):
        project.runpytest_subprocess(option).assert_outcomes(passed=1)


def test_a_capability_that_there_is_not_is_one_clear_error(project):
    project.makepyfile(LACKS.replace("public_access_block", "magia"))
    result = project.runpytest_subprocess("--pgben-storage-backend=fake")
    result.stdout.fnmatch_lines(["*pgben_requires names magia*"])


CHILD = """
import os, boto3, sys
from botocore.exceptions import ClientError
env = os.environ
made = dict(endpoint_url=f"http://{env['MINIO_ENDPOINT']}:{env['MINIO_PORT']}", region_name=env["MINIO_REGION"])
key = env["MINIO_ACCESS_KEY"]
s3 = boto3.client("s3", aws_access_key_id=key, aws_secret_access_key=env["MINIO_SECRET_KEY"], **made)
s3.put_object(Bucket=env["MINIO_BUCKET"], Key="a", Body=b"1")
try:
    boto3.client("s3", aws_access_key_id=env["MINIO_ACCESS_KEY"], aws_secret_access_key="errada", **made).list_buckets()
except ClientError as error:
    print(error.response["Error"]["Code"], *sys.argv[1:])
"""


@pytest.mark.parametrize("option", [["--s3=fake"], ["--s3", "--backend=embedded"], ["--s3=embedded"]], ids=" ".join)
def test_run_gives_a_bucket_of_the_backend_asked_for(project, option):
    child = project.makepyfile(child=CHILD)
    result = project.run(*CLI, "run", *option, "--", sys.executable, child, "--s3")
    assert result.ret == 0, result.errlines
    result.stdout.fnmatch_lines(["SignatureDoesNotMatch --s3"])


def test_plain_s3_takes_no_value_from_the_command(project):
    result = project.run(*CLI, "run", "--backend=embedded", "--s3", sys.executable, "-c", "print('ran')")
    assert (result.ret, result.outlines) == (0, ["ran"])


def test_run_with_contrary_switches_is_refused(project):
    assert project.run(*CLI, "run", "--s3=fake", "--no-s3", "--", "true").ret == 2


def test_the_fake_is_served_on_a_port_until_it_is_told_to_end(project):
    import json
    import signal
    import subprocess

    import urllib3

    argv = [*CLI, "storage", "serve", "--bucket", "pgben-documentos", "--user", "alt"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    try:
        facts = json.loads(process.stdout.readline())
        assert urllib3.request("GET", facts["endpoint"] + "/pgben-documentos").status == 403
        assert [each["name"] for each in facts["users"]] == ["alt"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
