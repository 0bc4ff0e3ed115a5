"""An environment that is written beside warm servers names them, and a program that is given it really reaches them."""

import subprocess
import sys

import pytest

from pgben_testkit import settings
from pgben_testkit.postgres import binaries

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


@pytest.fixture
def warm(tmp_path):
    """`warm(*words)`: a command of ours in a project whose PostgreSQL is kept warm."""
    if binaries.find(settings.read(root=tmp_path, environ={}, command_line={})) is None:
        pytest.skip(binaries.NONE_FOUND)
    (tmp_path / "schema.sql").write_text("CREATE TABLE cidadao (id int);")
    (tmp_path / "pytest.ini").write_text("[pytest]\npgben_postgres_schema = schema.sql\n")
    (tmp_path / "pgben.env.toml").write_text(CONTRACT)

    def command(*words):
        argv = [sys.executable, "-m", "pgben_testkit", *words]
        done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    command("up", "--backend", "embedded", "--only", "postgres")
    yield command
    command("down")


def test_a_program_boots_from_what_is_written(warm, tmp_path):
    said = warm("doctor", "--write-env", ".env.test", "--backend", "embedded")
    assert "5 from warm servers" in said
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.stdout == "booted 1\n", done.stderr
    assert "5 from warm servers" in warm("doctor", "--write-env", ".env.test", "--force", "--backend", "embedded")
