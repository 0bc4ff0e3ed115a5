"""The stand-in for MinIO's metrics as a process before the kit's own S3 server, under real traffic."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path

import pytest
import urllib3
from botocore.exceptions import ClientError
from minio import Minio
from real import provided, started

from pgben_testkit.observability.metrics import Metrics
from pgben_testkit.services.process import free_ports
from pgben_testkit.storage.client import boto3_client

pytestmark = pytest.mark.full

FIXTURES = Path(__file__).parents[2] / "fixtures"
EXPORTER = FIXTURES / "minio_exporter"
CATALOGUE = FIXTURES / "observability" / "catalogue.yaml"
METRICS = "/minio/v2/metrics/cluster"
SCAN_S = 0.2

sys.path.insert(0, str(EXPORTER))
try:
    from pgben_minio_exporter import operation
    from pgben_minio_exporter.collector import STAND_IN, described
finally:
    sys.path.remove(str(EXPORTER))


def environment(info, **more):
    host, port = info.url.removeprefix("http://").split(":")
    return {
        **os.environ,
        "PYTHONPATH": str(EXPORTER),
        "MINIO_ENDPOINT": host,
        "MINIO_PORT": port,
        "MINIO_ACCESS_KEY": info.access_key,
        "MINIO_SECRET_KEY": info.secret_key,
        "MINIO_REGION": info.region,
        "SCAN_S": str(SCAN_S),
        "PORT": "0",
        **more,
    }


@contextmanager
def exporter(env):
    """Its URL, until the end; then it must go at a word."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pgben_minio_exporter"], env=env, stdout=subprocess.PIPE, text=True
    )
    try:
        first = process.stdout.readline()
        assert first.startswith("http://127.0.0.1:"), first
        yield first.split()[0]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def info():
    with ExitStack() as stack:
        yield provided(started(stack, backend="embedded"), "storage").info


@pytest.fixture(scope="module")
def door(info):
    with exporter(environment(info, STORAGE_FOLDER=info.data)) as url:
        yield url


@pytest.fixture(scope="module")
def s3(door, info):
    return boto3_client(door, info.access_key, info.secret_key, info.region)


@pytest.fixture
def bucket(s3, request):
    name = f"pgben-exp-{os.getpid()}-{abs(hash(request.node.name)) % 10**8}"
    s3.create_bucket(Bucket=name)
    yield name
    for each in s3.list_objects_v2(Bucket=name).get("Contents", ()):
        s3.delete_object(Bucket=name, Key=each["Key"])
    s3.delete_bucket(Bucket=name)


def scraped(door):
    return Metrics().scrape(door + METRICS)


def until(door, condition, seconds=10):
    """The first scrape of which `condition` is true."""
    deadline = time.monotonic() + seconds
    while not condition(found := scraped(door)):
        assert time.monotonic() < deadline, "it never became true"
        time.sleep(0.05)
    return found


def test_it_is_as_catalogued_under_traffic(door, s3, bucket):
    s3.put_object(Bucket=bucket, Key="rg.pdf", Body=b"%PDF" * 100)
    assert Metrics(CATALOGUE).check(door + METRICS) == ()


def test_names_and_types_are_minios_and_each_help_says_that_it_is_a_stand_in(door, s3, bucket):
    s3.put_object(Bucket=bucket, Key="rg.pdf", Body=b"x")
    found = scraped(door)
    assert set(found.families) == set(described())
    for name, family in found.families.items():
        assert family.type == described()[name]["type"], name
    text = urllib.request.urlopen(door + METRICS).read().decode()
    helps = [line for line in text.splitlines() if line.startswith("# HELP")]
    assert len(helps) == len(described()) and all(line.endswith(STAND_IN) for line in helps)


