"""A generated environment satisfies its contract, its keys sign, and nothing of it is shown."""

import base64
import os
import re
import stat
import subprocess

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from dotenv import dotenv_values

from pgben_testkit.cli import commands
from pgben_testkit.env import assess, contract_file
from pgben_testkit.errors import UsageProblem

KINDS = """\
[contract]
stage_from = ["APP_ENV"]
[variables.APP_ENV]
kind = "enum"
values = ["development", "test", "production"]
required = true
[variables.PORT]
kind = "port"
required = true
[variables.WORKERS]
kind = "int"
min = 3
required = true
[variables.RATIO]
kind = "float"
max = 0.5
required = true
[variables.AES_KEY]
kind = "secret"
bytes = 32
required = true
[variables.SESSION_KEY]
kind = "base64"
bytes = 32
required = true
[variables.LONG_SECRET]
kind = "secret"
min_bytes = 100
required = true
[variables.JWT_ALGORITHM]
kind = "enum"
values = ["RS256", "ES256"]
default = "ES256"
[variables.JWT_PRIVATE_KEY]
kind = "pem"
pem = "private"
required = true
[variables.JWT_PUBLIC_KEY_BASE64]
kind = "base64"
holds = "pem"
pem = "public"
required = true
[variables.MAIL_PRIVATE_KEY_PATH]
kind = "path"
required = true
[variables.UPLOAD_DIR]
kind = "path"
required = true
[variables.HOOK_PRIVATE_KEY]
kind = "pem"
required = true
[variables.HOOK_PASSPHRASE]
kind = "secret"
required = true
[variables.API_URL]
kind = "url"
schemes = ["https"]
required = true
[variables.SMTP_HOST]
kind = "host"
required = true
[variables.SMTP_FROM]
kind = "email"
[variables.TTL]
kind = "duration"
max = 60
required = true
[variables.ZONE]
kind = "timezone"
required = true
[variables.ORIGINS]
kind = "list"
items = "url"
required = true
[variables.DEBUG_SQL]
kind = "bool"
required = true
[variables.CODE]
pattern = "^[A-Z]{3}-[0-9]{4}$"
required = true
[variables.ONLY_PRODUCTION]
required_in = ["production"]
[variables.NEVER_IN_TESTS]
required = true
forbidden_in = ["test"]
[variables.SEEDS]
kind = "int"
only = "test"
required = true
[[conditions]]
when = "SMTP_HOST"
require = ["SMTP_FROM"]
"""


def doctor(root, *words):
    return CliRunner().invoke(commands, ["doctor", str(root), *words])


@pytest.fixture
def written(tmp_path):
    """`written(contract)`: the values of a file that is written for it, and what the command said."""

    def write(contract, *words):
        (tmp_path / "pgben.env.toml").write_text(contract)
        done = doctor(tmp_path, "--write-env", ".env.test", *words)
        assert done.exit_code == 0, done.exception or done.output
        return dotenv_values(tmp_path / ".env.test"), done.output

    return write


def test_every_kind_has_a_value_that_the_contract_takes(written, tmp_path):
    values, _ = written(KINDS)
    contract = contract_file.load("pgben.env.toml", tmp_path)
    found = assess.of_test_run(tmp_path, contract, {}, files=[tmp_path / ".env.test"])
    assert found.findings == ()
    assert values["APP_ENV"] == "test" and values["SEEDS"] and values["SMTP_FROM"]
    assert not {"ONLY_PRODUCTION", "NEVER_IN_TESTS"} & set(values)


def test_keys_have_their_length_and_really_sign(written, tmp_path):
    values, _ = written(KINDS)
    assert len(values["AES_KEY"].encode()) == 32
    assert len(base64.b64decode(values["SESSION_KEY"])) == 32
    assert len(values["LONG_SECRET"]) >= 100
    private = load_pem_private_key(values["JWT_PRIVATE_KEY"].encode(), None)
    public = load_pem_public_key(base64.b64decode(values["JWT_PUBLIC_KEY_BASE64"]))
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(private.sign(b"x", ec.ECDSA(hashes.SHA256())), b"x", ec.ECDSA(hashes.SHA256()))
    with open(values["MAIL_PRIVATE_KEY_PATH"], "rb") as file:
        other = load_pem_private_key(file.read(), None)
    assert isinstance(other, rsa.RSAPrivateKey) and other.key_size == 2048
    other.public_key().verify(
        other.sign(b"x", padding.PKCS1v15(), hashes.SHA256()), b"x", padding.PKCS1v15(), hashes.SHA256()
    )
    assert load_pem_private_key(values["HOOK_PRIVATE_KEY"].encode(), values["HOOK_PASSPHRASE"].encode())
    with pytest.raises(TypeError):
        load_pem_private_key(values["HOOK_PRIVATE_KEY"].encode(), None)


