"""Contracts: read strictly, extended, taken from a class."""

import sys

import pytest

from pgben_testkit.env import contract_file
from pgben_testkit.env.conditions import Clause, Condition
from pgben_testkit.env.contract import stage_of_path
from pgben_testkit.env.kinds import KINDS, parse
from pgben_testkit.errors import UsageProblem


def load(tmp_path, text):
    (tmp_path / "c.toml").write_text(text, "utf-8")
    return contract_file.load("c.toml", tmp_path)


def test_the_contract_of_pgben_is_shipped(tmp_path):
    contract = contract_file.load("pgben", tmp_path)
    assert contract_file.built_in() == ["pgben"]
    assert contract.variables["ENCRYPTION_KEY"].bytes == 32
    assert contract.variables["DB_HOST"].is_required("production")
    assert parse("true", contract.variables["DB_LOGGING"]) is True
    assert all(variable.kind in KINDS and variable.group for variable in contract.variables.values())
    for variable in contract.variables.values():
        if variable.default is not None:
            parse(variable.default, variable)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[variables.A]\nkind = 'prot'\n", "c.toml:1*unknown kind 'prot'*did you mean port?"),
        ("\n[variables.A]\nrequird = true\n", "c.toml:2*unknown key requird*did you mean required?"),
        ("[variables.A]\nbytes = 1\nkind = 'port'\n", "of kind port has the unknown key bytes"),
        ("[variables.A]\nrequired = 'yes'\n", "required*neither true nor false"),
        ("[variables.A]\nkind = 'enum'\n", "enum without values"),
        ("[variables.A]\npattern = '('\n", "not a regular expression"),
        ("[variables.A]\naliases = ['B']\n[variables.B]\n", "B is an alias of A and something else too"),
        ("[variables.A]\n[[conditions]]\nrequire = ['AA']\n", "c.toml:2*names AA"),
        ("[variables.A]\n[[conditions]]\nreason = 'x'\n", "asks for nothing"),
        ("[variabels.A]\n", "unknown key variabels*did you mean variables?"),
        ("[variables.'A-B']\n", "not the name of a variable"),
        ("a = = 1\n", "can't be used*line 1"),
        ("", "has no table"),
        ("[contract]\nextends = 'c.toml'\n", "extends does not name another contract"),
    ],
)
def test_a_mistake_in_a_contract_is_one_clear_error_with_its_line(tmp_path, text, told):
    with pytest.raises(UsageProblem) as error:
        load(tmp_path, text)
    at = 0
    for part in told.split("*"):
        assert part in str(error.value)[at:]
        at = str(error.value).index(part, at)


def test_a_contract_that_is_not_there_says_what_may_be_named(tmp_path):
    with pytest.raises(UsageProblem, match=r"built-in contract \(pgben\)"):
        contract_file.load("nowhere.toml", tmp_path)


