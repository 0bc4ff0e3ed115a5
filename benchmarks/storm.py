"""A storm: many workers, tests by the thousand, workers killed at random, sessions interrupted and killed at random.

    python benchmarks/storm.py [--workers 8] [--tests 2000] [--kills 20] [--interrupts 30] [--seed N]

Every test finds its database and bucket as they were made and leaves both dirty. Told at the end, with exit code 1:
tests that failed beside those that were killed, and what is left of any run: records, processes.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
from rows import project

from pgben_testkit.services.run import RUN_VARIABLE, traces

TEST = """
import os
import pytest

@pytest.mark.parametrize("n", range({tests}))
def test_dirty(pgben_connection, pgben_bucket, n):
    seen = pgben_connection.execute("SELECT count(*), (SELECT nome FROM unidade) FROM cidadao").fetchone()
    assert seen == (0, "CRAS")
    pgben_connection.execute("INSERT INTO cidadao VALUES (1)")
    pgben_connection.execute("UPDATE unidade SET nome = 'outra'")
    if n % 50 == 0:
        pgben_connection.execute("CREATE TABLE outra (a int)")
    pgben_connection.commit()
    s3 = pgben_bucket.boto3()
    assert "Contents" not in s3.list_objects_v2(Bucket=pgben_bucket.name)
    s3.put_object(Bucket=pgben_bucket.name, Key="a", Body=b"1")
    with open("started", "a") as started:
        started.write(f"{{os.getpid()}}\\n")
"""
SCHEMA = "CREATE TABLE cidadao (id int); CREATE TABLE unidade (nome text); INSERT INTO unidade VALUES ('CRAS');"
SETTINGS = "[pytest]\npgben_postgres_schema = schema.sql\npgben_backend = embedded\npgben_storage_buckets = 40\n"


def session(folder: Path, *words: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "pytest", "-q", "--tb=line", "-p", "pgben_testkit", "-p", "no:cacheprovider", *words]
    env = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.Popen(argv, cwd=folder, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def left(folder: Path) -> list[str]:
    """What is there of this project's runs: their records, and processes that carry a run's mark."""
    runs = {trace.id for trace in traces() if trace.owner.get("root") == str(folder)}
    found = [f"run {each}" for each in runs]
    for process in psutil.process_iter(["name"]):
        try:
            if process.environ().get(RUN_VARIABLE) and str(folder) in process.environ().get("PWD", ""):
                found.append(f"process {process.pid} {process.name()}")
        except (psutil.Error, OSError):
            continue
    return found


def workers_killed(folder: Path, given: argparse.Namespace, dice: random.Random) -> list[str]:
    """What is wrong after a session whose workers are killed while they work."""
    began = time.perf_counter()
    process = session(folder, "-p", "xdist", f"-n{given.workers}")
    kills = 0
    while kills < given.kills and process.poll() is None:
        time.sleep(dice.uniform(0.0, 60 * given.tests / 2000 / given.kills))
        # a worker killed while it starts ends the whole session: pytest-xdist (3.8) asks it for its platform
        working = set((folder / "started").read_text().split()) if (folder / "started").exists() else set()
        alive = [each for each in psutil.Process(process.pid).children() if str(each.pid) in working]
        if alive:
            try:
                dice.choice(alive).send_signal(signal.SIGKILL)
                kills += 1
            except psutil.NoSuchProcess:
                continue
    text, _ = process.communicate()
    summary = ([each for each in text.splitlines() if re.search(r"\d+ passed.* in ", each)] or ["no summary"])[-1]
    (folder / "storm.log").write_text(text)
    print(f"{given.tests} tests, {given.workers} workers, {kills} killed: {summary}", flush=True)
    counted = {what: int(number) for number, what in re.findall(r"(\d+) (passed|failed|error)", summary)}
    failed = re.findall(r"^(?:FAILED|ERROR) .*", text, re.MULTILINE)
    wrong = [each for each in failed if "- worker 'gw" not in each]
    # one that is killed after its test and before its teardown counts as passed and as crashed
    if not given.tests <= sum(counted.values()) <= given.tests + kills:
        wrong.append(f"{given.tests} tests, and {counted}")
    print(f"  {time.perf_counter() - began:.0f} s", flush=True)
    return wrong + left(folder)


def ended_at_random(folder: Path, given: argparse.Namespace, dice: random.Random) -> list[str]:
    """What is left after sessions that get ctrl-C at a random moment, and, after a killed one, after the next."""
    wrong = []
    for number in range(given.interrupts):
        how = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)[number % 3]
        process = session(folder, *(("-p", "xdist", "-n2") if number % 2 else ()))
        time.sleep(dice.uniform(0.05, 3.0))
        process.send_signal(how)
        text, _ = process.communicate(timeout=60)
        if how == signal.SIGKILL:
            text, _ = session(folder, "-k", "[0]").communicate(timeout=60)
            if "1 passed" not in text:
                wrong.append(f"after a killed session: {text[-2000:]}")
        until = time.monotonic() + 5
        while left(folder) and time.monotonic() < until:
            time.sleep(0.05)
        wrong += [f"{how.name} {number}: {each}" for each in left(folder)]
    print(f"{given.interrupts} sessions ended at random by SIGINT, SIGTERM and SIGKILL: {len(wrong)} left something")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--tests", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=20, help="workers that are killed (default 20)")
    parser.add_argument("--interrupts", type=int, default=30, help="sessions ended at a random moment (default 30)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 30))
    parser.add_argument("--log", type=Path, help="where pytest's output of the first part goes")
    given = parser.parse_args()
    dice = random.Random(given.seed)
    files = {"test_dirty.py": TEST.format(tests=given.tests), "schema.sql": SCHEMA, "pytest.ini": SETTINGS}
    print(f"seed {given.seed}")
    with project(files) as folder:
        wrong = workers_killed(folder, given, dice) + ended_at_random(folder, given, dice)
        log = (folder / "storm.log").read_text()
    for each in wrong:
        print(each)
    if given.log:
        given.log.write_text(log)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
