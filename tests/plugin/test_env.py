"""The contract in pytest: held before collection, in the controller; typed values in tests."""

import pytest

CONTRACT = """
[variables.DB_HOST]
kind = "host"
required = true
[variables.DB_PORT]
kind = "port"
default = 5432
[variables.JWT_SECRET]
kind = "secret"
min_bytes = 16
required = true
"""
TESTS = """
def test_typed(pgben_env):
    assert pgben_env["DB_PORT"] == 5432
"""
SECRET = "curto-Zx81"


@pytest.fixture
def project(pytester, monkeypatch):
    for name in ("DB_HOST", "DB_PORT", "JWT_SECRET", "PGBEN_ENV"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # other plugins cost four times what these runs do
    pytester.makepyfile(TESTS)
    (pytester.path / "pgben.env.toml").write_text(CONTRACT)
    pytester.makeini("[pytest]\npgben_env_contract = pgben.env.toml\n")
    return pytester


def run(project, *args, plugins=("pgben_testkit",)):
    return project.runpytest_subprocess(*(part for name in plugins for part in ("-p", name)), *args)


def good(monkeypatch):
    monkeypatch.setenv("DB_HOST", "localhost")
    monkeypatch.setenv("JWT_SECRET", "k" * 8 + "Zq81" * 4)


@pytest.mark.parametrize("args", [(), ("-p", "xdist", "-n2"), ("-p", "no:terminal")], ids=" ".join)
def test_a_broken_environment_stops_the_run_before_collection(project, monkeypatch, args):
    monkeypatch.setenv("JWT_SECRET", SECRET)
    (project.path / ".env").write_text("DB_PORT=abc\n")
    project.makepyfile("raise RuntimeError('collected')")
    result = run(project, *args)
    text = result.stdout.str() + result.stderr.str()
    assert result.ret == 3
    for told in (
        "DB_HOST is missing",
        ".env",
        "DB_PORT is not a port",
        "JWT_SECRET is not a secret",
        "--pgben-env=warn",
    ):
        assert told in text
    assert "RuntimeError" not in text
    assert SECRET not in text
    assert text.count("DB_HOST is missing") == 1


def test_warn_goes_on_with_the_table_and_off_without(project):
    warned = run(project, "--pgben-env=warn")
    assert warned.ret == 0
    warned.stdout.fnmatch_lines(["*DB_HOST is missing*", "pgben: environment by pgben.env.toml, 3 variables: 2 errors"])
    off = run(project, "--pgben-env=off")
    assert off.ret == 0
    off.stdout.no_fnmatch_line("*DB_HOST is missing*")


def test_the_setting_has_an_option_a_variable_and_an_ini_key(project, monkeypatch):
    project.makeini("[pytest]\npgben_env_contract = pgben.env.toml\npgben_env = warn\n")
    assert run(project).ret == 0
    monkeypatch.setenv("PGBEN_ENV", "stop")
    assert run(project).ret == 3
    assert run(project, "--pgben-env=warn").ret == 0
    assert run(project, "--pgben-env=quiet").ret == 4


@pytest.mark.parametrize("args", [(), ("-p", "xdist", "-n2")], ids=" ".join)
def test_a_good_environment_is_one_line_of_the_header(project, monkeypatch, args):
    good(monkeypatch)
    result = run(project, *args)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["pgben: environment by pgben.env.toml, 3 variables: nothing wrong"])


@pytest.mark.parametrize("order", [("pytest_env.plugin", "pgben_testkit"), ("pgben_testkit", "pytest_env.plugin")])
def test_pytest_env_counts_whichever_is_loaded_first(project, monkeypatch, order):
    project.makeini(
        "[pytest]\npgben_env_contract = pgben.env.toml\nenv =\n    DB_HOST=localhost\n"
        "    D:JWT_SECRET=Zq81Zq81Zq81Zq81\n    DB_PORT=5433\n"
    )
    project.makepyfile("def test_it(pgben_env):\n    assert pgben_env['DB_PORT'] == 5433\n")
    run(project, plugins=order).assert_outcomes(passed=1)
    ini = (project.path / "tox.ini").read_text().replace("5433", "abc")
    (project.path / "tox.ini").write_text(ini)
    result = run(project, plugins=order)
    assert result.ret == 3
    result.stdout.fnmatch_lines(["tox.ini", "*6*DB_PORT is not a port*"])


