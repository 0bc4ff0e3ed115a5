"""Signature Version 4 on the client's side, for requests that no client would send: wrong, late, in odd chunks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"
EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Keys:
    access: str
    secret: str = field(repr=False)
    region: str = "us-east-1"

    def scope(self, date: str) -> str:
        return f"{date}/{self.region}/s3/aws4_request"

    def sign(self, date: str, text: str) -> str:
        key = b"AWS4" + self.secret.encode()
        for part in (date, self.region, "s3", "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.digest(key, text.encode(), "sha256").hex()


def stamp(now: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))


def _query(pairs: Mapping[str, str]) -> str:
    quoted = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in pairs.items())
    return "&".join(f"{name}={value}" for name, value in quoted)


def _canonical(method: str, path: str, query: str, headers: Mapping[str, str], names: list[str], payload: str) -> str:
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in names)
    return f"{method}\n{path}\n{query}\n{lines}\n{';'.join(names)}\n{payload}"


def _to_sign(moment: str, scope: str, canonical: str) -> str:
    return f"{ALGORITHM}\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode('utf-8')).hexdigest()}"


def signed_headers(
    keys: Keys,
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    payload: str = "",
    now: float,
) -> dict[str, str]:
    """The headers with date, payload hash and Authorization. `payload` replaces the body's hash."""
    moment = stamp(now)
    made = {name.lower(): value for name, value in headers.items()}
    made["x-amz-date"] = moment
    made["x-amz-content-sha256"] = payload or hashlib.sha256(body).hexdigest()
    names = sorted(name for name in made if name not in ("content-length", "expect", "connection"))
    scope = keys.scope(moment[:8])
    canonical = _canonical(method, path, _query(query), made, names, made["x-amz-content-sha256"])
    signature = keys.sign(moment[:8], _to_sign(moment, scope, canonical))
    made["authorization"] = (
        f"{ALGORITHM} Credential={keys.access}/{scope}, SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return made


def presigned_query(
    keys: Keys,
    method: str,
    path: str,
    host: str,
    *,
    expires: object,
    now: float,
    extra: Mapping[str, str],
    headers: Mapping[str, str],
) -> str:
    moment = stamp(now)
    scope = keys.scope(moment[:8])
    signed = {"host": host, **{name.lower(): value for name, value in headers.items()}}
    names = sorted(signed)
    pairs = {
        **extra,
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{keys.access}/{scope}",
        "X-Amz-Date": moment,
        "X-Amz-Expires": str(expires),
        "X-Amz-SignedHeaders": ";".join(names),
    }
    canonical = _canonical(method, path, _query(pairs), signed, names, "UNSIGNED-PAYLOAD")
    return _query(pairs) + "&X-Amz-Signature=" + keys.sign(moment[:8], _to_sign(moment, scope, canonical))


def chunked(
    keys: Keys,
    headers: Mapping[str, str],
    pieces: list[bytes],
    *,
    trailers: Mapping[str, str] | None = None,
    spoil: int = -1,
    spoil_trailer: bool = False,
) -> bytes:
    """The body in signed chunks, for headers of `signed_headers`; `spoil`: the chunk whose signature is wrong."""
    moment, previous = headers["x-amz-date"], headers["authorization"].rpartition("Signature=")[2]
    scope, made = keys.scope(moment[:8]), b""
    for index, piece in enumerate([*pieces, b""]):
        text = f"{ALGORITHM}-PAYLOAD\n{moment}\n{scope}\n{previous}\n{EMPTY}\n{hashlib.sha256(piece).hexdigest()}"
        previous = keys.sign(moment[:8], text)
        shown = "0" * 64 if index == spoil else previous
        made += f"{len(piece):x};chunk-signature={shown}\r\n".encode() + piece
        made += b"\r\n" if piece or trailers is None else b""
    if trailers is None:
        return made
    lines = "".join(f"{name}:{value}\n" for name, value in sorted(trailers.items()))
    text = f"{ALGORITHM}-TRAILER\n{moment}\n{scope}\n{previous}\n{hashlib.sha256(lines.encode()).hexdigest()}"
    signature = "0" * 64 if spoil_trailer else keys.sign(moment[:8], text)
    made += "".join(f"{name}:{value}\r\n" for name, value in trailers.items()).encode()
    return made + f"x-amz-trailer-signature:{signature}\r\n\r\n".encode()


def form_fields(
    keys: Keys, conditions: list[Any], *, now: float, expires_s: float = 300, expires: str = ""
) -> dict[str, str]:
    """The fields of a signed form; what else it sends must be in the conditions. `expires`: the policy's end as it is
    written there, instead of `expires_s`."""
    moment = stamp(now)
    credential = f"{keys.access}/{keys.scope(moment[:8])}"
    own = {"x-amz-algorithm": ALGORITHM, "x-amz-credential": credential, "x-amz-date": moment}
    document = {
        "expiration": expires or time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(now + expires_s)),
        "conditions": [*conditions, *({name: value} for name, value in own.items())],
    }
    policy = base64.b64encode(json.dumps(document).encode()).decode()
    return {**own, "policy": policy, "x-amz-signature": keys.sign(moment[:8], policy)}


def form_body(fields: Mapping[str, str], content: bytes, filename: str = "rg.pdf") -> tuple[str, bytes]:
    """`(content type, body)` of a form, the file last."""
    boundary = "pgben-4c0ffee"
    made = b""
    for name, value in fields.items():
        made += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    made += (
        (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
            "Content-Type: application/pdf\r\n\r\n"
        ).encode()
        + content
        + b"\r\n"
    )
    return f"multipart/form-data; boundary={boundary}", made + f"--{boundary}--\r\n".encode()
