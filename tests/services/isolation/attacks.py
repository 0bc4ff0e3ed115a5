"""What a test can do to its database: name -> SQL statements, or a function of the database and what is left open."""

import psycopg


def two_phase(database, left):
    with database.connect(autocommit=True) as connection:
        for each in ("BEGIN", "INSERT INTO vazia (x) VALUES ('2pc')", "PREPARE TRANSACTION 'esquecida'"):
            connection.execute(each)


def copied(database, left):
    with database.connect() as connection, connection.cursor().copy("COPY vazia (x) FROM STDIN") as copy:
        for number in range(1000):
            copy.write_row((f"r{number}",))


def copied_frozen(database, left):
    with database.connect() as connection:
        connection.execute("TRUNCATE filha")
        with connection.cursor().copy("COPY filha (id, pessoa_id, v) FROM STDIN (FREEZE)") as copy:
            for number in range(1, 51):
                copy.write_row((number, number, number + 1000))


def left_in_a_transaction(database, left):
    connection = database.connect()
    connection.execute("UPDATE pessoa SET nome = 'presa' WHERE id = 1")
    left.append(connection)


def left_with_a_lock(database, left):
    connection = database.connect(autocommit=True)
    connection.execute("SELECT pg_advisory_lock(42)")
    left.append(connection)


def left_hidden(database, left):
    connection = database.connect()
    connection.execute("SET track_activities = off")
    connection.commit()
    connection.execute("UPDATE pessoa SET nome = 'presa' WHERE id = 1")
    left.append(connection)


def left_failed(database, left):
    connection = database.connect()
    try:
        connection.execute("SELECT 1 / 0")
    except psycopg.errors.DivisionByZero:
        left.append(connection)


def left_listening(database, left):
    connection = database.connect(autocommit=True)
    connection.execute("LISTEN canal")
    connection.execute("CREATE TEMP TABLE vazia (x int)")
    connection.execute("SET search_path = pg_temp, public")
    left.append(connection)


def left_with_a_cursor(database, left):
    connection = database.connect()
    connection.execute("DECLARE c CURSOR FOR SELECT * FROM pessoa")
    left.append(connection)


def through_itself(database, left):
    login = f"user '{database.user}', password '{database.password}', password_required 'false'"
    place = f"host '{database.host}', port '{database.port}', dbname '{database.name}'"
    with database.connect(autocommit=True) as connection:
        connection.execute(f"CREATE SERVER eu FOREIGN DATA WRAPPER postgres_fdw OPTIONS ({place})")
        connection.execute(f"CREATE USER MAPPING FOR CURRENT_USER SERVER eu OPTIONS ({login})")
        connection.execute("CREATE SCHEMA longe")
        connection.execute("IMPORT FOREIGN SCHEMA public LIMIT TO (vazia) FROM SERVER eu INTO longe")
        connection.execute("INSERT INTO longe.vazia VALUES (999, 'fdw')")


def by_dblink(database, left):
    with database.connect(autocommit=True) as connection:
        connection.execute("SELECT dblink_exec(%s, 'INSERT INTO vazia (x) VALUES (1)')", (database.dsn,))


def savepoints(database, left):
    with database.connect() as connection:
        for number in range(100):
            with connection.transaction():
                connection.execute("UPDATE filha SET v = -1 WHERE id = %s", (number % 50 + 1,))


def some_savepoints_undone(database, left):
    with database.connect() as connection:
        connection.execute("UPDATE filha SET v = -2 WHERE id = 1")
        connection.execute("SAVEPOINT a")
        connection.execute("DELETE FROM filha")
        connection.execute("ROLLBACK TO a")
        connection.execute("DELETE FROM filha WHERE id = 2")


def two_at_once(database, left):
    with database.connect() as one, database.connect() as two:
        one.execute("INSERT INTO vazia (x) VALUES ('a')")
        two.execute("INSERT INTO vazia (x) VALUES ('b')")
        two.commit()
        one.commit()


