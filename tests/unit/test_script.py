"""SQL files, cut into statements as psql cuts them."""

import pytest

from pgben_testkit.postgres.script import NotSql, statements


def texts(sql):
    return [each.text for each in statements(sql)]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT ';';",
        "SELECT E'it\\'s; so';",
        'SELECT 1 AS "a;b";',
        "SELECT $$a;b$$;",
        "SELECT $tag$ $$ ; $tag$;",
        "SELECT /* a; /* nested; */ b; */ 1;",
        "SELECT 1 -- not; yet\n;",
        "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2);",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END;",
    ],
)
def test_a_semicolon_within_something_does_not_end_the_statement(statement):
    assert texts(f"{statement}\nSELECT 2;") == [statement, "SELECT 2;"]


def test_lines_count_from_the_first_word_of_a_statement():
    found = list(statements("-- comment\n\nSELECT 1;\n/* two\nlines */ SELECT\n2;"))
    assert [each.line for each in found] == [3, 5]


def test_copy_data_belongs_to_its_statement():
    found = list(statements("COPY t (a) FROM stdin;\n1;2\n3\n\\.\nSELECT 1;"))
    assert [(each.text, each.data) for each in found] == [("COPY t (a) FROM stdin;", "1;2\n3\n"), ("SELECT 1;", None)]


def test_a_last_statement_needs_no_semicolon():
    assert texts("SELECT 1;\nSELECT 2\n") == ["SELECT 1;", "SELECT 2"]


def test_psql_commands_of_pg_dump_are_passed_over_and_others_refused_with_their_line():
    assert texts("\\restrict abc\nSELECT 1;\n\\unrestrict abc\n") == ["SELECT 1;"]
    with pytest.raises(NotSql) as error:
        texts("SELECT 1;\n\\connect other\n")
    assert error.value.line == 2
