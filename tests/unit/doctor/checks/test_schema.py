"""doctor/schema: what needs no server; tests/services tries the rest on one."""

from pgben_testkit.doctor.checks import schema as check


def test_none_is_fine_and_one_that_is_not_there_is_an_error(given, levels):
    assert levels(check, given())["schema"][0] == "ok"
    level, fact = levels(check, given(postgres_schema="gone.sql"))["schema"]
    assert level == "error" and "gone.sql" in fact.summary