def rolled_back(database, left):
    with database.connect() as connection:
        connection.execute("INSERT INTO vazia (x) VALUES ('a')")
        connection.execute("UPDATE pessoa SET nome = 'x'")
        connection.rollback()


def killed(database, left):
    victim = database.connect()
    victim.execute("UPDATE pessoa SET nome = 'x'")
    with database.connect(autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (victim.info.backend_pid,))
    victim.close()


def on_the_database(statement):
    def attack(database, left):
        with database.connect(autocommit=True) as connection:
            connection.execute(statement.replace("DB", f'"{database.name}"'))

    return attack


ROWS = {
    "nothing": ["SELECT 1"],
    "insert": ["INSERT INTO vazia (x) VALUES ('a')"],
    "insert a thousand": ["INSERT INTO vazia (x) SELECT i::text FROM generate_series(1, 1000) i"],
    "insert beside the seed": ["INSERT INTO pessoa (nome) VALUES ('a')"],
    "insert and delete": ["INSERT INTO pessoa (nome) VALUES ('a')", "DELETE FROM pessoa WHERE nome = 'a'"],
    "update one": ["UPDATE pessoa SET nome = 'x' WHERE id = 3"],
    "update twice": ["UPDATE pessoa SET nome = 'x' WHERE id = 3", "UPDATE pessoa SET nome = 'y' WHERE id = 3"],
    "update and back": ["UPDATE filha SET v = 9 WHERE id = 3", "UPDATE filha SET v = 3 WHERE id = 3"],
    "update all": ["UPDATE pessoa SET nome = nome || '!'"],
    "update the key": ["UPDATE filha SET id = id + 1000"],
    "swap unique values": [
        "UPDATE pessoa SET doc = NULL WHERE id = 1",
        "UPDATE pessoa SET doc = lpad('1', 11, '0') WHERE id = 2",
    ],
    "delete one": ["DELETE FROM pessoa WHERE id = 5"],
    "delete the last": ["DELETE FROM pessoa WHERE id = 400"],
    "delete with cascade": ["DELETE FROM pessoa WHERE id < 20"],
    "delete all": ["DELETE FROM pessoa"],
    "delete and vacuum": ["DELETE FROM filha WHERE id > 25", "VACUUM filha"],
    "delete, vacuum, insert": ["DELETE FROM filha", "VACUUM filha", "INSERT INTO filha (v) VALUES (7), (8)"],
    "update and vacuum": ["UPDATE pessoa SET nome = 'x' WHERE id = 3", "VACUUM pessoa"],
    "update and freeze": ["UPDATE pessoa SET nome = 'x' WHERE id = 3", "VACUUM FREEZE pessoa"],
    "update and vacuum full": ["UPDATE pessoa SET nome = 'x' WHERE id = 3", "VACUUM (FREEZE, FULL) pessoa"],
    "one of many": ["UPDATE grande SET v = 'x' WHERE id = 9999"],
    "few of many": ["DELETE FROM grande WHERE id % 1000 = 0", "INSERT INTO grande VALUES (0, 'zero')"],
    "half of many": ["UPDATE grande SET v = 'x' WHERE id % 2 = 0"],
    "many inserted": ["INSERT INTO grande SELECT i, 'y' FROM generate_series(30000, 50000) i"],
    "a long value": ["UPDATE longa SET v = v || 'x'"],
    "a long value is inserted": [
        "INSERT INTO vazia (x) SELECT string_agg(md5(i::text), '') FROM generate_series(1, 5000) i"
    ],
    "a long value is deleted": ["DELETE FROM longa"],
    "merge": [
        "MERGE INTO filha USING (VALUES (1), (999)) AS s (id) ON filha.id = s.id WHEN MATCHED THEN UPDATE SET v = 0"
        " WHEN NOT MATCHED THEN INSERT (v) VALUES (s.id)"
    ],
    "upsert": ["INSERT INTO filha (id, v) VALUES (1, 0), (777, 0) ON CONFLICT (id) DO UPDATE SET v = -1"],
    "locked rows": ["SELECT * FROM pessoa FOR UPDATE"],
    "shared locks": ["SELECT * FROM pessoa FOR KEY SHARE"],
    "partitions": [
        "UPDATE parte SET d = '2024-02-02'",
        "INSERT INTO parte VALUES (9, '2020-02-02', 'z')",
        "DELETE FROM parte WHERE id = 2",
    ],
    "inheritance": ["UPDATE pai SET a = 9", "INSERT INTO herdeira VALUES (7, 7)", "DELETE FROM ONLY pai"],
    "unlogged": ["UPDATE solta SET x = 2"],
    "unlogged and empty": ["INSERT INTO solta_vazia VALUES (1)"],
    "unlogged, truncated": ["TRUNCATE solta"],
    "unlogged, its sequence": ["SELECT nextval('solta_id_seq')"],
    "identity": ["INSERT INTO pessoa (id, nome) OVERRIDING SYSTEM VALUE VALUES (5000, 'z')"],
    "generated": ["UPDATE pessoa SET nome = 'q' WHERE id < 10"],
    "only generated": ["INSERT INTO so_gerada DEFAULT VALUES"],
    "no columns": ["DELETE FROM sem_colunas"],
    "no columns, more": ["INSERT INTO sem_colunas DEFAULT VALUES"],
    "exclusion": ["DELETE FROM reserva", "INSERT INTO reserva VALUES ('[2,3)'), ('[3,9)')"],
    "row security": ["DELETE FROM restrita WHERE dono = 'b'"],
    "as another role": [
        "SET ROLE pgben_iso_app",
        "SET row_security = on",
        "INSERT INTO restrita VALUES ('pgben_iso_app', 9)",
    ],
    "mixed case": ['INSERT INTO "Esquema Ç"."Tab ""x""" ("Col A") VALUES (\'y\')'],
    "mixed case, updated": ['UPDATE "Esquema Ç"."Tab ""x""" SET "select" = 5'],
    "a view": ["INSERT INTO vista (x) VALUES ('v')"],
    "security definer": ["SELECT definida()"],
    "an ordinary trigger": ["UPDATE comum SET valor = 1"],
    "an always trigger inserts": ["INSERT INTO contrato (valor) VALUES (1)"],
    "an always trigger updates": ["UPDATE contrato SET valor = 0 WHERE id = 1"],
    "a replica trigger": ["SET session_replication_role = replica", "DELETE FROM replicada"],
    "a replica trigger, not fired": ["DELETE FROM replicada"],
    "an always trigger before": ["UPDATE tocada SET v = 5"],
    "an always trigger forbids": ["INSERT INTO diario VALUES (2)"],
    "an always rule": ["INSERT INTO livro VALUES (2)"],
    "an always rule, empty": ["INSERT INTO livro_vazio VALUES (2)"],
    "an ordinary rule": ["INSERT INTO livro_comum VALUES (2)"],
    "replica role": [
        "SET session_replication_role = replica",
        "DELETE FROM pessoa WHERE id = 1",
        "INSERT INTO filha (pessoa_id, v) VALUES (99999, 1)",
    ],
    "truncate": ["TRUNCATE pessoa CASCADE"],
    "truncate an empty one": ["TRUNCATE vazia"],
    "truncate and insert": ["TRUNCATE filha", "INSERT INTO filha (v) VALUES (1)"],
    "truncate twice": ["TRUNCATE filha", "INSERT INTO filha (v) VALUES (1)", "TRUNCATE filha"],
    "truncate and restart": ["TRUNCATE filha RESTART IDENTITY"],
    "truncate much": ["TRUNCATE grande"],
    "truncate one partition": ["TRUNCATE parte_2020"],
    "truncate in a transaction undone": ["BEGIN", "TRUNCATE filha", "ROLLBACK"],
    "truncate and more in one": ["BEGIN", "TRUNCATE filha", "INSERT INTO filha (v) VALUES (1)", "COMMIT"],
    "cluster": ["CLUSTER pessoa USING pessoa_pkey"],
    "nextval": ["SELECT nextval('vazia_id_seq')"],
    "nextval undone": ["BEGIN", "SELECT nextval('vazia_id_seq')", "ROLLBACK"],
    "nextval of a used one": ["SELECT nextval('usada')"],
    "nextval, cached": ["SELECT nextval('guardada')"],
    "nextval, many": ["SELECT nextval('usada') FROM generate_series(1, 100)"],
    "setval": ["SELECT setval('pessoa_id_seq', 1)"],
    "setval, not called": ["SELECT setval('usada', 3, false)"],
    "setval to the same": ["SELECT setval('usada', 3, true)"],
    "analyze": ["ANALYZE"],
    "temporary table": ["CREATE TEMP TABLE vazia (id serial PRIMARY KEY, x int)", "INSERT INTO vazia (x) VALUES (1)"],
    "temporary table on commit drop": [
        "BEGIN",
        "CREATE TEMP TABLE t (x int) ON COMMIT DROP",
        "INSERT INTO pai VALUES (8)",
        "COMMIT",
    ],
    "temporary view": ["CREATE TEMP VIEW tv AS SELECT * FROM pessoa", "INSERT INTO vazia (x) VALUES ('a')"],
    "notify": ["NOTIFY canal, 'oi'"],
    "large object": ["SELECT lo_from_bytea(0, 'abc')"],
    "copy": copied,
    "copy frozen": copied_frozen,
    "two-phase": two_phase,
    "savepoints": savepoints,
    "savepoints undone": some_savepoints_undone,
    "two connections": two_at_once,
    "rolled back": rolled_back,
    "a killed connection": killed,
    "through a foreign table on itself": through_itself,
    "by dblink": by_dblink,
}
LEFT = {
    "an open transaction": left_in_a_transaction,
    "an advisory lock": left_with_a_lock,
    "an open transaction that hides": left_hidden,
    "a failed transaction": left_failed,
    "a listener with a temporary table": left_listening,
    "an open cursor": left_with_a_cursor,
}
SCHEMA = {
    "create table": ["CREATE TABLE nova (x int)"],
    "create table, undone and done": [
        "BEGIN",
        "CREATE TABLE a (x int)",
        "ROLLBACK",
        "BEGIN",
        "CREATE TABLE b (x int)",
        "COMMIT",
    ],
    "create table in a savepoint": ["BEGIN", "SAVEPOINT s", "CREATE TABLE nova (x int)", "RELEASE s", "COMMIT"],
    "create table in replica role": ["SET session_replication_role = replica", "CREATE TABLE escondida (x int)"],
    "create and drop": ["CREATE TABLE nova (x int)", "DROP TABLE nova"],
    "create a temporary table and a real one": ["CREATE TEMP TABLE t (x int)", "CREATE TABLE nova (x int)"],
    "select into": ["SELECT 1 AS x INTO nova"],
    "many tables": ["DO $$ BEGIN FOR i IN 1..300 LOOP EXECUTE 'CREATE TABLE t' || i || ' (x int)'; END LOOP; END $$"],
    "drop table": ["DROP TABLE filha"],
    "drop schema": ["DROP SCHEMA public CASCADE", "CREATE SCHEMA public"],
    "add column": ["ALTER TABLE vazia ADD COLUMN y int"],
    "add column with a default": ["ALTER TABLE pessoa ADD COLUMN y int DEFAULT 1"],
    "drop column": ["ALTER TABLE pessoa DROP COLUMN dados"],
    "rename table": ["ALTER TABLE vazia RENAME TO outra"],
    "rename and back": ["ALTER TABLE vazia RENAME TO outra", "ALTER TABLE outra RENAME TO vazia"],
    "rename column": ["ALTER TABLE vazia RENAME x TO y"],
    "change type": ["ALTER TABLE filha ALTER v TYPE bigint"],
    "set default": ["ALTER TABLE filha ALTER v SET DEFAULT 3"],
    "set logged": ["ALTER TABLE solta SET LOGGED"],
    "set unlogged": ["ALTER TABLE vazia SET UNLOGGED"],
    "fill factor": ["ALTER TABLE vazia SET (fillfactor = 50)"],
    "statistics target": ["ALTER TABLE pessoa ALTER nome SET STATISTICS 5"],
    "replica identity": ["ALTER TABLE pessoa REPLICA IDENTITY FULL"],
    "drop not null": ["ALTER TABLE pessoa ALTER nome DROP NOT NULL"],
    "drop constraint": ["ALTER TABLE filha DROP CONSTRAINT filha_pessoa_id_fkey"],
    "add constraint": ["ALTER TABLE filha ADD CHECK (v > 0)"],
    "create index": ["CREATE INDEX CONCURRENTLY novo ON pessoa (nome)"],
    "drop index": ["DROP INDEX filha_v"],
    "reindex": ["REINDEX TABLE pessoa"],
    "attach a partition": [
        "CREATE TABLE parte_2031 PARTITION OF parte FOR VALUES FROM ('2031-01-01') TO ('2032-01-01')"
    ],
    "detach a partition": ["ALTER TABLE parte DETACH PARTITION parte_2020"],
    "inherit": ["ALTER TABLE herdeira NO INHERIT pai"],
    "enum added": ["ALTER TYPE situacao ADD VALUE 'arquivada'"],
    "enum added in a transaction": ["BEGIN", "ALTER TYPE situacao ADD VALUE 'z'", "COMMIT"],
    "enum renamed": ["ALTER TYPE situacao RENAME VALUE 'nova' TO 'novissima'"],
    "composite type": ["ALTER TYPE endereco ADD ATTRIBUTE bairro text"],
    "domain": ["ALTER DOMAIN documento DROP CONSTRAINT documento_check"],
    "extension": ["CREATE EXTENSION citext"],
    "extension dropped": ["DROP EXTENSION dblink"],
    "extension altered": ["ALTER EXTENSION dblink DROP FUNCTION dblink_connect(text)"],
    "comment on a table": ["COMMENT ON TABLE vazia IS 'x'"],
    "comment on a column": ["COMMENT ON COLUMN vazia.x IS 'x'"],
    "grant": ["GRANT SELECT ON pessoa TO pgben_iso_app"],
    "revoke": ["REVOKE ALL ON restrita FROM pgben_iso_app"],
    "grant on a column": ["GRANT SELECT (nome) ON pessoa TO pgben_iso_app"],
    "grant on the schema": ["REVOKE USAGE ON SCHEMA public FROM PUBLIC"],
    "grant on a function": ["REVOKE EXECUTE ON FUNCTION definida() FROM PUBLIC"],
    "grant on a sequence": ["GRANT USAGE ON SEQUENCE usada TO pgben_iso_app"],
    "default privileges": ["ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO pgben_iso_app"],
    "owner": ["ALTER TABLE vazia OWNER TO pgben_iso_app"],
    "reassign owned": ["REASSIGN OWNED BY pgben_iso_owner TO pgben_iso_app"],
    "drop owned": ["DROP OWNED BY pgben_iso_app"],
    "policy": ["DROP POLICY so_do_dono ON restrita"],
    "row security off": ["ALTER TABLE restrita DISABLE ROW LEVEL SECURITY"],
    "rule": ["CREATE RULE r AS ON INSERT TO vazia DO INSTEAD NOTHING"],
    "rule disabled": ["ALTER TABLE livro_comum DISABLE RULE guarda"],
    "trigger": ["CREATE TRIGGER z BEFORE INSERT ON vazia FOR EACH ROW EXECUTE FUNCTION toca()"],
    "trigger disabled": ["ALTER TABLE contrato DISABLE TRIGGER audita"],
    "trigger disabled and enabled": [
        "ALTER TABLE comum DISABLE TRIGGER audita",
        "ALTER TABLE comum ENABLE TRIGGER audita",
    ],
    "trigger made always": ["ALTER TABLE comum ENABLE ALWAYS TRIGGER audita"],
    "function replaced": ["CREATE OR REPLACE FUNCTION definida() RETURNS void LANGUAGE sql AS 'SELECT'"],
    "function altered": ["ALTER FUNCTION definida() SECURITY INVOKER"],
    "procedure": ["CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN END'"],
    "sequence altered": ["ALTER SEQUENCE vazia_id_seq INCREMENT 5"],
    "sequence restarted": ["ALTER SEQUENCE vazia_id_seq RESTART 77"],
    "sequence created": ["CREATE SEQUENCE nova_seq"],
    "materialised view": ["DELETE FROM pessoa WHERE id > 50", "REFRESH MATERIALIZED VIEW contagem"],
    "materialised view, concurrently": [
        "CREATE UNIQUE INDEX ON contagem (n)",
        "DELETE FROM pessoa",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY contagem",
    ],
    "view replaced": ["CREATE OR REPLACE VIEW vista AS SELECT id, x FROM vazia WHERE id > 0"],
    "statistics dropped": ["DROP STATISTICS estatistica"],
    "publication": ["CREATE PUBLICATION outra FOR ALL TABLES"],
    "publication altered": ["ALTER PUBLICATION publica DROP TABLE pessoa"],
    "subscription": ["CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false)"],
    "foreign server": ["CREATE SERVER s1 FOREIGN DATA WRAPPER postgres_fdw"],
    "cast": ["CREATE CAST (text AS int) WITH INOUT"],
    "collation": ['CREATE COLLATION minha FROM "C"'],
    "text search": ["CREATE TEXT SEARCH CONFIGURATION minha (COPY = portuguese)"],
    "operator": ["CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)"],
    "event trigger": ["CREATE EVENT TRIGGER outro ON ddl_command_start EXECUTE FUNCTION anota()"],
    "event trigger disabled": ["ALTER EVENT TRIGGER do_projeto DISABLE"],
    "event trigger dropped": ["DROP EVENT TRIGGER do_projeto"],
    "event trigger, comment": ["COMMENT ON EVENT TRIGGER do_projeto IS 'x'"],
    "catalogue: trigger": ["UPDATE pg_trigger SET tgenabled = 'D' WHERE tgname = 'proibe'"],
    "catalogue: index": ["UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'filha_v'::regclass"],
    "catalogue: enum": ["DELETE FROM pg_enum WHERE enumlabel = 'paga'"],
    "catalogue: column": [
        "UPDATE pg_attribute SET attnotnull = false WHERE attrelid = 'pessoa'::regclass AND attname = 'nome'"
    ],
    "catalogue: class": ["UPDATE pg_class SET relrowsecurity = false WHERE relname = 'restrita'"],
    "catalogue: dependency": ["DELETE FROM pg_depend WHERE objid = 'vista'::regclass"],
    "depends on an extension": ["ALTER FUNCTION definida() DEPENDS ON EXTENSION dblink"],
    "settings of the database": on_the_database("ALTER DATABASE DB SET timezone = 'Asia/Tokyo'"),
    "settings of a role": on_the_database("ALTER ROLE pgben_iso_app IN DATABASE DB SET work_mem = '1MB'"),
    "connection limit": on_the_database("ALTER DATABASE DB CONNECTION LIMIT 40"),
    "owner of the database": on_the_database("ALTER DATABASE DB OWNER TO pgben_iso_app"),
    "comment on the database": on_the_database("COMMENT ON DATABASE DB IS 'x'"),
    "grants on the database": on_the_database("REVOKE ALL ON DATABASE DB FROM PUBLIC"),
    "made a template": on_the_database("ALTER DATABASE DB IS_TEMPLATE true"),
}
ATTACKS = ROWS | {f"left: {name}": attack for name, attack in LEFT.items()} | SCHEMA


def carry_out(attack, database, left):
    """Do it, each statement in autocommit."""
    if callable(attack):
        attack(database, left)
        return
    with database.connect(autocommit=True, prepare_threshold=None) as connection:
        for statement in attack:
            connection.execute(statement)
