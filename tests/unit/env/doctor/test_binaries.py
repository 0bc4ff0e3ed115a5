"""doctor/binaries: the servers' programs and their versions."""

import pytest

from pgben_testkit.env.doctor import binaries as check


def program(path, says):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{tmp_path}/path:/usr/bin:/bin")
    for name in ("postgres", "initdb"):
        program(tmp_path / "pg" / name, "postgres (PostgreSQL) 16.4 (Debian)")
    program(tmp_path / "weed", "version 8000GB 4.48 linux amd64")
    return tmp_path


def test_versions_are_told(folder, given, levels):
    program(folder / "path" / "promtool", "promtool, version 2.42.0+ds (branch: debian)")
    found = levels(check, given(postgres_bin=str(folder / "pg"), storage_bin=str(folder / "weed")))
    assert found["postgres"][1].summary.startswith("PostgreSQL 16.4 (given")
    assert found["storage"][1].summary.startswith("SeaweedFS 4.48")
    assert "promtool" not in found["monitoring"][1].summary


def test_what_is_too_old_or_does_not_run_is_an_error(folder, given, levels):
    program(folder / "pg" / "postgres", "postgres (PostgreSQL) 11.2")
    program(folder / "weed", "")
    found = levels(check, given(postgres_bin=str(folder / "pg"), storage_bin=str(folder / "weed")))
    assert found["postgres"][0] == "error" and "11.2" in found["postgres"][1].summary
    assert found["storage"][0] == "error"


def test_a_named_folder_without_programs_is_an_error(given, levels, tmp_path):
    assert levels(check, given(postgres_bin=str(tmp_path)))["postgres"][0] == "error"
