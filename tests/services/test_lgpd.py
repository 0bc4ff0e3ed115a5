"""The LGPD checks, each against a bucket that keeps what it must and one that doesn't, on the fake and embedded."""

import json
import os
import random
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
