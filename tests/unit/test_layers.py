"""The rules of the house, read from the imports: arrows point down, no circle, nothing heavy until it is used."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import pgben_testkit

PACKAGE = Path(pgben_testkit.__file__).parent
NAME = PACKAGE.name
FLOORS = [
    {"errors"},
    {"extras", "settings"},
    {"checking"},
    {"files", "services"},
    {"postgres", "storage", "redis", "env"},
    {"lgpd"},
    {"factories", "observability"},
    {"doctor"},
    {"report"},
    {"cli", "plugin"},
]
"""From the ground up: an area stands on floors below its own alone."""
FREE = {"__init__", "__main__"}
"""They name what there is; nothing stands on them but the version."""
MOST_LINES = 450
HEAVY = {
    "psycopg",
    "boto3",
    "botocore",
    "minio",
    "redis",
    "docker",
    "testcontainers",
    "rich",
    "psutil",
    "filelock",
    "dotenv",
    "yaml",
    "tree_sitter",
    "pydantic",
    "pydantic_settings",
    "dockerfile_parse",
    "moto",
    "awscrt",
    "cryptography",
    "factory",
    "faker",
    "hypothesis",
    "validate_docbr",
    "prometheus_client",
    "aiosmtpd",
    "trustme",
    "elftools",
    "promql_parser",
}


def _modules():
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = _modules()


def _imported(path):
    """What a module imports of the kit and of pytest, within functions and for types too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            names = [f"{node.module}.{each.name}" for each in node.names]
            names = [each if each in MODULES else str(node.module) for each in names]
        elif isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        found |= {each for each in names if each.split(".")[0] in (NAME, "pytest", "_pytest")}
    return found


IMPORTS = {module: _imported(path) - {module} for module, path in MODULES.items()}


def _area(module):
    return module.split(".")[1] if "." in module else "__init__"


def _floor(area):
    found = [number for number, areas in enumerate(FLOORS) if area in areas]
    assert found, f"{area} is on no floor of the house: name it in FLOORS"
    return found[0]


def test_arrows_point_down():
    upward = [
        f"{module} -> {used}"
        for module, uses in IMPORTS.items()
        for used in uses
        if used.startswith(NAME)
        and _area(module) not in FREE
        and _area(used) != _area(module)
        and not (_area(used) in FREE or _floor(_area(used)) < _floor(_area(module)))
    ]
    assert not upward


def test_no_circle_is_left_not_even_by_types():
    left = {module: {each for each in uses if each in MODULES} for module, uses in IMPORTS.items()}
    while True:
        used = set().union(*left.values())
        free = [module for module, uses in left.items() if module not in used or not uses & left.keys()]
        if not free:
            break
        for module in free:
            del left[module]
        left = {module: uses & left.keys() for module, uses in left.items()}
    assert not left


def test_only_the_plugin_knows_pytest():
    knowing = {module for module, uses in IMPORTS.items() if uses & {"pytest"}}
    assert {_area(module) for module in knowing} == {"plugin"}
    assert not [module for module, uses in IMPORTS.items() if any(each.startswith("_pytest") for each in uses)]


def test_no_module_holds_more_than_one_screenful_of_ideas():
    long = {module: lines for module, path in MODULES.items() if (lines := path.read_text().count("\n")) > MOST_LINES}
    assert not long


def modules_after(code: str) -> set[str]:
    out = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(out.stdout.split())


def test_no_area_imports_pytest_by_way_of_others():
    areas = sorted(each for each in MODULES if _area(each) not in (*FREE, "plugin") and not each.endswith("__main__"))
    assert "pytest" not in modules_after("".join(f"import {each}\n" for each in areas))


def test_the_plugin_imports_nothing_heavy():
    before = modules_after("import pytest")
    loaded = modules_after(
        "import pytest, importlib, pgben_testkit.plugin as plugin, pgben_testkit.report.header\n"
        "for each in plugin.PARTS: importlib.import_module(each)"
    )
    assert not HEAVY & (loaded - before)


@pytest.mark.parametrize("module", ["storage.gate.visit", "storage.gate.gate"])
def test_the_gate_imports_what_the_embedded_extra_has_and_nothing_heavy(module):
    assert not HEAVY & modules_after(f"import {NAME}.{module}")


def test_every_public_name_can_be_had():
    for name in pgben_testkit.__all__:
        assert getattr(pgben_testkit, name).__name__ == name
