"""One client's connection through the gate: each request verified, passed on under a signature of ours, answered."""

from __future__ import annotations

import hashlib
import mmap
import re
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from pgben_testkit.services.listener import Broken
from pgben_testkit.storage.fake.server import Reader, parse_head
from pgben_testkit.storage.gate import checks, mending, uploads
from pgben_testkit.storage.gate.access import OWNER
from pgben_testkit.storage.gate.backend import UNSIGNED, Backend, Outgoing, headers_of, path_of
from pgben_testkit.storage.pristine import CONFIGURED
from pgben_testkit.storage.s3 import checksums, cors, payload, publicblock, snowball
from pgben_testkit.storage.s3.answer import Answer
from pgben_testkit.storage.s3.document import read
from pgben_testkit.storage.s3.failures import S3Failure, failure
from pgben_testkit.storage.s3.form import answered
from pgben_testkit.storage.s3.moments import http_date
from pgben_testkit.storage.s3.signature import ACCOUNT, Identity, Proof, authenticate, canonical_query
from pgben_testkit.storage.s3.unversioned import Unversioned
from pgben_testkit.storage.s3.wire import Request, Response, xml_response
from pgben_testkit.storage.side import Closed, Side

if TYPE_CHECKING:
    from pgben_testkit.storage.gate.gate import Gate

MEMORY_BYTES_MAX = 8 << 20
"""A body beyond it is never held in memory: it is streamed, or verified from a file."""
PIECE_BYTES = 1 << 18
COPY = "x-amz-copy-source"
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS")
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


