"""The data factories on a real PostgreSQL with the reference schema, and a real bucket."""

import multiprocessing
import re
import subprocess
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from reference import one

from pgben_testkit import settings
from pgben_testkit.errors import UsageProblem
from pgben_testkit.factories import CidadaoFactory, Fabrica, PagamentoFactory, audit
from pgben_testkit.factories.catalog import NAMES, factory_of
from pgben_testkit.factories.scenarios import PLANS
from pgben_testkit.factories.store import NotStored
from pgben_testkit.factories.vocabulary import MEMBERS
from pgben_testkit.postgres import binaries

PERSON_TABLES = ("cidadao", "composicao_familiar")


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


@pytest.mark.parametrize("name", NAMES)
def test_each_factory_makes_a_row_that_is_what_the_object_says(make, connection, name):
    made = make.create(name)
    cursor = connection.execute(f"SELECT * FROM {made.table} WHERE id = %s", (made.id,))
    row = dict(zip([column.name for column in cursor.description], cursor.fetchone(), strict=True))
    if name == "log_auditoria":
        row["ip_origem"] = str(row["ip_origem"])
    assert {column: row[column] for column in made.columns} == made.dict()


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


def test_a_paid_payment_has_its_whole_story(make):
    paid = make.create("pagamento", pago=True)
    assert paid.status == "pago"
    assert paid.solicitacao.status == "aprovada"
    assert paid.concessao.status == "ativo"
    assert paid.concessao.solicitacao is paid.solicitacao
    assert paid.data_pagamento > paid.solicitacao.data_aprovacao
    assert paid.data_pagamento.date() >= paid.concessao.data_inicio
    assert paid.solicitacao.unidade is paid.solicitacao.beneficiario.unidade


def test_relations_that_are_given_are_not_made_again(make, connection):
    citizen = make.create("cidadao")
    make.create("solicitacao", beneficiario=citizen)
    make.create("solicitacao", beneficiario_id=citizen.id, unidade_id=citizen.unidade_id)
    assert one(connection, "SELECT count(*) FROM cidadao") == 1
    grant = make.create("concessao")
    before = one(connection, "SELECT count(*) FROM solicitacao")
    first = make.create("pagamento", concessao_id=grant.id, pago=True)
    second = make.create("pagamento", concessao=grant, pago=True)
    assert (first.numero_parcela, second.numero_parcela) == (1, 2)
    assert first.solicitacao_id == grant.solicitacao_id
    assert first.data_pagamento.date() >= grant.data_inicio
    assert one(connection, "SELECT count(*) FROM solicitacao") == before


def test_an_id_that_no_row_has_is_one_clear_error(make):
    nobody = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(NotStored, match=r"endereco\.cidadao_id refers to a row that is not there"):
        make.create("endereco", cidadao_id=nobody)
    for identifier in (nobody, "x", 3):
        with pytest.raises(UsageProblem, match="solicitacao has no row with the id"):
            make.create("pendencia", solicitacao_id=identifier)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("cidadao", {"cpf": "segredo"}),
        ("cidadao", {"cpf": 123}),
        ("pagamento", {"valor": "segredo"}),
        ("pagamento", {"valor": -1}),
        ("cidadao", {"nome": "x\0y"}),
        ("solicitacao", {"beneficiario_id": "segredo"}),
    ],
)
def test_what_the_server_refuses_is_one_error_without_the_value(make, connection, name, given):
    with pytest.raises((NotStored, UsageProblem)) as caught:
        make.create(name, **given)
    assert "segredo" not in str(caught.value).replace("the id segredo", "")
    assert one(connection, f"SELECT count(*) FROM {name}") == 0
    with pytest.raises((NotStored, UsageProblem)) as caught:
        make.for_table(name).create(**given)
    assert "segredo" not in str(caught.value)
    assert make.create(name).saved


def test_a_batch_is_copied_shares_its_office_and_is_all_or_nothing(make, connection):
    made = make.create_batch("cidadao", 1200)
    assert one(connection, "SELECT count(*) FROM cidadao") == 1200 == len(made)
    assert len({each.cpf for each in made}) == len({each.nis for each in made}) == 1200
    assert one(connection, "SELECT count(DISTINCT unidade_id) FROM cidadao") == 3
    with pytest.raises(NotStored):
        make.create_batch("cidadao", 50, nome="x" * 201)
    assert one(connection, "SELECT count(*) FROM cidadao") == 1200
    assert make.create_batch("cidadao", 0) == []