def test_a_binary_file_is_no_contract(tmp_path):
    (tmp_path / "c.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageProblem, match="not UTF-8"):
        contract_file.load("c.toml", tmp_path)


def test_extending_puts_a_variable_in_the_place_of_another(tmp_path):
    contract = load(tmp_path, "[contract]\nextends = 'pgben'\n[variables.DB_PORT]\nkind = 'int'\n[variables.NEW]\n")
    assert contract.variables["DB_PORT"].kind == "int"
    assert {"NEW", "DB_HOST"} <= set(contract.variables)
    assert len(contract.conditions) >= 4


def test_contracts_that_extend_each_other_are_refused(tmp_path):
    (tmp_path / "a.toml").write_text("[contract]\nextends = 'b.toml'\n")
    (tmp_path / "b.toml").write_text("[contract]\nextends = 'a.toml'\n")
    with pytest.raises(UsageProblem, match="circle"):
        contract_file.load("a.toml", tmp_path)


CLASS = (
    """
import enum
from typing import Literal, Optional
from pydantic import Field, HttpUrl, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

class Level(enum.Enum):
    info = "info"
    debug = "debug"

class Ambiente(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="app_")
    pgben_conditions = [{"when": "APP_DEBUG", "require": ["APP_PORT"]}]
    pgben_contract = {"ignore": ["OTHER_*"]}
    host: str = Field(json_schema_extra={"pgben": {"kind": "host"}}, description="of the database")
    port: int = Field(default=5432, ge=1, le=9999)
    key: SecretStr = Field(min_length=32)
    debug: bool = False
    level: Level = Level.info
    mode: Optional[Literal["a", "b"]] = None
    url: HttpUrl | None = None
    old: str = Field(default="x", validation_alias="OLD_NAME")
""".replace("pgben_conditions = ", "pgben_conditions: ClassVar = ")
    .replace("pgben_contract = ", "pgben_contract: ClassVar = ")
    .replace("from typing import ", "from typing import ClassVar, ")
)


def test_a_settings_class_is_a_contract(tmp_path):
    (tmp_path / "ambiente_of_test.py").write_text(CLASS)
    try:
        contract = contract_file.load("python:ambiente_of_test:Ambiente", tmp_path)
    finally:
        sys.modules.pop("ambiente_of_test", None)
    rows = contract.variables
    assert {name: row.kind for name, row in rows.items()} == {
        "APP_HOST": "host",
        "APP_PORT": "int",
        "APP_KEY": "secret",
        "APP_DEBUG": "bool",
        "APP_LEVEL": "enum",
        "APP_MODE": "enum",
        "APP_URL": "url",
        "OLD_NAME": "string",
    }
    assert rows["APP_HOST"].required and not rows["APP_PORT"].required
    assert (rows["APP_PORT"].default, rows["APP_PORT"].min, rows["APP_PORT"].max) == ("5432", 1, 9999)
    assert rows["APP_KEY"].min_bytes == 32
    assert rows["APP_LEVEL"].values == ("info", "debug")
    assert rows["APP_HOST"].place.line > 10
    assert contract.ignores("OTHER_X") and len(contract.conditions) == 1


@pytest.mark.parametrize("named", ["python:nowhere_at_all:X", "python:json:dumps", "python:json:"])
def test_what_is_no_settings_class_is_refused(tmp_path, named):
    with pytest.raises(UsageProblem):
        contract_file.load(named, tmp_path)


def test_a_module_that_raises_is_told_without_what_it_says(tmp_path):
    (tmp_path / "raises_in_test.py").write_text("raise ValueError('geheim-Zq81')\n")
    with pytest.raises(UsageProblem, match="raises ValueError") as error:
        contract_file.load("python:raises_in_test:X", tmp_path)
    assert "geheim" not in str(error.value)


@pytest.mark.parametrize(
    ("values", "holds"), [({}, False), ({"A": "x"}, True), ({"A": ""}, False), ({"A": None}, True)]
)
def test_a_clause_that_names_a_variable_asks_whether_it_is_set(values, holds):
    assert Clause.read("A").holds(values) is holds
    assert Clause.read("!A").holds(values) is not holds


def test_a_choice_tells_which_half_is_there():
    condition = Condition(one_of=(("A", "B"), ("C",)))
    assert condition.broken({"A": "1", "B": None}) is None
    broken = condition.broken({"A": "1"})
    assert broken is not None
    subject, words = broken
    assert (subject, words) == ("A", "A+B or C must be set; of them only A is")


@pytest.mark.parametrize(
    ("path", "stage"),
    [
        (".env", ""),
        (".env.production", "production"),
        ("k8s/overlays/prod/x.yaml", "production"),
        ("docker-compose.test.yml", "test"),
        ("homolog/.env", "staging"),
        (".env.local", "development"),
    ],
)
def test_the_stage_that_a_path_tells(path, stage):
    assert stage_of_path(path) == stage
