"""Which parts of the factories import which, read from the source: types count too."""

import ast
from pathlib import Path

import pytest

import pgben_testkit

ROOT = Path(pgben_testkit.__file__).parent
FORBIDDEN = [
    ("lgpd", ("pgben_testkit.factories", "pgben_testkit.observability")),
    (
        "factories/engine",
        ("pgben_testkit.factories.pgben", "pgben_testkit.factories.tables", "pgben_testkit.factories.maker"),
    ),
    ("factories/pgben", ("pgben_testkit.factories.tables", "pgben_testkit.factories.maker", "pgben_testkit.storage")),
    ("factories/tables", ("pgben_testkit.factories.maker",)),
]


def imports(path):
    """The modules that a file imports anywhere, as `package.module.name` where it takes a name."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


@pytest.mark.parametrize(("folder", "above"), FORBIDDEN)
def test_no_part_imports_what_stands_above_it(folder, above):
    files = list((ROOT / folder).rglob("*.py"))
    assert len(files) > 5
    wrong = [(path.name, each) for path in files for each in imports(path) if each.startswith(above)]
    assert not wrong


def test_only_one_module_computes_check_digits():
    """A second CPF check would drift from the first."""
    weights = [
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        if "% 11" in path.read_text("utf-8") or "def is_cpf" in path.read_text("utf-8")
    ]
    assert weights == ["lgpd/documents.py"]
