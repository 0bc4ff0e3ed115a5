"""What the S3 fake costs, with its peers in the same run: moto in process, moto's server, weed.

    python benchmarks/s3_fake.py [--rounds 300] [--json]

moto's server is measured where `moto[server]` is installed, weed where it is found.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pgben_testkit.storage.bucket import Bucket
from pgben_testkit.storage.fake.fake import Fake

BODY = b"x" * 1024


def median_ms(rounds: int, run: Callable[[], object]) -> float:
    run()
    spent = []
    for _ in range(rounds):
        began = time.perf_counter()
        run()
        spent.append(time.perf_counter() - began)
    return statistics.median(spent) * 1000


def pair_boto3(client: Any, bucket: str) -> Callable[[], None]:
    def run() -> None:
        client.put_object(Bucket=bucket, Key="k", Body=BODY)
        client.get_object(Bucket=bucket, Key="k")["Body"].read()

    return run


def pair_minio(client: Any, bucket: str) -> Callable[[], None]:
    def run() -> None:
        client.put_object(bucket, "k", io.BytesIO(BODY), len(BODY))
        response = client.get_object(bucket, "k")
        response.read()
        response.close()
        response.release_conn()

    return run


def pair_presigned(bucket: Bucket) -> Callable[[], None]:
    """With no client's own cost: two URLs, signed once."""
    import urllib3

    pool, client = urllib3.PoolManager(1), bucket.boto3()
    put, get = (
        client.generate_presigned_url(each, Params={"Bucket": bucket.name, "Key": "p"}, ExpiresIn=3600)
        for each in ("put_object", "get_object")
    )

    def run() -> None:
        assert pool.request("PUT", put, body=BODY).status == 200
        assert pool.request("GET", get).data == BODY

    return run


def fresh() -> None:
    """What a test that uses the fake pays: a fake, a bucket, a client, and their end."""
    with Fake() as fake:
        fake.bucket().boto3()


def in_process(rounds: int) -> dict[str, float]:
    import boto3
    from moto import mock_aws

    found = {"fresh fake with bucket and client": median_ms(rounds, fresh)}
    with Fake() as fake:
        bucket = fake.bucket()
        found["fake, in process, put+get by minio-py"] = median_ms(rounds, pair_minio(bucket.minio(), bucket.name))
        found["fake, in process, put+get by boto3"] = median_ms(rounds, pair_boto3(bucket.boto3(), bucket.name))
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        client.create_bucket(Bucket="documentos")
        found["moto, in process, put+get by boto3"] = median_ms(rounds, pair_boto3(client, "documentos"))
    return found


@contextmanager
def the_fake() -> Iterator[Bucket]:
    import subprocess
    import sys

    code = "from pgben_testkit.cli import main; main()"
    argv = [sys.executable, "-c", code, "storage", "serve", "--bucket", "documentos"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        yield Bucket("documentos", facts["endpoint"], facts["access_key"], facts["secret_key"])
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def moto_server() -> Iterator[Bucket]:
    import subprocess
    import sys

    from pgben_testkit.services.process import free_ports

    [port] = free_ports(1)
    code = "import sys; from moto.server import main; main(sys.argv[1:])"
    argv = [sys.executable, "-c", code, "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    bucket = Bucket("documentos", f"http://127.0.0.1:{port}", "a", "b")
    try:
        for _ in range(200):
            try:
                bucket.boto3().create_bucket(Bucket="documentos")
                break
            except Exception:  # not yet listening
                time.sleep(0.05)
        yield bucket
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def weed(gate: str = "yes") -> Iterator[Bucket]:
    from pgben_testkit import settings
    from pgben_testkit.services.supply import Supply
    from pgben_testkit.storage.server import StorageInfo

    supply = Supply(
        settings.read(
            root=Path.cwd(), environ={}, command_line={"backend": "embedded", "warm": "no", "storage_gate": gate}
        )
    )
    try:
        info = supply.get("storage").info
        assert isinstance(info, StorageInfo)
        yield Bucket(info.buckets[0], info.url, info.access_key, info.secret_key)
    finally:
        supply.close()


def on_sockets(rounds: int) -> dict[str, float]:
    servers: list[tuple[str, Callable[[], Any]]] = [("the fake", the_fake)]
    try:
        import flask  # noqa: F401

        servers.append(("moto's server", moto_server))
    except ModuleNotFoundError:
        pass  # moto[server] is not installed: left out of the table
    servers += [("weed", lambda: weed("no")), ("weed behind the gate", weed)]
    found = {}
    for name, server in servers:
        with server() as bucket:
            found[f"{name}, socket, put+get by presigned URLs"] = median_ms(rounds, pair_presigned(bucket))
            found[f"{name}, socket, put+get by minio-py"] = median_ms(rounds, pair_minio(bucket.minio(), bucket.name))
            found[f"{name}, socket, put+get by boto3"] = median_ms(rounds, pair_boto3(bucket.boto3(), bucket.name))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=300, help="repetitions of each (default: 300)")
    parser.add_argument("--json", action="store_true", help="milliseconds as JSON")
    asked = parser.parse_args()
    found = {**in_process(asked.rounds), **on_sockets(asked.rounds)}
    ratios = {
        f"moto's server / the fake, {client}": found[f"moto's server, socket, put+get by {client}"]
        / found[f"the fake, socket, put+get by {client}"]
        for client in ("presigned URLs", "minio-py", "boto3")
        if f"moto's server, socket, put+get by {client}" in found
    }
    ratios |= {
        f"weed behind the gate / weed, {client}": found[f"weed behind the gate, socket, put+get by {client}"]
        / found[f"weed, socket, put+get by {client}"]
        for client in ("presigned URLs", "minio-py", "boto3")
    }
    if asked.json:
        print(json.dumps({"median_ms": found, "ratio": ratios}, indent=2))
        return
    for name, value in found.items():
        print(f"{name:48} {value:8.2f} ms")
    for name, value in ratios.items():
        print(f"{name:48} {value:8.1f} x")


if __name__ == "__main__":
    main()
