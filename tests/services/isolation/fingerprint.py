"""All that a later test could notice of a database, as plain text: its rows, its whole catalogue, its own facts."""

NOT_OF_THE_SCHEMA = {"pg_statistic", "pg_statistic_ext_data", "pg_largeobject"}
"""What ANALYZE writes; large objects are compared by pg_largeobject_metadata."""
STORAGE = {"relfilenode", "relpages", "reltuples", "relallvisible", "relallfrozen", "relfrozenxid", "relminmxid"}
TEMPORARY = {
    "pg_class": "relpersistence <> 't'",
    "pg_namespace": "nspname !~ '^pg_(toast_)?temp_'",
    "pg_type": "typnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_(toast_)?temp_')",
    "pg_attribute": "attrelid NOT IN (SELECT oid FROM pg_class WHERE relpersistence = 't')",
    "pg_depend": "objid NOT IN (SELECT oid FROM pg_class WHERE relpersistence = 't') AND objid NOT IN (SELECT oid FROM"
    " pg_type WHERE typnamespace IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_(toast_)?temp_'))",
}
DATABASE = """
SELECT datacl::text, datconnlimit, datallowconn, datistemplate, datdba::regrole::text,
       shobj_description(oid, 'pg_database'),
       (SELECT array_agg(setrole::regrole::text || array_to_string(setconfig, ',') ORDER BY 1) FROM pg_db_role_setting
        WHERE setdatabase = d.oid),
       (SELECT count(*) FROM pg_prepared_xacts WHERE database = datname),
       (SELECT count(*) FROM pg_subscription WHERE subdbid = d.oid),
       (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = d.oid),
       (SELECT count(*) FROM pg_stat_activity a WHERE datname = d.datname AND pid <> pg_backend_pid()
        AND backend_type = 'client backend'
        AND (state LIKE 'idle in%%' OR EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND locktype = 'virtualxid')))
FROM pg_database d WHERE datname = current_database()
"""


def fingerprint(database):
    """Name of a part -> its text."""
    with database.connect(autocommit=True, prepare_threshold=None) as connection:
        connection.execute("SET search_path = ''")
        connection.execute("SET row_security = off")
        return {"database": str(connection.execute(DATABASE).fetchall())} | _rows(connection) | _catalogue(connection)


def _rows(connection):
    tables = connection.execute(
        "SELECT c.oid::regclass::text, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE relkind IN ('r', 'S', 'm') AND relpersistence <> 't' AND nspname NOT IN ('pg_catalog',"
        " 'information_schema')"
    ).fetchall()
    found = {}
    with connection.pipeline():
        asked = {
            name: connection.execute(
                f"SELECT last_value, is_called FROM {name}"
                if kind == "S"
                else f"SELECT count(*), md5(string_agg(md5(t::text), '' ORDER BY t::text)) FROM ONLY {name} t"
                if kind == "r"
                else f"SELECT count(*), max(t::text) FROM {name} t"
            )
            for name, kind in tables
        }
    for name, cursor in asked.items():
        found[f"rows of {name}"] = str(cursor.fetchall())
    return found


def _catalogue(connection):
    columns = connection.execute(
        "SELECT c.relname, array_agg(quote_ident(a.attname)::text ORDER BY attnum) FROM pg_class c"
        " JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r' AND NOT relisshared AND attnum > 0"
        " AND has_table_privilege(c.oid, 'SELECT') GROUP BY 1"
    ).fetchall()
    with connection.pipeline():
        asked = {
            name: connection.execute(
                f"SELECT count(*), md5(string_agg(md5(t), '' ORDER BY t)) FROM (SELECT"
                f" ROW({', '.join(each for each in names if each not in STORAGE)})::text AS t FROM pg_catalog.{name}"
                f" WHERE {TEMPORARY.get(name, 'true')}) AS rows"
            )
            for name, names in columns
            if name not in NOT_OF_THE_SCHEMA
        }
    return {f"catalogue {name}": str(cursor.fetchall()) for name, cursor in asked.items()}


def differences(before, now):
    """The parts that differ, with both sides."""
    return [
        f"{name}: {before.get(name)} -> {now.get(name)}"
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]
