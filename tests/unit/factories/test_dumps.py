"""The audit finds people who are not marked, and shows where without showing whom."""

import gzip
import json

import pytest
from click.testing import CliRunner

from pgben_testkit.cli.factories import factories
from pgben_testkit.errors import UsageProblem
from pgben_testkit.factories import Fabrica, audit

REAL = {"nome": "Joana Real", "cpf": "52998224725"}
"""Stands for a real person; nobody in particular."""


def copy(table, rows):
    """A COPY block as pg_dump writes it."""

    def text(value):
        return "\\N" if value is None else json.dumps(value) if isinstance(value, dict) else str(value)

    lines = ["\t".join(text(value).replace('\\"', '\\\\"') for value in row.values()) for row in rows]
    return f"COPY public.{table} ({', '.join(rows[0])}) FROM stdin;\n" + "\n".join(lines) + "\n\\.\n"


def of_factories():
    make = Fabrica(test="audit")
    out = []
    for each in make.cenario("fila de analise", solicitacoes=30, store=False).objects.values():
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


@pytest.mark.parametrize("text", [
    copy("cidadao", [{"id": "1", "nome": REAL["nome"], "cpf": REAL["cpf"], "nome_social": None}]),
    copy("pessoas", [{"nome": REAL["nome"], "data_nascimento": "1980-01-01"}]),
    copy("usuario", [{"nome": "Joana", "email": "joana@hospital.org.br"}]),
    copy("logs_auditoria", [{"dados_novos": '{"cpf": "52998224725"}'}]),
    copy("solicitacao", [{"observacoes": "a beneficiaria 529.982.247-25 ligou"}]),
    copy("info_bancaria", [{"chave_pix": "52998224725"}]),
    "INSERT INTO public.cidadao (nome, cpf) VALUES ('Joana D''Arc', '52998224725');\n",
    "INSERT INTO cidadao (nome, cpf, x) VALUES\n  ('a;\n', '52998224725', NULL),\n  ('b', '11144477735', now());\n",
    "CREATE TABLE public.cidadao (\n    nome text NOT NULL,\n    cpf text\n);\n"
    "INSERT INTO public.cidadao VALUES ('J', '52998224725');\n",
    copy("cidadao", [{"nome": "J", "cpf": "52998224725", "nome_social": "Pessoa Sintetica J", "email": "j@real.com"}]),
])  # fmt: skip
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
        "table": "cidadao", "line": 2, "columns": ["cpf", "nome"], "reason": "a person without the mark"
    }  # fmt: skip


def test_preview_draws_every_status_and_says_the_same_as_json():
    drawn = CliRunner().invoke(factories, ["preview", "fila de análise", "--solicitacoes", "40"])
    assert drawn.exit_code == 0, drawn.output
    out = json.loads(CliRunner().invoke(factories, ["preview", "--solicitacoes", "40", "--json"]).output)
    assert out["counts"]["solicitacao"] == 40 == sum(out["statuses"]["solicitacao"].values())
    for status in out["statuses"]["solicitacao"]:
        assert status in drawn.output
    assert sum(out["months"].values()) == 40
    again = json.loads(CliRunner().invoke(factories, ["preview", "--solicitacoes", "40", "--json"]).output)
    assert again == out
    assert "calamidade" in CliRunner().invoke(factories, ["preview", "--list"]).output


@pytest.mark.parametrize("name", ["calamidade", "arquivo"])
def test_seasons_show(name):
    made = Fabrica(test="seasons").cenario(name, solicitacoes=300, store=False)
    june = made.months.get("2025-06", 0)
    assert (june > 120) == (name == "calamidade")
