"""The audit of what pg_dump writes."""

import subprocess

import pytest
from reference import one

from pgben_testkit import settings
from pgben_testkit.lgpd.dumps import audit
from pgben_testkit.postgres import binaries


@pytest.mark.parametrize("form", [["-Fp"], ["-Fp", "--inserts"], ["-Fp", "--column-inserts"], ["-Fc"], ["-Ft"]])
def test_the_audit_reads_what_pg_dump_writes(make, database, connection, tmp_path, form):
    folder = binaries.find(settings.read(root=tmp_path, environ={}))
    program = folder and folder.folder / "pg_dump"
    if not program or not program.is_file():
        pytest.skip("there is no pg_dump")
    make.scenario("fila de analise", solicitacoes=20)
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
