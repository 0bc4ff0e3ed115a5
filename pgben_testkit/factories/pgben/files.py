"""Makes small real files, encrypts them as the application does, and puts them into a bucket."""

from __future__ import annotations

import base64
import hashlib
import os
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pgben_testkit.errors import TestkitError, UsageProblem
from pgben_testkit.factories.extra import missing_extra


class Bucket(Protocol):
    """A bucket that boto3 reaches, such as `pgben_bucket`."""

    @property
    def name(self) -> str:
        """Return the name of the bucket."""

    def boto3(self) -> Any:
        """Return a client of boto3."""


KEY_BYTES = 32
NONCE_BYTES = 16
TAG_BYTES = 16
TEST_KEY = b"pgben-testkit-chave-de-teste-32b"
"""The key that is used if the environment has no ENCRYPTION_KEY. It is public."""
MIMETYPES = {"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg"}

_JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI//////////////////////////////////////////"
    "//////////wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8Ad//Z"
)
"""A baseline JPEG of 8 x 8 grey pixels."""


def content(mimetype: str, text: str) -> bytes:
    """Make a file that programs open: a page with `text`, or a picture that has it in a comment.

    Raises:
        UsageProblem: files of this type can't be made.
    """
    if mimetype == "application/pdf":
        return _pdf(text)
    if mimetype == "image/png":
        return _png(text)
    if mimetype == "image/jpeg":
        comment = text.encode("utf-8")[:60_000]
        return _JPEG[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + _JPEG[2:]
    raise UsageProblem(f"no file of the type {mimetype!r} can be made", why=f"the types are {', '.join(MIMETYPES)}")


def _pdf(text: str) -> bytes:
    """Make a PDF 1.4 with one of the 14 standard fonts (ISO 32000-1, 7.5 and 9.6.2.2)."""
    shown = text.encode("cp1252", "replace").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    stream = b"BT /F1 14 Tf 40 780 Td (" + shown + b") Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def _png(text: str) -> bytes:
    """Make a PNG of 8 x 8 grey pixels with a tEXt chunk (PNG specification, 11.2 and 11.3)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes([40 * (row % 6)] * 8) for row in range(8))
    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    comment = b"Comment\0" + text.encode("latin-1", "replace")
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"tEXt", comment)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def key_of(environ: Mapping[str, str] | None = None) -> bytes:
    """Return the application's ENCRYPTION_KEY from the environment `environ`, else `TEST_KEY`.

    Raises:
        UsageProblem: the key doesn't have exactly 32 bytes. The message never shows the key.
    """
    text = (os.environ if environ is None else environ).get("ENCRYPTION_KEY")
    return checked_key(TEST_KEY if not text else text.encode())


def checked_key(key: bytes) -> bytes:
    """Return `key` if AES-256 can use it.

    Raises:
        UsageProblem: it doesn't have exactly 32 bytes.
    """
    if len(key) != KEY_BYTES:
        raise UsageProblem(
            f"the encryption key has {len(key)} bytes",
            why=f"AES-256 takes exactly {KEY_BYTES}, and the application uses ENCRYPTION_KEY raw",
            remedy="give a key of 32 bytes, or unset ENCRYPTION_KEY to use the testkit's own",
        )
    return key


@dataclass(frozen=True)
class Sealed:
    """Holds an encrypted file and the metadata that it is stored with."""

    data: bytes
    metadata: Mapping[str, str]


def seal(data: bytes, name: str, key: bytes) -> Sealed:
    """Encrypt the file `name` by AES-256-GCM with a new nonce of 16 bytes.

    The tag is kept apart from the data, as the crypto module of Node gives it.
    """
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ModuleNotFoundError:
        raise missing_extra("cryptography") from None
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(checked_key(key)).encrypt(nonce, data, None)
    return Sealed(
        sealed[:-TAG_BYTES],
        {
            "Original-Name": name.encode("ascii", "replace").decode(),
            "Hash": hashlib.sha256(data).hexdigest(),
            "Encrypted": "true",
            "IV": base64.b64encode(nonce).decode(),
            "AuthTag": base64.b64encode(sealed[-TAG_BYTES:]).decode(),
        },
    )


class NotReadable(TestkitError):
    """Says that a stored document can't be decrypted, or isn't what its row says."""


def unseal(data: bytes, metadata: Mapping[str, str], key: bytes) -> bytes:
    """Decrypt a file with its metadata. IV and AuthTag may be base64 or hex.

    Raises:
        NotReadable: metadata is missing, the key is another one, or the bytes were changed.
    """
    try:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ModuleNotFoundError:
        raise missing_extra("cryptography") from None
    found = {name.lower(): value for name, value in metadata.items()}
    if found.get("encrypted", "").lower() != "true":
        plain = data
    else:
        lacking = [name for name in ("iv", "authtag") if name not in found]
        if lacking:
            raise NotReadable("the document can't be decrypted", why=f"its metadata has no {' and no '.join(lacking)}")
        try:
            plain = AESGCM(checked_key(key)).decrypt(_bytes(found["iv"]), data + _bytes(found["authtag"]), None)
        except (InvalidTag, ValueError):
            raise NotReadable(
                "the document can't be decrypted",
                why="the tag does not fit: the key is another one, or the bytes were changed",
                remedy="read with the key it was written with; the application uses ENCRYPTION_KEY",
            ) from None
    if "hash" in found and hashlib.sha256(plain).hexdigest() != found["hash"]:
        raise NotReadable("the document is not what its Hash says", why="its bytes were changed or cut")
    return plain


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text) if len(text) == 2 * NONCE_BYTES else base64.b64decode(text, validate=True)


def put(bucket: Bucket, key: str, data: bytes, name: str, mimetype: str, secret: bytes | None) -> None:
    """Put the file into the bucket under `key`, encrypted unless `secret` is None."""
    if secret is None:
        plain = {"Original-Name": name, "Hash": hashlib.sha256(data).hexdigest(), "Encrypted": "false"}
        sealed = Sealed(data, plain)
    else:
        sealed = seal(data, name, secret)
    bucket.boto3().put_object(
        Bucket=bucket.name, Key=key, Body=sealed.data, ContentType=mimetype, Metadata=dict(sealed.metadata)
    )


def get(bucket: Bucket, key: str, secret: bytes) -> bytes:
    """Return the decrypted bytes of the object `key`.

    Raises:
        NotReadable: the object can't be decrypted, or isn't there.
    """
    import botocore.exceptions

    try:
        answer: dict[str, Any] = bucket.boto3().get_object(Bucket=bucket.name, Key=key)
    except botocore.exceptions.ClientError as error:
        code = error.response["Error"]["Code"]
        raise NotReadable(f"the bucket gives no document: {code}", why=f"asked for {key}") from None
    return unseal(answer["Body"].read(), answer["Metadata"], secret)
