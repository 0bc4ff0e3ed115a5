"""The one HTTP parser of the area, held against h11: what it accepts h11 accepts too, and reads the same in it."""

import socket
from typing import cast

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgben_testkit.storage.http1 import (
    HEAD_BYTES_MAX,
    Closed,
    Malformed,
    Stream,
    request_head,
    status_line,
    written,
)

FRAMING = {b"host", b"content-length", b"transfer-encoding", b"connection"}
TOKEN = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-_.!~", min_size=1, max_size=12).map(str.encode)
TARGET = st.text("abcXYZ019/?&=%+-_.~:@!$'()*,;", min_size=1, max_size=40).map(str.encode)
VALUE = st.binary(max_size=30).map(lambda each: bytes(b for b in each if b not in b"\0\n\r\x0b\x0c"))
FIELD = st.tuples(TOKEN.filter(lambda name: name.lower() not in FRAMING), VALUE)
CUTS = st.lists(st.integers(1, 60), max_size=12)


class Pieces:
    """A socket that hands out what it has in pieces of given sizes."""

    def __init__(self, data: bytes, cuts: list[int]) -> None:
        self._data, self._cuts = data, list(cuts)

    def recv(self, size: int) -> bytes:
        size = min(size, self._cuts.pop(0)) if self._cuts else size
        piece, self._data = self._data[:size], self._data[size:]
        return piece


def stream_of(data: bytes, cuts: list[int]) -> Stream:
    """Return a stream over `data`, which arrives in pieces of the sizes `cuts`."""
    return Stream(cast(socket.socket, Pieces(data, cuts)))


def by_h11(data: bytes, role: type[h11.SERVER] | type[h11.CLIENT], method: str = ""):
    """The first message as h11 reads it: (first line's parts, headers, body), or why it refuses it."""
    connection = h11.Connection(role, HEAD_BYTES_MAX)
    if role is h11.CLIENT:
        connection.send(h11.Request(method=method, target="/", headers=[("host", "a")]))
    connection.receive_data(data)
    head, body = None, b""
    try:
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(b"")
            elif isinstance(event, h11.Request | h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                break
            elif not isinstance(event, h11.InformationalResponse):
                return str(event)
    except h11.RemoteProtocolError as error:
        return str(error)
    return head, body


def by_us(data: bytes, cuts: list[int], method: str = ""):
    stream = stream_of(data, cuts)
    head = stream.response(method) if method else stream.request()
    return head, stream.body()


def fields(head) -> dict[bytes, bytes]:
    found: dict[bytes, list[bytes]] = {}
    for name, value in head.headers:
        found.setdefault(name, []).append(value)
    return {name: b",".join(values) for name, values in found.items()}


def framed(fields_, body, chunks, chunked):
    """Headers and body, of known length or in chunks of the sizes given."""
    if not chunked:
        return [*fields_, (b"Content-Length", b"%d" % len(body))], body
    made, at = b"", 0
    for size in chunks:
        piece = body[at : at + size]
        if piece:
            made += b"%x\r\n%b\r\n" % (len(piece), piece)
        at += size
    if body[at:]:
        made += b"%X;a=b\r\n%b\r\n" % (len(body[at:]), body[at:])
    return [*fields_, (b"Transfer-Encoding", b"chunked")], made + b"0\r\nx-trailer: 1\r\n\r\n"


@settings(max_examples=300, deadline=None)
@given(
    method=TOKEN,
    target=TARGET,
    extra=st.lists(FIELD, max_size=6),
    body=st.binary(max_size=100),
    chunks=st.lists(st.integers(1, 40), max_size=4),
    chunked=st.booleans(),
    cuts=CUTS,
    following=st.sampled_from([b"", b"GET /next HTTP/1.1\r\nhost: a\r\n\r\n"]),
)
def test_a_request_is_read_as_h11_reads_it(method, target, extra, body, chunks, chunked, cuts, following):
    headers, sent = framed([(b"Host", b"a"), *extra], body, chunks, chunked)
    data = written(b"%b %b HTTP/1.1" % (method, target), headers) + sent
    theirs, their_body = by_h11(data, h11.SERVER)
    stream = stream_of(b"\r\n" + data + following, cuts)
    head = stream.request()
    assert (head.method.encode(), head.target.encode(), head.lower) == (theirs.method, theirs.target, fields(theirs))
    assert head.headers == [(name, value.strip(b" \t")) for name, value in headers]
    assert stream.body() == their_body == body
    after = stream.request()
    assert (after.target if after else "") == ("/next" if following else "")


@settings(max_examples=200, deadline=None)
@given(
    status=st.sampled_from([200, 204, 206, 304, 400, 404, 500, 507]),
    method=st.sampled_from(["GET", "HEAD", "PUT"]),
    extra=st.lists(FIELD, max_size=6),
    body=st.binary(max_size=100),
    chunks=st.lists(st.integers(1, 40), max_size=4),
    kind=st.sampled_from(["length", "chunks", "until the end"]),
    interim=st.booleans(),
    cuts=CUTS,
)
def test_a_response_is_read_as_h11_reads_it(status, method, extra, body, chunks, kind, interim, cuts):
    headers, sent = (extra, body) if kind == "until the end" else framed(extra, body, chunks, kind == "chunks")
    if method == "HEAD" or status in (204, 304):
        sent = b""
    data = (b"HTTP/1.1 100 Continue\r\n\r\n" if interim else b"") + written(status_line(status), headers) + sent
    theirs, their_body = by_h11(data, h11.CLIENT, method)
    head, found = by_us(data, cuts, method)
    assert (head.status, head.reason, head.lower) == (theirs.status_code, theirs.reason, fields(theirs))
    assert found == their_body
    assert head.bytes() == written(status_line(status), [(name, value.strip(b" \t")) for name, value in headers])


PARTS = st.sampled_from(
    [
        b"GET",
        b"PUT",
        b" ",
        b"  ",
        b"/",
        b"/a",
        b"http://a/b",
        b"HTTP/1.1",
        b"HTTP/1.0",
        b"HTTP/2.0",
        b"\r\n",
        b"\n",
        b"\r",
        b"Host: a",
        b"host:b",
        b":",
        b"\t",
        b"\x00",
        b"\xff",
        b"Content-Length: ",
        b"3",
        b"3, 3",
        b"-1",
        b"+1",
        b"0x3",
        b"Transfer-Encoding: ",
        b"chunked",
        b"gzip, chunked",
        b"identity",
        b"abc",
        b"0\r\n\r\n",
        b"3\r\nabc\r\n",
        b";x",
        b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n",
        b"PUT /a HTTP/1.1\r\nHost: a\r\n",
        b"a: b\r\n",
        b" folded\r\n",
    ]
)


@settings(max_examples=600, deadline=None)
@given(parts=st.lists(st.one_of(PARTS, st.binary(max_size=4)), max_size=14), cuts=CUTS)
def test_whatever_is_accepted_is_accepted_by_h11_and_read_alike(parts, cuts):
    data = b"".join(parts)
    try:
        head, body = by_us(data, cuts)
    except (Closed, Malformed):
        return
    if head is None:
        return
    theirs = by_h11(data.lstrip(b"\r\n"), h11.SERVER)
    if isinstance(theirs, str):  # we ask for no Host, and escape what is not ASCII
        assert "Host" in theirs or not data.isascii(), theirs
        return
    assert (head.method.encode(), head.target.encode(), head.lower) == (
        theirs[0].method,
        theirs[0].target,
        fields(theirs[0]),
    )
    assert body == theirs[1]


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET / HTTP/1.1\r\n folded: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\na: b\nc: d\r\n\r\n",
        b"GET / HTTP/1.1\r\na: \0\r\n\r\n",
        b"GET /a b HTTP/1.1\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"PUT / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"PUT / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"PUT / HTTP/1.1\r\ntransfer-encoding: gzip, chunked\r\n\r\n",
    ],
)
def test_a_head_that_is_not_http_is_malformed(sent):
    with pytest.raises(Malformed):
        stream_of(sent, []).request()


