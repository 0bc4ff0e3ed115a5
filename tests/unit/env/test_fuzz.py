"""Rubbish is read as findings: nothing that stands in a file ends the doctor."""

import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pgben_testkit.env import assess, contract_file, kinds
from pgben_testkit.env.code import javascript, python
from pgben_testkit.env.contract_file import load
from pgben_testkit.env.sources import dotenv
from pgben_testkit.env.sources.base import Gathered
from pgben_testkit.env.variable import Variable
from pgben_testkit.errors import UsageProblem
from pgben_testkit.files import yaml as yaml_marks

PGBEN = load("pgben", Path.cwd())
FILES = [
    ".env",
    "compose.yml",
    "k8s.yaml",
    "kustomization.yaml",
    "Dockerfile",
    "pytest.ini",
    "tox.ini",
    "tox.toml",
    "pyproject.toml",
    "a.ts",
    "b.py",
]
PIECES = st.sampled_from(
    [
        "A=",
        "DB_PORT",
        "=",
        ":",
        "\n",
        "  ",
        "- ",
        '"',
        "'",
        "${A}",
        "${B:-",
        "}",
        "$(",
        "kind: Secret\n",
        "data:\n",
        "apiVersion: v1\n",
        "metadata:\n",
        "services:\n",
        "environment:\n",
        "&a ",
        "*a",
        "<<: ",
        "---\n",
        "[",
        "{",
        "|-\n",
        "ENV ",
        "FROM x\n",
        "[testenv]\n",
        "set_env =\n",
        "[pytest]\nenv =\n",
        "process.env",
        ".X",
        "['",
        "os.environ",
        "é",
        "\0",
        "\t",
        "#",
        "-----BEGIN X-----",
        "resources:\n",
        "configMapGenerator:\n",
        "envFrom:\n",
        "\\\n",
        "<<EOF\n",
    ]
)
RUBBISH = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(PIECES, max_size=40).map(lambda parts: "".join(parts).encode("utf-8")),
)
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def folder(tmp_path):
    return tmp_path


@MANY
@given(files=st.dictionaries(st.sampled_from(FILES), RUBBISH, min_size=1, max_size=3))
def test_any_bytes_in_any_file_give_findings_with_a_place(folder, files):
    for name in FILES:
        (folder / name).unlink(missing_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    found = assess.of_project(folder, PGBEN)
    for each in found.findings:
        assert each.place.path and each.place.line >= 0 and each.summary


@MANY
@given(data=RUBBISH)
def test_any_bytes_as_a_contract_are_read_or_refused(folder, data):
    (folder / "c.toml").write_bytes(data)
    try:
        contract_file.load("c.toml", folder)
    except UsageProblem as error:
        assert "c.toml" in str(error)


@MANY
@given(kind=st.sampled_from(sorted(kinds.KINDS)), text=st.text(max_size=80))
def test_any_text_is_of_a_kind_or_refused_without_being_repeated(kind, text):
    variable = Variable("X", kind=kind, values=("a",), secret=True)
    try:
        kinds.parse(text, variable)
    except ValueError as error:
        assert len(text) < 12 or text not in str(error)


NAMES = st.text(string.ascii_uppercase, min_size=1, max_size=8)
VALUES = st.text(string.ascii_letters + string.digits + " .,:/@#=-_", max_size=30)


@MANY
@given(rows=st.dictionaries(NAMES, VALUES, max_size=8))
def test_a_dotenv_file_in_single_quotes_comes_back_as_it_was(rows):
    text = "".join(f"{name}='{value}'\n" for name, value in rows.items())
    lines, problems = dotenv.parse(text, ".env")
    values, unfilled = dotenv.expanded(lines, ".env", {})
    assert {line.name: value for line, value in zip(lines, values, strict=True)} == rows
    assert [line.line for line in lines] == list(range(1, len(rows) + 1))
    assert not problems and not unfilled


@MANY
@given(text=st.lists(PIECES, max_size=60).map("".join))
def test_lines_of_yaml_lie_within_the_file(text):
    last = text.count("\n") + 2
    documents = yaml_marks.compose(text, "x")
    for node in documents.nodes:
        for key, (mark, _) in yaml_marks.mapping(node).items():
            assert 1 <= yaml_marks.place(mark, "x").line <= last and isinstance(key, str)
    assert all(each.place.line <= last for each in documents.problems)


@MANY
@given(source=RUBBISH)
def test_any_bytes_are_code_of_some_sort(source):
    for reader, language in (
        (javascript.reads, "typescript"),
        (javascript.reads, "javascript"),
        (python.reads, "python"),
    ):
        for each in reader(b"process.env " + source + b" os.environ", language).reads:
            assert each.line >= 1


def test_a_file_of_open_quotes_ends(tmp_path):
    (tmp_path / ".env").write_text('A="x\n' * 20_001)
    into = Gathered()
    dotenv.read(tmp_path / ".env", ".env", into)
    assert into.problems


def test_a_large_file_of_strangers_and_long_values_ends(tmp_path):
    lines = [f"NAME_OF_NOBODY_{number}={number}" for number in range(3_000)]
    (tmp_path / ".env").write_text("\n".join([*lines, "DB_PORT=" + "x" * 1_000_000, "SMTP_FROM=" + "<" * 500_000]))
    found = assess.of_project(tmp_path, PGBEN).findings
    assert len(found) > 3_000