def test_requests_are_counted_by_operation_with_their_errors(door, s3, bucket):
    before = scraped(door)
    for _ in range(3):
        s3.put_object(Bucket=bucket, Key="laudo.pdf", Body=os.urandom(200_000))
    assert len(s3.get_object(Bucket=bucket, Key="laudo.pdf")["Body"].read()) == 200_000
    with pytest.raises(ClientError):
        s3.get_object(Bucket=bucket, Key="nenhum.pdf")
    moved = Metrics().compare(before, scraped(door))
    assert moved.by("minio_s3_requests_total", api="putobject") == 3
    assert moved.by("minio_s3_requests_total", api="getobject") == 2
    assert moved.by("minio_s3_requests_4xx_errors_total", api="getobject") == 1
    assert moved.by("minio_s3_requests_errors_total", api="getobject") == 1
    assert moved.by("minio_s3_requests_ttfb_seconds_distribution", api="putobject", le="+Inf") == 3
    assert scraped(door).value("minio_s3_requests_inflight_total") == 0


def test_minio_py_and_presigned_urls_pass_too(door, info, bucket):
    client = Minio(door.removeprefix("http://"), info.access_key, info.secret_key, secure=False, region=info.region)
    before = scraped(door)
    size = 6 << 20  # beyond one part: a multipart upload
    client.put_object(bucket, "grande.bin", BytesIO(os.urandom(size)), size, part_size=5 << 20)
    url = client.presigned_get_object(bucket, "grande.bin")
    assert len(urllib3.request("GET", url).data) == size
    moved = Metrics().compare(before, scraped(door))
    assert moved.by("minio_s3_requests_total", api="newmultipartupload") == 1
    assert moved.by("minio_s3_requests_total", api="putobjectpart") == 2
    assert moved.by("minio_s3_requests_total", api="completemultipartupload") == 1


def test_usage_is_what_the_buckets_hold(door, s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"x" * 1000)
    s3.put_object(Bucket=bucket, Key="b/c", Body=b"x" * 500)
    found = until(door, lambda now: now.value("minio_bucket_usage_object_total", bucket=bucket) == 2)
    assert found.value("minio_bucket_usage_total_bytes", bucket=bucket) == 1500
    assert found.value("minio_cluster_usage_object_total") >= 2
    s3.delete_object(Bucket=bucket, Key="a")
    until(door, lambda now: now.value("minio_bucket_usage_total_bytes", bucket=bucket) == 500)


def test_capacity_is_that_of_the_disk_and_untold_where_it_cant_be_seen(door, info):
    found = scraped(door)
    total, free = (found.value(f"minio_cluster_capacity_usable_{each}_bytes") for each in ("total", "free"))
    disk = os.statvfs(info.data)
    assert total == disk.f_frsize * disk.f_blocks
    assert 0 < free <= total
    with exporter(environment(info)) as blind:
        assert "minio_cluster_capacity_usable_total_bytes" not in scraped(blind).families


