"""Answer one client's connection: verify each request, and pass it on under a signature of the gate's own."""

from __future__ import annotations

import hashlib
import socket
import sys
import time
import traceback
from dataclasses import replace

from pgben_testkit.storage.connection import Connection
from pgben_testkit.storage.gate import checks, mending, removal, uploads
from pgben_testkit.storage.gate.answers import OWNERSHIPS, Answers
from pgben_testkit.storage.gate.backend import UNSIGNED, Backend, Outgoing, path_of
from pgben_testkit.storage.gate.bodies import InFile, pieces_of
from pgben_testkit.storage.gate.memory import Memory
from pgben_testkit.storage.gate.relay import Relay, told
from pgben_testkit.storage.http1 import Closed
from pgben_testkit.storage.pristine import CONFIGURED
from pgben_testkit.storage.s3 import cors, payload, sealing, snowball
from pgben_testkit.storage.s3.acl import from_headers
from pgben_testkit.storage.s3.document import read
from pgben_testkit.storage.s3.failures import S3Failure, failure
from pgben_testkit.storage.s3.form import answered
from pgben_testkit.storage.s3.judgement import Asker
from pgben_testkit.storage.s3.operations import OPERATIONS, Operation, find
from pgben_testkit.storage.s3.signature import Identity, Proof, authenticate
from pgben_testkit.storage.s3.unversioned import Unversioned
from pgben_testkit.storage.s3.wire import Request, Response

MEMORY_BYTES_MAX = 8 << 20
"""A body beyond it is never held in memory: it is streamed, or verified from a file."""
FORM_BYTES_MAX = 256 << 20
"""A form beyond it is refused: it is read in memory."""
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS")


