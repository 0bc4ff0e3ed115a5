"""The reference catalogue against what really exports: the sample API under traffic, and the exporters."""

import re
import shutil
import subprocess
import time
from contextlib import ExitStack

import pytest
import sample as samples
from sample import API, CATALOGUE, FIXTURES

from pgben_testkit.observability import catalogue
from pgben_testkit.observability.metrics import Metrics
from pgben_testkit.postgres.service import SERVICE as POSTGRES


@pytest.fixture(scope="module")
def stack():
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def api(stack):
    return samples.running(stack)


@pytest.fixture(scope="module")
def driven(api):
    """The API after one of everything: (before, now)."""
    before = Metrics().scrape(f"{api.url}/metrics")
    samples.drive(api)
    deadline = time.monotonic() + 10
    while Metrics().scrape(f"{api.url}/metrics").value("dependency_up") != 2:
        assert time.monotonic() < deadline, "the dependencies did not come back"
        time.sleep(0.1)
    return before, Metrics().scrape(f"{api.url}/metrics")


def test_before_any_traffic_what_was_never_set_is_found(driven):
    """The counter-proof: `no samples` is not what the check always says."""
    before, _ = driven
    found = {each.subject for each in Metrics(CATALOGUE).check(before) if each.check == "metrics/no-samples"}
    assert {"http_requests_total", "document_operations_total", "authorization_failures_total"} <= found


def test_under_traffic_every_metric_of_the_api_is_there_with_samples(driven):
    before, now = driven
    assert Metrics(CATALOGUE).check(now, before=before) == ()
    for name, metric in catalogue.load(CATALOGUE).of("api").items():
        assert now.families[name].samples, metric


def test_traffic_moves_what_it_should(driven):
    moved = Metrics().compare(*driven)
    assert moved.by("account_lockouts_total") == 1
    assert moved.by("lgpd_access_refused_total", reason="unidade") == 1
    assert moved.by("document_operations_total", operation="upload", sensitive="true") == 1
    assert moved.by("document_upload_duration_seconds_count") == 2
    assert moved.by("solicitacao_decision_duration_seconds_count", outcome="aprovada") == 1
    assert moved.by("database_query_errors_total", entity="cidadao") == 1
    assert moved.by("http_requests_total", route="unmatched") == 1
    assert moved.by("storage_operations_total", success="false") >= 1
    assert moved.by("metrics_refresh_failures_total") >= 0


def test_both_formats_are_as_catalogued(api, driven):
    from pgben_testkit.observability.exposition import parse

    text, opened = api.metrics(), api.metrics("application/openmetrics-text; version=1.0.0")
    assert Metrics(CATALOGUE).check(parse(text)) == ()
    assert Metrics(CATALOGUE).check(parse(opened, openmetrics=True)) == ()


def test_promtool_has_nothing_to_say_on_the_live_endpoint(api, driven):
    if not shutil.which("promtool"):
        pytest.skip("promtool is not installed (Debian: prometheus)")
    done = subprocess.run(["promtool", "check", "metrics"], input=api.metrics(), capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def enum(name):
    sql = (FIXTURES / "pgben" / "002_enums.sql").read_text("utf-8")
    return set(re.findall(r"'(\w+)'", re.search(rf"CREATE TYPE {name} AS ENUM \((.*?)\);", sql, re.DOTALL)[1]))


@pytest.mark.parametrize(
    ("metric", "label", "kind"),
    [
        ("solicitacoes", "status", "status_solicitacao"),
        ("document_operations_total", "document_type", "tipo_documento"),
        ("lgpd_subject_requests_open", "right", "direito_titular"),
        ("lgpd_audit_records_total", "operation", "tipo_operacao"),
        ("lgpd_data_access_purpose_total", "purpose", "finalidade_tratamento"),
    ],
)
def test_the_closed_sets_are_those_of_the_schema(metric, label, kind):
    assert set(catalogue.load(CATALOGUE).metrics[metric].labels[label].values) == enum(kind)


def test_the_roles_and_routes_are_those_of_the_api():
    entry = catalogue.load(CATALOGUE).metrics
    vocabulary = (API / "pgben_api" / "vocabulary.py").read_text("utf-8")
    assert all(f'"{role}"' in vocabulary for role in entry["lgpd_data_access_total"].labels["user_role"].values)
    routes = (API / "pgben_api" / "app.py").read_text("utf-8").replace("{v1}", "/api/v1").replace("{{", "{")
    routes = routes.replace("}}", "}")
    for route in entry["http_requests_total"].labels["route"].values:
        assert f'"{route}"' in routes, route


def test_postgres_exporter_is_as_catalogued_and_tells_a_database_that_is_down(stack, api):
    info = api.owned.world.info(POSTGRES)
    dsn = f"postgresql://{info.user}:{info.password}@{info.host}:{{}}/{api.database.name}?sslmode=disable"
    url = samples.exporter(
        stack, api.owned, "prometheus-postgres-exporter", [], {"DATA_SOURCE_NAME": dsn.format(info.port)}
    )
    assert Metrics(CATALOGUE).check(url) == ()
    assert Metrics().scrape(url).value("pg_up") == 1
    down = samples.exporter(stack, api.owned, "prometheus-postgres-exporter", [], {"DATA_SOURCE_NAME": dsn.format(9)})
    assert Metrics().scrape(down).value("pg_up") == 0
    assert "pg_stat_activity_count" in {each.subject for each in Metrics(CATALOGUE).check(down)}


def test_node_exporter_is_as_catalogued(stack, api):
    url = samples.exporter(stack, api.owned, "prometheus-node-exporter", [])
    found = {each.subject for each in Metrics(CATALOGUE).check(url)}
    assert found <= {"node_filesystem_avail_bytes", "node_filesystem_size_bytes"}  # a container may show no disk
