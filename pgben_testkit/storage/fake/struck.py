"""Answer a request to the fake, with the fault that strikes it, if one does."""

from __future__ import annotations

from pgben_testkit.storage.fake.engine import Engine
from pgben_testkit.storage.faults import Faults, cut, refusal_xml, wait
from pgben_testkit.storage.s3.failures import S3Failure
from pgben_testkit.storage.s3.wire import Request, Response


def answer(engine: Engine, faults: Faults, request: Request) -> Response:
    try:
        bucket, key = request.place
    except S3Failure:
        return engine.answer(request)
    fault = faults.strike(request.method, bucket, key)
    if fault is None:
        return engine.answer(request)
    wait(fault)
    refused = refusal_xml(fault, request.raw_path)
    if refused is not None:
        status, body = refused
        headers = {"Content-Type": "application/xml", "Content-Length": str(len(body))}
        return Response(status, headers, b"" if request.method == "HEAD" else body)
    response = engine.answer(request)
    if fault.kind in ("reset", "truncated"):
        response.abort_after = cut(fault, len(response.body))
        response.close = fault.kind == "truncated"
    elif fault.kind == "wrong_etag" and "ETag" in response.headers:
        response.headers["ETag"] = '"00000000000000000000000000000bad"'
    return response
