"""Answer every request to the fake, with every refusal on the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from pgben_testkit.storage.fake import buckets, configs, copying, formpost, listing, locks, motoside, multipart, objects
from pgben_testkit.storage.fake.call import HANDLERS, Call
from pgben_testkit.storage.fake.state import Store, StoredObject
from pgben_testkit.storage.s3 import checksums, cors, form, payload
from pgben_testkit.storage.s3.failures import S3Failure, failure
from pgben_testkit.storage.s3.moments import http_date
from pgben_testkit.storage.s3.operations import Operation, find
from pgben_testkit.storage.s3.signature import Identity, authenticate
from pgben_testkit.storage.s3.wire import Request, Response

MODULES = (buckets, configs, copying, listing, locks, multipart, objects)
"""Imported for the operations that they register."""
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS")


class Engine:
    """Answer as S3 does, over a state of its own. Safe for use by several threads.

    `skew_s` is added to its clock: seconds by which it runs ahead of this machine's.
    """

    def __init__(self, identities: Iterable[Identity], region: str = "us-east-1") -> None:
        self.store = Store(region)
        self.region = region
        self.identities = {each.access_key: each for each in identities}
        self.skew_s = 0.0
        self._lock = threading.RLock()
        self._count = 0
        self._users: dict[str, str] = {}
        for each in self.identities.values():
            self._users.setdefault(each.id, each.name)

    def now(self) -> float:
        return time.time() + self.skew_s

    def add(self, identity: Identity) -> None:
        self.identities[identity.access_key] = identity
        self._users.setdefault(identity.id, identity.name)

    def answer(self, request: Request) -> Response:
        """Return the response to `request`; an error of our own becomes S3's InternalError."""
        now = self.now()
        try:
            response = self._answer(request, now)
        except S3Failure as error:
            response = self.refusal(error, request)
            response.headers |= self._told_other_origins(request)
        except Exception as error:  # a request must not end the server, whatever it found
            from pgben_testkit.storage.fake.complaints import note

            note(request, error)
            response = self.refusal(failure("InternalError"), request)
        self._count += 1
        headers = response.headers
        headers["x-amz-request-id"] = f"{self._count:016X}"
        headers["x-amz-id-2"] = "pgben-testkit"
        headers["Server"] = "AmazonS3"
        headers["Date"] = http_date(now)
        if request.method == "HEAD" or response.status in (204, 304):
            response.body = b""
        if response.status not in (204, 304):
            headers.setdefault("Content-Length", str(len(response.body)))
        return response

    def _told_other_origins(self, request: Request) -> dict[str, str]:
        """A refusal's CORS headers: without them a browser hides from its page what was refused, and why."""
        if "origin" not in request.headers or request.method == "OPTIONS":
            return {}
        try:
            with self._lock:
                return cors.headers_for(self.store.bucket(request.place[0]).cors_rules, request)
        except S3Failure:
            return {}  # there is no such bucket, or it has no such name

    def refusal(self, error: S3Failure, request: Request) -> Response:
        body = error.xml(request.raw_path, f"{self._count + 1:016X}").encode("utf-8", "surrogateescape")
        return Response(error.status, {"Content-Type": "application/xml", **error.headers}, body)

    def _answer(self, request: Request, now: float) -> Response:
        if request.method not in METHODS:
            raise failure("MethodNotAllowed")
        payload.length_allowed(request)
        bucket_name, key = request.place
        if request.method == "OPTIONS":
            with self._lock:
                return cors.preflight(self.store.bucket(bucket_name).cors_rules, request)
        kind = request.header("content-type")
        if request.method == "POST" and bucket_name and not key and kind.startswith("multipart/form-data"):
            return self._form(request, bucket_name, kind, now)
        proof = authenticate(request, self.identities, self.region, now)
        payload.verify(request, proof)
        sums = (
            checksums.verify(
                request.headers,
                request.trailers,
                request.body,
                of_object=checksums.completes_upload(request),
            )
            if request.method in ("PUT", "POST")
            else {}
        )
        operation = find(request, bucket_name, key)
        handler = HANDLERS.get(operation.name, motoside.ask)
        call = Call(
            request,
            self.store,
            proof.identity if proof else None,
            now,
            self._users,
            bool(proof and proof.presigned),
            bucket_name,
            key,
            operation.action,
            sums,
        )
        with self._lock:
            if bucket_name and operation.name != "create_bucket":
                bucket = call.bucket
                expected = request.headers.get("x-amz-expected-bucket-owner")
                if expected is not None and expected not in (bucket.owner, bucket.account_id):
                    raise failure("AccessDenied")
                if operation.action:
                    self._authorize(call, operation)
                response = handler(call)
                if bucket.cors_rules and "origin" in request.headers:
                    response.headers |= cors.headers_for(bucket.cors_rules, request)
                return response
            return handler(call)

    @staticmethod
    def _authorize(call: Call, operation: Operation) -> None:
        target = None
        if operation.target:
            found = objects.look_up(call)
            target = found if isinstance(found, StoredObject) else None
        call.authorize(operation.action, operation.permission, target)

    def _form(self, request: Request, bucket_name: str, kind: str, now: float) -> Response:
        filled = form.parse(kind, request.body)
        with self._lock:
            self.store.bucket(bucket_name)
            identity = form.signer(filled, self.identities, self.region)
            if identity is not None:
                form.check_policy(filled, bucket_name, now)
            call = Call(request, self.store, identity, now, self._users, True, bucket_name)
            return formpost.post_object(call, filled)