def test_files_are_those_that_are_named(project, monkeypatch):
    good(monkeypatch)
    (project.path / ".env").write_text("DB_PORT=abc\n")
    (project.path / "ci.env").write_text("DB_PORT=6000\n")
    assert run(project).ret == 3
    assert run(project, "--pgben-env-files=none").ret == 0
    project.makepyfile(
        "import os\ndef test(pgben_env):\n    assert os.environ['DB_PORT'] == '6000'\n"
        "def test_zafter():\n    assert 'DB_PORT' not in os.environ\n"
    )
    run(project, "--pgben-env-files=ci.env").assert_outcomes(passed=2)
    missing = run(project, "--pgben-env-files=gone.env")
    assert missing.ret == 4
    missing.stderr.fnmatch_lines(["*gone.env*"])


def test_everything_that_a_test_changes_is_put_back_children_included(project, monkeypatch):
    good(monkeypatch)
    project.makepyfile(
        "import os, subprocess, sys\n"
        "def seen(name):\n"
        "    code = f'import os; print(os.environ.get({name!r}))'\n"
        "    return subprocess.run([sys.executable, '-c', code], capture_output=True, text=True).stdout.strip()\n"
        "def test_a(pgben_env):\n"
        "    pgben_env.set(DB_HOST='other'); os.environ['STRAY'] = '1'; pgben_env.unset('JWT_SECRET')\n"
        "    assert (seen('DB_HOST'), seen('STRAY'), seen('JWT_SECRET')) == ('other', '1', 'None')\n"
        "def test_b():\n"
        "    assert (seen('DB_HOST'), seen('STRAY')) == ('localhost', 'None') and seen('JWT_SECRET') != 'None'\n"
    )
    run(project, "-v").assert_outcomes(passed=2)


def test_no_traceback_shows_a_secret(project, monkeypatch):
    good(monkeypatch)
    secret = "k" * 8 + "Zq81" * 4
    project.makepyfile(
        "def test_fails(pgben_env):\n"
        "    key = pgben_env['JWT_SECRET']\n"
        "    everything = dict(pgben_env)\n"
        "    assert key == 'something else'\n"
    )
    result = run(project, "-l", "--tb=long", "-vv")
    result.assert_outcomes(failed=1)
    assert secret not in result.stdout.str() + result.stderr.str()
    assert "Secret(****" in result.stdout.str()


def test_without_a_contract_nothing_is_read_and_values_are_text(project, monkeypatch):
    project.makeini("[pytest]\n")
    monkeypatch.setenv("DB_PORT", "1")
    project.makepyfile(
        "import sys\n"
        "def test_a():\n    assert not [each for each in sys.modules if each.startswith('pgben_testkit.env.') "
        "and each != 'pgben_testkit.env.fixtures']\n"
        "def test_b(pgben_env):\n    assert pgben_env['DB_PORT'] == '1'\n"
    )
    run(project, "-v").assert_outcomes(passed=2)


@pytest.mark.parametrize("named", ["gone.toml", "python:nowhere:X"])
def test_a_contract_that_can_not_be_used_is_a_usage_error(project, named):
    result = run(project, f"--pgben-env-contract={named}")
    assert result.ret == 4
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()
    result.stderr.fnmatch_lines([f"*{named}*"])


def test_a_missing_extra_is_one_clear_error(project, monkeypatch):
    (project.path / ".env").write_text("DB_PORT=1\n")
    project.makeconftest("import sys\nsys.modules['dotenv'] = None\nsys.modules['dotenv.parser'] = None\n")
    result = run(project)
    assert result.ret == 3
    assert "pip install 'pgben-testkit[env]'" in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize("option", ["--collect-only", "--fixtures"])
def test_only_looking_is_not_stopped(project, option):
    assert run(project, option).ret == 0
