"""Documents of the factories in a real bucket, encrypted as the application does it."""

import pytest
from reference import one

from pgben_testkit.factories import Maker
from pgben_testkit.factories.pgben.files import NotReadable


@pytest.fixture(scope="module")
def supply(pgben):
    return pgben[1]


@pytest.mark.parametrize("kind", ["pdf", "png", "jpeg"])
def test_a_document_is_in_the_bucket_encrypted_and_comes_back(connection, bucket, kind):
    make = Maker(test=kind, connect=lambda: connection, bucket=lambda: bucket, encryption_key=b"k" * 32)
    made = make.create("documento", com_arquivo=True, **{kind: True})
    stored = bucket.boto3().get_object(Bucket=bucket.name, Key=made.caminho)
    body = stored["Body"].read()
    assert body != made.conteudo and len(body) == made.tamanho
    assert set(stored["Metadata"]) == {"original-name", "hash", "encrypted", "iv", "authtag"}
    assert stored["Metadata"]["hash"] == made.hash_arquivo
    assert make.read_documento(made) == made.conteudo
    stranger = Maker(test=kind, bucket=lambda: bucket, encryption_key=b"x" * 32)
    with pytest.raises(NotReadable, match="can't be decrypted"):
        stranger.read_documento(made)
    bucket.boto3().delete_object(Bucket=bucket.name, Key=made.caminho)
    with pytest.raises(NotReadable, match="NoSuchKey"):
        make.read_documento(made)


def test_a_document_that_is_not_encrypted_says_so(connection, bucket):
    make = Maker(test="plain", connect=lambda: connection, bucket=lambda: bucket)
    made = make.create("documento", com_arquivo=True, criptografado=False)
    assert bucket.boto3().get_object(Bucket=bucket.name, Key=made.caminho)["Body"].read() == made.conteudo
    assert make.read_documento(made) == made.conteudo


def test_no_row_is_left_where_the_bucket_refuses_the_file(connection):
    def broken():
        raise RuntimeError("no bucket")

    make = Maker(test="broken", connect=lambda: connection, bucket=broken)
    with pytest.raises(RuntimeError):
        make.create("documento", com_arquivo=True)
    assert one(connection, "SELECT count(*) FROM documentos") == 0
