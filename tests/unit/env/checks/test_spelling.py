"""env/spelling: one variable, set under one name and read under another."""

import pytest

from pgben_testkit.env import assess


def found(root, files):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    findings = assess.of_project(root, None).findings
    assert {f.check for f in findings} <= {"env/spelling"}
    return [(f.subject, str(f.place), str(f.related[0]), f.severity) for f in findings]


@pytest.mark.parametrize(
    ("read", "set_"),
    [
        ("DB_USER", "DATABASE_USER"),
        ("DB_POOL_SIZE", "DATABASE_POOL_SIZE"),
        ("REDIS_ENABLED", "ENABLE_REDIS"),
        ("POOL_SIZE_DB", "DB_POOL_SIZE"),
        ("DB_PASS", "POSTGRES_PASSWORD"),
    ],
)
def test_two_names_are_one_finding_that_links_both(tmp_path, read, set_):
    files = {"src/a.ts": f"f(process.env.{read});\n", ".env": f"A=1\n{set_}=zH7kQ2pLx9vTr4\n", "b.ts": "process.env.A"}
    assert found(tmp_path, files) == [(set_, ".env:2", "src/a.ts:1", "warning")]


def test_what_the_code_does_not_work_without_is_an_error(tmp_path):
    files = {"a.py": "import os\nos.environ['DB_USER']\n", ".env": "DATABASE_USER=x\n"}
    assert found(tmp_path, files) == [("DATABASE_USER", ".env:1", "a.py:2", "error")]


@pytest.mark.parametrize(
    "files",
    [
        {"a.ts": "process.env.DB_USER", ".env": "DB_USER=x\n"},
        {"a.ts": "process.env.DB_USER; process.env.DATABASE_USER", ".env": "DATABASE_USER=x\n"},
        {"a.ts": "process.env.DB_USER", ".env": "DATABASE_USER=x\n", "b.go": "package main"},
        {
            "a.ts": "process.env.DB_USER",
            "compose.yml": "services:\n  db:\n    image: postgres\n    environment: {POSTGRES_USER: x}\n",
        },
    ],
    ids=["the same name", "both are read", "a language that is not parsed", "a name of an image"],
)
def test_what_is_no_pair(tmp_path, files):
    assert found(tmp_path, files) == []
