"""The broken tree is reported whole, its repaired twin has nothing; and no secret of it comes out anywhere."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from pgben_testkit.env import assess, contract_file

TREES = Path(__file__).parents[3] / "fixtures" / "env"
EXPECTED = json.loads((TREES / "expected.json").read_text("utf-8"))


@pytest.fixture
def copied(tmp_path):
    """A tree of the fixtures outside of any repository."""

    def copy(name):
        return Path(shutil.copytree(TREES / name, tmp_path / name))

    return copy


def assessed(root):
    return assess.of_project(root, contract_file.load("pgben.env.toml", root))


def test_every_seeded_fault_is_found_and_nothing_else(copied):
    found = {(f.check, f.subject, f.place.path, f.place.line) for f in assessed(copied("broken")).findings}
    seeded = {(each["check"], each["subject"], each["file"], each["line"]) for each in EXPECTED["findings"]}
    assert found - seeded == set()
    assert seeded - found == set()


def test_the_faults_are_many_and_over_all_sources():
    assert len(EXPECTED["findings"]) >= 40
    checks = Counter(each["check"] for each in EXPECTED["findings"])
    from pgben_testkit.env.checks import rules

    assert set(checks) == {rule.id for rule in rules()}
    files = {each["file"] for each in EXPECTED["findings"]}
    assert {
        ".env",
        "docker-compose.yml",
        "Dockerfile",
        "pytest.ini",
        "tox.ini",
        "k8s/base/configmap.yaml",
        "k8s/base/secret.yaml",
        "k8s/base/deployment.yaml",
        "k8s/base/statefulset.yaml",
        "k8s/base/cronjob.yaml",
        "k8s/base/kustomization.yaml",
        "src/main.ts",
        "scripts/popular.py",
    } <= files


def test_the_repaired_twin_has_no_finding(copied):
    assert assessed(copied("sound")).findings == ()


def doctor(root, *args, environ=None):
    env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **(environ or {})}
    return subprocess.run(
        [sys.executable, "-m", "pgben_testkit", "doctor", *args], cwd=root, env=env, text=True, capture_output=True
    )


@pytest.mark.parametrize("form", ["table", "json", "sarif"])
def test_no_secret_is_in_any_output(copied, form):
    root = copied("broken")
    environ = {"DB_PASS": "shell-secret-Zz81", "JWT_SECRET": "kurz-Qq7"}
    done = doctor(root, "--format", form, "--matrix", "--no-ground", environ=environ)
    assert done.returncode == 1
    assert "env/missing" in done.stdout
    for secret in [*EXPECTED["secrets"], *environ.values()]:
        assert secret not in done.stdout + done.stderr
    for line in (root / ".env").read_text("utf-8").splitlines():
        name, _, value = line.partition("=")
        if any(word in name for word in ("PASS", "SECRET", "KEY")) and len(value) > 8:
            assert value not in done.stdout + done.stderr


def test_a_drafted_contract_holds_no_secret_and_can_be_read(copied):
    root = copied("broken")
    done = doctor(root, "--init", "--contract", "draft.toml")
    assert done.returncode == 0, done.stderr
    text = (root / "draft.toml").read_text("utf-8")
    for secret in EXPECTED["secrets"]:
        assert secret not in text
    assert len(contract_file.load("draft.toml", root).variables) > 50


@pytest.mark.parametrize("form", ["table", "json", "sarif"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tox.ini", "JWT_SECRET=S3cret\n[testenv]\n"),
        ("pytest.ini", "[pytest]\nJWT_SECRET S3cret'\"\n"),
        ("setup.cfg", "[tool:pytest]\nS3cret\n"),
        ("pyproject.toml", "'S3cret' = 1\n'S3cret' = 2\n"),
        ("pgben.env.toml", "'S3cret' = 1\n'S3cret' = 2\n"),
        ("compose.yml", "services: {a: *S3cret}\n"),
        (".env", "A=1\nS3cret\n'S3cret\n"),
    ],
)
def test_a_broken_file_shows_nothing_of_its_text(tmp_path, name, text, form):
    (tmp_path / name).write_text(text)
    done = doctor(tmp_path, "--format", form, "--no-ground")
    assert name in done.stdout + done.stderr
    assert "S3cret" not in done.stdout + done.stderr
    assert done.returncode in (1, 2)


@pytest.mark.parametrize("form", ["table", "json", "sarif"])
def test_secrets_with_names_in_portuguese_are_not_shown(tmp_path, form):
    names = ("DB_SENHA", "CHAVE_API", "JWT_SEGREDO", "PGPASSWORD", "dbPassword")
    (tmp_path / "pgben.env.toml").write_text("".join(f"[variables.{each}]\npattern = '[0-9]+'\n" for each in names))
    (tmp_path / ".env").write_text("".join(f"{each}=abobrinha\n" for each in names))
    done = doctor(tmp_path, "--format", form, "--no-ground", "--all")
    assert all(each in done.stdout for each in names)
    assert "abobrinha" not in done.stdout + done.stderr
