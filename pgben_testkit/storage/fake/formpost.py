"""Store the object that an HTML form brings."""

from __future__ import annotations

from pgben_testkit.storage.fake.call import Call
from pgben_testkit.storage.fake.newobject import facts_of, place, version_headers
from pgben_testkit.storage.s3 import checksums
from pgben_testkit.storage.s3.form import Form, answered, key_of, object_headers
from pgben_testkit.storage.s3.tags import tags_from
from pgben_testkit.storage.s3.wire import Response


def post_object(call: Call, form: Form) -> Response:
    """Store the object that the form brings."""
    bucket, key = call.bucket, key_of(form)
    call.require("s3:PutObject", key=key, permission="WRITE")
    headers = object_headers(form)
    tagging = headers.pop("tagging", "")
    host = call.headers.get("host", "localhost")
    call.request.headers = headers
    call.checksums = checksums.verify(headers, {}, form.content)
    facts, customer = facts_of(call, bucket)
    if tagging:
        facts.tags = tags_from(tagging.encode())
    made = place(call, bucket, key, form.content, facts, customer)
    answer = version_headers(bucket, made.version_id)
    if facts.seal:
        answer |= facts.seal.headers
    return answered(form, host, bucket.name, facts.etag, answer)
