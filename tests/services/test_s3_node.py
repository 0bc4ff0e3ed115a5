"""The `minio` npm client on the fake's socket and on the embedded server: every case that goes through Node."""

import shutil
import subprocess

import pytest
from real import provided

from pgben_testkit.storage.conformance.runner import run
from pgben_testkit.storage.conformance.target import Target
from pgben_testkit.storage.fake.fake import Fake


@pytest.fixture(scope="module")
def modules(tmp_path_factory):
    """A folder with the npm client. Skips where npm can't install it."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    root = tmp_path_factory.mktemp("node")
    install = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "minio@8.0.6"]
    done = subprocess.run(install, cwd=root, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        pytest.skip(f"npm install failed: {done.stderr.strip().splitlines()[-1:]}")
    return root / "node_modules"


def on(info, modules):
    found = run(Target(info.url, info.access_key, info.secret_key, node_modules=str(modules)), client="node")
    assert [(each.case, each.detail) for each in found if each.result != "same"] == []
    assert len(found) >= 25


def test_the_npm_client_finds_s3_in_the_fake(modules):
    with Fake() as fake:
        on(fake.serve(), modules)


def test_the_npm_client_finds_s3_behind_the_gate(modules, supply):
    on(provided(supply, "storage").info, modules)
