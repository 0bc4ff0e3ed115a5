"""The reference schema, and every enum member that factories and `for_table` reach in it."""

from reference import one

from pgben_testkit.factories.pgben.catalog import NAMES, factory_of
from pgben_testkit.factories.pgben.vocabulary import MEMBERS


def test_the_reference_schema_has_the_size_of_the_real_one(connection):
    public = "SELECT count(*) FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind = "
    assert one(connection, public + "'r'") == 91
    assert one(connection, "SELECT count(*) FROM pg_type WHERE typtype = 'e'") == 100
    assert one(connection, "SELECT count(*) FROM pg_constraint WHERE contype = 'f'") >= 130
    assert one(connection, public + "'i'") >= 370
    extensions = {row[0] for row in connection.execute("SELECT extname FROM pg_extension").fetchall()}
    assert {"uuid-ossp", "pgcrypto", "pg_trgm", "btree_gin", "btree_gist"} <= extensions
    unused = one(
        connection,
        "SELECT count(*) FROM pg_type t WHERE typtype = 'e' AND NOT EXISTS"
        " (SELECT FROM pg_attribute a WHERE a.atttypid = t.oid)",
    )
    assert unused == 0


def test_the_factories_know_the_enums_as_the_schema_has_them(connection):
    rows = connection.execute(
        "SELECT t.typname, array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum e"
        " JOIN pg_type t ON t.oid = e.enumtypid GROUP BY 1"
    ).fetchall()
    there = {name: tuple(members) for name, members in rows}
    assert {name: there.get(name) for name in MEMBERS} == dict(MEMBERS)


def test_every_member_of_every_enum_of_every_factory_can_be_created(make, connection):
    for name in NAMES:
        cls = factory_of(name)
        for column, enum in cls._enums.items():
            for member in MEMBERS[enum]:
                made = make.create(name, **{column: member}, **SPECIAL.get((name, column, member), {}))
                table = made.table
                assert one(connection, f"SELECT {column}::text FROM {table} WHERE id = %s", made.id) == member


SPECIAL = {
    ("historico_solicitacao", "status_anterior", "aberta"): {"status_atual": "em_analise"},
    ("historico_concessao", "status_anterior", "ativo"): {"status_novo": "suspenso"},
}
"""Members that contradict the default of the column beside them."""


def test_every_enum_member_of_the_schema_is_reached_by_for_table(make, connection):
    columns = connection.execute(
        "SELECT c.relname, a.attname, a.atttypid::regtype::text, array_agg(e.enumlabel::text)"
        " FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid"
        " JOIN pg_enum e ON e.enumtypid = a.atttypid WHERE c.relkind = 'r'"
        " AND c.relnamespace = 'public'::regnamespace GROUP BY 1, 2, 3 ORDER BY 1, 2"
    ).fetchall()
    reached = set()
    for table, column, enum, members in columns:
        factory = make.for_table(table)
        for member in members:
            if (enum, member) in reached:
                continue
            if table == "configuracao_aprovacao":  # a unique enum, whose members others have taken
                connection.execute("TRUNCATE configuracao_aprovacao CASCADE")
            made = factory.create(**{column: member})
            assert getattr(made, column) == member
            reached.add((enum, member))
    assert len(reached) == one(connection, "SELECT count(*) FROM pg_enum")
