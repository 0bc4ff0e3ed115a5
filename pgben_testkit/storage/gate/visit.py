"""Answer one client's connection: verify each request, and pass it on under a signature of the gate's own."""

from __future__ import annotations

import hashlib
import socket
import sys
import time
import traceback

from pgben_testkit.storage.connection import Connection
from pgben_testkit.storage.gate import checks, mending, uploads
from pgben_testkit.storage.gate.access import OWNER
from pgben_testkit.storage.gate.backend import UNSIGNED, Backend, Outgoing, path_of
from pgben_testkit.storage.gate.bodies import InFile
from pgben_testkit.storage.gate.memory import Memory
from pgben_testkit.storage.gate.relay import Relay, told
from pgben_testkit.storage.http1 import Closed
from pgben_testkit.storage.pristine import CONFIGURED
from pgben_testkit.storage.s3 import cors, payload, policy, publicblock, snowball
from pgben_testkit.storage.s3.document import read
from pgben_testkit.storage.s3.failures import S3Failure, failure
from pgben_testkit.storage.s3.form import answered
from pgben_testkit.storage.s3.signature import ACCOUNT, Identity, Proof, authenticate
from pgben_testkit.storage.s3.unversioned import Unversioned
from pgben_testkit.storage.s3.wire import Request, Response, xml_response

MEMORY_BYTES_MAX = 8 << 20
"""A body beyond it is never held in memory: it is streamed, or verified from a file."""
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS")