class Visit:
    """Serve one client's connection, with a connection of its own to the server."""

    def __init__(self, memory: Memory, connection: socket.socket) -> None:
        self._memory = memory
        self._client = Connection(connection)
        self._backend = Backend(memory.upstream, memory.admin, memory.region)
        self._relay = Relay(memory, self._client, self._backend)
        self._answers = Answers(memory.access, self._backend)

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
        if request.method == "OPTIONS":
            return self._relay.forward(
                request, Outgoing("OPTIONS", request.raw_path, request.raw_query, request.headers), bucket, key
            )
        if request.method == "POST" and bucket and not key and kind.startswith("multipart/form-data"):
            self._take_form(request)
            return self._relay.say(request, self._formed(request, bucket, now))
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
        asker = Asker(request, identity, now, bool(proof and proof.presigned))
        if not key and CONFIGURED in request.query and identity is memory.admin:
            return self._relay.say(request, Response(200, {}, b"yes" if bucket in memory.configured else b"no"))
        operation = find(request, bucket, key)
        if operation.name == "list_buckets":
            return self._relay.say(request, self._answers.list_buckets(request, identity))
        if operation.name == "create_bucket":
            return self._created(request, identity, bucket)
        memory.access.authorize(self._backend, asker, operation, bucket, key)
        held = memory.access.rights(self._backend, bucket)
        answered_here = self._answers.to(operation)
        if answered_here is not None:
            response = answered_here(request, held, key)
            memory.note(request, bucket, key)
            return self._relay.say(request, response)
        special = self._special(request, asker, operation, bucket, key)
        if special is not None:
            return self._relay.say(request, special)
        facts = memory.access.new_facts(request, identity, held) if checks.brings_object(request, key) else None
        return self._relay.forward(request, self._relay.outgoing(request, bucket, key), bucket, key, facts)

    def _special(self, request: Request, asker: Asker, operation: Operation, bucket: str, key: str) -> Response | None:
        """The answer where the server would give another than S3's, without being asked or after it was; else None."""
        memory, backend = self._memory, self._backend
        if operation.name == "delete_bucket" and mending.holds_versions(backend, bucket):
            raise failure("BucketNotEmpty", extra={"BucketName": bucket})
        if request.method == "DELETE" and mending.no_version(request, key, versioned=bucket in memory.versioned):
            return Response(204)  # the server would remove the object itself
        if (
            operation.name == "delete_object"
            and request.query.get("versionId") == "null"
            and bucket in memory.versioned
            and mending.remove_null_marker(backend, bucket, key)
        ):
            return Response(204, {"x-amz-delete-marker": "true", "x-amz-version-id": "null"})
        if operation.name == "delete_objects":
            return removal.answer(memory, backend, asker, bucket)
        if operation.name == "put_object" and snowball.asked(request.headers):
            return self._extracted(request, bucket)
        if operation.name == "put_bucket_versioning":
            if Unversioned.read(read(request.body, "VersioningConfiguration")) != Unversioned():
                raise failure("NotImplemented", "The server behind the gate can't leave keys out of versioning.")
        elif operation.name in ("copy_object", "upload_part_copy"):
            mending.check_source_key(backend, request)
        if operation.name in ("upload_part", "upload_part_copy"):
            self._check_part_key(request)
        return None

    def _check_part_key(self, request: Request) -> None:
        """Every part of an upload under SSE-C comes with the key that it was begun with."""
        wanted = self._memory.upload_keys.get(request.query["uploadId"], "")
        if request.header(sealing.CUSTOMER + "key-md5") != wanted:
            raise failure(
                "InvalidRequest",
                "The multipart upload initiate requested encryption. Subsequent part requests must include the "
                "appropriate encryption parameters.",
            )

    def _created(self, request: Request, identity: Identity | None, bucket: str) -> bool:
        """Make the bucket, for the account of who asks."""
        memory, access = self._memory, self._memory.access
        if identity is None or (identity.buckets is not None and bucket not in identity.buckets):
            raise failure("AccessDenied")
        owner = access.owners.get(bucket)
        if owner is not None and owner != identity.id:
            raise failure("BucketAlreadyExists", extra={"BucketName": bucket})
        ownership = request.header("x-amz-object-ownership")
        if ownership and ownership not in OWNERSHIPS:
            raise failure("InvalidArgument", "Invalid x-amz-object-ownership header")
        acl = from_headers(request.headers, identity.id, identity.id, access.users)
        found = self._backend.rest(
            self._backend.send(
                replace(self._relay.outgoing(request, bucket, ""), size=len(request.body)), pieces_of(request.body)
            )
        )
        if found.status < 300:
            access.owners[bucket] = identity.id
            if acl is not None:
                access.grants[bucket] = acl
            if ownership:
                access.ownership[bucket] = ownership
            memory.note(request, bucket, "")
        return self._relay.say(request, Response(found.status, told(found.headers), found.body))

    def _take_form(self, request: Request) -> None:
        """Read a form into memory.

        Raises:
            S3Failure: it is too large for that.
        """
        if self._client.stream.unread > FORM_BYTES_MAX:
            raise failure("NotImplemented", f"A form of more than {FORM_BYTES_MAX} bytes can't be taken by the gate.")
        if self._client.stream.unread:
            request.body = self._client.body()

    def _formed(self, request: Request, bucket: str, now: float) -> Response:
        """The object that an HTML form brings, put."""
        memory, backend = self._memory, self._backend
        form, identity = checks.by_form(request, bucket, memory.identities, memory.region, now)
        put = uploads.as_put(form, bucket, request.header("host", "localhost"))
        key = form.fields["key"]
        asker = Asker(put, identity, now, presigned=True)
        memory.access.authorize(backend, asker, OPERATIONS["PUT", "object", ""], bucket, key)
        facts = memory.access.new_facts(put, identity, memory.access.rights(backend, bucket))
        outgoing = self._relay.outgoing(put, bucket, key)
        answer = self._relay.put(outgoing.path, outgoing.headers, put.body)
        if answer.status >= 300:
            return Response(answer.status, told(answer.headers), answer.body)
        memory.access.placed(bucket, key, answer.headers.get("x-amz-version-id", "null"), facts)
        kept = {name: value for name, value in answer.headers.items() if name.startswith("x-amz-")}
        return answered(form, put.header("host"), bucket, answer.headers.get("etag", "").strip('"'), kept)

    def _extracted(self, request: Request, bucket: str) -> Response:
        """Every object of the tar, put one by one: the server knows no snowball."""
        inside = list(snowball.members(bytes(request.body), request.headers))
        headers = snowball.of_members(request.headers)
        for key, content in inside:
            answer = self._relay.put(path_of(bucket, key), headers, content)
            if answer.status >= 300:
                raise failure(answer.code if answer.status < 500 and answer.code else "InternalError")
        return Response(200, {"ETag": f'"{hashlib.md5(request.body).hexdigest()}"'})

    @staticmethod
    def _must_hold(request: Request, proof: Proof | None) -> bool:
        """Whether the body must be read whole before any of it is passed on: its hash, or its chunks, are signed."""
        said = request.header("x-amz-content-sha256") or request.query.get("X-Amz-Content-Sha256", "")
        signed = said.startswith(payload.STREAMING) or (proof is not None and said not in ("", UNSIGNED))
        return signed or snowball.asked(request.headers)

    def _held(self) -> bytes:
        """Return the whole body in a file without a name, which reads as bytes do."""
        self._client.proceed()
        pieces = InFile(self._memory.folder)
        for piece in self._client.stream.pieces():
            pieces.append(piece)
        return pieces.joined()
