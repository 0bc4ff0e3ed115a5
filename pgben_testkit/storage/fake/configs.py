"""Keep the configurations of a bucket that are documents: CORS and lifecycle rules.

Source: "Elements of a CORS configuration" and "Lifecycle configuration elements" in the Amazon S3 user guide.
"""

from __future__ import annotations

from pgben_testkit.storage.fake.call import Call, operation
from pgben_testkit.storage.s3 import cors, lifecycle
from pgben_testkit.storage.s3.document import read, write
from pgben_testkit.storage.s3.failures import failure
from pgben_testkit.storage.s3.wire import Response, xml_response


@operation("GET", "bucket", "cors")
def get_bucket_cors(call: Call) -> Response:
    if "cors" not in call.bucket.documents:
        raise failure("NoSuchCORSConfiguration", extra={"BucketName": call.bucket.name})
    return xml_response(call.bucket.documents["cors"])


@operation("PUT", "bucket", "cors")
def put_bucket_cors(call: Call) -> Response:
    top = read(call.request.body, "CORSConfiguration")
    call.bucket.cors_rules = cors.rules_of(top)
    call.bucket.documents["cors"] = write(top)
    return Response(200)


@operation("DELETE", "bucket", "cors")
def delete_bucket_cors(call: Call) -> Response:
    call.bucket.documents.pop("cors", None)
    call.bucket.cors_rules = ()
    return Response(204)


# --- lifecycle


@operation("GET", "bucket", "lifecycle")
def get_bucket_lifecycle_configuration(call: Call) -> Response:
    if "lifecycle" not in call.bucket.documents:
        raise failure("NoSuchLifecycleConfiguration", extra={"BucketName": call.bucket.name})
    return xml_response(call.bucket.documents["lifecycle"])


@operation("PUT", "bucket", "lifecycle")
def put_bucket_lifecycle_configuration(call: Call) -> Response:
    call.bucket.documents["lifecycle"] = write(lifecycle.rules_of(call.request.body))
    return Response(200)


@operation("DELETE", "bucket", "lifecycle")
def delete_bucket_lifecycle(call: Call) -> Response:
    call.bucket.documents.pop("lifecycle", None)
    return Response(204)
