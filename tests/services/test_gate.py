"""The gate before the embedded server: what it refuses, what it passes on and how, and its own life."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack

import botocore.exceptions
import psutil
import pytest
import urllib3
from real import provided, started

from pgben_testkit.storage.client import boto3_client
from pgben_testkit.storage.conformance.sigv4 import Keys, signed_headers
from pgben_testkit.storage.conformance.target import Target

ALGORITHM = "AWS4-HMAC-SHA256"
MIB = 1 << 20


@pytest.fixture(scope="module")
def storage(supply):
    return provided(supply, "storage")


@pytest.fixture(scope="module")
def target(storage):
    info = storage.info
    made = Target(info.url, info.access_key, info.secret_key, other=tuple(next(iter(info.keys.values()))))
    yield made
    made.close()


def peak_mib(storage):
    status = psutil.Process(storage._gate.popen.pid).memory_info()
    return status.rss / MIB


def url_for(target, what, key, **more):
    return target.s3.generate_presigned_url(what, Params={"Bucket": target.shared, "Key": key, **more}, ExpiresIn=600)


def raw_socket(target):
    host, port = target.host.split(":")
    return socket.create_connection((host, int(port)), timeout=20)


def answer_of(connection):
    found = b""
    while b"\r\n\r\n" not in found:
        piece = connection.recv(65536)
        if not piece:
            break
        found += piece
    head, _, body = found.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return int(head[9:12]), body


# --- passing on


def test_large_bodies_pass_as_they_come_and_none_is_held(storage, target):
    size, key = 96 * MIB, target.key()
    before, most, done = peak_mib(storage), [0.0], threading.Event()

    def watch():
        while not done.wait(0.01):
            most[0] = max(most[0], peak_mib(storage))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        piece = os.urandom(MIB)
        digest = hashlib.md5(piece * (size // MIB)).hexdigest()
        put = urllib3.request(
            "PUT",
            url_for(target, "put_object", key),
            body=(piece for _ in range(size // MIB)),
            headers={"Content-Length": str(size)},
        )
        assert (put.status, put.headers["etag"].strip('"')) == (200, digest)
        get = urllib3.request("GET", url_for(target, "get_object", key), preload_content=False)
        found = hashlib.md5()
        for each in get.stream(MIB):
            found.update(each)
        assert found.hexdigest() == digest
    finally:
        done.set()
        watcher.join()
    assert most[0] - before < size / MIB / 2


def test_a_large_body_that_is_not_what_was_signed_is_never_stored(target):
    key, body = target.key(), b"x" * (12 * MIB)
    wrong = hashlib.sha256(b"another").hexdigest()
    answer = target.raw("PUT", f"/{target.shared}/{key}", body=body, payload=wrong)
    assert (answer.status, answer.code) == (400, "XAmzContentSHA256Mismatch")
    assert target.raw("GET", f"/{target.shared}/{key}").status == 404
    assert target.raw("PUT", f"/{target.shared}/{key}", body=body).status == 200
    assert target.get(key) == body


@pytest.mark.parametrize("size", [MIB, 40 * MIB])
def test_a_client_that_goes_in_the_middle_of_a_body_leaves_nothing(target, size):
    key = target.key()
    path, query = target.presigned("PUT", target.shared, key)
    with raw_socket(target) as connection:
        connection.sendall(
            f"PUT {path}?{query} HTTP/1.1\r\nHost: {target.host}\r\nContent-Length: {size}\r\n\r\n".encode()
        )
        connection.sendall(b"x" * (size // 2))
    time.sleep(0.5)
    assert target.raw("GET", f"/{target.shared}/{key}").status == 404
    assert target.put(b"depois")


def test_100_continue_is_said_before_the_body_and_a_refusal_instead_of_it(target):
    path, query = target.presigned("PUT", target.shared, target.key())
    head = f"PUT {path}?{query} HTTP/1.1\r\nHost: {target.host}\r\nExpect: 100-continue\r\nContent-Length: "
    with raw_socket(target) as connection:
        connection.sendall(f"{head}{20 * MIB}\r\n\r\n".encode())
        assert connection.recv(64) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"x" * (20 * MIB))
        assert answer_of(connection)[0] == 200
    with raw_socket(target) as connection:
        connection.sendall(f"{head}{6 << 30}\r\n\r\n".encode())
        status, body = answer_of(connection)
        assert (status, b"EntityTooLarge" in body) == (400, True)


def test_a_connection_serves_on_after_a_refusal_a_head_a_range_and_an_empty_answer(target):
    key = target.put(b"0123456789")
    good = target.presigned("GET", target.shared, key)
    head = target.presigned("HEAD", target.shared, key)
    gone = target.presigned("DELETE", target.shared, key)
    asked = [
        ("GET", good, "Range: bytes=2-4\r\n", 206, b"234"),
        ("GET", (good[0] + "x", good[1]), "", 403, None),
        ("DELETE", gone, "", 204, b""),
        ("GET", good, "", 404, None),
    ]
    with raw_socket(target) as connection:
        connection.sendall(f"HEAD {head[0]}?{head[1]} HTTP/1.1\r\nHost: {target.host}\r\n\r\n".encode())
        assert b"Content-Length: 10" in connection.recv(65536)
        for method, (path, query), more, status, body in asked:
            connection.sendall(f"{method} {path}?{query} HTTP/1.1\r\nHost: {target.host}\r\n{more}\r\n".encode())
            found = answer_of(connection)
            assert found[0] == status
            assert body is None or found[1] == body


def chunked(target, body, *, spoil=False):
    """An aws-chunked body with signed chunks: `(headers, coded body)` of a PUT."""
    from pgben_testkit.storage.s3.signature import sign, signing_key

    def of(path):
        size = 65536
        pieces = [body[start : start + size] for start in range(0, len(body), size)] + [b""]
        length = sum(len(f"{len(each):x};chunk-signature=") + 64 + 4 + len(each) for each in pieces)
        headers = {
            "host": target.host,
            "content-encoding": "aws-chunked",
            "content-length": str(length),
            "x-amz-decoded-content-length": str(len(body)),
        }
        headers = signed_headers(
            target.keys, "PUT", path, {}, headers, b"", payload=f"STREAMING-{ALGORITHM}-PAYLOAD", now=time.time()
        )
        lower = {name.lower(): value for name, value in headers.items()}
        moment, previous = lower["x-amz-date"], lower["authorization"].rpartition("Signature=")[2]
        scope, empty = f"{moment[:8]}/{target.region}/s3/aws4_request", hashlib.sha256(b"").hexdigest()
        key, coded = signing_key(target.secret_key, moment[:8], target.region), []
        for each in pieces:
            digest = hashlib.sha256(each).hexdigest()
            previous = sign(key, f"{ALGORITHM}-PAYLOAD\n{moment}\n{scope}\n{previous}\n{empty}\n{digest}")
            coded.append(f"{len(each):x};chunk-signature={previous}\r\n".encode() + each + b"\r\n")
        if spoil:
            coded[len(coded) // 2] = coded[len(coded) // 2].replace(b"x", b"y", 1)
        return headers, b"".join(coded)

    return of


@pytest.mark.parametrize("size", [100_000, 24 * MIB])
def test_signed_chunks_are_verified_and_taken_off_whatever_their_size(target, size):
    key = target.key()
    path = f"/{target.shared}/{key}"
    headers, coded = chunked(target, b"x" * size, spoil=True)(path)
    answer = target.send("PUT", path, {}, headers, coded)
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
    assert target.raw("GET", path).status == 404
    headers, coded = chunked(target, b"x" * size)(path)
    assert target.send("PUT", path, {}, headers, coded).status == 200
    found = target.s3.get_object(Bucket=target.shared, Key=key)
    assert (found["Body"].read() == b"x" * size, found.get("ContentEncoding")) == (True, None)


def test_signed_chunks_come_within_a_body_of_unknown_length_too(target):
    path = f"/{target.shared}/{target.key()}"
    headers, coded = chunked(target, b"x" * 100_000)(path)
    with raw_socket(target) as connection:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if name.lower() != "content-length")
        head = f"PUT {path} HTTP/1.1\r\n{lines}Transfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode() + f"{len(coded):x}\r\n".encode() + coded + b"\r\n0\r\n\r\n")
        assert answer_of(connection)[0] == 200
    assert target.raw("GET", path).body == b"x" * 100_000


def test_a_burst_of_clients_is_served(target):
    import concurrent.futures

    def one(number):
        key = target.put(b"x" * number)
        return len(target.get(key)) == number

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert all(pool.map(one, range(1, 120)))


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET\r\n\r\n",
        b"PUT / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nsem dois pontos\r\n\r\n",
        b"PUT /a/b HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"GET /%ff%fe/../.. HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /a/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n",
        b"GET /b?versionId=%00&acl HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /b HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data\r\nContent-Length: 3\r\n\r\nabc",
        b"PUT /b?publicAccessBlock HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n<",
    ],
)
def test_rubbish_is_refused_and_the_gate_lives(target, sent):
    with raw_socket(target) as connection:
        connection.sendall(sent)
        assert 400 <= answer_of(connection)[0] < 500
    assert target.put(b"a")


# --- refusing


def anonymous(target, key, bucket="", **query):
    return target.raw("GET", f"/{bucket or target.shared}/{key}", query, anonymous=True).status


def test_what_was_public_is_so_no_more_when_it_is_written_again_copied_or_removed(target):
    key = target.put(b"a", ACL="public-read")
    assert anonymous(target, key) == 200
    target.s3.copy_object(Bucket=target.shared, Key=key + "2", CopySource={"Bucket": target.shared, "Key": key})
    assert anonymous(target, key + "2") == 403
    target.put(b"b", key)
    assert anonymous(target, key) == 403


def test_a_multipart_upload_has_the_acl_that_it_was_begun_with(target):
    for acl, status in (("public-read", 200), ("private", 403)):
        key, where = target.key(), {"Bucket": target.shared}
        upload = target.s3.create_multipart_upload(Key=key, ACL=acl, **where)["UploadId"]
        part = target.s3.upload_part(Key=key, UploadId=upload, PartNumber=1, Body=b"a", **where)["ETag"]
        parts = {"Parts": [{"PartNumber": 1, "ETag": part}]}
        target.s3.complete_multipart_upload(Key=key, UploadId=upload, MultipartUpload=parts, **where)
        assert anonymous(target, key) == status


def test_an_acl_is_that_of_its_version(target):
    name = target.bucket()
    target.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    first = target.s3.put_object(Bucket=name, Key="k", Body=b"1", ACL="public-read")["VersionId"]
    target.put(b"2", "k", name)
    assert anonymous(target, "k", name) == 403
    assert anonymous(target, "k", name, versionId=first) == 200


def test_the_block_refuses_public_acls_and_hides_those_that_there_are(target):
    name = target.bucket()
    target.put(b"a", "k", name, ACL="public-read")
    assert anonymous(target, "k", name) == 200
    block = {"BlockPublicAcls": True, "IgnorePublicAcls": True}
    target.s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
    assert anonymous(target, "k", name) == 403
    for put in (
        lambda: target.put(b"a", "l", name, ACL="public-read"),
        lambda: target.s3.put_object_acl(Bucket=name, Key="k", ACL="public-read"),
        lambda: target.s3.put_bucket_acl(Bucket=name, ACL="public-read"),
    ):
        with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
            put()
    target.s3.delete_bucket(Bucket=target.bucket())
    target.s3.delete_public_access_block(Bucket=name)
    assert anonymous(target, "k", name) == 200


def test_the_block_is_the_administrators_and_goes_with_its_bucket(target):
    access, secret = target.other
    name, other = target.bucket(), Keys(access, secret, target.region)
    body = b"<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>"
    for who in ({"keys": other}, {"anonymous": True}):
        answer = target.raw("PUT", f"/{name}", {"publicAccessBlock": ""}, body=body, **who)
        assert (answer.status, answer.code) == (403, "AccessDenied")
    assert target.raw("PUT", f"/{name}", {"publicAccessBlock": ""}, body=body).status == 200
    target.s3.delete_bucket(Bucket=name)
    assert target.raw("GET", f"/{name}", {"publicAccessBlock": ""}).code == "NoSuchBucket"
    target.s3.create_bucket(Bucket=name)
    assert target.raw("GET", f"/{name}", {"publicAccessBlock": ""}).code == "NoSuchPublicAccessBlockConfiguration"


def test_a_bucket_of_another_account_is_refused(target):
    for owner, status in (("999999999999", 403), ("123456789012", 200)):
        answer = target.raw("HEAD", f"/{target.shared}", headers={"x-amz-expected-bucket-owner": owner})
        assert answer.status == status


def test_somebody_unknown_changes_nothing_that_no_policy_lets(target):
    key, name = target.put(b"a"), target.shared
    tried = [
        ("PUT", f"/{name}/novo", {}, b"x"),
        ("DELETE", f"/{name}/{key}", {}, b""),
        ("POST", f"/{name}/{key}", {"uploads": ""}, b""),
        ("PUT", f"/{name}/{key}", {"tagging": ""}, b"<Tagging><TagSet></TagSet></Tagging>"),
        ("PUT", f"/{name}/{key}", {"acl": ""}, b""),
        ("PUT", f"/{name}", {"policy": ""}, b"{}"),
        ("DELETE", f"/{name}", {}, b""),
        ("GET", "/", {}, b""),
        ("GET", f"/{name}", {"policy": ""}, b""),
    ]
    for method, path, query, body in tried:
        status = target.raw(method, path, query, body=body, anonymous=True).status
        assert status in (400, 403), (method, path, query)
    assert target.get(key) == b"a"


# --- its life


def gate_and_server(supply):
    storage = provided(supply, "storage")
    return psutil.Process(storage._gate.popen.pid), storage._process.popen


def test_the_gate_goes_with_the_server_and_with_the_run():
    with ExitStack() as stack:
        supply = started(stack, backend="embedded")
        gate, server = gate_and_server(supply)
        server.send_signal(signal.SIGKILL)
        server.wait(10)
        supply.servers["storage"]._gate.popen.wait(10)
    assert not gate.is_running()
    with ExitStack() as stack:
        gate, _ = gate_and_server(started(stack, backend="embedded"))
        assert gate.is_running()
    assert not gate.is_running()


def test_switched_off_there_is_none_and_the_info_says_so(project):
    with ExitStack() as stack:
        found = provided(started(stack, backend="embedded", storage_gate="no"), "storage")
        assert (found._gate, found.info.gate, found.info.listed_as) == (None, False, "ungated")
        assert found.info.how.endswith(", no gate")


def test_a_warm_server_keeps_its_gate_until_down(project, run):
    assert run("up", "--only", "storage").returncode == 0
    [shown] = json.loads(run("status", "--json").stdout)
    (project / "test_it.py").write_text(
        "def test_it(pgben_storage, pgben_bucket):\n"
        f"    assert pgben_storage.gate and {shown['address']!r} in pgben_storage.url\n"
        "    pgben_bucket.boto3().put_object(Bucket=pgben_bucket.name, Key='k', Body=b'1')\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--pgben-stats", "test_it.py"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "kept warm by `pgben-testkit up`" in done.stdout
    assert b"AccessDenied" in urllib3.request("GET", f"http://{shown['address'].removeprefix('http://')}/").data
    assert "stopped 1 warm run" in run("down").stdout
    with pytest.raises(urllib3.exceptions.HTTPError):
        urllib3.request("GET", f"http://{shown['address'].removeprefix('http://')}/", retries=False)


def test_a_form_signed_for_another_region_or_with_too_much_metadata_is_refused(target):
    other = boto3_client(target.endpoint, target.access_key, target.secret_key, "sa-east-1")
    for client, more, status in (
        (target.s3, {}, 204),
        (other, {}, 400),
        (target.s3, {"x-amz-meta-a": "x" * 3000}, 400),
    ):
        key = target.key()
        made = client.generate_presigned_post(
            target.shared, key, Fields=dict(more), Conditions=[dict(more)] if more else []
        )
        answer = urllib3.request("POST", f"{target.endpoint}/{target.shared}", fields={**made["fields"], "file": b"a"})
        assert answer.status == status
        assert (target.raw("GET", f"/{target.shared}/{key}").status == 200) == (status == 204)
