"""Initialise and start a PostgreSQL server of our own, tuned for a life that ends with the tests."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.postgres.binaries import Binaries
from pgben_testkit.postgres.server import MAINTENANCE_DATABASE
from pgben_testkit.services.process import Account, ServerProcess, free_ports, tail
from pgben_testkit.services.run import Run

USER = "pgben"
WAL_SEGMENT_MB = 1
"""Least that initdb takes: a fresh data folder holds one segment, 16 MB by default, copied at each start."""
EXTENSIONS = Path(__file__).parent / "extensions"
CONTROL_PATH_SINCE = 18
"""The first major version with extension_control_path."""

OPTIONS = {
    # Durability: the data folder is thrown away after a crash of any kind.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "wal_init_zero": "off",
    "wal_recycle": "off",
    "checkpoint_timeout": "1h",
    # Background work: nothing that runs by itself may take time, or hold a database, at a moment nobody chose.
    "autovacuum": "off",
    "bgwriter_lru_maxpages": "0",
    # Reach: the loopback interface alone, nothing outside our folder even after SIGKILL.
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "dynamic_shared_memory_type": "mmap",
    # What tests do: many connections, two-phase commit, messages that can be compared, short queries.
    "max_connections": "250",
    "max_prepared_transactions": "20",
    "lc_messages": "C",
    "jit": "off",
    "log_checkpoints": "off",
    # Start: no huge pages to be asked for, shared memory that is touched only when used.
    "huge_pages": "off",
    "shared_buffers": "128MB",
}
"""Server option -> value, for each server of ours."""
SERVING = ("wal_keep_size=64MB",)
"""More options of a server that tests use, and not of one that only prepares data, whose log would be copied with it.
CREATE DATABASE makes checkpoints, and each would remove the log that `reset` is about to read in another process."""


def options(extra: Iterable[str]) -> dict[str, str]:
    """Ours, with the user's `name=value` on top."""
    return OPTIONS | dict(each.split("=", 1) for each in extra if "=" in each)


def cheap_verifier(password: str) -> str:
    """A SCRAM-SHA-256 verifier (RFC 5802) of one iteration: PostgreSQL's default 4,096 cost 3 ms a connection.

    With `password` as the method in pg_hba.conf no client sees the count, so none can refuse it.
    """
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    parts = (base64.b64encode(part).decode() for part in (salt, stored, server))
    return "SCRAM-SHA-256$1:{}${}:{}".format(*parts)


def initialise(binaries: Binaries, data: Path, *, account: Account, password: str, locale: str) -> None:
    """`data` is a new cluster with one superuser, who logs in over TCP with `password`.

    Raises:
        EnvironmentNotAble: initdb failed; with its own words.
    """
    password_file = data.with_name(data.name + ".pw")
    password_file.touch(0o600)
    password_file.write_text(password + "\n", "utf-8")
    data.mkdir(mode=0o700)
    account.own(data, password_file)
    chosen = locale or ("C.UTF-8" if os.uname().sysname == "Linux" else "C")
    argv = [
        str(binaries.folder / "initdb"),
        "-D",
        str(data),
        "-U",
        USER,
        "-E",
        "UTF8",
        f"--locale={chosen}",
        "--no-sync",
        "--no-instructions",
        f"--wal-segsize={WAL_SEGMENT_MB}",
        "-A",
        "password",
        "--pwfile",
        str(password_file),
    ]
    try:
        done = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            cwd=data.parent,
            stdin=subprocess.DEVNULL,
            check=False,
            user=account.uid,
            group=account.gid,
            extra_groups=[] if account.uid is not None else None,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"} | _tz(),
        )
    except OSError as error:
        raise EnvironmentNotAble(
            "initdb can't be started", why=f"{error.strerror}: {argv[0]}", remedy="check the file's rights"
        ) from None
    finally:
        password_file.unlink(missing_ok=True)
    if done.returncode != 0:
        shutil.rmtree(data, ignore_errors=True)
        raise EnvironmentNotAble(
            "a PostgreSQL cluster can't be initialised",
            why=f"initdb of {binaries.folder} says: " + " / ".join((done.stderr or done.stdout).split("\n")[-6:]),
            remedy="its last lines name the cause: a full disk, a locale that this machine lacks, a missing library",
        )


def _tz() -> dict[str, str]:
    return {"TZ": os.environ["TZ"]} if "TZ" in os.environ else {}


def start(
    binaries: Binaries,
    data: Path,
    *,
    run: Run,
    account: Account,
    extra: Iterable[str],
    name: str,
) -> tuple[ServerProcess, int]:
    """The server runs on the data folder, perhaps not ready yet; and its port."""
    [port] = free_ports(1)
    chosen = options(extra) | {"port": str(port)}
    lacks_uuid = not binaries.has_extension("uuid-ossp")
    if lacks_uuid and (binaries.folder / "postgres").exists() and _major(data) >= CONTROL_PATH_SINCE:
        ours = data.with_name(f"{data.name}-extensions")
        if not ours.exists():  # copied, for the server's account may not be able to enter our package's folder
            shutil.copytree(EXTENSIONS, ours)
            for each in (ours, *ours.rglob("*")):
                each.chmod(0o755)
        chosen["extension_control_path"] = f"{ours}:$system"
    argv: list[str | Path] = [binaries.folder / "postgres", "-D", data]
    for key, value in chosen.items():
        argv += ["-c", f"{key}={value}"]
    return ServerProcess.start(name, argv, run=run, log=data.with_suffix(".log"), account=account), port


def extensions_fingerprint() -> str:
    """Changes when an extension that we ship does."""
    digest = hashlib.sha256()
    for each in sorted(EXTENSIONS.rglob("*.*")):
        digest.update(each.name.encode() + b"\0" + each.read_bytes())
    return digest.hexdigest()


def _major(data: Path) -> int:
    return int((data / "PG_VERSION").read_text("ascii").split(".")[0])


def wait_until_ready(server: ServerProcess, port: int, password: str, *, timeout_s: float) -> int:
    """The server answered a query; its version number.

    A port that somebody took between the kernel's answer and ours shows as the server's own error in its log.
    """
    import psycopg

    from pgben_testkit.postgres.server import PostgresInfo, connect

    info = PostgresInfo(
        backend="embedded",
        how="",
        why="",
        host="127.0.0.1",
        port=port,
        user=USER,
        password=password,
        version=0,
        maintenance=MAINTENANCE_DATABASE,
    )
    version = 0

    def probe() -> None:
        nonlocal version
        with connect(info, timeout_s=2) as connection:
            connection.execute("SELECT 1")
            version = connection.info.server_version

    server.wait_ready(probe, retry=(psycopg.OperationalError,), timeout_s=timeout_s)
    return version


def port_was_taken(log: Path) -> bool:
    """Whether the server gave up because its port was in use."""
    return "could not bind" in tail(log) or "Address already in use" in tail(log)


STOP_FAST = signal.SIGINT
"""Disconnects everybody, writes a checkpoint, ends: the data folder can be copied and started again."""
STOP_NOW = signal.SIGQUIT
"""Ends at once, its shared memory removed: for data that nobody needs any more."""
