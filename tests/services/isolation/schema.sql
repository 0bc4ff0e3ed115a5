-- A schema with one of everything that a test could write to, for the attacks on isolation.
DO $$ BEGIN CREATE ROLE pgben_iso_app; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE pgben_iso_owner; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
CREATE EXTENSION btree_gist;
CREATE EXTENSION dblink;
CREATE EXTENSION postgres_fdw;
CREATE TYPE situacao AS ENUM ('nova', 'paga');
CREATE DOMAIN documento AS text CHECK (VALUE ~ '^\d{11}$');
CREATE TYPE endereco AS (rua text, numero int);

CREATE TABLE pessoa (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    nome text NOT NULL,
    doc documento UNIQUE,
    situacao situacao DEFAULT 'nova',
    maiuscula text GENERATED ALWAYS AS (upper(nome)) STORED,
    mora endereco,
    fotos bytea[],
    dados jsonb DEFAULT '{}'
);
INSERT INTO pessoa (nome, doc, mora, dados)
    SELECT 'n"' || i, lpad(i::text, 11, '0'), ROW('rua, (' || i || ')', i)::endereco, jsonb_build_object('i', i)
    FROM generate_series(1, 400) i;
ALTER TABLE pessoa ADD COLUMN sumida int DEFAULT 7;
ALTER TABLE pessoa DROP COLUMN sumida;
CREATE TABLE vazia (id serial PRIMARY KEY, x text);
CREATE TABLE filha (id serial PRIMARY KEY, pessoa_id bigint REFERENCES pessoa ON DELETE CASCADE, v int);
INSERT INTO filha (pessoa_id, v) SELECT i, i FROM generate_series(1, 50) i;
CREATE INDEX filha_v ON filha (v);
CREATE TABLE grande (id int PRIMARY KEY, v text);
INSERT INTO grande SELECT i, repeat('x', 20) FROM generate_series(1, 20000) i;
CREATE TABLE longa (id int PRIMARY KEY, v text);
INSERT INTO longa SELECT 1, string_agg(md5(i::text), '') FROM generate_series(1, 3000) i;
CREATE TABLE parte (id int, d date, v text) PARTITION BY RANGE (d);
CREATE TABLE parte_2020 PARTITION OF parte FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE parte_resto PARTITION OF parte DEFAULT;
INSERT INTO parte VALUES (1, '2020-05-05', 'a'), (2, '2024-01-01', 'b');
CREATE TABLE pai (a int);
CREATE TABLE herdeira (b int) INHERITS (pai);
INSERT INTO pai VALUES (1);
INSERT INTO herdeira VALUES (2, 3);
CREATE UNLOGGED TABLE solta (id serial, x int);
INSERT INTO solta (x) VALUES (1);
CREATE UNLOGGED TABLE solta_vazia (x int);
CREATE TABLE reserva (r int4range, EXCLUDE USING gist (r WITH &&));
INSERT INTO reserva VALUES ('[1,5)');
CREATE TABLE restrita (dono text, v int);
ALTER TABLE restrita ENABLE ROW LEVEL SECURITY;
ALTER TABLE restrita FORCE ROW LEVEL SECURITY;
CREATE POLICY so_do_dono ON restrita USING (dono = current_user);
INSERT INTO restrita VALUES ('a', 1), ('b', 2);
GRANT ALL ON restrita TO pgben_iso_app;
CREATE TABLE so_gerada (g int GENERATED ALWAYS AS (1) STORED);
INSERT INTO so_gerada DEFAULT VALUES;
CREATE TABLE sem_colunas ();
INSERT INTO sem_colunas DEFAULT VALUES;
CREATE SCHEMA "Esquema Ç";
CREATE TABLE "Esquema Ç"."Tab ""x""" (id serial, "Col A" text, "select" int DEFAULT 4);
INSERT INTO "Esquema Ç"."Tab ""x""" ("Col A") VALUES ('ç');
CREATE TABLE do_outro (x int);
ALTER TABLE do_outro OWNER TO pgben_iso_owner;
CREATE SEQUENCE guardada CACHE 50;
CREATE SEQUENCE usada;
SELECT nextval('usada'), nextval('usada'), nextval('usada');
CREATE MATERIALIZED VIEW contagem AS SELECT count(*) AS n FROM pessoa;
CREATE VIEW vista AS SELECT * FROM vazia;
CREATE STATISTICS estatistica ON nome, doc FROM pessoa;
CREATE PUBLICATION publica FOR TABLE pessoa;
CREATE FUNCTION definida() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'INSERT INTO vazia (x) VALUES (''sd'')';