def test_nothing_of_it_is_printed_and_only_the_owner_may_read_it(written, tmp_path):
    values, said = written(KINDS)
    contract = contract_file.load("pgben.env.toml", tmp_path)
    secrets = [value for name, value in values.items() if contract.variables[name].is_secret]
    assert len(secrets) >= 6
    assert not [each for each in secrets if each in said]
    for path in (tmp_path / ".env.test", tmp_path / ".pgben-env" / "mail_private_key_path.pem"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert re.search(r"\.env\.test: \d+ variables, \d+ of them secrets; not in a repository", said)


def test_two_runs_make_two_sets_of_secrets(written):
    first, _ = written(KINDS)
    second, _ = written(KINDS, "--force")
    assert first["AES_KEY"] != second["AES_KEY"] and first["JWT_PRIVATE_KEY"] != second["JWT_PRIVATE_KEY"]


def git(root, *words):
    return subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True, text=True).stdout


def test_it_is_kept_out_of_git_and_the_projects_own_files_stay_as_they_are(written, tmp_path):
    git(tmp_path, "init", "-q")
    _, said = written(KINDS)
    assert git(tmp_path, "status", "--short", "--untracked-files=all").split() == ["??", "pgben.env.toml"]
    assert "kept out of git by .git/info/exclude" in said
    assert "ignored by git already" in written(KINDS, "--force")[1]


def test_a_file_that_is_committed_or_there_already_is_not_written(tmp_path):
    (tmp_path / "pgben.env.toml").write_text("[variables.A]\n")
    (tmp_path / ".env.test").write_text("A=1\n")
    words = ["doctor", str(tmp_path), "--write-env", ".env.test"]
    with pytest.raises(UsageProblem, match="is there already"):
        CliRunner().invoke(commands, words, catch_exceptions=False)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    with pytest.raises(UsageProblem, match="is in the repository"):
        CliRunner().invoke(commands, [*words, "--force"], catch_exceptions=False)
    assert (tmp_path / ".env.test").read_text() == "A=1\n"


def test_the_built_in_contract_and_a_project_without_one(tmp_path):
    assert doctor(tmp_path, "--contract", "pgben", "--write-env", "a.env").exit_code == 0
    assert len(dotenv_values(tmp_path / "a.env")["ENCRYPTION_KEY"] or "") == 32
    (tmp_path / "a.ts").write_text("Joi.object({ JWT_SECRET: Joi.string().required(), PORT: Joi.number().port() });")
    assert doctor(tmp_path, "--write-env", "b.env").exit_code == 0
    assert len(dotenv_values(tmp_path / "b.env")["JWT_SECRET"] or "") >= 32


def test_values_of_an_example_are_used_where_they_are_no_secrets_and_of_this_machine(written, tmp_path):
    (tmp_path / ".env.example").write_text(
        "LOG=verbose\nSMTP_HOST=mail.example.org\nAPI_URL=http://localhost:9\nTOKEN=from-the-example\n"
    )
    names = {"LOG": "string", "SMTP_HOST": "host", "API_URL": "url", "TOKEN": "secret"}
    values, _ = written("".join(f"[variables.{n}]\nkind = '{k}'\nrequired = true\n" for n, k in names.items()))
    assert (values["LOG"], values["SMTP_HOST"], values["API_URL"]) == ("verbose", "127.0.0.1", "http://localhost:9")
    assert values["TOKEN"] != "from-the-example"


def test_a_variable_that_no_value_fits_is_one_clear_error(tmp_path):
    (tmp_path / "pgben.env.toml").write_text("[variables.A]\nkind = 'int'\nmin = 5\nmax = 1\nrequired = true\n")
    with pytest.raises(UsageProblem, match="no value for A can be made"):
        CliRunner().invoke(commands, ["doctor", str(tmp_path), "--write-env", "x.env"], catch_exceptions=False)
    assert not os.path.exists(tmp_path / "x.env")
