"""An environment that is written beside warm servers names them, and a program that is given it really reaches them."""

import subprocess
import sys

import pytest
from dotenv import dotenv_values

from pgben_testkit import settings
from pgben_testkit.postgres import binaries
from pgben_testkit.redis import embedded
from pgben_testkit.storage import weed

CONTRACT = """\
[variables.DB_HOST]
kind = "host"
required = true
[variables.DB_PORT]
kind = "port"
default = 5432
[variables.DATABASE_USER]
required = true
[variables.DB_PASS]
kind = "secret"
required = true
[variables.DB_NAME]
required = true
[variables.JWT_PRIVATE_KEY]
kind = "pem"
pem = "private"
required = true
[variables.ENCRYPTION_KEY]
kind = "secret"
bytes = 32
required = true
[variables.PORT]
kind = "port"
required = true
"""
PROGRAM = """\
import os, socket
import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from dotenv import dotenv_values

env = dotenv_values(".env.test")
load_pem_private_key(env["JWT_PRIVATE_KEY"].encode(), None)
AESGCM(env["ENCRYPTION_KEY"].encode()).encrypt(b"123456789012", b"x", None)
socket.create_server(("127.0.0.1", int(env["PORT"]))).close()
where = dict(host=env["DB_HOST"], port=env["DB_PORT"], user=env["DATABASE_USER"], password=env["DB_PASS"])
with psycopg.connect(dbname=env["DB_NAME"], **where) as connection:
    connection.execute("INSERT INTO cidadao VALUES (7)")
    print("booted", connection.execute("SELECT count(*) FROM cidadao").fetchone()[0])
"""


OTHERS = """\
[variables.REDIS_URL]
kind = "url"
required = true
[variables.REDIS_PORT]
kind = "port"
required = true
[variables.S3_ENDPOINT]
kind = "url"
required = true
[variables.MINIO_ENDPOINT]
kind = "host"
required = true
[variables.MINIO_ACCESS_KEY]
kind = "secret"
required = true
[variables.MINIO_SECRET_KEY]
kind = "secret"
required = true
[variables.MINIO_BUCKET]
required = true
"""


@pytest.fixture
def command(tmp_path):
    """`command(*words)`: a command of ours in a folder whose warm servers are stopped at the end."""

    def command(*words):
        argv = [sys.executable, "-m", "pgben_testkit", *words]
        done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    yield command
    command("down")


def lacks(module, root):
    return module.find(settings.read(root=root, environ={}, command_line={})) is None


def test_a_program_boots_from_what_is_written(command, tmp_path):
    if lacks(binaries, tmp_path):
        pytest.skip(binaries.NONE_FOUND)
    (tmp_path / "schema.sql").write_text("CREATE TABLE cidadao (id int);")
    (tmp_path / "pytest.ini").write_text("[pytest]\npgben_postgres_schema = schema.sql\n")
    (tmp_path / "pgben.env.toml").write_text(CONTRACT)
    command("up", "--backend", "embedded", "--only", "postgres")
    said = command("doctor", "--write-env", ".env.test", "--backend", "embedded")
    assert "5 from warm servers" in said
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.stdout == "booted 1\n", done.stderr
    assert "5 from warm servers" in command("doctor", "--write-env", ".env.test", "--force", "--backend", "embedded")


def test_redis_and_a_bucket_are_reached_with_what_is_written(command, tmp_path):
    for module in (embedded, weed):
        if lacks(module, tmp_path):
            pytest.skip(module.NONE_FOUND)
    boto3 = pytest.importorskip("boto3")
    redis = pytest.importorskip("redis")
    (tmp_path / "pgben.env.toml").write_text(OTHERS)
    command("up", "--backend", "embedded", "--only", "storage", "--only", "redis")
    assert "7 from warm servers" in command("doctor", "--write-env", "x.env", "--backend", "embedded")
    env = dotenv_values(tmp_path / "x.env")
    assert redis.Redis.from_url(env["REDIS_URL"]).ping()
    keys = {"aws_access_key_id": env["MINIO_ACCESS_KEY"], "aws_secret_access_key": env["MINIO_SECRET_KEY"]}
    s3 = boto3.client("s3", endpoint_url=env["S3_ENDPOINT"], region_name="us-east-1", **keys)
    s3.put_object(Bucket=env["MINIO_BUCKET"], Key="a", Body=b"1")
    assert s3.get_object(Bucket=env["MINIO_BUCKET"], Key="a")["Body"].read() == b"1"