class Visit:
    """Serve one client's connection, with a connection of its own to the server."""

    def __init__(self, memory: Memory, connection: socket.socket) -> None:
        self._memory = memory
        self._client = Connection(connection)
        self._backend = Backend(memory.upstream, memory.admin, memory.region)
        self._relay = Relay(memory, self._client, self._backend)

    def serve(self) -> None:
        """Serve until the client is gone."""
        try:
            while self._exchange():
                pass
        except Closed:
            return  # either side broke off in the middle of a body: so does the gate
        finally:
            self._backend.close()

    def _exchange(self) -> bool:
        client = self._client
        request = client.request()
        if request is None:
            return False
        if client.stream.unread <= MEMORY_BYTES_MAX:
            request.body = client.body()
        try:
            return self._answer(request) and client.keep
        except S3Failure as error:
            return self._relay.tell(request, error)
        except (OSError, Closed):
            raise
        except Exception as error:  # one request's trouble must not end the others'
            sys.stderr.write(f"{request.method} {request.raw_path}: {''.join(traceback.format_exception(error))}")
            sys.stderr.flush()
            client.keep = False
            return self._relay.tell(request, failure("InternalError"))

    # --- what is asked

    def _answer(self, request: Request) -> bool:
        if request.method not in METHODS:
            raise failure("MethodNotAllowed")
        now, memory = time.time(), self._memory
        bucket, key = request.place
        kind = request.header("content-type")
        if request.method == "OPTIONS" and bucket:
            return self._relay.say(request, cors.preflight(memory.access.cors_rules(self._backend, bucket), request))
        if request.method == "OPTIONS" or (
            request.method == "POST" and bucket and not key and kind.startswith("multipart/form-data")
        ):  # both bring no signature in a header; a form has its own, which the server checks too
            if request.method == "POST" and not self._client.stream.unread:
                return self._relay.say(request, self._formed(request, bucket, now))
            outgoing = Outgoing(request.method, request.raw_path, request.raw_query, request.headers)
            return self._relay.forward(request, outgoing, bucket, key)
        proof = authenticate(request, memory.identities, memory.region, now)
        checks.by_head(request, key)
        if self._client.stream.unread and (self._must_hold(request, proof) or not key):
            request.body = self._held()
        if not self._client.stream.unread:
            in_file = not isinstance(request.body, bytes)
            payload.verify(request, proof, (lambda: InFile(memory.folder)) if in_file else payload.InMemory)
            if request.method in ("PUT", "POST"):
                memory.verify_sums(request)
            checks.by_document(request, bucket, key, memory.region)
        identity = proof.identity if proof else None
        if bucket:
            if request.header("x-amz-expected-bucket-owner", OWNER) not in (OWNER, ACCOUNT):
                raise failure("AccessDenied")
            if identity is not None:
                memory.access.known_may(self._backend, identity, bucket)
                if not key and identity.name == bucket and "ownershipControls" in request.query:
                    identity = memory.admin  # the server lets nobody else, and the bucket's own keys are its owner's
            elif memory.access.unknown_may(self._backend, request, bucket, key, now):
                identity = memory.admin
            if not key and "publicAccessBlock" in request.query:
                return self._relay.say(request, self._public_block(request, identity, bucket))
            if not key and CONFIGURED in request.query and identity is memory.admin:
                return self._relay.say(request, Response(200, {}, b"yes" if bucket in memory.configured else b"no"))
            if request.method in ("PUT", "POST"):
                memory.access.check_grants(request, bucket)
            if request.method == "PUT" and not key and "policy" in request.query:
                self._check_public_policy(request, bucket)
            if (
                request.method == "DELETE"
                and not key
                and identity is memory.admin
                and not request.query
                and mending.holds_versions(self._backend, bucket)
            ):
                raise failure("BucketNotEmpty", extra={"BucketName": bucket})
            if (
                request.method == "DELETE"
                and identity is not None
                and mending.no_version(request, key, versioned=bucket in memory.versioned)
            ):
                return self._relay.say(request, self._nothing_deleted(identity, bucket))
            if (
                request.method == "DELETE"
                and identity is not None
                and request.query.get("versionId") == "null"
                and bucket in memory.versioned
                and mending.remove_null_marker(self._backend, bucket, key)
            ):
                return self._relay.say(
                    request, Response(204, {"x-amz-delete-marker": "true", "x-amz-version-id": "null"})
                )
            if key and "select" in request.query:
                raise failure("NotImplemented")
            if key and request.method == "PUT" and not request.query and snowball.asked(request.headers):
                return self._relay.say(request, self._extracted(request, identity, bucket))
            if not key and request.method == "PUT" and "versioning" in request.query:
                asked = Unversioned.read(read(request.body, "VersioningConfiguration"))
                if asked != Unversioned():
                    raise failure("NotImplemented", "The server behind the gate can't leave keys out of versioning.")
        return self._relay.forward(request, self._relay.outgoing(request, identity, bucket, key), bucket, key)

    def _nothing_deleted(self, identity: Identity, bucket: str) -> Response:
        """The answer to a DELETE of a version that can't be there: the server would remove the object itself."""
        if identity is not self._memory.admin and identity.name != bucket:
            raise failure("AccessDenied")
        if self._backend.ask("HEAD", path_of(bucket)).status == 404:
            raise failure("NoSuchBucket", extra={"BucketName": bucket})
        return Response(204)

    def _formed(self, request: Request, bucket: str, now: float) -> Response:
        """The object that an HTML form brings, put."""
        memory, backend = self._memory, self._backend
        form, identity = checks.by_form(request, bucket, memory.identities, memory.region, now)
        put = uploads.as_put(form, bucket, request.header("host", "localhost"))
        key = form.fields["key"]
        if identity is not None:
            memory.access.known_may(backend, identity, bucket)
        elif memory.access.unknown_may(backend, put, bucket, key, now):
            identity = memory.admin
        memory.access.check_grants(put, bucket)
        outgoing = self._relay.outgoing(put, identity, bucket, key)
        answer = self._relay.put(outgoing.path, outgoing.headers, identity, put.body)
        if answer.status >= 300:
            return Response(answer.status, told(answer.headers), answer.body)
        grants = self._relay.grants_to_keep(put, identity, key)
        if grants is not None:
            self._relay.keep_grants(put, bucket, key, grants, answer)
        kept = {name: value for name, value in answer.headers.items() if name.startswith("x-amz-")}
        return answered(form, put.header("host"), bucket, answer.headers.get("etag", "").strip('"'), kept)

    def _extracted(self, request: Request, identity: Identity | None, bucket: str) -> Response:
        """Every object of the tar, put one by one: the server knows no snowball."""
        inside = list(snowball.members(bytes(request.body), request.headers))
        headers = snowball.of_members(request.headers)
        for key, content in inside:
            answer = self._relay.put(path_of(bucket, key), headers, identity, content)
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
        if self._memory.access.block(bucket)["BlockPublicPolicy"] and policy.read(request.body, bucket).public:
            raise failure("AccessDenied")

    def _public_block(self, request: Request, identity: Identity | None, bucket: str) -> Response:
        """The block on public access: the gate's own, since the server has none."""
        blocks = self._memory.access.blocks
        if identity is None or (identity is not self._memory.admin and identity.name != bucket):
            raise failure("AccessDenied")
        if request.method not in ("GET", "PUT", "DELETE"):
            raise failure("MethodNotAllowed")
        if self._backend.ask("HEAD", path_of(bucket)).status == 404:
            raise failure("NoSuchBucket", extra={"BucketName": bucket})
        if request.method == "PUT":
            self._memory.configured.add(bucket)
            blocks[bucket] = publicblock.read(request.body)
            return Response(200)
        if request.method == "DELETE":
            blocks.pop(bucket, None)
            return Response(204)
        if bucket not in blocks:
            raise failure("NoSuchPublicAccessBlockConfiguration", extra={"BucketName": bucket})
        return xml_response(publicblock.xml(blocks[bucket]))

    def _held(self) -> bytes:
        """Return the whole body in a file without a name, which reads as bytes do."""
        self._client.proceed()
        pieces = InFile(self._memory.folder)
        for piece in self._client.stream.pieces():
            pieces.append(piece)
        return pieces.joined()
