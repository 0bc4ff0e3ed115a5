"""doctor/timezone: TZ names a zone, and the office's is known."""

import pytest

from pgben_testkit.doctor.checks import timezone as check


@pytest.mark.parametrize(
    ("zone", "level"),
    [("America/Sao_Paulo", "ok"), ("America/SaoPaulo", "warning"), ("BRT+3", "ok"), ("", "ok"), (":UTC", "ok")],
)
def test_tz_must_name_a_zone(given, levels, monkeypatch, zone, level):
    monkeypatch.setenv("TZ", zone)
    assert [found for found, _ in levels(check, given()).values()] == [level]


def test_a_machine_without_the_offices_zone(given, levels, monkeypatch):
    monkeypatch.delenv("TZ", raising=False)
    monkeypatch.setattr(check, "is_known", lambda name: False)
    level, fact = levels(check, given())["America/Sao_Paulo"]
    assert level == "error" and "tzdata" in fact.remedy
