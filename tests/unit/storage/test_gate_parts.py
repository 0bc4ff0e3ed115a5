"""The gate's parts that need no server."""

import sys
from typing import Any

import pytest

from pgben_testkit.storage.gate import checks
from pgben_testkit.storage.gate.backend import Outgoing
from pgben_testkit.storage.gate.memory import Memory
from pgben_testkit.storage.gate.plan import Plan
from pgben_testkit.storage.s3.failures import S3Failure
from pgben_testkit.storage.s3.signature import Identity, authenticate, authorization
from pgben_testkit.storage.s3.wire import Request

ADMIN = Identity("admin", "segredo", "admin", "admin")


@pytest.fixture
def memory(tmp_path):
    return Memory(Plan(0, 1, "us-east-1", str(tmp_path), 1, [("admin", "segredo", "admin")]))


def request(method, path, query="", **headers):
    return Request(method, path, query, {name.replace("_", "-"): value for name, value in headers.items()})


def test_a_plan_is_for_its_user_alone_and_reads_as_it_was_written(tmp_path):
    users: list[Any] = [["a", "b", "c"]]  # as JSON has them
    plan = Plan(9000, 9001, "us-east-1", str(tmp_path), 1, users)
    plan.write(tmp_path / "plan.json")
    assert (tmp_path / "plan.json").stat().st_mode & 0o077 == 0
    assert Plan.read(tmp_path / "plan.json") == plan


def test_what_goes_out_is_signed_as_the_fake_verifies_it_and_no_secret_is_in_it():
    outgoing = Outgoing(
        "PUT",
        "/b/a%20b",
        "acl=",
        {"host": "x:1", "x-amz-acl": "private", "expect": "100-continue", "authorization": "old"},
        ADMIN,
        size=3,
    )
    head = outgoing.head("us-east-1", "y:2")
    assert b"segredo" not in head and b"expect" not in head and b"old" not in head
    lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:] if line)
    assert (lines["host"], lines["content-length"]) == ("x:1", "3")
    import time

    found = authenticate(Request("PUT", "/b/a%20b", "acl=", lines), {"admin": ADMIN}, "us-east-1", time.time())
    assert found.identity is ADMIN
    with pytest.raises(S3Failure, match="SignatureDoesNotMatch"):
        authenticate(Request("PUT", "/b/other", "acl=", lines), {"admin": ADMIN}, "us-east-1", time.time())


def test_the_signature_covers_every_header_given():
    headers = {"host": "x", "x-amz-date": "20260101T000000Z", "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
    one = authorization(ADMIN, "us-east-1", "GET", "/", "", headers)
    assert "SignedHeaders=host;x-amz-content-sha256;x-amz-date," in one
    assert one != authorization(ADMIN, "us-east-1", "GET", "/", "", {**headers, "host": "y"})


@pytest.mark.parametrize(
    "refused, code",
    [
        (request("PUT", "/b/k", x_amz_meta_a="x" * 2100), "MetadataTooLarge"),
        (request("PUT", "/b/k", x_amz_server_side_encryption="ROT13"), "InvalidArgument"),
        (request("PUT", "/b/k", x_amz_storage_class="BARATO"), "InvalidStorageClass"),
        (request("PUT", "/b/k", x_amz_tagging="a=1&a=2"), "InvalidTag"),
        (request("PUT", "/b/k", "partNumber=0&uploadId=1"), "InvalidArgument"),
        (request("PUT", "/b/k", x_amz_checksum_crc32="AAAAAA==", x_amz_checksum_sha1="x"), "InvalidRequest"),
    ],
)
def test_heads_are_refused_by_the_fakes_own_rules(refused, code):
    with pytest.raises(S3Failure) as caught:
        checks.by_head(refused, "k")
    assert caught.value.code == code


def test_without_the_native_checksums_the_others_are_still_verified(memory, monkeypatch):
    monkeypatch.setitem(sys.modules, "awscrt", None)
    memory.verify_sums(Request("PUT", "/b/k", "", {"x-amz-checksum-crc32c": "AAAAAA=="}, b"a"))  # the server's business
    with pytest.raises(S3Failure, match="BadDigest"):
        memory.verify_sums(Request("PUT", "/b/k", "", {"x-amz-checksum-crc32": "AAAAAA=="}, b"a"))


def test_what_the_gate_remembers_of_a_bucket_goes_with_it(memory):
    memory.note(request("PUT", "/b", "versioning"), "b", "")
    memory.note(request("PUT", "/c", x_amz_bucket_object_lock_enabled="true"), "c", "")
    memory.access.blocks["b"] = {"BlockPublicAcls": True}
    assert memory.versioned == {"b", "c"}
    memory.note(request("DELETE", "/b", "policy"), "b", "")
    assert "b" in memory.versioned
    memory.note(request("DELETE", "/b"), "b", "")
    assert (memory.versioned, memory.access.blocks) == ({"c"}, {})