def test_awkward_text_survives_copy_and_insert(make, connection):
    text = "a\tb\\N\nc\r\\. 'ç' \"d\" \u2028 😀"
    for size in (1, 40):
        for made in make.create_batch("solicitacao", size, observacoes=text, dados_complementares={"x": [text, None]}):
            row = connection.execute(
                "SELECT observacoes, dados_complementares FROM solicitacao WHERE id = %s", (made.id,)
            ).fetchone()
            assert row == (text, {"x": [text, None]})


@pytest.mark.parametrize("name", PLANS)
def test_each_scenario_satisfies_the_schema_and_has_every_status_it_names(make, connection, name):
    made = make.cenario(name, solicitacoes=60)
    for table, count in made.counts.items():
        seeds = one(connection, f"SELECT count(*) FROM {table}") - count
        assert seeds == SEEDS.get(table, 0)
    assert set(made.statuses["solicitacao"]) == set(PLANS[name].statuses)
    assert one(connection, "SELECT count(*) FROM pagamento WHERE data_pagamento::date > %s", make.hoje) == 0


SEEDS = {"unidade": 7, "role": 10, "tipo_beneficio": 6}
"""Rows that the schema seeds."""


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


def test_a_random_id_comes_back_with_the_seed(connection):
    connection.execute("CREATE TABLE sorte (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), n int)")
    runs = []
    for seed in ("1", "1", "2"):
        make = Fabrica(seed=seed, test="a", connect=lambda: connection)
        runs.append([row.id for row in make.for_table("sorte").create_batch(3)])
        connection.execute("TRUNCATE sorte")
    assert runs[0] == runs[1] != runs[2]
    assert len({*runs[0], *runs[2]}) == 6


def test_a_column_of_few_numbers_shares_the_burden_of_a_unique(make, connection):
    connection.execute(EVERYDAY)
    rows = make.for_table("grade").create_batch(12)
    assert len({(row.linha, row.humor) for row in rows}) == 12


def test_a_check_that_raises_is_the_one_that_is_named(make, connection):
    connection.execute(
        "CREATE TABLE area (ano int NOT NULL CHECK (ano > 7), caixa text NOT NULL CHECK (caixa::box IS NOT NULL))"
    )
    with pytest.raises(UsageProblem, match="satisfies area_caixa_check"):
        make.for_table("area").create()
    assert make.for_table("area").create(caixa="(1,1),(0,0)").ano > 7


def test_for_table_says_that_there_is_no_room_only_where_it_knows(make, connection):
    connection.execute(EVERYDAY)
    with pytest.raises(UsageProblem, match=r"no room for 3 more rows[\s\S]*2 combinations of its values are free"):
        make.for_table("por_humor").create_batch(3)
    with pytest.raises(UsageProblem, match=r"no 400 different values were found for \(uf\)") as error:
        for _ in range(2):
            make.for_table("sigla").create_batch(400)
    assert "remove rows" not in str(error.value)


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


@pytest.mark.parametrize("many", [1, 40])
def test_factories_name_the_column_that_can_not_hold_its_value(make, many):
    with pytest.raises(NotStored, match=r"cidadao\.nome can't hold[\s\S]*5000 characters"):
        make.create_batch("cidadao", many, nome="x" * 5000)
    with pytest.raises(NotStored, match=r"pagamento\.valor can't hold[\s\S]*numeric") as error:
        make.create_batch("pagamento", many, valor="segredo")
    assert "segredo" not in str(error.value)


def test_for_table_marks_people_and_their_documents_are_valid(make):
    made = make.for_table("cidadao").create()
    assert made.metadados == {"sintetico": True}
    family = make.for_table("composicao_familiar").create()
    assert family.observacoes == "Pessoa Sintetica"


def test_a_value_that_is_taken_is_replaced_and_one_that_was_given_is_an_error(database, request):
    with database.connect(autocommit=True) as first, database.connect(autocommit=True) as second:
        mine = Fabrica(seed="1", test="same", connect=lambda: first)
        yours = Fabrica(seed="1", test="same", connect=lambda: second)
        a, b = mine.create("pagamento", pago=True), yours.create("pagamento", pago=True)
        assert a.id != b.id
        mine.create_batch("cidadao", 100)
        assert len(yours.create_batch("cidadao", 100)) == 100
        with pytest.raises(NotStored, match="cidadao: another row has this cpf") as caught:
            yours.create("cidadao", cpf=a.solicitacao.beneficiario.cpf)
        assert a.solicitacao.beneficiario.cpf not in str(caught.value)
        with pytest.raises(NotStored, match="concessao: another row has this solicitacao_id"):
            mine.create("concessao", solicitacao=a.solicitacao)


