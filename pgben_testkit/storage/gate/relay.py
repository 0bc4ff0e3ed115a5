"""Pass a request on to the server, and its response back to the client, changed where SeaweedFS answers otherwise."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import replace

from pgben_testkit.storage.connection import Connection
from pgben_testkit.storage.gate import checks, mending
from pgben_testkit.storage.gate.backend import UNSIGNED, Backend, Outgoing, path_of
from pgben_testkit.storage.gate.bodies import pieces_of
from pgben_testkit.storage.gate.memory import Memory
from pgben_testkit.storage.s3 import checksums, payload
from pgben_testkit.storage.s3.answer import Answer
from pgben_testkit.storage.s3.failures import S3Failure, failure
from pgben_testkit.storage.s3.moments import http_date
from pgben_testkit.storage.s3.signature import Identity, canonical_query
from pgben_testkit.storage.s3.wire import Request, Response

COPY = "x-amz-copy-source"
STREAMED = frozenset(
    {"content-encoding", "x-amz-decoded-content-length", "x-amz-trailer", "x-amz-sdk-checksum-algorithm"}
)
"""Headers that tell of the aws-chunked coding, which the gate takes off."""
GRANTS = (
    "x-amz-acl",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-write",
    "x-amz-grant-read-acp",
    "x-amz-grant-write-acp",
)

NOT_PASSED_ON = ("X-Amz-", checksums.PREFIX, "x-amz-sdk-checksum-")
"""Names in a query that are the client's signature, or a checksum made before there was a body: the AWS SDK for
JavaScript puts that of nothing into every presigned PUT."""
RANGE = re.compile(r"bytes=(\d{1,18}-\d{0,18}|-\d{1,18})")
PAGES = ("max-keys", "max-uploads")
"""A page of a listing has a thousand entries at most, whatever is asked."""
GIVE_NOBODY = ("private", "bucket-owner-read", "bucket-owner-full-control", "aws-exec-read", "log-delivery-write")
"""Canned ACLs that give nobody anything on a server where one account owns all."""


class Relay:
    """Carry the requests of one client's connection to the server, and the responses back."""

    def __init__(self, memory: Memory, client: Connection, backend: Backend) -> None:
        self._memory, self._client, self._backend = memory, client, backend

    def tell(self, request: Request, error: S3Failure) -> bool:
        """Answer with `error`; return whether the connection goes on."""
        if self._client.stream.unread:
            self._client.refuse(error)
            return False
        body = error.xml(request.raw_path, self._memory.request_id()).encode("utf-8", "surrogateescape")
        return self.say(request, Response(error.status, {"Content-Type": "application/xml", **error.headers}, body))

    def say(self, request: Request, response: Response) -> bool:
        """Send an answer of the gate's own; return whether the connection goes on."""
        headers = response.headers
        headers.setdefault("x-amz-request-id", self._memory.request_id())
        headers.setdefault("Server", "pgben-testkit gate")
        headers.setdefault("Date", http_date(time.time()))
        if response.status not in (204, 304):
            headers.setdefault("Content-Length", str(len(response.body)))
        return self._client.write(request, response)

    def outgoing(self, request: Request, identity: Identity | None, bucket: str, key: str) -> Outgoing:
        """Return `request` as it goes to the server, signed by `identity`."""
        headers = dict(request.headers)
        said = headers.get("x-amz-content-sha256", "")
        if said.startswith(payload.STREAMING):
            coding = [each.strip() for each in headers.get("content-encoding", "").split(",")]
            kept = ",".join(each for each in coding if each and each != "aws-chunked")
            headers = {name: value for name, value in headers.items() if name not in STREAMED}
            headers |= {name: value for name, value in request.trailers.items() if name.startswith(checksums.PREFIX)}
            if kept:
                headers["content-encoding"] = kept
        if checks.brings_object(request, key):
            headers.setdefault("content-type", "binary/octet-stream")
        if not RANGE.fullmatch(headers.get("range", "bytes=0-").replace(" ", "")):
            del headers["range"]  # none that S3 reads: the whole is sent
        path = path_of(bucket, key)
        if bucket and not key and request.raw_path.endswith("/"):
            path += "/"
        pairs = [each for each in request.pairs if not each[0].startswith(NOT_PASSED_ON)]
        if not key:
            pairs = [
                (name, "1000") if name in PAGES and value.isdigit() and int(value) > 1000 else (name, value)
                for name, value in pairs
            ]
        query = canonical_query(pairs) if pairs else ""
        shown = said if len(said) == 64 else UNSIGNED
        return Outgoing(request.method, path, query, headers, identity, shown)

    def put(self, path: str, headers: Mapping[str, str], identity: Identity | None, body: bytes) -> Answer:
        """Put an object of the gate's own making, as `identity`; return the server's answer."""
        outgoing = Outgoing("PUT", path, "", headers, identity, UNSIGNED, len(body))
        return self._backend.rest(self._backend.send(outgoing, pieces_of(body)))

    def forward(self, request: Request, outgoing: Outgoing, bucket: str, key: str) -> bool:
        """Send `outgoing`, with the body of `request`, and answer the client; return whether the connection goes on."""
        memory, backend, client = self._memory, self._backend, self._client
        streamed = client.stream.unread
        outgoing = replace(outgoing, size=streamed or len(request.body))
        if streamed:
            client.proceed()
        head = backend.send(outgoing, client.stream.pieces() if streamed else pieces_of(request.body))
        if client.stream.unread:
            client.keep = False  # the server has answered before the end: what the client still sends is no request
        versioned = bucket in memory.versioned
        if mending.concerned(request, key, head.status, head.text, versioned=versioned):
            if head.status < 300 and not head.bodiless and request.method != "OPTIONS":
                backend.close()  # the whole object would come: it isn't wanted
                found = Answer(head.status, head.text, b"")
            else:
                found = backend.rest(head)
            mended = mending.mend(backend, request, bucket, key, head.status, found.code, versioned=versioned)
            if isinstance(mended, Response):
                return self.say(request, mended)
            if mended is not None:
                return self.tell(request, mended)
            return self.say(request, Response(head.status, told(found.headers), found.body))
        if head.status < 300:
            grants = self.grants_to_keep(request, outgoing.identity, key)
            if grants is not None:
                found = backend.rest(head)
                self.keep_grants(request, bucket, key, grants, found)
                memory.note(request, bucket, key)
                return self.say(request, Response(head.status, told(found.headers), found.body))
            memory.note(request, bucket, key)
        client.socket.sendall(head.bytes())
        backend.stream.pass_on(client.socket, chunked=head.chunked)
        if client.stream.unread:
            client.stream.linger()
        if head.ends:
            backend.close()
        backend.finish()
        return client.keep and not head.ends

    def grants_to_keep(self, request: Request, identity: Identity | None, key: str) -> dict[str, str] | None:
        """Return the headers of an ACL that the server has ignored with `request`; None where it ignored nothing."""
        query, method = request.query, request.method
        grants = {name: request.headers[name] for name in GRANTS if name in request.headers}
        if identity is None or (grants.get("x-amz-acl") in GIVE_NOBODY and COPY not in request.headers):
            return None
        if method == "POST" and "uploadId" in query:
            return self._memory.upload_grants.get(query["uploadId"])
        if key and method == "PUT" and COPY in request.headers and not query:
            return grants or {"x-amz-acl": "private"}  # the server copies the source's ACL too, S3 doesn't
        makes = checks.brings_object(request, key) or (not key and method == "PUT" and not query)
        return grants if grants and makes else None

    def keep_grants(self, request: Request, bucket: str, key: str, grants: dict[str, str], answer: Answer) -> None:
        """Put the ACL of `grants` by itself, or remember it until the end of the upload that has just begun.

        Raises:
            S3Failure: the server doesn't keep it.
        """
        if b"<Error>" in answer.body[:4096]:
            return
        if "uploads" in request.query:
            upload = answer.body.partition(b"<UploadId>")[2].partition(b"</UploadId>")[0].decode("ascii", "replace")
            self._memory.upload_grants[upload] = grants
            return
        self._memory.upload_grants.pop(request.query.get("uploadId", ""), None)
        version = answer.headers.get("x-amz-version-id", "")
        query = "acl=" + (f"&versionId={version}" if version and version != "null" else "")
        done = self._backend.ask("PUT", path_of(bucket, key), query, grants)
        if done.status >= 300:
            raise failure("InternalError", f"The object is stored, its ACL is not: {done.status} {done.code}")


def told(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the server's headers, to be sent again with a body of known length."""
    dropped = ("connection", "content-length", "transfer-encoding")
    return {name: value for name, value in headers.items() if name not in dropped}
