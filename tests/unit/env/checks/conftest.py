"""Small projects, written to a folder of their own and looked at whole."""

import textwrap

import pytest

from pgben_testkit.env import assess, contract_file


@pytest.fixture
def assess_tree(tmp_path):
    """`assess_tree(files, contract, environ=...)`: the assessment of a project with these files."""

    def assessed(files, contract, *, environ=None):
        for old in tmp_path.rglob("*"):
            if old.is_file() and ".git" not in old.parts:
                old.unlink()
        (tmp_path / "pgben.env.toml").write_text(textwrap.dedent(contract), "utf-8")
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), "utf-8")
        return assess.of_project(tmp_path, contract_file.load("pgben.env.toml", tmp_path), environ=environ)

    return assessed


@pytest.fixture
def project(assess_tree):
    """The findings alone."""

    def findings(files, contract, **given):
        return assess_tree(files, contract, **given).findings

    return findings
