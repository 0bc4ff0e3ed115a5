"""doctor/backends: where each service would come from."""

from pgben_testkit.env.doctor import backends as check


def test_an_address_is_taken_and_one_that_is_missing_is_an_error(given, levels):
    found = levels(check, given(postgres_url="postgresql://me@h/db", storage_backend="external"))
    assert found["postgres"][1].summary == "postgres comes external (an address is given)"
    level, fact = found["storage"]
    assert (level, fact.remedy) == ("error", "set PGBEN_STORAGE_URL, or choose another --pgben-backend")