def many_creates(dsn, worker, tests, each, queue):
    try:
        with psycopg.connect(dsn, autocommit=True) as connection:
            for test in range(tests):
                make = Fabrica(seed="7", test=f"test_{worker}_{test}", connect=lambda: connection)
                for _ in range(each):
                    make.create("cidadao")
        queue.put("")
    except Exception as error:  # the parent fails the test with it
        queue.put(repr(error))


def test_eight_workers_with_a_thousand_creates_each_never_collide_in_one_database(databases):
    strategy = databases.strategy("clone")
    shared = strategy.acquire()
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    workers = [context.Process(target=many_creates, args=(shared.dsn, number, 10, 100, queue)) for number in range(8)]
    for each in workers:
        each.start()
    assert [queue.get(timeout=120) for _ in workers] == [""] * 8
    for each in workers:
        each.join()
    with shared.connect() as connection:
        assert one(connection, "SELECT count(*) FROM cidadao") == 8000
    strategy.release(shared)


def test_within_a_transaction_rows_go_with_it(database, connection, make):
    with database.connect() as own:
        bound = make.using(own)
        bound.create("cidadao")
        bound.create_batch("cidadao", 60)
        assert one(own, "SELECT count(*) FROM cidadao") == 61
        assert one(connection, "SELECT count(*) FROM cidadao") == 0
        own.rollback()
    assert one(connection, "SELECT count(*) FROM cidadao") == 0


def test_a_schema_that_lacks_something_is_told_apart_table_by_table(make, connection):
    connection.execute("ALTER TABLE cidadao DROP COLUMN raca_cor; DROP TABLE logs_auditoria CASCADE")
    with pytest.raises(NotStored, match=r"it lacks cidadao\.raca_cor"):
        make.create("cidadao")
    with pytest.raises(NotStored, match=r"the table logs_auditoria"):
        make.create("log_auditoria")
    connection.execute("ALTER TABLE cidadao ADD COLUMN raca_cor raca_cor, ADD COLUMN apelido text NOT NULL")
    with pytest.raises(NotStored, match=r"cidadao\.apelido must have a value") as caught:
        make.create("cidadao")
    assert "does not know the column" in str(caught.value)

    class Ours(CidadaoFactory):
        class Meta:
            exclude = ("raca_cor",)

        apelido = "Bia"

    bound = make.with_classes(cidadao=Ours)
    paid = bound.create("pagamento", pago=True)
    assert one(connection, "SELECT apelido FROM cidadao WHERE id = %s", paid.solicitacao.beneficiario_id) == "Bia"
    with pytest.raises(UsageProblem, match="not made from CidadaoFactory"):
        make.with_classes(cidadao=PagamentoFactory)


def test_classes_are_used_as_any_factory_of_factory_boy(make, connection):
    import factory

    class Urgente(PagamentoFactory):
        class Meta:
            model = PagamentoFactory._meta.model

        valor = 10
        observacoes = factory.Faker("sentence", locale="pt_BR")

    with make.current():
        assert PagamentoFactory(pago=True).saved
        assert PagamentoFactory.create_batch(3, pago=True)[0].saved
        made = Urgente.create(pago=True)
    row = connection.execute("SELECT valor, status, length(observacoes) > 0 FROM pagamento WHERE id = %s", (made.id,))
    assert row.fetchone() == (10, "pago", True)


def test_dates_can_end_today(make):
    today = date.today()
    made = make.em(today).create("solicitacao")
    assert datetime.now(UTC) - made.data_abertura < timedelta(days=400)


@pytest.mark.parametrize("form", [["-Fp"], ["-Fp", "--inserts"], ["-Fp", "--column-inserts"], ["-Fc"], ["-Ft"]])
def test_the_audit_reads_what_pg_dump_writes(make, database, connection, tmp_path, form):
    folder = binaries.find(settings.read(root=tmp_path, environ={}))
    program = folder and folder.folder / "pg_dump"
    if not program or not program.is_file():
        pytest.skip("there is no pg_dump")
    make.cenario("fila de analise", solicitacoes=20)
    make.create("solicitacao", observacoes="ponto; e virgula\n'aspas'; \\. \t fim;\n--")
    path = tmp_path / "dump"

    def dumped():
        subprocess.run([program, *form, "-d", database.dsn, "-f", path], check=True, capture_output=True)
        return audit(path)

    clean = dumped()
    assert clean.clean, clean.findings
    assert (
        clean.people
        == clean.marked
        == one(
            connection,
            "SELECT (SELECT count(*) FROM cidadao) + (SELECT count(*) FROM usuario)"
            " + (SELECT count(*) FROM composicao_familiar)",
        )
    )
    make.create("cidadao", nome_social="Joana", metadados={})
    make.create("cidadao", nome_social=None, metadados={})
    assert dumped().unmarked == {"cidadao": 2}
