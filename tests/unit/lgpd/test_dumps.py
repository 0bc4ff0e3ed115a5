"""The audit finds people who are not marked, and shows where without showing whom."""

import gzip
import json

import pytest
from click.testing import CliRunner

from pgben_testkit.cli.factories import factories
from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.factories import Maker
from pgben_testkit.lgpd.documents import cpf
from pgben_testkit.lgpd.dumps import audit

REAL = {"nome": "Joana Real", "cpf": "52998224725"}
"""Stands for a real person; nobody in particular."""


def copy(table, rows):
    """A COPY block as pg_dump writes it."""

    def text(value):
        return "\\N" if value is None else json.dumps(value) if isinstance(value, dict) else str(value)

    lines = ["\t".join(text(value).replace('\\"', '\\\\"') for value in row.values()) for row in rows]
    return f"COPY public.{table} ({', '.join(rows[0])}) FROM stdin;\n" + "\n".join(lines) + "\n\\.\n"


def of_factories():
    make = Maker(test="audit")
    out = []
    for each in make.scenario("fila de analise", solicitacoes=30, store=False).objects.values():
        out.append(copy(each[0].table, [row.dict() for row in each]))
    return "-- PostgreSQL database dump\n" + "".join(out)


@pytest.fixture
def dump(tmp_path):
    def write(text, name="dump.sql"):
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return write


def test_what_the_factories_made_is_clean(dump):
    found = audit(dump(of_factories()))
    assert found.clean, found.findings[:3]
    assert found.marked == found.people > 50


@pytest.mark.parametrize(
    "text",
    [
        copy("cidadao", [{"id": "1", "nome": REAL["nome"], "cpf": REAL["cpf"], "nome_social": None}]),
        copy("pessoas", [{"nome": REAL["nome"], "data_nascimento": "1980-01-01"}]),
        copy("usuario", [{"nome": "Joana", "email": "joana@hospital.org.br"}]),
        copy("logs_auditoria", [{"dados_novos": '{"cpf": "52998224725"}'}]),
        copy("solicitacao", [{"observacoes": "a beneficiaria 529.982.247-25 ligou"}]),
        copy("info_bancaria", [{"chave_pix": "52998224725"}]),
        copy('"Pessoa"', [{'"Id"': "1", '"Nome"': "Joana", '"NumeroCpf"': "52998224725"}]),
        copy('"Pessoa"', [{'"nomeCompleto"': "Joana", '"dataNascimento"': "1980-01-01"}]),
        copy("t", [{"id": "1", "nome": "Joana", "documento": "52998224725"}]),
        copy("t", [{"id": "1", "texto": "ligou 52998224725, sem resposta"}]),
        copy("t", [{"id": "1", "dados": '{"titular": "52998224725"}'}]),
        copy(
            "t",
            [
                {"id": "1", "texto": f"protocolo 1000000000{each}, cpf: 52998224725" if each == 9 else "nada"}
                for each in range(10)
            ],
        ),
        "INSERT INTO public.cidadao (nome, cpf) VALUES ('Joana D''Arc', '52998224725');\n",
        "INSERT INTO cidadao (nome, cpf, x) VALUES\n  ('a;\n', '52998224725', NULL),\n  ('b', '11144477735', now());\n",
        "CREATE TABLE public.cidadao (\n    nome text NOT NULL,\n    cpf text\n);\n"
        "INSERT INTO public.cidadao VALUES ('J', '52998224725');\n",
        copy(
            "cidadao", [{"nome": "J", "cpf": "52998224725", "nome_social": "Pessoa Sintetica J", "email": "j@real.com"}]
        ),
    ],
)
def test_somebody_without_the_mark_is_found_and_not_shown(dump, text):
    for name in ("dump.sql", "dump.sql.gz"):
        path = dump(of_factories() + text, name)
        found = audit(path)
        assert not found.clean
        assert sum(found.unmarked.values()) == (2 if "11144477735" in text else 1)
        line = path and found.findings[0].line
        assert line > of_factories().count("\n")
        shown = CliRunner().invoke(factories, ["audit", str(path)])
        assert shown.exit_code == 1
        for secret in (REAL["cpf"], "529.982", "Joana", "hospital", "real.com"):
            assert secret not in shown.output


def test_what_repeats_a_marked_persons_document_is_fine_wherever_it_stands(dump):
    text = copy("info_bancaria", [{"chave_pix": "52998224725"}])
    text += copy("cidadao", [{"id": "1", "nome": "J", "cpf": "52998224725", "nome_social": "Pessoa Sintetica J"}])
    assert audit(dump(text)).clean


def test_numbers_that_only_look_like_documents_are_not_people(dump):
    rows = [{"id": "1", "telefone": "52998224725", "protocolo": "52998224725", "total": "52998224725"}]
    assert audit(dump(copy("atendimento", rows))).clean


def numbers(size, valid):
    """So many different numbers of eleven digits, so many of them a CPF's."""
    bases = [f"{each * 7919 + 100_000_000}" for each in range(size)]
    return [
        cpf(base) if place < valid else f"{base}{(int(cpf(base)[9:]) + 1) % 100:02d}"
        for place, base in enumerate(bases)
    ]