-- Triggers and rules that act even while rows are put back
CREATE TABLE auditoria (id bigserial PRIMARY KEY, o text, op text);
CREATE FUNCTION audita() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO auditoria (o, op) VALUES (TG_TABLE_NAME, TG_OP); RETURN coalesce(NEW, OLD); END $$;
CREATE TABLE contrato (id serial PRIMARY KEY, valor int);
INSERT INTO contrato (valor) VALUES (10), (20);
CREATE TRIGGER audita AFTER INSERT OR UPDATE OR DELETE ON contrato FOR EACH ROW EXECUTE FUNCTION audita();
ALTER TABLE contrato ENABLE ALWAYS TRIGGER audita;
CREATE TABLE replicada (id serial PRIMARY KEY, valor int);
INSERT INTO replicada (valor) VALUES (10);
CREATE TRIGGER audita AFTER INSERT OR UPDATE OR DELETE ON replicada FOR EACH ROW EXECUTE FUNCTION audita();
ALTER TABLE replicada ENABLE REPLICA TRIGGER audita;
CREATE TABLE comum (id serial PRIMARY KEY, valor int);
INSERT INTO comum (valor) VALUES (10);
CREATE TRIGGER audita AFTER INSERT OR UPDATE OR DELETE ON comum FOR EACH ROW EXECUTE FUNCTION audita();
CREATE FUNCTION toca() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.versao := coalesce(NEW.versao, 0) + 1; RETURN NEW; END $$;
CREATE TABLE tocada (id serial PRIMARY KEY, v int, versao int DEFAULT 0);
INSERT INTO tocada (v, versao) VALUES (1, 7);
CREATE TRIGGER toca BEFORE INSERT OR UPDATE ON tocada FOR EACH ROW EXECUTE FUNCTION toca();
ALTER TABLE tocada ENABLE ALWAYS TRIGGER toca;
CREATE FUNCTION proibe() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append only'; END $$;
CREATE TABLE diario (x int);
INSERT INTO diario VALUES (1);
CREATE TRIGGER proibe BEFORE DELETE ON diario FOR EACH ROW EXECUTE FUNCTION proibe();
ALTER TABLE diario ENABLE ALWAYS TRIGGER proibe;
CREATE TABLE livro (x int);
INSERT INTO livro VALUES (1);
CREATE RULE guarda AS ON DELETE TO livro DO INSTEAD NOTHING;
ALTER TABLE livro ENABLE ALWAYS RULE guarda;
CREATE TABLE livro_vazio (x int);
CREATE RULE guarda AS ON DELETE TO livro_vazio DO INSTEAD NOTHING;
ALTER TABLE livro_vazio ENABLE ALWAYS RULE guarda;
CREATE TABLE livro_comum (x int);
INSERT INTO livro_comum VALUES (1);
CREATE RULE guarda AS ON DELETE TO livro_comum DO INSTEAD NOTHING;

-- An event trigger of the project's own
CREATE TABLE comandos (t text);
CREATE FUNCTION anota() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO comandos VALUES (tg_tag); END $$;
CREATE EVENT TRIGGER do_projeto ON ddl_command_end WHEN TAG IN ('COMMENT') EXECUTE FUNCTION anota();