def test_many_at_once_are_all_counted(door, s3, bucket):
    before = scraped(door)

    def put(number):
        for each in range(10):
            s3.put_object(Bucket=bucket, Key=f"{number}/{each}", Body=os.urandom(1000))

    threads = [threading.Thread(target=put, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    now = until(door, lambda now: now.value("minio_bucket_usage_object_total", bucket=bucket) == 80)
    assert Metrics().compare(before, now).by("minio_s3_requests_total", api="putobject") == 80
    assert now.value("minio_s3_requests_inflight_total", api="putobject") == 0


def test_an_upload_that_its_client_gives_up_counts_as_canceled(door, bucket):
    before = scraped(door).value("minio_s3_requests_canceled_total") or 0
    host, port = door.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(f"PUT /{bucket}/meio HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nso o começo".encode())
    until(door, lambda now: (now.value("minio_s3_requests_canceled_total") or 0) == before + 1)
    until(door, lambda now: now.value("minio_s3_requests_inflight_total", api="putobject") == 0)


def test_a_server_that_goes_is_seen_offline_and_its_requests_are_errors():
    with ExitStack() as stack:
        server = provided(started(stack, backend="embedded", storage_gate="no"), "storage")
        info = server.info
        client_keys = (info.access_key, info.secret_key, info.region)
        with exporter(environment(info)) as door:
            s3 = boto3_client(door, *client_keys)
            found = until(door, lambda now: now.value("minio_cluster_health_status") == 1)
            assert found.value("minio_cluster_drive_offline_total") == 0
            assert found.value("minio_s3_requests_5xx_errors_total") is None  # never counted: absent, as MinIO's
            server.stop()
            found = until(door, lambda now: now.value("minio_cluster_drive_offline_total") == 1)
            assert found.value("minio_cluster_health_status") == 0
            assert found.value("minio_cluster_nodes_online_total") == 0
            with pytest.raises(ClientError) as refused:
                s3.list_buckets()
            assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
            assert scraped(door).value("minio_s3_requests_5xx_errors_total", api="listbuckets") == 1


def test_only_minios_paths_have_metrics(door):
    assert urllib.request.urlopen(f"{door}/minio/health/live").status == 200
    with pytest.raises(urllib.error.HTTPError) as missing:
        urllib.request.urlopen(f"{door}/minio/metrics")
    assert missing.value.code == 404


@pytest.mark.parametrize(
    ("taken", "told"),
    [
        ("MINIO_SECRET_KEY", "not set: MINIO_SECRET_KEY"),
        ("", "MINIO_ENDPOINT is a host alone"),
    ],
)
def test_what_it_is_told_wrongly_it_says_and_ends(taken, told):
    env = {
        **os.environ,
        "PYTHONPATH": str(EXPORTER),
        "MINIO_ENDPOINT": "http://minio",
        "MINIO_ACCESS_KEY": "a",
        "MINIO_SECRET_KEY": "s",
    }
    env.pop(taken, None)
    done = subprocess.run([sys.executable, "-m", "pgben_minio_exporter"], env=env, capture_output=True, text=True)
    assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_said(info):
    [port] = free_ports(1)
    with socket.create_server(("127.0.0.1", port)):
        done = subprocess.run(
            [sys.executable, "-m", "pgben_minio_exporter"],
            env=environment(info, PORT=str(port)),
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert done.returncode == 3 and f"127.0.0.1:{port}" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("GET /", "listbuckets"),
        ("POST /", "unknown"),
        ("GET /b", "listobjectsv1"),
        ("GET /b?list-type=2", "listobjectsv2"),
        ("GET /b?versions", "listobjectversions"),
        ("GET /b?uploads", "listmultipartuploads"),
        ("HEAD /b", "headbucket"),
        ("PUT /b", "putbucket"),
        ("DELETE /b/", "deletebucket"),
        ("POST /b?delete", "deletemultipleobjects"),
        ("GET /b?policy", "getbucketpolicy"),
        ("PUT /b?versioning", "putbucketversioning"),
        ("GET /b/k", "getobject"),
        ("HEAD /b/k", "headobject"),
        ("PUT /b/a/b", "putobject"),
        ("DELETE /b/k", "deleteobject"),
        ("PUT /b/k?tagging", "putobjecttagging"),
        ("GET /b/k?legal-hold", "getobjectlegalhold"),
        ("POST /b/k?uploads", "newmultipartupload"),
        ("PUT /b/k?partNumber=1&uploadId=u", "putobjectpart"),
        ("POST /b/k?uploadId=u", "completemultipartupload"),
        ("DELETE /b/k?uploadId=u", "abortmultipartupload"),
        ("GET /b/k?uploadId=u", "listobjectparts"),
        ("BREW /b/k", "unknown"),
        ("HEAD /b/k?uploadId=u", "unknown"),
    ],
)
def test_operations_have_minios_names(line, expected):
    method, path = line.split()
    assert operation.name(method, path, {}) == expected


def test_a_copy_is_told_from_a_put():
    assert operation.name("PUT", "/b/k", {"x-amz-copy-source": "/b/j"}) == "copyobject"
    assert operation.name("PUT", "/b/k?partNumber=1&uploadId=u", {"x-amz-copy-source": "/b/j"}) == "copyobjectpart"
