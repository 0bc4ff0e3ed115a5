"""Encrypt at rest: what lies in the fake under SSE-S3, SSE-KMS or SSE-C is ciphertext (AES-256-CTR).

Source: "Protecting data with server-side encryption", and the headers' errors in the Amazon S3 API reference.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from pgben_testkit.storage.s3.failures import failure

HEADER = "x-amz-server-side-encryption"
CUSTOMER = HEADER + "-customer-"
SOURCE_CUSTOMER = "x-amz-copy-source-server-side-encryption-customer-"
KINDS = ("AES256", "aws:kms", "aws:kms:dsse")


@dataclass(frozen=True)
class Seal:
    """How an object is encrypted. `kind` AES256, aws:kms or customer; `key_md5` names the customer's key, base64.

    The kit's own key is part of it, as a server's key store would be; a customer's is not.
    """

    kind: str
    nonce: bytes = field(default=b"", repr=False)
    key: bytes = field(default=b"", repr=False)
    kms_key_id: str = ""
    bucket_key: str = ""
    key_md5: str = ""

    @property
    def headers(self) -> dict[str, str]:
        if self.kind == "customer":
            return {CUSTOMER + "algorithm": "AES256", CUSTOMER + "key-MD5": self.key_md5}
        found = {HEADER: self.kind}
        if self.kms_key_id:
            found[HEADER + "-aws-kms-key-id"] = self.kms_key_id
        if self.bucket_key:
            found[HEADER + "-bucket-key-enabled"] = self.bucket_key
        return found


def fresh(seal: Seal) -> Seal:
    """Return the same kind of seal with a nonce, and a key, of its own."""
    key = b"" if seal.kind == "customer" else os.urandom(32)
    return Seal(seal.kind, os.urandom(16), key, seal.kms_key_id, seal.bucket_key, seal.key_md5)


def encrypt(seal: Seal, data: bytes, customer_key: bytes) -> bytes:
    """Return ciphertext of the same length; the same call decrypts it."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    mode = modes.CTR(seal.nonce)
    encryptor = Cipher(algorithms.AES(customer_key if seal.kind == "customer" else seal.key), mode).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def customer_key(headers: Mapping[str, str], prefix: str = CUSTOMER) -> tuple[bytes, str]:
    """Return `(key, its MD5 in base64)` of the SSE-C headers; empty where there are none.

    Raises:
        S3Failure: incomplete, not 256 bits, or another key's MD5.
    """
    algorithm, encoded, given = (headers.get(prefix + name) for name in ("algorithm", "key", "key-md5"))
    if algorithm is None and encoded is None and given is None:
        return b"", ""
    if algorithm is None:
        raise failure(
            "InvalidArgument",
            "Requests specifying Server Side Encryption with Customer provided keys must "
            "provide a valid encryption algorithm.",
        )
    if algorithm != "AES256":
        raise failure("InvalidEncryptionAlgorithmError")
    if encoded is None:
        raise failure(
            "InvalidArgument",
            "Requests specifying Server Side Encryption with Customer provided keys must "
            "provide an appropriate secret key.",
        )
    if given is None:
        raise failure(
            "InvalidArgument",
            "Requests specifying Server Side Encryption with Customer provided keys must "
            "provide the client calculated MD5 of the secret key.",
        )
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise failure("InvalidArgument", "The secret key was invalid for the specified algorithm.")
    if base64.b64encode(hashlib.md5(key).digest()).decode() != given:
        raise failure("InvalidArgument", "The calculated MD5 hash of the key did not match the hash that was provided.")
    return key, given


def asked(headers: Mapping[str, str], default: Seal | None) -> tuple[Seal | None, bytes]:
    """Return `(seal of a new object, customer's key)` by the headers, else by the bucket's default.

    Raises:
        S3Failure: headers that contradict each other, or name what isn't there.
    """
    key, key_md5 = customer_key(headers)
    kind, kms_key_id = headers.get(HEADER), headers.get(HEADER + "-aws-kms-key-id", "")
    if key:
        if kind is not None:
            raise failure(
                "InvalidArgument",
                "Server Side Encryption with Customer provided key is incompatible with "
                "the encryption method specified",
            )
        return fresh(Seal("customer", key_md5=key_md5)), key
    if kind is None:
        if kms_key_id:
            raise failure(
                "InvalidArgument",
                "Server Side Encryption with AWS KMS managed key requires HTTP header "
                "x-amz-server-side-encryption : aws:kms",
            )
        return (fresh(default) if default else None), b""
    if kind not in KINDS:
        raise failure(
            "InvalidArgument",
            "The encryption method specified is not supported",
            extra={"ArgumentName": HEADER, "ArgumentValue": kind},
        )
    if kind == "AES256" and kms_key_id:
        raise failure(
            "InvalidArgument",
            "Server Side Encryption with AWS KMS managed key requires HTTP header "
            "x-amz-server-side-encryption : aws:kms",
        )
    if kind != "AES256" and not kms_key_id:
        kms_key_id = default.kms_key_id if default and default.kms_key_id else "arn:aws:kms:us-east-1:alias/aws/s3"
    return fresh(Seal(kind, kms_key_id=kms_key_id, bucket_key=headers.get(HEADER + "-bucket-key-enabled", ""))), b""


def opened(seal: Seal | None, stored: bytes, headers: Mapping[str, str], prefix: str = CUSTOMER) -> bytes:
    """Return the plain bytes for an asker with these headers.

    Raises:
        S3Failure: the customer's key is missing, another, or given for what has none.
    """
    may_open(seal, headers, prefix)
    if seal is None:
        return stored
    return encrypt(seal, stored, customer_key(headers, prefix)[0])


def not_of_reads(headers: Mapping[str, str]) -> None:
    """Refuse headers that a read must not bring: writes alone say how to encrypt.

    Raises:
        S3Failure: it does.
    """
    if HEADER in headers:
        raise failure(
            "InvalidArgument",
            f"{HEADER} header is not supported for this operation.",
            extra={"ArgumentName": HEADER, "ArgumentValue": headers[HEADER]},
        )


def may_open(seal: Seal | None, headers: Mapping[str, str], prefix: str = CUSTOMER) -> None:
    key, key_md5 = customer_key(headers, prefix)
    if seal is None or seal.kind != "customer":
        if key:
            raise failure("InvalidRequest", "The encryption parameters are not applicable to this object.")
        return
    if not key:
        raise failure(
            "InvalidRequest",
            "The object was stored using a form of Server Side Encryption. The correct "
            "parameters must be provided to retrieve the object.",
        )
    if key_md5 != seal.key_md5:
        raise failure("AccessDenied")
