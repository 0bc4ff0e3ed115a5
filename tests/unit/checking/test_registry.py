"""The registry: groups found by their folder, others by an entry point, ids by the names of modules."""

import subprocess
import sys
import textwrap

import pytest

from pgben_testkit.checking import registry
from pgben_testkit.errors import UsageProblem


def test_every_group_of_the_kit_is_found_without_a_table():
    assert {"env", "doctor", "metrics", "lgpd", "checking"} <= {each.name for each in registry.groups()}


def test_ids_are_known_without_importing_a_check():
    code = (
        "import sys; from pgben_testkit.checking import registry; ids = registry.ids(); assert 'env/kind' in ids\n"
        "print([each for each in sys.modules if 'checks.' in each and not each.endswith('checks.metrics')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_id_names_the_nearest():
    registry.demand(["env/kind", "metrics/type"], by="--ignore")
    with pytest.raises(UsageProblem, match="did you mean metrics/counter-down"):
        registry.demand(["metrics/counter_down"], by="--ignore")


def test_a_page_of_a_check_and_of_nothing():
    assert registry.page("env/kind").startswith("# env/kind\n")
    assert registry.page("env/nothing") == "" and registry.page("../README") == ""


@pytest.fixture
def added(tmp_path):
    """`added(group name)`: a folder with a distribution that adds a group of one check by an entry point."""

    def make(name):
        package = tmp_path / "mine" / "checks"
        package.mkdir(parents=True)
        (tmp_path / "mine" / "__init__.py").touch()
        (package / "__init__.py").write_text(
            "from pathlib import Path\nfrom pgben_testkit.checking.group import Group\n"
            f"CHECKS = Group({name!r}, __name__, Path(__file__).parent / 'pages')\n"
        )
        (package / "too_long.py").write_text(
            textwrap.dedent(
                f"""
                from pgben_testkit.checking.finding import Place, Rule, finding
                RULE = Rule("{name}/too-long", "note", "A line is too long")
                def check(subject):
                    for number, line in enumerate(subject.splitlines(), 1):
                        if len(line) > 10:
                            yield finding(RULE, line[:3], Place("text", number), "too long")
                """
            )
        )
        (package / "pages").mkdir()
        (package / "pages" / f"{name}-too-long.md").write_text(f"# {name}/too-long\n")
        info = tmp_path / "mine-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1\n")
        (info / "entry_points.txt").write_text("[pgben_testkit.checks]\nmine = mine.checks:CHECKS\n")
        return tmp_path

    return make


def run(folder, code):
    prelude = f"import sys; sys.path.insert(0, {str(folder)!r}); from pgben_testkit.checking import registry\n"
    return subprocess.run([sys.executable, "-c", prelude + code], capture_output=True, text=True)


def test_another_package_adds_a_group_with_its_pages(added):
    done = run(
        added("mine"),
        "assert 'mine/too-long' in registry.ids()\n"
        "print(registry.page('mine/too-long').strip())\n"
        "group = next(each for each in registry.groups() if each.name == 'mine')\n"
        "print([str(each.place) for each in group.run('short\\n' + 'long ' * 9)])",
    )
    assert done.stdout.splitlines() == ["# mine/too-long", "['text:2']"], done.stderr


def test_two_groups_of_one_name_are_one_clear_error(added):
    done = run(added("env"), "registry.ids()")
    assert "two packages declare checks called env/..." in done.stderr