class Visit(Reader):
    """A connection and its own one to the server."""

    def __init__(self, gate: Gate, connection: socket.socket) -> None:
        super().__init__(connection)
        self._gate = gate
        self._backend = Backend(gate.upstream, gate.admin, gate.region)
        self._client = Side(connection)
        self._unread = 0

    def serve(self) -> None:
        """Until the client is gone."""
        try:
            while self._exchange():
                pass
        finally:
            self._backend.close()

    def _exchange(self) -> bool:
        head = self._head()
        if head is None:
            return False
        try:
            request, keep = parse_head(head)
            payload.length_allowed(request)
        except S3Failure as error:
            self._refuse(error)
            return False
        length = request.header("content-length", "0")
        chunked = "chunked" in request.header("transfer-encoding").lower()
        self._unread = int(length) if length.isdigit() and not chunked else 0
        if self._unread <= MEMORY_BYTES_MAX:
            if request.header("expect").lower() == "100-continue":
                self._socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.body, self._unread = self._body(request), 0
        try:
            return self._answer(request, keep) and keep
        except S3Failure as error:
            return self._tell(request, error, keep)
        except (OSError, Broken):
            raise
        except Closed:
            return False  # the server broke off in the middle of a body: so does the gate
        except Exception as error:  # one request's trouble must not end the others'
            sys.stderr.write(f"{request.method} {request.raw_path}: {''.join(traceback.format_exception(error))}")
            sys.stderr.flush()
            return self._tell(request, failure("InternalError"), keep=False)

    def _tell(self, request: Request, error: S3Failure, keep: bool) -> bool:
        if self._unread:
            self._refuse(error)
            return False
        body = error.xml(request.raw_path, self._gate.request_id()).encode("utf-8", "surrogateescape")
        return self._say(
            request, Response(error.status, {"Content-Type": "application/xml", **error.headers}, body), keep
        )

    def _say(self, request: Request, response: Response, keep: bool) -> bool:
        """An answer of the gate's own."""
        headers = response.headers
        headers.setdefault("x-amz-request-id", self._gate.request_id())
        headers.setdefault("Server", "pgben-testkit gate")
        headers.setdefault("Date", http_date(time.time()))
        if response.status not in (204, 304):
            headers.setdefault("Content-Length", str(len(response.body)))
        return self._write(request, response, keep) and keep

    # --- what is asked

    def _answer(self, request: Request, keep: bool) -> bool:
        if request.method not in METHODS:
            raise failure("MethodNotAllowed")
        now, gate = time.time(), self._gate
        bucket, key = request.place
        kind = request.header("content-type")
        if request.method == "OPTIONS" and bucket:
            return self._say(request, cors.preflight(gate.access.cors_rules(self._backend, bucket), request), keep)
        if request.method == "OPTIONS" or (
            request.method == "POST" and bucket and not key and kind.startswith("multipart/form-data")
        ):  # both bring no signature in a header; a form has its own, which the server checks too
            if request.method == "POST" and not self._unread:
                return self._say(request, self._formed(request, bucket, now), keep)
            outgoing = Outgoing(request.method, request.raw_path, request.raw_query, request.headers)
            return self._forward(request, outgoing, bucket, key, keep)
        proof = authenticate(request, gate.identities, gate.region, now)
        checks.by_head(request, key)
        if self._unread and (self._must_hold(request, proof) or not key):
            request.body = self._held(request)
        if not self._unread:
            in_file = not isinstance(request.body, bytes)
            payload.verify(request, proof, (lambda: InFile(gate.folder)) if in_file else payload.InMemory)
            if request.method in ("PUT", "POST"):
                gate.verify_sums(request)
            checks.by_document(request, bucket, key, gate.region)
        identity = proof.identity if proof else None
        if bucket:
            if request.header("x-amz-expected-bucket-owner", OWNER) not in (OWNER, ACCOUNT):
                raise failure("AccessDenied")
            if identity is not None:
                gate.access.known_may(self._backend, identity, bucket)
                if not key and identity.name == bucket and "ownershipControls" in request.query:
                    identity = gate.admin  # the server lets nobody else, and the bucket's own keys are its owner's
            elif gate.access.unknown_may(self._backend, request, bucket, key, now):
                identity = gate.admin
            if not key and "publicAccessBlock" in request.query:
                return self._say(request, self._public_block(request, identity, bucket), keep)
            if not key and CONFIGURED in request.query and identity is gate.admin:
                return self._say(request, Response(200, {}, b"yes" if bucket in gate.configured else b"no"), keep)
            if request.method in ("PUT", "POST"):
                gate.access.check_grants(request, bucket)
            if request.method == "PUT" and not key and "policy" in request.query:
                self._check_public_policy(request, bucket)
            if (
                request.method == "DELETE"
                and not key
                and identity is gate.admin
                and not request.query
                and mending.holds_versions(self._backend, bucket)
            ):
                raise failure("BucketNotEmpty", extra={"BucketName": bucket})
            if (
                request.method == "DELETE"
                and identity is not None
                and mending.no_version(request, key, versioned=bucket in gate.versioned)
            ):
                return self._say(request, self._nothing_deleted(identity, bucket), keep)
            if key and "select" in request.query:
                raise failure("NotImplemented")
            if key and request.method == "PUT" and not request.query and snowball.asked(request.headers):
                return self._say(request, self._extracted(request, identity, bucket), keep)
            if not key and request.method == "PUT" and "versioning" in request.query:
                asked = Unversioned.read(read(request.body, "VersioningConfiguration"))
                if asked != Unversioned():
                    raise failure("NotImplemented", "The server behind the gate can't leave keys out of versioning.")
        return self._forward(request, self._outgoing(request, identity, bucket, key), bucket, key, keep)

    def _nothing_deleted(self, identity: Identity, bucket: str) -> Response:
        """The answer to a DELETE of a version that can't be there: the server would remove the object itself."""
        if identity is not self._gate.admin and identity.name != bucket:
            raise failure("AccessDenied")
        if self._backend.ask("HEAD", path_of(bucket)).status == 404:
            raise failure("NoSuchBucket", extra={"BucketName": bucket})
        return Response(204)

    def _formed(self, request: Request, bucket: str, now: float) -> Response:
        """The object that an HTML form brings, put."""
        gate, backend = self._gate, self._backend
        form, identity = checks.by_form(request, bucket, gate.identities, gate.region, now)
        put = uploads.as_put(form, bucket, request.header("host", "localhost"))
        key = form.fields["key"]
        if identity is not None:
            gate.access.known_may(backend, identity, bucket)
        elif gate.access.unknown_may(backend, put, bucket, key, now):
            identity = gate.admin
        gate.access.check_grants(put, bucket)
        outgoing = self._outgoing(put, identity, bucket, key)
        outgoing = Outgoing("PUT", outgoing.path, "", outgoing.headers, identity, UNSIGNED, len(put.body))
        side, head = backend.send(outgoing, _pieces(put.body))
        answer = Answer(int(head[9:12]), headers_of(head), side.read_body(head))
        backend.finish()
        if answer.status >= 300:
            return Response(answer.status, _told(answer.headers), answer.body)
        grants = self._grants_to_keep(put, identity, key)
        if grants is not None:
            self._keep_grants(put, bucket, key, grants, answer)
        told = {name: value for name, value in answer.headers.items() if name.startswith("x-amz-")}
        return answered(form, put.header("host"), bucket, answer.headers.get("etag", "").strip('"'), told)

    def _extracted(self, request: Request, identity: Identity | None, bucket: str) -> Response:
        """Every object of the tar, put one by one: the server knows no snowball."""
        inside = list(snowball.members(bytes(request.body), request.headers))
        headers = snowball.of_members(request.headers)
        for key, content in inside:
            outgoing = Outgoing("PUT", path_of(bucket, key), "", headers, identity, UNSIGNED, len(content))
            side, head = self._backend.send(outgoing, _pieces(content))
            answer = Answer(int(head[9:12]), headers_of(head), side.read_body(head))
            self._backend.finish()
            if answer.status >= 300:
                raise failure(answer.code if answer.status < 500 and answer.code else "InternalError")
        return Response(200, {"ETag": f'"{hashlib.md5(request.body).hexdigest()}"'})

    @staticmethod
    def _must_hold(request: Request, proof: Proof | None) -> bool:
        """Whether the body must be read whole before any of it is passed on: its hash, or its chunks, are signed."""
        said = request.header("x-amz-content-sha256") or request.query.get("X-Amz-Content-Sha256", "")
        signed = said.startswith(payload.STREAMING) or (proof is not None and said not in ("", UNSIGNED))
        return signed or snowball.asked(request.headers)

    def _check_public_policy(self, request: Request, bucket: str) -> None:
        from pgben_testkit.storage.s3 import policy

        if self._gate.access.block(bucket)["BlockPublicPolicy"] and policy.read(request.body, bucket).public:
            raise failure("AccessDenied")

    def _public_block(self, request: Request, identity: Identity | None, bucket: str) -> Response:
        """The block on public access: the gate's own, since the server has none."""
        blocks = self._gate.access.blocks
        if identity is None or (identity is not self._gate.admin and identity.name != bucket):
            raise failure("AccessDenied")
        if request.method not in ("GET", "PUT", "DELETE"):
            raise failure("MethodNotAllowed")
        if self._backend.ask("HEAD", path_of(bucket)).status == 404:
            raise failure("NoSuchBucket", extra={"BucketName": bucket})
        if request.method == "PUT":
            self._gate.configured.add(bucket)
            blocks[bucket] = publicblock.read(request.body)
            return Response(200)
        if request.method == "DELETE":
            blocks.pop(bucket, None)
            return Response(204)
        if bucket not in blocks:
            raise failure("NoSuchPublicAccessBlockConfiguration", extra={"BucketName": bucket})
        return xml_response(publicblock.xml(blocks[bucket]))

    # --- to the server

    def _outgoing(self, request: Request, identity: Identity | None, bucket: str, key: str) -> Outgoing:
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

    def _forward(self, request: Request, outgoing: Outgoing, bucket: str, key: str, keep: bool) -> bool:
        gate, backend = self._gate, self._backend
        size = self._unread or len(request.body)
        outgoing = Outgoing(
            outgoing.method, outgoing.path, outgoing.query, outgoing.headers, outgoing.identity, outgoing.payload, size
        )
        if self._unread and request.header("expect").lower() == "100-continue":
            self._socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self._streamed() if self._unread else _pieces(request.body)
        side, head = backend.send(outgoing, body)
        if self._unread:
            keep = False  # the server has answered before the end: what the client still sends is no request
        status, headers = int(head[9:12]), headers_of(head)
        no_body = request.method == "HEAD" or status in (204, 304)
        if mending.concerned(request, key, status, headers, versioned=bucket in gate.versioned):
            if status < 300 and not no_body and request.method != "OPTIONS":
                backend.close()  # the whole object would come: it isn't wanted
                found = Answer(status, headers, b"")
            else:
                found = Answer(status, headers, b"" if no_body else side.read_body(head))
                backend.finish()
            mended = mending.mend(backend, request, bucket, key, status, found.code, versioned=bucket in gate.versioned)
            if isinstance(mended, Response):
                return self._say(request, mended, keep)
            if mended is not None:
                return self._tell(request, mended, keep)
            return self._say(request, Response(status, _told(headers), found.body), keep)
        if status < 300:
            grants = self._grants_to_keep(request, outgoing.identity, key)
            if grants is not None:
                found = Answer(status, headers, b"" if no_body else side.read_body(head))
                backend.finish()
                self._keep_grants(request, bucket, key, grants, found)
                gate.note(request, bucket, key)
                return self._say(request, Response(status, _told(headers), found.body), keep)
            gate.note(request, bucket, key)
        self._socket.sendall(head)
        if not no_body:
            side.pass_body(head, self._client, no_body=False)
        if self._unread:
            self._linger()
        ending = "close" in headers.get("connection", "").lower()
        if ending:
            backend.close()
        backend.finish()
        return keep and not ending

    def _grants_to_keep(self, request: Request, identity: Identity | None, key: str) -> dict[str, str] | None:
        """The ACL's headers that the server has ignored with this request; None where it ignored nothing."""
        query, method = request.query, request.method
        grants = {name: request.headers[name] for name in GRANTS if name in request.headers}
        if identity is None or (grants.get("x-amz-acl") in GIVE_NOBODY and COPY not in request.headers):
            return None
        if method == "POST" and "uploadId" in query:
            return self._gate.upload_grants.get(query["uploadId"])
        if key and method == "PUT" and COPY in request.headers and not query:
            return grants or {"x-amz-acl": "private"}  # the server copies the source's ACL too, S3 doesn't
        makes = checks.brings_object(request, key) or (not key and method == "PUT" and not query)
        return grants if grants and makes else None

    def _keep_grants(self, request: Request, bucket: str, key: str, grants: dict[str, str], answer: Answer) -> None:
        """The ACL is put by itself, or at the end of the upload that has just begun.

        Raises:
            S3Failure: the server doesn't keep it.
        """
        if b"<Error>" in answer.body[:4096]:
            return
        if "uploads" in request.query:
            upload = answer.body.partition(b"<UploadId>")[2].partition(b"</UploadId>")[0].decode("ascii", "replace")
            self._gate.upload_grants[upload] = grants
            return
        self._gate.upload_grants.pop(request.query.get("uploadId", ""), None)
        version = answer.headers.get("x-amz-version-id", "")
        query = "acl=" + (f"&versionId={version}" if version and version != "null" else "")
        done = self._backend.ask("PUT", path_of(bucket, key), query, grants)
        if done.status >= 300:
            raise failure("InternalError", f"The object is stored, its ACL is not: {done.status} {done.code}")

    # --- bodies

    def _streamed(self) -> Iterator[bytes]:
        """The client's body as it comes; none of it is kept."""
        while self._unread:
            piece = self._buffer[: self._unread]
            self._buffer = self._buffer[len(piece) :]
            if not piece:
                try:
                    piece = self._socket.recv(min(self._unread, PIECE_BYTES))
                except OSError:
                    piece = b""
                if not piece:
                    raise Broken
            self._unread -= len(piece)
            yield piece

    def _held(self, request: Request) -> bytes:
        """The whole body in a file without a name, that reads as bytes do."""
        if request.header("expect").lower() == "100-continue":
            self._socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        pieces = InFile(self._gate.folder)
        for piece in self._streamed():
            pieces.append(piece)
        return pieces.joined()


class InFile:
    """Pieces in a file without a name, that reads as bytes do."""

    def __init__(self, folder: str) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by joined(), or with the request

    def append(self, piece: bytes) -> None:
        self._file.write(piece)

    def joined(self) -> bytes:
        with self._file as file:
            if not file.tell():
                return b""
            file.flush()
            return cast(bytes, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _pieces(body: bytes) -> Iterator[bytes | memoryview]:
    if isinstance(body, bytes):
        if body:
            yield body
        return
    view = memoryview(body)
    for start in range(0, len(view), PIECE_BYTES):
        yield view[start : start + PIECE_BYTES]


def _told(headers: Mapping[str, str]) -> dict[str, str]:
    """The server's headers, to be sent again with a body of known length."""
    dropped = ("connection", "content-length", "transfer-encoding")
    return {name: value for name, value in headers.items() if name not in dropped}