@pytest.mark.parametrize(
    "body", [b"zz\r\n", b"3\r\nabcd\r\n0\r\n\r\n", b"3\r\nab", b"-1\r\n", b"\r\n", b"3 a\r\nabc\r\n0\r\n\r\n", b""]
)
def test_a_body_with_wrong_chunks_is_never_taken_for_whole(body):
    stream = stream_of(b"PUT / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n" + body, [])
    assert stream.request().chunked
    with pytest.raises(Closed):
        stream.body()


def test_a_head_without_end_is_refused_and_a_body_that_ends_early_is_not_taken_for_whole():
    with pytest.raises(Malformed) as caught:
        stream_of(b"GET / HTTP/1.1\r\na: " + b"x" * 200_000, []).request()
    assert caught.value.too_long
    stream = stream_of(b"PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc", [])
    stream.request()
    with pytest.raises(Closed):
        stream.body()


def test_a_body_longer_than_allowed_is_not_read_to_its_end():
    chunk = b"%x\r\n%b\r\n" % (1000, b"x" * 1000)
    sent = b"PUT / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n" + chunk * 50
    stream = stream_of(sent, [])
    stream.request()
    with pytest.raises(Closed):
        stream.body(2500)


def test_a_path_in_utf_8_is_escaped_and_a_line_break_is_never_written():
    head = stream_of("GET /certidão HTTP/1.1\r\nhost: a\r\n\r\n".encode(), []).request()
    assert head.target == "/certid%C3%A3o"
    for target, headers in (("/a\r\nb: c", []), ("/", [(b"a", b"b\r\nc: d")]), ("/", [(b"a", b"b\n")])):
        with pytest.raises(ValueError, match="line break"):
            request_head("GET", target, headers)


def test_a_body_passes_on_as_it_comes_whole_or_in_chunks():
    for sent, chunked in (
        (b"content-length: 3\r\n\r\nabc", False),
        (b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", True),
    ):
        stream = stream_of(b"PUT / HTTP/1.1\r\nhost: a\r\n" + sent, [])
        stream.request()
        here, there = socket.socketpair()
        with here, there:
            stream.pass_on(here, chunked=chunked)
            here.shutdown(socket.SHUT_WR)
            passed = b"HTTP/1.1 200 OK\r\n" + sent.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + there.recv(100)
        assert by_h11(passed, h11.CLIENT, "GET")[1] == b"abc"
