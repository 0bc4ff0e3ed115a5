"""`for_table` on the reference schema and on schemas of the user's own."""

import re

import pytest
from reference import one

from pgben_testkit.errors import UsageProblem
from pgben_testkit.factories import Maker


def test_for_table_makes_rows_of_every_table(make, connection):
    tables = [
        row[0]
        for row in connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
        ).fetchall()
    ]
    for table in tables:
        size = 2 if table == "configuracao_aprovacao" else 3
        before = one(connection, f"SELECT count(*) FROM {table}")
        made = make.for_table(table).create_batch(size)
        assert one(connection, f"SELECT count(*) FROM {table}") >= before + size
        assert len({each.id for each in made}) == size


def test_for_table_marks_people_and_their_documents_are_valid(make):
    made = make.for_table("cidadao").create()
    assert made.metadados == {"sintetico": True}
    family = make.for_table("composicao_familiar").create()
    assert family.observacoes == "Pessoa Sintetica"


ODD = """
CREATE DOMAIN placa AS varchar(7) NOT NULL CHECK (VALUE ~ '^[A-Z]{3}[0-9][A-Z][0-9]{2}$');
CREATE TYPE cor AS ENUM ('azul', 'verde');
CREATE TABLE "Tabela Estranha" (
    numero int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "Coluna ç" varchar(3) NOT NULL UNIQUE,
    placa placa UNIQUE,
    par int NOT NULL CHECK (par % 2 = 0 AND par BETWEEN 100 AND 120),
    cores cor[] NOT NULL CHECK (cardinality(cores) > 0),
    dobro int GENERATED ALWAYS AS (par * 2) STORED,
    minimo numeric(5, 2) NOT NULL, maximo numeric(5, 2) NOT NULL,
    quando tstzrange NOT NULL,
    dado bytea NOT NULL, rede cidr NOT NULL, hora time NOT NULL, intervalo interval NOT NULL, caixa box NOT NULL,
    CONSTRAINT ordem CHECK (minimo < maximo AND minimo > 10),
    EXCLUDE USING gist (quando WITH &&)
);
CREATE TABLE filha (a int, b int, PRIMARY KEY (a, b), pessoa text NOT NULL, cpf text NOT NULL,
                    CHECK (cpf ~ '^\\d{3}\\.\\d{3}\\.\\d{3}-\\d{2}$'));
CREATE TABLE neta (a int NOT NULL, b int NOT NULL, FOREIGN KEY (a, b) REFERENCES filha (a, b),
                   ok boolean UNIQUE NOT NULL);
CREATE TABLE ovo (id int PRIMARY KEY, galinha int NOT NULL);
CREATE TABLE galinha (id int PRIMARY KEY, ovo int NOT NULL REFERENCES ovo);
ALTER TABLE ovo ADD FOREIGN KEY (galinha) REFERENCES galinha;
CREATE TABLE impossivel (x int NOT NULL CHECK (x > 5 AND x < 5));
CREATE TABLE vazia (id serial PRIMARY KEY, nota text);
"""


def test_for_table_copes_with_a_schema_of_the_users_own(make, connection):
    connection.execute(ODD)
    rows = make.for_table("Tabela Estranha").create_batch(20)
    assert len({row.placa for row in rows}) == 20
    assert all(100 <= row.par <= 120 and row.dobro == 2 * row.par for row in rows)
    assert make.for_table('public."Tabela Estranha"').create(par=110).par == 110
    daughters = make.for_table("filha").create_batch(5)
    assert all(re.fullmatch(r"\d{3}\.\d{3}\.\d{3}-\d{2}", row.cpf) for row in daughters)
    assert {row.ok for row in make.for_table("neta").create_batch(2)} == {True, False}
    assert len(make.for_table("vazia").create_batch(3)) == 3
    with pytest.raises(UsageProblem, match=r"no room for 1 more row"):
        make.for_table("neta").create()
    with pytest.raises(UsageProblem, match=r"in a circle"):
        make.for_table("ovo").create()
    with pytest.raises(UsageProblem, match=r"impossivel_x_check"):
        make.for_table("impossivel").create()
    with pytest.raises(UsageProblem, match=r"no column 'corr'; did you mean 'par'|no column 'corr'"):
        make.for_table("Tabela Estranha").create(corr=1)
    with pytest.raises(UsageProblem, match=r"no table 'cidadoa'; did you mean 'cidadao'"):
        make.for_table("cidadoa")
    for name in ("", "pg_class", 'a"b', "nada.nada"):
        with pytest.raises(UsageProblem, match="has no table"):
            make.for_table(name)


def test_a_random_id_comes_back_with_the_seed(connection):
    connection.execute("CREATE TABLE sorte (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), n int)")
    runs = []
    for seed in ("1", "1", "2"):
        make = Maker(seed=seed, test="a", connect=lambda: connection)
        runs.append([row.id for row in make.for_table("sorte").create_batch(3)])
        connection.execute("TRUNCATE sorte")
    assert runs[0] == runs[1] != runs[2]
    assert len({*runs[0], *runs[2]}) == 6


def test_a_check_that_raises_is_the_one_that_is_named(make, connection):
    connection.execute(
        "CREATE TABLE area (ano int NOT NULL CHECK (ano > 7), caixa text NOT NULL CHECK (caixa::box IS NOT NULL))"
    )
    with pytest.raises(UsageProblem, match="satisfies area_caixa_check"):
        make.for_table("area").create()
    assert make.for_table("area").create(caixa="(1,1),(0,0)").ano > 7


TYPED = """CREATE TABLE produto (nome varchar(10) NOT NULL, idade int NOT NULL CHECK (idade BETWEEN 18 AND 20),
    preco numeric(4, 2) NOT NULL, teto int, piso int, CHECK (piso < teto AND piso > 3));"""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"preco": "abc"}, r"produto\.preco can't hold[\s\S]*numeric\(4, 2\)[\s\S]*give preco a value that fits"),
        ({"preco": 123456}, r"produto\.preco can't hold"),
        ({"idade": "x"}, r"produto\.idade can't hold"),
        ({"nome": "segredo " * 5}, r"produto\.nome can't hold[\s\S]*40 characters"),
        ({"idade": 99}, r"produto_idade_check[\s\S]*give other values for idade$"),
        ({"teto": 1}, r"produto_check[\s\S]*give other values for teto or values for piso$"),
    ],
)
def test_for_table_names_the_column_whose_value_is_wrong(make, connection, given, said):
    connection.execute(TYPED)
    if given == {"teto": 1}:
        given["piso"] = 2
        said = said.replace("teto or values for piso", "(teto, piso|piso, teto)")
    with pytest.raises(UsageProblem, match=said) as error:
        make.for_table("produto").create(**given)
    for secret in ("abc", "segredo", "123456"):
        assert secret not in str(error.value)
    make.for_table("produto").create(preco="1.5", idade=19, nome="a")
