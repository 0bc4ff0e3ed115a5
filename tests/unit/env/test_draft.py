"""A drafted contract: what the code and the sources say, as a beginning."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pgben_testkit.env import assess, contract_file, draft

FILES = {
    "src/a.ts": "f(process.env.DB_HOST, parseInt(process.env.DB_PORT ?? '5432', 10), process.env.DB_PASS,\n"
    "  process.env.DB_LOGGING === 'true', process.env.APP_ENV, config.getOrThrow('JWT_TTL'));\n",
    "test/b.spec.ts": "process.env.SEED_COUNT;\n",
    ".env": "DB_HOST=localhost\nDB_PASS=zH7kQ2pLx9\nAPP_ENV=development\nJWT_TTL=30m\nFRONTEND_URL=http://a\n",
    ".env.test": "DB_HOST=localhost\nDB_PASS=kL3vB8nMq1\nAPP_ENV=test\nJWT_TTL=5m\nSEED_COUNT=3\nFRONTEND_URL=http://a\n",
    "compose.yml": "services:\n  db:\n    image: postgres\n    environment: {POSTGRES_DB: x}\n",
}


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
        "DB_HOST": "host",
        "DB_PORT": "port",
        "DB_PASS": "secret",
        "DB_LOGGING": "bool",
        "APP_ENV": "enum",
        "JWT_TTL": "duration",
        "SEED_COUNT": "int",
        "FRONTEND_URL": "url",
    }
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


WORDS = [
    "",
    "True",
    "False",
    "yes",
    "0",
    "1",
    "on",
    "TRUE",
    "x",
    "8080",
    "-1",
    "99999999",
    "1.5",
    "30m",
    "http://a/b",
    "a@b.c",
    "America/Bahia",
    "-----BEGIN X",
    "localhost:1",
    "a,b",
    "/nowhere/x",
    "${O:-1}",
    "nao",
]
NAMES = ["DEBUG", "PORT", "DB_PORT", "DB_HOST", "API_URL", "DB_SENHA", "TTL", "APP_ENV", "TZ_NAME", "KEY_PATH"]
CODE = "import os\nint(os.getenv('TTL', 'x'))\nos.getenv('DB_PORT', '')\nbool(os.getenv('DEBUG', 'nao'))\n"
ENVIRONMENT = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(WORDS))


@given(first=ENVIRONMENT, second=ENVIRONMENT, code=st.sampled_from(["", CODE]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_draft_finds_fault_with_the_values_that_it_was_made_from(tmp_path, first, second, code):
    for name, values in ((".env", first), (".env.production", second)):
        (tmp_path / name).write_text("".join(f"{each}={value}\n" for each, value in values.items()))
    (tmp_path / "a.py").write_text(code)
    (tmp_path / "pgben.env.toml").write_text(
        draft.toml(draft.rows(assess.of_project(tmp_path, None).ground), "x") + "[variables.ANY]\n"
    )
    found = assess.of_project(tmp_path, contract_file.load("pgben.env.toml", tmp_path)).findings
    guessed = set(NAMES) - ({"TTL"} if code else set())  # `int(os.getenv("TTL"))` is no guess
    assert not {(each.check, each.subject) for each in found} & {
        (check, name) for check in ("env/kind", "env/boolean", "env/empty", "env/missing") for name in guessed
    }


def test_a_value_in_the_way_of_a_kind_is_told(tmp_path):
    (tmp_path / ".env").write_text("DEBUG=True\nDB_PORT=abc\n")
    (tmp_path / ".env.test").write_text("DEBUG=0\nDB_PORT=5432\n")
    (tmp_path / ".env.production").write_text("DEBUG=0\nDB_PORT=5432\n")
    rows = {each.name: each for each in draft.rows(assess.of_project(tmp_path, None).ground)}
    true = dict(rows["DEBUG"].extra)["true"]
    assert isinstance(true, list | tuple)
    assert rows["DEBUG"].kind == "bool" and "True" in true
    assert rows["DB_PORT"].kind == "string" and rows["DB_PORT"].comment.endswith("; not port at .env:2")


TRUE_ERRORS = {
    "a port that is none": ({"a.ts": "Number(process.env.DB_PORT)", ".env": "DB_PORT=abc\n"}, "env/kind", "DB_PORT"),
    "a number that is none": ({"a.py": "import os\nint(os.environ['TTL'])", ".env": "TTL=soon\n"}, "env/kind", "TTL"),
    "a schema's number": (
        {"a.ts": "z.object({ WORKERS: z.coerce.number().int() }).parse(process.env)", ".env": "WORKERS=many\n"},
        "env/kind",
        "WORKERS",
    ),
    "what a schema requires": (
        {"a.ts": "Joi.object({ JWT_SECRET: Joi.string().required(), A: Joi.string() })", ".env": "A=1\n"},
        "env/missing",
        "JWT_SECRET",
    ),
    "what a schema requires, empty": (
        {"a.ts": "Joi.object({ API_HOST: Joi.string().required() })", ".env": "API_HOST=\n"},
        "env/empty",
        "API_HOST",
    ),
    "what the code fails without": (
        {"a.py": "import os\nos.environ['DB_HOST']; os.environ['A']", ".env": "A=1\n"},
        "env/missing",
        "DB_HOST",
    ),
    "a secret of production": (
        {"a.ts": "f(process.env.JWT_SECRET)", ".env.production": "JWT_SECRET=changeme\n"},
        "env/weak-secret",
        "JWT_SECRET",
    ),
}


@pytest.mark.parametrize(("files", "check", "subject"), TRUE_ERRORS.values(), ids=TRUE_ERRORS)
def test_a_draft_turns_no_true_error_green(tmp_path, files, check, subject):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    rows = draft.rows(assess.of_project(tmp_path, None).ground)
    (tmp_path / "pgben.env.toml").write_text(draft.toml(rows, "x"))
    found = assess.of_project(tmp_path, contract_file.load("pgben.env.toml", tmp_path)).findings
    assert (check, subject, "error") in {(each.check, each.subject, each.severity) for each in found}
