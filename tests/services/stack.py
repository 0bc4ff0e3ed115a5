"""The reference stack's files as data, for the tests that hold them against each other and against the programs.

Run as a script it writes the table of alerts into the docs.
"""

import re
import shutil
from pathlib import Path

import promql_parser
import pytest
import yaml

ROOT = Path(__file__).parents[2]
STACK = ROOT / "fixtures" / "observability"
PROMETHEUS = STACK / "prometheus"
ALERTMANAGER = STACK / "alertmanager"
RUNBOOKS = ROOT / "docs" / "runbooks"
DOCS = ROOT / "docs" / "observability-stack.md"
TABLE = re.compile(r"(?<=<!-- alerts -->\n).*?(?=<!-- /alerts -->)", re.DOTALL)
"""Where the docs have the table of alerts."""
RULE_FILES = sorted([*(PROMETHEUS / "rules").glob("*.yml"), *(STACK / "kubernetes" / "rules").glob("*.yml")])
TEST_FILES = sorted((PROMETHEUS / "tests").glob("*.yml"))
SEVERITIES = ("critical", "warning", "info")
TEAMS = ("aplicacao", "banco", "plataforma", "seguranca", "lgpd")
ALWAYS = "Vigia"
"""The dead man's switch: it has no silence and no end, by what it is."""
OPERATORS = {"MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~"}
"""promql-parser's names -> PromQL's."""
OF_EVERY_TARGET = frozenset({"job", "instance"})


def read(path):
    return yaml.safe_load(path.read_text("utf-8"))


def rules():
    """(file's stem, rule) of each rule."""
    return [(path.stem, rule) for path in RULE_FILES for group in read(path)["groups"] for rule in group["rules"]]


def alerts():
    """alert name -> (area, rule). A name used twice is found by a test of its own."""
    return {rule["alert"]: (area, rule) for area, rule in rules() if "alert" in rule}


def unit_tests():
    """(file, test group) of each."""
    return [(path, test) for path in TEST_FILES for test in read(path)["tests"]]


def selectors(expression):
    """(metric, {label: (operator as written, value)}) of each selector in an expression."""
    found = []

    def walk(node):
        if isinstance(node, promql_parser.VectorSelector):
            found.append(
                (node.name, {each.name: (OPERATORS[str(each.op)], each.value) for each in node.matchers.matchers})
            )
        for below in ("expr", "lhs", "rhs", "vector_selector"):
            if hasattr(node, below):
                walk(getattr(node, below))
        for each in getattr(node, "args", ()):
            walk(each)

    walk(promql_parser.parse(expression))
    return found


def fenced(page, kind):
    """The blocks of a kind in a page."""
    return re.findall(rf"```{kind}\n(.*?)```", page.read_text("utf-8"), re.DOTALL)


def program(name, package):
    path = shutil.which(name)
    if not path:
        pytest.skip(f"{name} is not installed (Debian: {package})")
    return path


def table():
    """The alerts as Markdown. What a summary takes from labels is `…`."""
    rows = ["| alert | area | severity | team | after | what it says |", "|---|---|---|---|---|---|"]
    for name, (area, rule) in alerts().items():
        said = re.sub(r"\{\{.*?\}\}", "…", rule["annotations"]["summary"])
        labels = rule["labels"]
        rows.append(
            f"| [{name}](runbooks/{name}.md) | {area} | {labels['severity']} | {labels['team']} |"
            f" {rule.get('for', '0s')} | {said} |"
        )
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    DOCS.write_text(TABLE.sub(lambda _: table(), DOCS.read_text("utf-8")), "utf-8")
