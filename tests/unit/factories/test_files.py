"""The files are real, and the encryption is the application's."""

import base64
import hashlib
import io

import pytest
from Crypto.Cipher import AES
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from pgben_testkit.errors import UsageProblem
from pgben_testkit.factories import Maker
from pgben_testkit.factories.pgben.files import NotReadable, content, key_of, seal, unseal

KEY = b"0123456789abcdef0123456789abcdef"


@given(st.text(st.characters(codec="latin-1", categories=["L", "N", "P", "Zs"]), max_size=60))
def test_a_pdf_is_read_by_a_pdf_reader(text):
    reader = PdfReader(io.BytesIO(content("application/pdf", text)), strict=True)
    assert len(reader.pages) == 1
    assert reader.pages[0].extract_text().split() == text.split() or not text.isascii()


@pytest.mark.parametrize(("mimetype", "kind"), [("image/png", "PNG"), ("image/jpeg", "JPEG")])
def test_a_picture_is_decoded_by_a_picture_library_and_carries_its_text(mimetype, kind):
    picture = Image.open(io.BytesIO(content(mimetype, "nota")))
    picture.load()
    assert (picture.format, picture.size) == (kind, (8, 8))
    assert {"PNG": picture.info.get("Comment"), "JPEG": picture.info.get("comment")}[kind] in ("nota", b"nota")
    assert content(mimetype, "a") != content(mimetype, "b")


@given(st.binary(max_size=300))
def test_another_library_decrypts_it_with_the_metadata(data):
    sealed = seal(data, "rg ç.pdf", KEY)
    iv, tag = (base64.b64decode(sealed.metadata[name]) for name in ("IV", "AuthTag"))
    assert len(iv) == len(tag) == 16
    assert AES.new(KEY, AES.MODE_GCM, nonce=iv).decrypt_and_verify(sealed.data, tag) == data
    assert sealed.metadata["Hash"] == hashlib.sha256(data).hexdigest()
    assert all(value.isascii() for value in sealed.metadata.values())
    in_hex = {**sealed.metadata, "IV": iv.hex(), "AuthTag": tag.hex()}
    assert unseal(sealed.data, sealed.metadata, KEY) == unseal(sealed.data, in_hex, KEY) == data


def test_what_was_changed_is_not_read():
    sealed = seal(b"texto", "a.pdf", KEY)
    with pytest.raises(NotReadable, match="the key is another one, or the bytes were changed"):
        unseal(sealed.data[:-1] + b"!", sealed.metadata, KEY)
    with pytest.raises(NotReadable, match="no authtag"):
        unseal(sealed.data, {"Encrypted": "true", "IV": sealed.metadata["IV"]}, KEY)
    with pytest.raises(NotReadable, match="Hash"):
        unseal(b"outro", {"Encrypted": "false", "Hash": sealed.metadata["Hash"]}, KEY)
    assert issubclass(NotReadable, Exception)


def test_a_key_of_the_wrong_length_is_refused_and_not_shown():
    with pytest.raises(UsageProblem, match="has 7 bytes") as caught:
        key_of({"ENCRYPTION_KEY": "segredo"})
    assert "segredo" not in str(caught.value)
    assert key_of({"ENCRYPTION_KEY": "k" * 32}) == b"k" * 32
    assert len(key_of({})) == 32


def test_a_documents_row_fits_its_bytes_and_its_path_is_the_applications():
    make = Maker(test="files")
    request = make.build("solicitacao")
    of_request, general = make.build("documento", solicitacao=request, png=True), make.build("documento", tipo="rg")
    assert of_request.tamanho == len(of_request.conteudo)
    assert of_request.hash_arquivo == hashlib.sha256(of_request.conteudo).hexdigest()
    folder, kind, name = of_request.caminho.split("/")
    assert (folder, kind) == (str(request.id), "comprovante_residencia")
    assert name.split("-")[0].isdigit() and len(name.split("-")[1]) == len("0123456789abcdef.png")
    assert general.caminho.startswith(f"{general.cidadao_id}/documentos-gerais/rg/")
    with pytest.raises(UsageProblem, match="no file of the type"):
        content("text/plain", "x")
