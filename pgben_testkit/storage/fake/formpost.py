"""The object that an HTML form brings."""

from __future__ import annotations

from urllib.parse import urlencode

from pgben_testkit.storage.fake import checksums
from pgben_testkit.storage.fake.call import Call
from pgben_testkit.storage.fake.document import tag
from pgben_testkit.storage.fake.failures import failure
from pgben_testkit.storage.fake.form import Form, object_headers
from pgben_testkit.storage.fake.newobject import facts_of, place, version_headers
from pgben_testkit.storage.fake.tags import tags_from
from pgben_testkit.storage.fake.wire import Response, xml_response


def post_object(call: Call, form: Form) -> Response:
    """The object that the form brings is there."""
    fields, bucket = form.fields, call.bucket
    if not fields.get("key"):
        raise failure("InvalidArgument", "Bucket POST must contain a field named 'key'.  If it is specified, please "
                      "check the order of the fields.", extra={"ArgumentName": "key", "ArgumentValue": ""})  # fmt: skip
    key = fields["key"].replace("${filename}", form.filename)
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
    location = f"http://{host}/{bucket.name}/{key}"
    answer = {"ETag": f'"{facts.etag}"', "Location": location, **version_headers(bucket, made.version_id)}
    if facts.seal:
        answer |= facts.seal.headers
    redirect = fields.get("success_action_redirect") or fields.get("redirect")
    if redirect and redirect.startswith(("http://", "https://")) and "\r" not in redirect and "\n" not in redirect:
        joint = "&" if "?" in redirect else "?"
        query = urlencode({"bucket": bucket.name, "key": key, "etag": f'"{facts.etag}"'})
        return Response(303, answer | {"Location": redirect + joint + query})
    status = fields.get("success_action_status", "204")
    if status == "201":
        return xml_response(
            f"<PostResponse>{tag('Location', location)}{tag('Bucket', bucket.name)}{tag('Key', key)}"
            f"<ETag>&quot;{facts.etag}&quot;</ETag></PostResponse>", 201, answer)  # fmt: skip
    return Response(200 if status == "200" else 204, answer)
