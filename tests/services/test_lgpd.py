"""The LGPD checks, each against a bucket that keeps what it must and one that doesn't, on the fake and embedded."""

import base64
import bz2
import gzip
import json
import lzma
import os
import random
import struct
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgben_testkit.storage.bucket import Bucket
from pgben_testkit.storage.fake.fake import Fake
from pgben_testkit.storage.lgpd import Violation, looks_plain

GOOD = {"Encrypted": "true", "IV": "0f" * 16, "AuthTag": "1e" * 16}


@pytest.fixture(params=["fake", "embedded"])
def make(request):
    """Makes buckets on the backend, with the administrator's keys."""
    made = []
    if request.param == "fake":
        with Fake() as fake:
            yield lambda name, **options: fake.bucket(f"pgben-lgpd-{name}", **options)
        return
    info = request.getfixturevalue("supply").get("storage").info

    def on_embedded(name, object_lock=False):
        name = f"pgben-lgpd-{name}-{os.urandom(3).hex()}"
        bucket = Bucket(name, info.url, info.access_key, info.secret_key, info.region, info.data)
        bucket.boto3().create_bucket(Bucket=bucket.name, ObjectLockEnabledForBucket=object_lock)
        made.append(bucket)
        return bucket

    yield on_embedded


def put(bucket, key, body, **options):
    bucket.boto3().put_object(Bucket=bucket.name, Key=key, Body=body, **options)


