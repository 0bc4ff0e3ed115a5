"""The rules of the house: arrows point down, nothing heavy is imported until it is used."""

import subprocess
import sys

import pytest

AREAS = [
    "observability.lab.laboratory",
    "observability.lab.scenario",
    "observability.servers.live",
    "services.supply",
    "services.desk",
    "services.container",
    "postgres.provide",
    "postgres.embedded",
    "postgres.container",
    "postgres.databases",
    "storage.provide",
    "storage.weed",
    "storage.container",
    "storage.bucket",
    "storage.lgpd",
    "storage.proxy",
    "storage.capabilities",
    "storage.conformance.runner",
    "storage.fake.engine",
    "storage.gate.visit",
    "redis.provide",
    "redis.embedded",
    "redis.space",
    "world",
    "cli",
    "env.assess",
    "env.draft",
    "env.doctor",
    "env.environment",
    "factories.maker",
    "factories.pgben.scenarios",
    "factories.tables.table_factory",
    "lgpd.dumps",
    "lgpd.text",
    "factories.strategies",
    "observability.metrics",
    "observability.receivers.receivers",
    "observability.receivers.smtp",
    "observability.receivers.moto_sns",
    "observability.receivers.render.picture",
]
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


def modules_after(code: str) -> set[str]:
    out = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(out.stdout.split())


@pytest.mark.parametrize("area", AREAS)
def test_no_area_imports_pytest(area):
    assert "pytest" not in modules_after(f"import pgben_testkit.{area}")


def test_the_plugin_imports_nothing_heavy():
    before = modules_after("import pytest")
    loaded = modules_after(
        "import pytest, importlib, pgben_testkit.plugin as plugin, pgben_testkit.report.header\n"
        "for each in plugin.FIXTURES: importlib.import_module(each)"
    )
    assert not HEAVY & (loaded - before)


def test_the_gate_imports_what_the_embedded_extra_has_and_nothing_heavy():
    assert not HEAVY & modules_after("import pgben_testkit.storage.gate.visit, pgben_testkit.storage.gate.gate")


def test_every_public_name_can_be_had():
    import pgben_testkit

    for name in pgben_testkit.__all__:
        assert getattr(pgben_testkit, name).__name__ == name
