"""Suites in Node: a fresh database when asked for, and one for each Jest worker. Needs `node`; no package."""

import json
import os
import shutil
import subprocess

import pytest

from pgben_testkit.cli.run import NODE_HELPER, node_options

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")

FRESH = """
const { freshDatabase, freshBucket, close } = require('pgben-testkit');
(async () => {
  const [one, two] = await Promise.all([freshDatabase(), freshDatabase()]);
  await one.giveBack();
  await one.giveBack();
  console.log(JSON.stringify({ own: process.env.DB_NAME, names: [one.name, two.name], url: two.url }));
})();
"""


def test_a_suite_asks_for_fresh_databases_and_may_forget_to_give_them_back(project, run):
    done = run("run", "--db", "--", "node", "-e", FRESH)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert len({said["own"], *said["names"]}) == 3
    assert said["url"].endswith("/" + said["names"][1])


def test_outside_a_run_the_helper_says_how_to_start_one(project, run, monkeypatch):
    code = (
        "delete process.env.PGBEN_DESK; require('pgben-testkit').freshDatabase().catch((e) => console.log(e.message))"
    )
    assert "pgben-testkit run --" in run("run", "--db", "--", "node", "-e", code).stdout


def test_each_jest_worker_sees_a_database_of_its_own(project, run):
    script = 'for n in 1 2; do JEST_WORKER_ID=$n node -p "process.env.DB_NAME"; done; JEST_WORKER_ID=3 node -p 1'
    done = run("run", "--db", "--per-worker", "2", "--", "sh", "-c", script)
    names = done.stdout.split()
    assert len(set(names)) == 2 and all(name.startswith("pgben_") for name in names)
    assert "Jest worker 3 has no database" in done.stderr


def test_a_path_with_a_space_and_a_quote_is_one_path_to_node(tmp_path):
    here = tmp_path / 'with a "space"'
    shutil.copytree(NODE_HELPER, here)
    env = os.environ | {"NODE_OPTIONS": node_options("", here), "JEST_WORKER_ID": "1"}
    done = subprocess.run(["node", "-p", "1"], env=env, capture_output=True, text=True, check=False)
    assert "Jest worker 1 has no database" in done.stderr
