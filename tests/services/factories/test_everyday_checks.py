"""`for_table` on the checks that everyday schemas have."""

import pytest
from reference import one

from pgben_testkit.errors import UsageProblem

EVERYDAY = """
CREATE TYPE endereco_tipo AS (rua text, numero int);
CREATE DOMAIN minusculo AS varchar(4) CHECK (VALUE ~ '^[a-z]+$');
CREATE DOMAIN quatro AS minusculo NOT NULL CHECK (length(VALUE) = 4);
CREATE FUNCTION cpf_ok(t text) RETURNS bool LANGUAGE sql IMMUTABLE AS $$
    SELECT t ~ '^\\d{11}$' AND (SELECT (sum((11 - i) * substr(t, i, 1)::int) * 10) % 11 % 10
                                FROM generate_series(1, 9) i) = substr(t, 10, 1)::int $$;
CREATE TABLE reserva (inicio timestamptz NOT NULL, fim timestamptz NOT NULL,
                      CHECK (fim > inicio AND fim - inicio <= interval '8 hours'));
CREATE TABLE exercicio (ano int NOT NULL CHECK (ano >= extract(year FROM now()) - 1
                                                AND ano <= extract(year FROM now()) + 1));
CREATE TABLE agenda (dia date NOT NULL CHECK (dia > CURRENT_DATE));
CREATE TABLE dado (d jsonb NOT NULL CHECK (d ? 'tipo'), e jsonb NOT NULL CHECK (jsonb_typeof(e) = 'array'),
                   f jsonb NOT NULL CHECK (f ->> 'tipo' IN ('a', 'b') AND (f ->> 'n')::int > 3));
CREATE TABLE titular (documento varchar(11) NOT NULL UNIQUE CHECK (cpf_ok(documento)));
CREATE TABLE no_serial (id serial PRIMARY KEY, pai int NOT NULL REFERENCES no_serial);
CREATE TABLE no_identity (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, pai int NOT NULL REFERENCES no_identity);
CREATE TABLE no_livre (id int PRIMARY KEY, pai int NOT NULL REFERENCES no_livre);
CREATE TABLE no_composto (orgao int NOT NULL, id int GENERATED ALWAYS AS IDENTITY, pai int, PRIMARY KEY (orgao, id),
                          FOREIGN KEY (orgao, pai) REFERENCES no_composto);
CREATE TABLE medida (id int NOT NULL, dia date NOT NULL) PARTITION BY RANGE (dia);
CREATE TABLE medida_2020 PARTITION OF medida FOR VALUES FROM ('2020-01-01') TO ('2020-02-01');
CREATE TABLE por_uf (uf text NOT NULL) PARTITION BY LIST (uf);
CREATE TABLE por_uf_rn PARTITION OF por_uf FOR VALUES IN ('RN', 'PB');
CREATE TABLE casa (lugar endereco_tipo NOT NULL CHECK ((lugar).rua <> ''));
CREATE TABLE palavra (p quatro);
CREATE TABLE sigla (uf char(2) PRIMARY KEY CHECK (uf ~ '^[A-Z]{2}$'));
CREATE TYPE humor AS ENUM ('a', 'b');
CREATE TABLE por_humor (humor humor PRIMARY KEY);
CREATE TABLE atalho (slug text UNIQUE NOT NULL CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'));
CREATE TABLE agencia (codigo char(4) NOT NULL CHECK (codigo ~ '^[[:digit:]]+$'), conta varchar(9) NOT NULL UNIQUE
                      CHECK (conta !~ '[^0-9]'), caixa text NOT NULL CHECK (caixa SIMILAR TO '[A-Z]{2}-[0-9]+'));
CREATE TABLE setimo (n int PRIMARY KEY CHECK (n % 7 = 0));
CREATE TABLE faixa (m int4multirange NOT NULL, dias daterange NOT NULL
                    CHECK (lower(dias) >= '2024-01-01' AND upper(dias) <= '2025-01-01'));
CREATE TABLE bits (v bit varying(5) NOT NULL CHECK (length(v) > 1), chave bytea NOT NULL
                   CHECK (octet_length(chave) = 32), notas int[] NOT NULL CHECK (array_length(notas, 1) = 4),
                   letras text[] NOT NULL CHECK (letras <@ ARRAY['a', 'b'] AND cardinality(letras) > 0));
CREATE TABLE lugar (e endereco_tipo NOT NULL CHECK ((e).numero > 100));
CREATE TABLE centenas (c numeric(4, -2) NOT NULL);
CREATE TABLE sem_iguais (u text UNIQUE NULLS NOT DISTINCT);
CREATE TABLE apoio (orgao int, id int GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (orgao, id));
CREATE TABLE inteira (orgao int CHECK (orgao IS NOT NULL), apoio int,
                      FOREIGN KEY (orgao, apoio) REFERENCES apoio MATCH FULL);
CREATE TABLE ferias (inicio date NOT NULL, fim date NOT NULL, dias int NOT NULL, meio date NOT NULL,
                     CHECK (fim > inicio), CHECK (dias = fim - inicio), CHECK (meio BETWEEN inicio AND fim));
CREATE TABLE conta (qtd int NOT NULL CHECK (qtd > 2), preco numeric(8, 2) NOT NULL CHECK (preco > 0),
                    total numeric NOT NULL, chave text NOT NULL, CHECK (qtd * preco = total),
                    CHECK (chave = md5(qtd::text)));
CREATE TABLE dono (id int PRIMARY KEY, humor humor NOT NULL, UNIQUE (id, humor));
CREATE TABLE de_b (dono int NOT NULL, humor humor NOT NULL CHECK (humor = 'b'),
                   FOREIGN KEY (dono, humor) REFERENCES dono (id, humor));
CREATE TABLE vaga (n smallint NOT NULL UNIQUE CHECK (n BETWEEN 1 AND 30));
CREATE TABLE grande (id bigint PRIMARY KEY CHECK (id > 9007199254740991));
CREATE TABLE lista (j jsonb NOT NULL CHECK (j @> '{"v": 1}'), k jsonb NOT NULL CHECK (jsonb_array_length(k) > 0));
CREATE TABLE turno (hora time NOT NULL CHECK (hora BETWEEN '08:00' AND '08:30'), mac macaddr NOT NULL UNIQUE,
                    ip inet NOT NULL CHECK (ip << '10.0.0.0/8'),
                    dura interval NOT NULL CHECK (dura < '45 minutes' AND dura > '1 minute'));
CREATE TABLE dia (ano smallint NOT NULL, mes smallint NOT NULL CHECK (mes BETWEEN 1 AND 12), dia smallint NOT NULL,
                  data date NOT NULL, CHECK (data = make_date(ano::int, mes::int, dia::int)));
CREATE TABLE grade (linha int NOT NULL CHECK (linha BETWEEN 1 AND 11), humor humor NOT NULL, UNIQUE (linha, humor));
"""


