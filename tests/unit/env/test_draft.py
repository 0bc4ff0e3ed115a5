"""A drafted contract: what the code and the sources say, as a beginning."""

import pytest

from pgben_testkit.env import assess, contract_file, draft

FILES = {
    "src/a.ts": "f(process.env.DB_HOST, parseInt(process.env.DB_PORT ?? '5432', 10), process.env.DB_PASS,\n"
                "  process.env.DB_LOGGING === 'true', process.env.APP_ENV, config.getOrThrow('JWT_TTL'));\n",
    "test/b.spec.ts": "process.env.SEED_COUNT;\n",
    ".env": "DB_HOST=localhost\nDB_PASS=zH7kQ2pLx9\nAPP_ENV=development\nJWT_TTL=30m\nFRONTEND_URL=http://a\n",
    ".env.test": "DB_HOST=localhost\nDB_PASS=kL3vB8nMq1\nAPP_ENV=test\nJWT_TTL=5m\nSEED_COUNT=3\nFRONTEND_URL=http://a\n",
    "compose.yml": "services:\n  db:\n    image: postgres\n    environment: {POSTGRES_DB: x}\n",
}  # fmt: skip


@pytest.fixture
def drafted(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    rows = draft.rows(assess.of_project(tmp_path, None).ground)
    (tmp_path / "pgben.env.toml").write_text(draft.toml(rows, "x"))
    return tmp_path, {each.name: each for each in rows}


def test_kinds_and_what_is_required(drafted):
    _, rows = drafted
    assert {name: row.kind for name, row in rows.items()} == {
        "DB_HOST": "host", "DB_PORT": "port", "DB_PASS": "secret", "DB_LOGGING": "bool", "APP_ENV": "enum",
        "JWT_TTL": "duration", "SEED_COUNT": "int", "FRONTEND_URL": "url",
    }  # fmt: skip
    assert {name for name, row in rows.items() if row.required} == {"DB_HOST", "DB_PASS", "APP_ENV", "JWT_TTL"}
    assert rows["DB_PORT"].default == "5432"
    assert rows["SEED_COUNT"].only == "test"


def test_a_draft_is_a_contract_that_its_own_project_holds(drafted):
    root, rows = drafted
    contract = contract_file.load("pgben.env.toml", root)
    assert set(contract.variables) == set(rows)
    found = assess.of_project(root, contract).findings
    assert {each.check for each in found if each.severity == "error"} == set()
    assert "zH7kQ2pLx9" not in (root / "pgben.env.toml").read_text()
