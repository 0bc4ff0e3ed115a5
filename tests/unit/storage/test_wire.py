"""Rubbish on every door of the fake: it answers S3's errors, and never one of its own."""

import socket
import string
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgben_testkit.storage.conformance.sigv4 import Keys, signed_headers
from pgben_testkit.storage.fake.complaints import COMPLAINTS
from pgben_testkit.storage.fake.fake import Fake
from pgben_testkit.storage.s3.failures import CODES
from pgben_testkit.storage.s3.wire import Request

SUBS = [
    "",
    "acl",
    "policy",
    "tagging",
    "versioning",
    "versions",
    "uploads",
    "uploadId",
    "retention",
    "legal-hold",
    "object-lock",
    "cors",
    "lifecycle",
    "encryption",
    "delete",
    "website",
    "notification",
    "logging",
    "attributes",
    "partNumber",
    "versionId",
    "replication",
    "inventory",
    "accelerate",
    "publicAccessBlock",
]
HEADERS = [
    "range",
    "if-match",
    "if-none-match",
    "if-modified-since",
    "content-md5",
    "x-amz-copy-source",
    "x-amz-acl",
    "x-amz-tagging",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
    "x-amz-checksum-crc32",
    "x-amz-copy-source-range",
    "x-amz-server-side-encryption",
    "x-amz-storage-class",
    "x-amz-meta-a",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-decoded-content-length",
    "x-amz-trailer",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-checksum-algorithm",
    "x-amz-grant-read",
]
LATIN = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40)
XML = st.sampled_from(
    [
        b"",
        b"<",
        b"<a/>",
        b"<Tagging><TagSet><Tag/></TagSet></Tagging>",
        b"\xff\xfe<a>",
        b"{}",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        b'<?xml version="1.0" encoding="nada"?><a/>',
        b"<LifecycleConfiguration><Rule/></LifecycleConfiguration>",
        b"<Retention><Mode/></Retention>",
        b"<CORSConfiguration><CORSRule/></CORSConfiguration>",
        b'{"Statement":[{}]}',
        b'{"Statement":1}',
        b"<Delete><Object/></Delete>",
        b"<CompleteMultipartUpload><Part/></CompleteMultipartUpload>",
        b'{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":1,"Action":2,"Resource":3}}',
        b"<WebsiteConfiguration/>",
        b"<NotificationConfiguration><A/></NotificationConfiguration>",
    ]
)


@pytest.fixture(scope="module")
def fake():
    with Fake() as made:
        made.bucket("documentos", object_lock=True).boto3().put_object(Bucket="documentos", Key="k", Body=b"1")
        yield made


def check(response):
    assert 200 <= response.status < 600 and response.status != 500, list(COMPLAINTS)[-1:]
    if response.status >= 400 and response.body:
        code = response.body.decode().partition("<Code>")[2].partition("<")[0]
        assert code in CODES or code in ("BadRequest",) or "<" not in code


@settings(max_examples=300, deadline=None)
@given(
    method=st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"]),
    bucket=st.sampled_from(["documentos", "outro", "", "..", "A" * 70]),
    key=st.one_of(st.sampled_from(["k", "", "../a", "a//b", "k\0"]), st.text(max_size=30)),
    query=st.dictionaries(
        st.sampled_from([*SUBS, "prefix", "max-keys", "encoding-type", "list-type", "delimiter"]),
        st.text(max_size=10),
        max_size=3,
    ),
    headers=st.dictionaries(st.sampled_from(HEADERS), LATIN, max_size=3),
    body=st.one_of(XML, st.binary(max_size=60)),
)
def test_any_signed_request_gets_an_answer_of_s3(fake, method, bucket, key, query, headers, body):
    import time

    path = quote(f"/{bucket}/{key}", safe="/-_.~", errors="surrogatepass")
    made = {"host": "s3.pgben.test", **{name: value.strip() for name, value in headers.items()}}
    signed = signed_headers(Keys(fake.access_key, fake.secret_key), method, path, query, made, body, now=time.time())
    raw_query = "&".join(
        f"{quote(name, safe='')}={quote(value, safe='', errors='surrogatepass')}" for name, value in query.items()
    )
    signed["content-length"] = str(len(body))
    check(fake.engine.answer(Request(method, path, raw_query, signed, body)))


@settings(max_examples=200, deadline=None)
@given(
    raw=st.binary(max_size=200),
    kind=st.sampled_from(
        [
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        ]
    ),
    length=st.sampled_from(["0", "10", "a", "-1"]),
)
def test_any_chunked_body_gets_an_answer_of_s3(fake, raw, kind, length):
    import time

    headers = {"host": "h", "x-amz-decoded-content-length": length, "x-amz-trailer": "x-amz-checksum-crc32"}
    keys = Keys(fake.access_key, fake.secret_key)
    signed = signed_headers(keys, "PUT", "/documentos/c", {}, headers, b"", payload=kind, now=time.time())
    signed["content-length"] = str(len(raw))
    response = fake.engine.answer(Request("PUT", "/documentos/c", "", signed, raw))
    check(response)
    assert response.status >= 400 or raw.startswith(b"0")


@settings(max_examples=150, deadline=None)
@given(body=st.binary(max_size=300), boundary=st.text(string.ascii_letters, min_size=1, max_size=5))
def test_any_form_gets_an_answer_of_s3(fake, body, boundary):
    headers = {"content-type": f"multipart/form-data; boundary={boundary}", "content-length": str(len(body))}
    for content in (body, f"--{boundary}\r\n".encode() + body + f"\r\n--{boundary}--\r\n".encode()):
        response = fake.engine.answer(Request("POST", "/documentos", "", dict(headers), content))
        check(response)
        assert response.status >= 400


@settings(max_examples=60, deadline=None)
@given(
    sent=st.one_of(
        st.binary(max_size=300),
        st.sampled_from(
            [
                b"GET / HTTP/9.9\r\n\r\n",
                b"GET /\r\n\r\n",
                b"PUT /a/b HTTP/1.1\r\ncontent-length: x\r\n\r\n",
                b"PUT /a/b HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
                b"GET / HTTP/1.1\r\n: a\r\n\r\n",
                b"GET http:// HTTP/1.1\r\nhost: a\r\n\r\n",
                b"PUT /documentos/a HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n",
            ]
        ),
    )
)
def test_any_bytes_on_the_socket_leave_the_server_serving(fake, sent):
    served = fake.serve()
    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        received = connection.recv(65536)
    assert received == b"" or received.startswith((b"HTTP/1.1 4", b"HTTP/1.1 501"))
    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 403")


@settings(max_examples=300, deadline=None)
@given(raw=st.text("ab=&+%20C3é~-_.;/", max_size=30))
def test_a_query_is_read_as_the_standard_library_reads_it(raw):
    from urllib.parse import parse_qsl

    read = Request("GET", "/", raw, {}).pairs
    assert read == parse_qsl(raw, keep_blank_values=True, errors="surrogateescape")
