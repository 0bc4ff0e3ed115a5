"""Cases: input that makes no sense gets S3's error, and the server goes on."""

from __future__ import annotations

import base64
import hashlib

from pgben_testkit.storage.conformance.case import case
from pgben_testkit.storage.conformance.limits import plain
from pgben_testkit.storage.conformance.target import Target, answers, same
from pgben_testkit.storage.s3.answer import Answer

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;">]>'
    b"<Tagging><TagSet><Tag><Key>&c;</Key><Value>v</Value></Tag></TagSet></Tagging>"
)


def _xml(t: Target, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
    md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
    return t.raw(method, path, query, body=body, headers={"content-md5": md5})


@case("rubbish/xml", needs="xml_refuses", denial=True)
def xml(t: Target) -> None:
    """What isn't XML, or has another root, is MalformedXML."""
    key = t.put()
    for body in (b"", b"<", b"nada", b"<Tagging><TagSet>", b"<Outro></Outro>"):
        answer = _xml(t, "PUT", f"/{t.shared}/{key}", {"tagging": ""}, body)
        same((answer.status, answer.code), (400, "MalformedXML"), repr(body))


@case("rubbish/delete-xml", needs="xml_refuses", denial=True)
def delete_xml(t: Target) -> None:
    """A DeleteObjects that isn't XML, or names nothing, is MalformedXML."""
    for body in (b"<", b"<Delete></Delete>"):
        answer = _xml(t, "POST", f"/{t.shared}", {"delete": ""}, body)
        same((answer.status, answer.code), (400, "MalformedXML"), repr(body))


@case("rubbish/entities", needs="xml_refuses", denial=True)
def entities(t: Target) -> None:
    """Entities of a document's own are not expanded."""
    key = t.put()
    same(_xml(t, "PUT", f"/{t.shared}/{key}", {"tagging": ""}, BOMB).status, 400, "status")
    same(t.s3.get_object_tagging(Bucket=t.shared, Key=key)["TagSet"], [], "tags")


@case("rubbish/method", needs="method_refuses", denial=True)
def method(t: Target) -> None:
    """A method that S3 hasn't is 405 MethodNotAllowed."""
    answers(t.raw("PATCH", f"/{t.shared}/{t.put()}"), 405, "MethodNotAllowed")


@case("rubbish/error-document", needs="objects")
def error_document(t: Target) -> None:
    """An error is XML with Code, Message and RequestId, and says so in its type."""
    answer = t.raw("GET", f"/{t.shared}/{t.key()}")
    same(answer.headers.get("content-type", "").split(";")[0], "application/xml", "content type")
    same(
        [name in answer.body for name in (b"<Error", b"<Code>NoSuchKey<", b"<Message>", b"<RequestId>")],
        [True] * 4,
        "parts",
    )


@case("rubbish/no-http", needs="http_refuses", denial=True)
def no_http(t: Target) -> None:
    """What isn't HTTP gets 400, and the next request is served."""
    same(plain(t, b"isto nao e http\r\n\r\n").status, 400, "status")
    key = t.put(b"abc")
    same(t.get(key), b"abc", "body")
