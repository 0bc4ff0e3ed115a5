"""The options that every command with findings shares, on `doctor` and on `check metrics`."""

import json
from abc import ABC, abstractmethod

import pytest
from click.testing import CliRunner

from pgben_testkit.cli import commands
from pgben_testkit.errors import UsageProblem

CATALOGUE = """\
exporters:
  api: {}
metrics:
  a_total: {type: counter, unit: x, exporter: api, why: y}
  b_total: {type: counter, unit: x, exporter: api, why: y}
"""
EXPOSITION = "# TYPE a_total gauge\na_total 1\n"


class Command(ABC):
    """A command over a small project with two findings, and how to add one more or take one away."""

    def __init__(self, root):
        self.root = root

    @abstractmethod
    def words(self) -> list[str]: ...

    def run(self, *words):
        return CliRunner().invoke(commands, [*self.words(), *map(str, words)])

    def raising(self, *words):
        CliRunner().invoke(commands, [*self.words(), *map(str, words)], catch_exceptions=False)

    def json(self, *words):
        return json.loads(self.run("--json", *words).stdout)

    def checks(self, *words):
        return sorted((each["check"], each["subject"]) for each in self.json(*words)["findings"])


class Doctor(Command):
    found = [("env/kind", "A_PORT"), ("env/kind", "B_PORT")]

    def __init__(self, root):
        super().__init__(root)
        self.env = root / ".env"
        names = "".join(f"[variables.{each}_PORT]\nkind = 'port'\n" for each in "ABC")
        (root / "pgben.env.toml").write_text(names)
        self.env.write_text("A_PORT=a\nB_PORT=b\n")

    def words(self):
        return ["doctor", str(self.root), "--no-ground", "--no-process"]

    def one_more(self):
        self.env.write_text(self.env.read_text() + "C_PORT=c\n")
        return ("env/kind", "C_PORT")

    def one_less_and_moved(self):
        self.env.write_text("\n\n\nB_PORT=b\n")
        return {"check": "env/kind", "path": ".env", "subject": "A_PORT", "count": 1}

    def comment(self, text):
        self.env.write_text(f"A_PORT=a  # pgben: {text}\nB_PORT=b\n")


class Metrics(Command):
    found = [("metrics/missing", "b_total"), ("metrics/type", "a_total")]

    def __init__(self, root):
        super().__init__(root)
        self.catalogue, self.text = root / "c.yaml", root / "m.txt"
        self.catalogue.write_text(CATALOGUE)
        self.text.write_text(EXPOSITION)

    def words(self):
        return ["check", "metrics", str(self.text), "--catalogue", str(self.catalogue)]

    def one_more(self):
        self.text.write_text(self.text.read_text() + "# TYPE z gauge\nz 1\n")
        return ("metrics/unknown", "z")

    def one_less_and_moved(self):
        self.text.write_text("# HELP a_total x\n# TYPE a_total gauge\na_total 1\n# TYPE b_total counter\nb_total 1\n")
        return {"check": "metrics/missing", "path": str(self.text), "subject": "b_total", "count": 1}

    def comment(self, text):
        text = text.replace("env/kind", "metrics/type")
        self.catalogue.write_text(CATALOGUE.replace("  a_total", f"  # pgben: {text}\n  a_total"))


@pytest.fixture(params=[Doctor, Metrics], ids=["doctor", "check metrics"])
def command(request, tmp_path):
    return request.param(tmp_path)


@pytest.fixture
def baseline(command):
    path = command.root / "baseline.json"
    done = command.run("--baseline", path, "--update-baseline")
    assert done.exit_code == 0, done.output
    assert "2 findings accepted (2 new, 0 removed)" in done.stdout
    return path


def test_a_baseline_accepts_what_is_there_and_not_what_is_new(command, baseline):
    assert command.run().exit_code == 1
    found = command.json("--baseline", baseline)
    assert found["findings"] == [] and len(found["accepted"]) == 2 and "gone" not in found
    done = command.run("--baseline", baseline)
    assert done.exit_code == 0 and "2 findings accepted by the baseline" in done.stdout
    new = command.one_more()
    assert command.run("--baseline", baseline).exit_code == 1
    assert command.checks("--baseline", baseline) == [new]


def test_what_is_gone_from_a_baseline_is_told_and_lines_may_move(command, baseline):
    gone = command.one_less_and_moved()
    found = command.json("--baseline", baseline)
    assert found["findings"] == [] and found["gone"] == [gone]
    done = command.run("--baseline", baseline)
    assert done.exit_code == 0 and "1 finding of the baseline no longer found" in done.stdout
    assert "1 findings accepted (0 new, 1 removed)" in command.run("--baseline", baseline, "--update-baseline").stdout
    assert "gone" not in command.json("--baseline", baseline)


def test_an_ignored_check_is_neither_gone_nor_removed(command, baseline):
    ignored = command.found[0][0]
    assert "gone" not in command.json("--baseline", baseline, "--ignore", ignored)
    command.run("--baseline", baseline, "--update-baseline", "--ignore", ignored)
    assert command.json("--baseline", baseline)["findings"] == []


def test_a_comment_with_a_reason_disables_and_is_counted(command):
    command.comment("disable=env/kind the old server wants it so")
    found = command.json()
    assert sorted((each["check"], each["subject"]) for each in found["findings"]) != command.found
    [off] = found["disabled"]
    assert off["subject"] in ("A_PORT", "a_total") and off["because"] == "the old server wants it so"
    assert "1 finding disabled by comments" in command.run().stdout


def test_a_comment_without_a_reason_or_of_an_unknown_check_is_a_finding(command):
    command.comment("disable=env/kind")
    assert {each for each, _ in command.checks()} == {each for each, _ in command.found} | {"checking/disable-reason"}
    command.comment("disable=env/nothing_like_it why")
    assert "checking/disable-unknown" in {each for each, _ in command.checks()}


def test_sarif_tells_what_is_new_from_what_does_not_count(command, baseline):
    command.comment("disable=env/kind the old server wants it so")
    new = command.one_more()
    log = json.loads(command.run("--sarif", "--baseline", baseline).stdout)
    results = log["runs"][0]["results"]
    state = {each["ruleId"]: each for each in results}
    kinds = [each.get("suppressions", [{}])[0].get("kind", each.get("baselineState", "new")) for each in results]
    assert sorted(kinds) == ["absent", "external", "inSource", "new"]
    assert state[new[0]]["ruleId"] == new[0]
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in results)


def test_the_result_goes_to_a_file(command):
    done = command.run("--json", "-o", command.root / "out.json")
    assert done.stdout == "" and done.exit_code == 1
    assert len(json.loads((command.root / "out.json").read_text())["findings"]) == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--update-baseline"], "--update-baseline has no file"),
        (["--baseline", "gone.json"], "make it with --update-baseline"),
        (["--ignore", "env/kinds"], "did you mean env/kind"),
        (["--explain", "env/kinds"], "did you mean env/kind"),
    ],
)
def test_options_that_mean_nothing_are_one_clear_error(command, words, told):
    with pytest.raises(UsageProblem, match=told):
        command.raising(*words)


def test_a_page_is_printed(command):
    assert command.run("--explain", "metrics/type").stdout.startswith("# metrics/type\n")
