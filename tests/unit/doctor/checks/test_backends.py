"""doctor/backends: where each service would come from."""

from pgben_testkit.doctor.checks import backends as check


def test_an_address_is_taken_and_one_that_is_missing_is_an_error(given, levels):
    found = levels(check, given(postgres_url="postgresql://me@h/db", storage_backend="external"))
    assert found["postgres"][1].summary == "postgres comes external (an address is given)"
    level, fact = found["storage"]
    assert (level, fact.remedy) == ("error", "set PGBEN_STORAGE_URL, or choose another --pgben-backend")


def test_what_the_settings_do_not_ask_for_is_only_a_note(given, levels, monkeypatch):
    from pgben_testkit.postgres import binaries
    from pgben_testkit.redis import embedded
    from pgben_testkit.services import engine
    from pgben_testkit.storage import weed

    for module in (binaries, weed, embedded):
        monkeypatch.setattr(module, "find", lambda _: None)
    monkeypatch.setattr(engine, "find", lambda: engine.NoEngine("none here"))
    notes = {"postgres": "note", "storage": "note", "redis": "note"}
    assert {name: level for name, (level, _) in levels(check, given()).items()} == notes
    found = levels(check, given(postgres_schema="schema.sql"))
    assert {name: level for name, (level, _) in found.items()} == notes | {"postgres": "error"}


def test_an_image_that_would_be_pulled_is_a_note_only_where_the_service_is_asked_for(given, levels, monkeypatch):
    from pgben_testkit.services import choose

    monkeypatch.setattr(check, "choose", lambda *_: choose.Choice("container", "Docker", "postgres:15", pull=True))
    assert {level for level, _ in levels(check, given()).values()} == {"ok"}
    assert levels(check, given(postgres_schema="schema.sql"))["postgres"][0] == "note"
