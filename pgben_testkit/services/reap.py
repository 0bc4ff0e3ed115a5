"""Remove what a killed run left: its processes, containers, folders. Only what carries a run's id, never "all"."""

from __future__ import annotations

import glob
import os
import shutil
import stat
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pgben_testkit.services.places import default_data_dirs, state_dir
from pgben_testkit.services.run import RUN_VARIABLE, Run, Trace, claim, owner_prefix, runs_dir, traces

if TYPE_CHECKING:
    import psutil

GRACE_S = 2.0


@dataclass(frozen=True)
class Reaped:
    """What was removed of one run."""

    run: str
    processes: int
    containers: int
    folders: int


def reap_dead() -> list[Reaped]:
    """Remove the leftovers of every run that is dead. Safe beside other reapers and beside living runs."""
    done = []
    for trace in traces():
        lock = claim(trace)
        if lock is None:
            continue
        try:
            if trace.warm is None or not has_servers(trace):
                done.append(remove(trace))
        finally:
            os.close(lock)
    remove_ownerless()
    return done


def remove_ownerless() -> None:
    """Remove data of our runs that have no record any more: a process wrote there while its run was being removed.

    A run's record is there before its data and goes after it, so that data without a record is nobody's; unless its
    processes live: their records may lie in a temporary folder that is not the one seen here.
    """
    for place in default_data_dirs():
        for folder in place.glob(f"{owner_prefix()}*"):
            record = runs_dir() / folder.name
            if not record.exists() and not processes_of(Trace(folder.name, record, {}, None)):
                shutil.rmtree(folder, ignore_errors=True)


def has_servers(trace: Trace) -> bool:
    """Whether a server of this run still runs."""
    from pgben_testkit.services import engine

    if processes_of(trace):
        return True
    wanted = [each for each in trace.owned() if each["kind"] == "container"]
    return bool(wanted) and bool(engine.containers_of(trace.id, running=True))


def remove(trace: Trace) -> Reaped:
    """End and delete all that `trace` owns, its record last, so that an interrupted removal is taken up again."""
    from pgben_testkit.services import engine

    processes = processes_of(trace)
    end_processes(processes)
    containers = 0
    owned = trace.owned()
    if any(each["kind"] == "container" for each in owned):
        containers = engine.remove_containers_of(trace.id)
    for each in owned:
        if each["kind"] == "sockets":
            remove_sockets(each["patterns"])
    if trace.warm is not None and (processes or containers):
        for info in trace.warm.get("servers", {}).values():
            (state_dir() / "pgpass" / str(info.get("port"))).unlink(missing_ok=True)
    folders = 0
    data = trace.owner.get("data")
    if data and Path(data).name == trace.id and Path(data).is_dir():
        for kept_id in Path(data).glob("*/postmaster.pid"):
            remove_shared_memory(kept_id)
        shutil.rmtree(data, ignore_errors=True)
        folders = 1
    shutil.rmtree(trace.record, ignore_errors=True)
    return Reaped(trace.id, len(processes), containers, folders)


def end_all_of(run: Run) -> None:
    """End what a living run of ours has started: whoever waits for one of its servers sees it fail now."""
    from pgben_testkit.services import engine

    trace = Trace(run.id, run.record, {}, None)
    end_processes(processes_of(trace))
    if any(each["kind"] == "container" for each in trace.owned()):
        engine.remove_containers_of(run.id)


def end_left_of(run: Run) -> None:
    """End what a command that was told to end has left in our session: npx passes SIGTERM on to a shell, and Jest
    stays. What began a session of its own, a daemon or a server of ours, is left alone."""
    left = processes_of(Trace(run.id, run.record, {}, None))
    end_processes([each for each in left if session_of(each.pid) == os.getsid(0)])


def session_of(pid: int) -> int:
    """The session of a process; -1 when it is gone."""
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return -1


def remove_sockets(patterns: Sequence[str]) -> None:
    """Unlink our sockets that these globs name."""
    for path in (path for pattern in patterns for path in glob.glob(pattern)):
        try:
            found = os.lstat(path)
            if stat.S_ISSOCK(found.st_mode) and found.st_uid == os.geteuid():
                os.unlink(path)
        except FileNotFoundError:
            continue


def processes_of(trace: Trace) -> list[psutil.Process]:
    """The living processes of a run: on its record with the same start time, or marked in their environment."""
    import psutil

    found: dict[int, psutil.Process] = {}
    for each in trace.owned():
        if each["kind"] == "process":
            try:
                process = psutil.Process(each["pid"])
                if abs(process.create_time() - each["created"]) < 0.05:
                    found[process.pid] = process
            except psutil.Error:
                continue
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(RUN_VARIABLE) == trace.id:
                found[process.pid] = process
        except (psutil.Error, OSError):
            continue
    return [each for each in found.values() if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


def end_processes(processes: Sequence[psutil.Process]) -> None:
    """SIGTERM, then SIGKILL. Children first known, so that none is orphaned by its parent's end."""
    import psutil

    family = {process.pid: process for process in processes}
    for process in processes:
        try:
            family |= {child.pid: child for child in process.children(recursive=True)}
        except psutil.Error:
            continue
    for process in family.values():
        try:
            process.terminate()
        except psutil.Error:
            continue
    deadline = time.monotonic() + GRACE_S
    _, alive = psutil.wait_procs(family.values(), timeout=max(0.0, deadline - time.monotonic()))
    for process in alive:
        try:
            process.kill()
        except psutil.Error:
            continue
    psutil.wait_procs(alive, timeout=GRACE_S)


def remove_shared_memory(postmaster_pid: Path) -> None:
    """Remove the System V segment that a killed PostgreSQL leaves behind: line 7 of its postmaster.pid has the id.

    A segment that somebody is attached to is only marked by the kernel, and a PostgreSQL that was stopped in
    order has removed its own: then this does nothing.
    """
    import ctypes

    try:
        fields = postmaster_pid.read_text("ascii").splitlines()[6].split()
        segment = int(fields[1])
    except (OSError, IndexError, ValueError):
        return
    remove_id = 0
    ctypes.CDLL(None, use_errno=True).shmctl(segment, remove_id, None)
