"""doctor/disk: room where servers write."""

import shutil
from collections import namedtuple

import pytest

from pgben_testkit.doctor.checks import disk as check

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(("free_mb", "level"), [(10, "error"), (200, "warning"), (5000, "ok")])
def test_the_less_room_the_worse(tmp_path, monkeypatch, free_mb, level):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1, 1, free_mb * 1024 * 1024))
    found = check.room("data", tmp_path)
    assert found.level == level
    assert level == "ok" or "PGBEN_DATA_DIR" in found.remedy


def test_every_place_is_looked_at(given, levels, tmp_path):
    found = levels(check, given(cache_dir=str(tmp_path / "c"), data_dir=str(tmp_path / "d")))
    assert set(found) == {"data", "cache", "records"}


def test_a_place_that_can_not_be_made_is_an_error(given, levels, tmp_path):
    (tmp_path / "file").touch()
    assert levels(check, given(data_dir=str(tmp_path / "file" / "d")))["data"][0] == "error"
