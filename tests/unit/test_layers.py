"""The rules of the house: arrows point down, nothing heavy is imported until it is used."""

import subprocess
import sys

import pytest

AREAS = ["services.supply", "services.desk", "postgres.provide", "postgres.embedded", "postgres.databases",
         "storage.provide", "storage.weed", "storage.bucket", "world", "cli",
         "factories.maker", "factories.scenarios", "factories.tables", "factories.dumps",
         "factories.strategies"]  # fmt: skip
HEAVY = {
    "psycopg",
    "boto3",
    "botocore",
    "minio",
    "docker",
    "testcontainers",
    "rich",
    "psutil",
    "filelock",
    "factory",
    "faker",
    "cryptography",
    "hypothesis",
    "validate_docbr",
}


def modules_after(code: str) -> set[str]:
    out = subprocess.run([sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"], capture_output=True,
                         text=True, check=True)  # fmt: skip
    return set(out.stdout.split())


@pytest.mark.parametrize("area", AREAS)
def test_no_area_imports_pytest(area):
    assert "pytest" not in modules_after(f"import pgben_testkit.{area}")


def test_the_plugin_imports_nothing_heavy():
    before = modules_after("import pytest")
    loaded = modules_after("import pytest, pgben_testkit.plugin, pgben_testkit.postgres.fixtures, "
                           "pgben_testkit.storage.fixtures, pgben_testkit.factories.fixtures, "
                           "pgben_testkit.report.header")  # fmt: skip
    assert not HEAVY & (loaded - before)


def test_every_public_name_can_be_had():
    import pgben_testkit

    for name in pgben_testkit.__all__:
        assert getattr(pgben_testkit, name).__name__ == name