@pytest.mark.parametrize("column", ["numero", "dados"])
@pytest.mark.parametrize(
    ("size", "valid", "believed"),
    [
        (1, 1, True),
        (2, 1, True),
        (3, 1, False),
        (3, 2, True),
        (100, 1, False),
        (100, 5, False),
        (100, 6, True),
        (300, 300, True),
    ],
)
def test_bare_numbers_are_cpfs_where_more_are_valid_than_chance_makes(dump, column, size, valid, believed):
    form = '{{"n": "{}"}}' if column == "dados" else "{}"
    rows = [{"chave": str(place), column: form.format(each)} for place, each in enumerate(numbers(size, valid))]
    assert sum(audit(dump(copy("t", rows))).unmarked.values()) == (valid if believed else 0)


@pytest.mark.parametrize(("size", "valid", "believed"), [(4, 4, False), (10, 4, False), (10, 5, True)])
def test_a_column_that_is_named_for_something_else_needs_more(dump, size, valid, believed):
    rows = [{"protocolo": each} for each in numbers(size, valid)]
    assert sum(audit(dump(copy("t", rows))).unmarked.values()) == (valid if believed else 0)


def test_one_number_many_times_and_equal_digits_are_no_evidence(dump):
    rows = [{"lote": each} for each in [*numbers(10, 1), *numbers(1, 1) * 50, *["11111111111"] * 50]]
    assert audit(dump(copy("t", rows))).clean


def test_numbers_within_words_are_not_looked_at(dump):
    texts = [
        "a52998224725",
        "52998224725.5",
        "1,52998224725",
        "0-52998224725",
        "tel. 52998224725",
        "protocolo nº 52998224725",
        "1d3e4b5a-0000-4000-8000-052998224725",
        "5299822472599",
    ]
    assert audit(dump(copy("t", [{"texto": each} for each in texts]))).clean


def test_a_marked_persons_number_is_fine_in_a_column_of_any_name(dump):
    text = copy("t", [{"documento": each} for each in numbers(5, 5)])
    text += copy("p", [{"nome_social": "Pessoa Sintetica J", "documento": each} for each in numbers(5, 5)])
    assert audit(dump(text)).clean


def test_findings_name_columns_as_they_are_written(dump):
    [one] = audit(dump(copy('"Pessoa"', [{'"Nome"': "Joana", '"NumeroCpf"': "52998224725"}]))).findings
    assert (one.table, one.columns) == ("Pessoa", ("Nome", "NumeroCpf"))


@pytest.mark.parametrize("packed", [False, True])
def test_a_binary_file_is_refused_and_says_what_to_give(tmp_path, packed):
    program = tmp_path / "program"
    data = b"\x7fELF\x02\x01\x00" + b"\n-- SET\n" * 400
    program.write_bytes(gzip.compress(data) if packed else data)
    with pytest.raises(UsageProblem, match=r"pg_restore -f -"):
        audit(program)
    shown = CliRunner().invoke(factories, ["audit", str(program)])
    assert shown.exit_code != 0 and isinstance(shown.exception, UsageProblem)


def test_an_archive_without_pg_restore_says_how_it_becomes_sql(tmp_path, monkeypatch):
    archive = tmp_path / "dump.custom"
    archive.write_bytes(b"PGDMP\x01\x0e\x00")
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr("pgben_testkit.postgres.binaries.find", lambda settings: None)
    with pytest.raises(EnvironmentNotAble, match=r"pg_restore -f - ARCHIVE"):
        audit(archive)


def test_a_dump_in_utf_16_as_windows_shells_redirect_it_is_read(tmp_path):
    path = tmp_path / "dump.sql"
    path.write_text(copy("cidadao", [{"nome": "J", "cpf": "52998224725"}]), encoding="utf-16")
    assert audit(path).unmarked == {"cidadao": 1}


def test_a_schema_alone_is_clean_and_rubbish_is_refused(dump, tmp_path):
    assert audit(dump("-- dump\nCREATE TABLE a (b int);\n")).clean
    for text in ("", "hello\nworld\n", "\x00\x01\x02"):
        with pytest.raises(UsageProblem, match="holds no dump"):
            audit(dump(text))
    with pytest.raises(UsageProblem, match="can't be read"):
        audit(tmp_path / "missing.sql")
    broken = tmp_path / "broken.gz"
    broken.write_bytes(gzip.compress(of_factories().encode())[:-200])
    with pytest.raises(UsageProblem, match="damaged"):
        audit(broken)


def test_json_has_the_counts_and_the_places(dump):
    path = dump(copy("cidadao", [{"nome": "J", "cpf": "52998224725"}] * 60))
    out = json.loads(CliRunner().invoke(factories, ["audit", str(path), "--json"]).output)
    assert out["unmarked"] == {"cidadao": 60} and len(out["findings"]) == 50
    assert out["findings"][0] == {
        "table": "cidadao",
        "line": 2,
        "columns": ["cpf", "nome"],
        "reason": "a person without the mark",
    }