@pytest.mark.parametrize(
    "table",
    [
        "reserva",
        "exercicio",
        "agenda",
        "dado",
        "titular",
        "no_serial",
        "no_identity",
        "no_livre",
        "no_composto",
        "medida",
        "medida_2020",
        "por_uf",
        "por_uf_rn",
        "casa",
        "palavra",
        "sigla",
        "atalho",
        "agencia",
        "setimo",
        "faixa",
        "bits",
        "lugar",
        "centenas",
        "sem_iguais",
        "inteira",
        "ferias",
        "conta",
        "de_b",
        "vaga",
        "grande",
        "lista",
        "turno",
        "dia",
    ],
)
def test_for_table_satisfies_everyday_checks(make, connection, table):
    connection.execute(EVERYDAY)
    make.for_table(table).create()
    make.for_table(table).create_batch(20)
    assert one(connection, f"SELECT count(*) FROM {table}") == 21


def test_a_column_of_few_numbers_shares_the_burden_of_a_unique(make, connection):
    connection.execute(EVERYDAY)
    rows = make.for_table("grade").create_batch(12)
    assert len({(row.linha, row.humor) for row in rows}) == 12


def test_for_table_says_that_there_is_no_room_only_where_it_knows(make, connection):
    connection.execute(EVERYDAY)
    with pytest.raises(UsageProblem, match=r"no room for 3 more rows[\s\S]*2 combinations of its values are free"):
        make.for_table("por_humor").create_batch(3)
    with pytest.raises(UsageProblem, match=r"no 400 different values were found for \(uf\)") as error:
        for _ in range(2):
            make.for_table("sigla").create_batch(400)
    assert "remove rows" not in str(error.value)
