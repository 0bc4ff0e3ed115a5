"""doctor/binaries: the servers' programs and their versions."""

import pytest

from pgben_testkit.doctor.checks import binaries as check


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


def test_versions_are_told(folder, given, levels, monkeypatch):
    monkeypatch.setenv("PATH", f"{folder}/path")
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


@pytest.mark.parametrize("name", ["alertmanager", "prometheus-alertmanager"])
def test_alertmanager_is_found_under_debians_name_too(folder, given, levels, monkeypatch, name):
    monkeypatch.setenv("PATH", f"{folder}/path")
    for each in ("prometheus", "promtool", "amtool"):
        program(folder / "path" / each, "version 2.42.0")
    assert levels(check, given())["monitoring"][1].summary == "not on PATH: alertmanager"
    program(folder / "path" / name, "alertmanager, version 0.25.0 (branch: debian)")
    level, fact = levels(check, given())["monitoring"]
    assert (level, "alertmanager 0.25.0" in fact.summary) == ("ok", True)


def test_a_program_that_is_named_is_the_one_looked_at(folder, given, levels):
    program(folder / "own", "alertmanager, version 0.99.0")
    facts = check.look(given(alertmanager_bin=str(folder / "own")), ())
    assert any("alertmanager 0.99.0" in each.summary for each in facts)


def test_redis_is_looked_at_too_and_its_lack_is_fine_where_nothing_asks_for_it(folder, given, levels, monkeypatch):
    from pgben_testkit.redis import embedded

    monkeypatch.setattr(embedded.shutil, "which", lambda name: None)
    monkeypatch.setattr(embedded.sys, "executable", str(folder / "python"))
    assert levels(check, given())["redis"][0] == "ok"
    assert levels(check, given(redis_backend="embedded"))["redis"][0] == "warning"
    assert levels(check, given(redis_url="redis://h"))["redis"][0] == "ok"


@pytest.mark.parametrize(
    ("name", "says", "told"),
    [
        ("redis-server", "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64", "Redis 7.0.15 ("),
        ("valkey-server", "Valkey server v=8.1.3 sha=00000000:0", "Valkey 8.1.3 ("),
    ],
)
def test_the_version_of_redis_is_told(folder, given, levels, name, says, told):
    program(folder / name, says)
    level, fact = levels(check, given(redis_bin=str(folder / name)))["redis"]
    assert (level, fact.summary.startswith(told)) == ("ok", True)


def test_a_redis_that_does_not_run_or_is_not_there_is_an_error(folder, given, levels):
    program(folder / "redis-server", "")
    assert levels(check, given(redis_bin=str(folder / "redis-server")))["redis"][0] == "error"
    assert levels(check, given(redis_bin=str(folder / "gone")))["redis"][0] == "error"