def test_a_private_bucket_is_private_and_an_open_prefix_is_found(make):
    bucket = make("privado")
    put(bucket, "publico/rg.pdf", b"1")
    bucket.assert_private()
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{bucket.name}/publico/*",
            }
        ],
    }
    bucket.boto3().put_bucket_policy(Bucket=bucket.name, Policy=json.dumps(policy))
    with pytest.raises(Violation, match=r"anybody can read publico/rg\.pdf"):
        bucket.assert_private()
    assert bucket.audit().public == ("read publico/rg.pdf",)


def test_who_can_list_is_found(make):
    bucket = make("listado")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket.name}"}
        ],
    }
    bucket.boto3().put_bucket_policy(Bucket=bucket.name, Policy=json.dumps(policy))
    with pytest.raises(Violation, match="anybody can list its objects"):
        bucket.assert_private()


def test_encrypted_by_server_customer_and_client_are_taken_and_plain_is_found(make):
    bucket = make("cifrado")
    put(bucket, "server", os.urandom(5000), ServerSideEncryption="AES256")
    put(bucket, "customer", b"x" * 100, SSECustomerAlgorithm="AES256", SSECustomerKey=b"k" * 32)
    put(bucket, "client", os.urandom(200), Metadata=GOOD)
    bucket.assert_encrypted_at_rest()
    with pytest.raises(Violation, match="client lies in"):
        bucket.assert_encrypted_at_rest(accept_client_side=False)
    put(bucket, "plain", b"%PDF Maria")
    with pytest.raises(Violation, match=r"plain lies in .* unencrypted"):
        bucket.assert_encrypted_at_rest()
    assert "plain" in bucket.audit().plain


DECLARACAO = "Declaração de João da Conceição, nascido em 03/05/1980, avó e mãe à frente\n" * 40
PLAIN = {
    "PDF": b"%PDF-1.7 \x80\x81\xff dados da Maria",
    "a few bytes of PDF": b"%PDF",
    "ASCII": b"a declaracao da Maria",
    "UTF-8": DECLARACAO.encode(),
    "UTF-8, cut within a character": ("ã" + "é" * 3000).encode(),
    "Latin-1": DECLARACAO.encode("latin-1"),
    "JSON": '{"nome":"João","cpf":"529.982.247-25"}'.encode(),
    "JPEG": b"\xff\xd8\xff\xe0" + bytes(range(256)),
}


@pytest.mark.parametrize("kind", PLAIN)
def test_a_document_that_only_says_it_is_encrypted_is_found(make, kind):
    bucket = make("mentira")
    put(bucket, "rg", PLAIN[kind], Metadata=GOOD)
    with pytest.raises(Violation, match="says Encrypted=true, and its bytes are a plain document"):
        bucket.assert_encrypted_at_rest()


@given(size=st.integers(0, 5000), seed=st.integers(0, 2**32))
def test_ciphertext_is_never_taken_for_a_document(size, seed):
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key, nonce = random.Random(seed).randbytes(32), random.Random(seed + 1).randbytes(12)
    assert not looks_plain(AESGCM(key).encrypt(nonce, b"Maria " * (size // 6), None)[:-16])


def test_a_server_that_only_says_it_encrypts_is_found(monkeypatch):
    from pgben_testkit.storage.s3 import sealing

    monkeypatch.setattr(sealing, "encrypt", lambda seal, data, key: data)
    with Fake() as fake:
        bucket = fake.bucket()
        put(bucket, "k", os.urandom(5000), ServerSideEncryption="AES256")
        with pytest.raises(Violation, match="its plain bytes lie on the server's disk"):
            bucket.assert_encrypted_at_rest()


def test_retained_long_enough_is_taken_and_too_short_or_none_is_found(make):
    bucket, until = make("retido", object_lock=True), datetime.now(UTC) + timedelta(seconds=30)
    put(bucket, "k", b"1", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until)
    bucket.assert_retained(until=until - timedelta(seconds=5), mode="GOVERNANCE")
    with pytest.raises(Violation, match="is retained in the mode GOVERNANCE, which whoever has the right may lift"):
        bucket.assert_retained(until=until - timedelta(seconds=5))
    with pytest.raises(Violation, match="and must be until"):
        bucket.assert_retained(until=until + timedelta(days=1), mode="GOVERNANCE")
    put(bucket, "livre", b"1")
    with pytest.raises(Violation, match=r"livre .* is not retained"):
        bucket.assert_retained(until=until - timedelta(seconds=5), mode="GOVERNANCE")
    found = bucket.audit()
    assert found.object_lock and {each.mode for each in found.objects} == {"GOVERNANCE", ""}


def test_nothing_retained_is_a_violation(make):
    with pytest.raises(Violation, match="it is empty"):
        make("vazio", object_lock=True).assert_retained(until=datetime.now(UTC))


def test_a_server_that_says_retained_and_removes_is_found(monkeypatch):
    from pgben_testkit.storage.fake.state import StoredObject

    with Fake() as fake:
        bucket, until = fake.bucket(object_lock=True), datetime.now(UTC) + timedelta(days=1)
        put(bucket, "k", b"1", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until)
        monkeypatch.setattr(StoredObject, "is_locked", lambda *_: False)
        with pytest.raises(Violation, match="and was removed"):
            bucket.assert_retained(until=until - timedelta(hours=1))


# --- what else opens a bucket

HOLES = {
    "another version": ("s3:GetObjectVersion", "/*", {}),
    "a write to a prefix": ("s3:PutObject", "/entrada/*", {}),
    "a removal": ("s3:DeleteObject", "/*", {}),
    "a removal of versions": ("s3:DeleteObjectVersion", "/*", {}),
    "tags": ("s3:GetObjectTagging", "/*", {}),
    "tagging": ("s3:PutObjectTagging", "/rg.pdf", {}),
    "all of it": ("s3:*", "/*", {}),
    "the versions' list": ("s3:ListBucketVersions", "", {}),
    "the bucket's policy": ("s3:GetBucketPolicy", "", {}),
    "a referer": ("s3:GetObject", "/*", {"StringLike": {"aws:Referer": "https://pgben.example/*"}}),
    "a user agent": ("s3:GetObject", "/*", {"StringEquals": {"aws:UserAgent": "pgben-app"}}),
    "all addresses but one": ("s3:GetObject", "/*", {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
    "every address": ("s3:GetObject", "/*", {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}),
    "TLS": ("s3:GetObject", "/*", {"Bool": {"aws:SecureTransport": "true"}}),
    "a prefix of the list": ("s3:ListBucket", "", {"StringLike": {"s3:prefix": "publico/*"}}),
    "until a day": ("s3:GetObject", "/*", {"DateLessThan": {"aws:CurrentTime": "2099-01-01T00:00:00Z"}}),
    "tagged objects": ("s3:GetObject", "/*", {"StringEquals": {"s3:ExistingObjectTag/publico": "sim"}}),
}


def allow(bucket, action, path, condition, principal="*", **more):
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, **more}
    statement["Resource"] = f"arn:aws:s3:::{bucket.name}{path}"
    if condition:
        statement["Condition"] = condition
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    bucket.boto3().put_bucket_policy(Bucket=bucket.name, Policy=text)


@pytest.mark.parametrize("hole", HOLES)
def test_whatever_a_policy_lets_anybody_do_is_found_and_nothing_stays_of_the_tries(make, hole):
    bucket = make("furado")
    bucket.boto3().put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    put(bucket, "rg.pdf", b"1")
    allow(bucket, *HOLES[hole])
    with pytest.raises(Violation, match="is not private: anybody can"):
        bucket.assert_private()
    assert bucket.audit().public
    left = bucket.boto3().list_object_versions(Bucket=bucket.name)
    assert [each["Key"] for each in left["Versions"]] == ["rg.pdf"] and not left.get("DeleteMarkers")


FINE = {
    "one network": ("s3:GetObject", "/*", {"IpAddress": {"aws:SourceIp": "10.1.2.0/24"}}),
    "one VPC": ("s3:*", "/*", {"StringEquals": {"aws:SourceVpc": "vpc-1"}}),
    "one organization": ("s3:GetObject", "/*", {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
}


@pytest.mark.parametrize("policy", FINE)
def test_a_policy_for_a_fixed_place_alone_leaves_the_bucket_private(make, policy):
    bucket = make("fixo")
    put(bucket, "rg.pdf", b"1")
    allow(bucket, *FINE[policy])
    bucket.assert_private()
    assert (bucket.audit().public, bucket.audit().strangers) == ((), ())


def test_a_denial_that_outweighs_the_allowance_leaves_the_bucket_private(make):
    bucket = make("negado")
    put(bucket, "rg.pdf", b"1")
    everything = {"Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket.name}/*"}
    bucket.boto3().put_bucket_policy(
        Bucket=bucket.name,
        Policy=json.dumps({"Statement": [{"Effect": "Allow", **everything}, {"Effect": "Deny", **everything}]}),
    )
    bucket.assert_private()


def test_another_account_that_a_policy_names_is_found(make):
    bucket = make("parceiro")
    put(bucket, "rg.pdf", b"1")
    allow(bucket, "s3:GetObject", "/*", {}, {"AWS": "arn:aws:iam::999999999999:root"})
    with pytest.raises(Violation, match=r"another account can s3:GetObject on rg\.pdf by its policy"):
        bucket.assert_private()
    assert bucket.audit().public == ()


def test_an_acl_for_everybody_or_for_every_account_is_found(make):
    bucket = make("acl")
    put(bucket, "rg.pdf", b"1")
    bucket.boto3().put_object_acl(Bucket=bucket.name, Key="rg.pdf", ACL="authenticated-read")
    with pytest.raises(Violation, match=r"another account can (read rg\.pdf|READ rg\.pdf by its ACL)"):
        bucket.assert_private()
    bucket.boto3().put_object_acl(Bucket=bucket.name, Key="rg.pdf", ACL="public-read")
    with pytest.raises(Violation, match=r"anybody can read rg\.pdf"):
        bucket.assert_private()


def test_a_version_behind_a_delete_marker_is_looked_at(make):
    bucket = make("atras")
    bucket.boto3().put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    put(bucket, "rg.pdf", b"%PDF Maria")
    bucket.boto3().delete_object(Bucket=bucket.name, Key="rg.pdf")
    with pytest.raises(Violation, match=r"rg\.pdf lies in .* unencrypted"):
        bucket.assert_encrypted_at_rest()
    allow(bucket, "s3:GetObjectVersion", "/*", {})
    with pytest.raises(Violation, match=r"anybody can read rg\.pdf by its version"):
        bucket.assert_private()


def test_what_was_put_before_versioning_is_looked_at(make):
    bucket = make("antes")
    put(bucket, "rg.pdf", b"%PDF Maria")
    bucket.boto3().put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    put(bucket, "rg.pdf", os.urandom(500), ServerSideEncryption="AES256")
    with pytest.raises(Violation, match=r"rg\.pdf lies in .* unencrypted"):
        bucket.assert_encrypted_at_rest()


# --- what is no ciphertext

DOCUMENT = (DECLARACAO * 3).encode()
DISGUISED = {
    "UTF-16": DECLARACAO.encode("utf-16"),
    "UTF-16 with no mark": "CPF 529.982.247-25".encode("utf-16-le"),
    "UTF-32": DECLARACAO.encode("utf-32-be"),
    "EBCDIC": DECLARACAO.encode("cp037", "replace"),
    "a few bytes of EBCDIC": b"a declaracao da Maria".decode().encode("cp037"),
    "code page 850": DECLARACAO.encode("cp850"),
    "gzip": gzip.compress(DOCUMENT),
    "zlib": zlib.compress(DOCUMENT),
    "deflate": zlib.compress(DOCUMENT)[2:-4],
    "bzip2": bz2.compress(DOCUMENT),
    "xz": lzma.compress(DOCUMENT),
    "LZMA": lzma.compress(DOCUMENT, format=lzma.FORMAT_ALONE),
    "7z": b"7z\xbc\xaf\x27\x1c\x00\x04" + random.Random(1).randbytes(300),
    "HEIC": b"\x00\x00\x00\x18ftypheic" + random.Random(2).randbytes(300),
    "BMP": b"BM" + struct.pack("<III", 354, 0, 54) + random.Random(3).randbytes(340),
    "base64": base64.b64encode(random.Random(4).randbytes(900)),
    "a bitmap with no head": bytes((x * y) & 240 for x in range(64) for y in range(64)),
    "numbers": b"".join(struct.pack("<I", each) for each in range(400)),
}


@pytest.mark.parametrize("kind", DISGUISED)
def test_a_document_in_any_dress_is_no_ciphertext(kind):
    assert looks_plain(DISGUISED[kind])


def test_a_plain_twin_elsewhere_says_nothing_of_what_is_encrypted(make):
    body = random.Random(5).randbytes(3000)
    put(make("gemeo"), "rg.pdf", body)
    bucket = make("cifrado2")
    put(bucket, "rg.pdf", body, ServerSideEncryption="AES256")
    bucket.assert_encrypted_at_rest()


def test_an_empty_bucket_keeps_nothing_encrypted(make):
    with pytest.raises(Violation, match="it is empty"):
        make("vazio2").assert_encrypted_at_rest()


def test_a_legal_hold_is_no_date_and_every_version_counts(make):
    bucket, until = make("guarda", object_lock=True), datetime.now(UTC) + timedelta(seconds=20)
    put(bucket, "k", b"1", ObjectLockLegalHoldStatus="ON")
    with pytest.raises(Violation, match="a legal hold has no date"):
        bucket.assert_retained(until=until)
    version = bucket.boto3().list_object_versions(Bucket=bucket.name)["Versions"][0]["VersionId"]
    bucket.boto3().put_object_legal_hold(Bucket=bucket.name, Key="k", VersionId=version, LegalHold={"Status": "OFF"})
    put(bucket, "k", b"2", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until)
    with pytest.raises(Violation, match=rf"k \(version {version}\) .* is not retained"):
        bucket.assert_retained(until=until - timedelta(seconds=5))
    bucket.boto3().delete_object(Bucket=bucket.name, Key="k", VersionId=version)
    bucket.assert_retained(until=until - timedelta(seconds=5))
