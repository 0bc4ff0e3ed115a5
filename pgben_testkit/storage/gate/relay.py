"""Pass a request on to the server, and its response back to the client, changed where SeaweedFS answers otherwise."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import replace

from pgben_testkit.storage.connection import Connection
from pgben_testkit.storage.gate import checks, mending
from pgben_testkit.storage.gate.access import ObjectFacts
from pgben_testkit.storage.gate.backend import UNSIGNED, Backend, Outgoing, path_of
from pgben_testkit.storage.gate.bodies import pieces_of
from pgben_testkit.storage.gate.memory import Memory
from pgben_testkit.storage.http1 import ResponseHead
from pgben_testkit.storage.s3 import checksums, payload, sealing
from pgben_testkit.storage.s3.answer import Answer
from pgben_testkit.storage.s3.failures import S3Failure, failure
from pgben_testkit.storage.s3.moments import http_date, iso
from pgben_testkit.storage.s3.signature import canonical_query
from pgben_testkit.storage.s3.wire import Request, Response

COPY = "x-amz-copy-source"
LOCK = "x-amz-object-lock-"
STREAMED = frozenset(
    {"content-encoding", "x-amz-decoded-content-length", "x-amz-trailer", "x-amz-sdk-checksum-algorithm"}
)
"""Headers that tell of the aws-chunked coding, which the gate takes off."""
NOT_PASSED_ON = ("X-Amz-", checksums.PREFIX, "x-amz-sdk-checksum-")
"""Names in a query that are the client's signature, or a checksum made before there was a body: the AWS SDK for
JavaScript puts that of nothing into every presigned PUT."""
RANGE = re.compile(r"bytes=(\d{1,18}-\d{0,18}|-\d{1,18})")
PAGES = ("max-keys", "max-uploads")
"""A page of a listing has a thousand entries at most, whatever is asked."""


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

    def outgoing(self, request: Request, bucket: str, key: str) -> Outgoing:
        """Return `request` as it goes to the server, signed by the administrator."""
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
        return Outgoing(request.method, path, query, headers, self._memory.admin, shown)

    def put(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Put an object of the gate's own making; return the server's answer."""
        outgoing = Outgoing("PUT", path, "", headers, self._memory.admin, UNSIGNED, len(body))
        return self._backend.rest(self._backend.send(outgoing, pieces_of(body)))

    def forward(
        self, request: Request, outgoing: Outgoing, bucket: str, key: str, facts: ObjectFacts | None = None
    ) -> bool:
        """Send `outgoing`, with the body of `request`, and answer the client; return whether the connection goes on.

        `facts` decide about the object that the request brings, where they are not as of all others.
        """
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
            found_whole = self._remember(request, bucket, key, head, facts)
            memory.note(request, bucket, key)
            if found_whole is not None:
                return self.say(request, Response(head.status, told(found_whole.headers), found_whole.body))
        client.socket.sendall(head.bytes())
        backend.stream.pass_on(client.socket, chunked=head.chunked)
        if client.stream.unread:
            client.stream.linger()
        if head.ends:
            backend.close()
        backend.finish()
        return client.keep and not head.ends

    def _remember(
        self, request: Request, bucket: str, key: str, head: ResponseHead, facts: ObjectFacts | None
    ) -> Answer | None:
        """Remember who owns what the request has brought; return the whole answer where it had to be read for that."""
        memory, query, method = self._memory, request.query, request.method
        if not key or method not in ("PUT", "POST"):
            return None
        if method == "POST" and "uploads" in query:
            customer = request.header(sealing.CUSTOMER + "key-md5")
            if facts is None and not customer:
                return None
            found = self._backend.rest(head)
            upload = found.body.partition(b"<UploadId>")[2].partition(b"</UploadId>")[0].decode("ascii", "replace")
            memory.upload_facts[upload] = facts
            memory.upload_keys[upload] = customer
            return found
        version = head.text.get("x-amz-version-id", "null")
        if method == "POST" and "uploadId" in query:
            memory.access.placed(bucket, key, version, memory.upload_facts.pop(query["uploadId"], None))
            memory.upload_keys.pop(query["uploadId"], None)
        elif method == "PUT" and checks.brings_object(request, key):
            memory.access.placed(bucket, key, version, facts)
            if COPY in request.headers and bucket in memory.default_locks and not request.header(LOCK + "mode"):
                found = self._backend.rest(head)
                if b"<Error>" not in found.body[:4096]:
                    self._retain(bucket, key, version)
                return found
        return None

    def _retain(self, bucket: str, key: str, version: str) -> None:
        """Put the bucket's default retention on a copy: SeaweedFS puts it on other objects alone.

        Raises:
            S3Failure: the server doesn't keep it.
        """
        mode, days = self._memory.default_locks[bucket]
        until = iso(time.time() + days * 86400)
        body = f"<Retention><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>".encode()
        done = self._backend.ask("PUT", path_of(bucket, key), f"retention=&versionId={version}", body=body)
        if done.status >= 300:
            raise failure("InternalError", f"The copy is stored, its retention is not: {done.status} {done.code}")


def told(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the server's headers, to be sent again with a body of known length."""
    dropped = ("connection", "content-length", "transfer-encoding")
    return {name: value for name, value in headers.items() if name not in dropped}
