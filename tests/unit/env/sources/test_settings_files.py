"""pytest-env and tox in all the files that hold them, and Dockerfiles."""

import pytest


def test_pytest_env_in_an_ini(source):
    text = "[pytest]\nenv =\n    A=1\n    # no\n    D:B=2\n    R:C={x}\n    U:GONE\n    E={A}\nother = 1\n"
    assert source("pytest.ini (pytest-env)", {"pytest.ini": text}) == {
        "A": ("1", "pytest.ini:3"),
        "B": ("2", "pytest.ini:5"),
        "C": ("{x}", "pytest.ini:6"),
        "E": (None, "pytest.ini:8"),
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[tool.pytest_env]\nA = 1\nB = {value = "x", skip_if_set = true}\nC = {unset = true}\n'),
        ("pyproject.toml", '[tool.pytest.ini_options]\nenv = ["A=1", "D:B=x"]\n'),
        ("pytest.toml", '[pytest_env]\nA = 1\nB = "x"\n'),
    ],
)
def test_pytest_env_in_toml(source, name, text):
    found = source(f"{name} (pytest-env)", {name: text})
    assert {key: value for key, (value, _) in found.items()} == {"A": "1", "B": "x"}


def test_tox_in_an_ini_with_factors_and_substitutions(source):
    text = "[testenv:it]\nset_env =\n    A = 1\n    py311: B = {env:B:two}\n    C = {posargs}\n    file|x.env\n"
    assert source("tox.ini [testenv:it]", {"tox.ini": text}) == {
        "A": ("1", "tox.ini:3"),
        "B": ("two", "tox.ini:4"),
        "C": (None, "tox.ini:5"),
    }


@pytest.mark.parametrize(
    ("name", "prefix"),
    [("tox.toml", ""), ("pyproject.toml", "tool.tox.")],
)
def test_tox_in_toml(source, name, prefix):
    text = f'[{prefix}env_run_base]\nset_env.A = "1"\n[{prefix}env.it]\nset_env = {{B = "2"}}\n'
    assert source(f"{name} [env.it]", {name: text})["B"] == ("2", f"{name}:4")
    assert source(f"{name} [env_run_base]", {name: text})["A"][0] == "1"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("pytest.ini", b"no section\n"),
        ("tox.ini", b"[testenv]\nset_env =\n    nonsense\n"),
        ("pyproject.toml", b"a = = 1"),
        ("tox.toml", b"[env_run_base]\nset_env = {A = 1}\n"),
    ],
)
def test_broken_settings_files_are_findings_with_a_line(gathered, name, data):
    problems = gathered({name: data}).problems
    assert problems and all(each.place.path == name and each.place.line for each in problems)


def test_env_of_the_last_stage_and_of_what_it_is_built_from(source):
    text = """\
    FROM node AS base
    ARG RELEASE=1.8
    ENV A=1 \\
        B="two words" V=$RELEASE
    FROM base AS other
    ENV C=no
    RUN <<EOF
    ENV NOT=this
    EOF
    FROM base
    ENV LEGACY the rest
    ENV B=${B:-x}! D=${NOPE}
    """
    assert source("Dockerfile", {"Dockerfile": text}) == {
        "A": ("1", "Dockerfile:3"),
        "V": ("1.8", "Dockerfile:4"),
        "LEGACY": ("the rest", "Dockerfile:11"),
        "B": ("two words!", "Dockerfile:12"),
        "D": (None, "Dockerfile:12"),
    }
