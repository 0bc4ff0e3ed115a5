"""doctor/locale: the locales that are asked for exist."""

import locale

from pgben_testkit.doctor.checks import locale as check


def test_a_locale_that_is_not_there(given, levels, monkeypatch):
    before = locale.setlocale(locale.LC_CTYPE)
    monkeypatch.delenv("LC_CTYPE", raising=False)
    monkeypatch.setenv("LC_ALL", "xx_NOWHERE.UTF-8")
    found = levels(check, given(postgres_locale="yy_NOWHERE.UTF-8"))
    assert (found["LANG"][0], found["postgres_locale"][0]) == ("warning", "error")
    assert locale.setlocale(locale.LC_CTYPE) == before


def test_one_that_is(given, levels, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    found = levels(check, given(postgres_locale="C"))
    assert not {"LANG", "postgres_locale"} & set(found)
