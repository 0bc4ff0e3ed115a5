"""The reference Prometheus, its rules and the real exporters together: what a rule asks for is there to be had.

Real programs on the configuration as it is; only addresses, and the intervals, are others: a second instead of 15.
"""

import os
import sys
import time
from contextlib import ExitStack

import pytest
import sample as samples
import stack
from sample import FIXTURES

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.observability import catalogue
from pgben_testkit.observability.servers import programs
from pgben_testkit.observability.servers.alertmanager import Alertmanager
from pgben_testkit.observability.servers.configured import Endpoint, PrometheusConfig
from pgben_testkit.observability.servers.prometheus import Prometheus
from pgben_testkit.postgres.service import SERVICE as POSTGRES
from pgben_testkit.services.process import Account, ServerProcess, free_ports
from pgben_testkit.storage.service import SERVICE as STORAGE

pytestmark = pytest.mark.full

DOOR = FIXTURES / "minio_exporter"
WITHOUT_SAMPLES = {
    "minio_s3_requests_5xx_errors_total",  # MinIO tells errors once there are some
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",  # a container may have no disk of its own
}
SECONDS = 30
"""How long anything is waited for: some seconds suffice on a quiet machine."""


def program(name):
    try:
        return programs.find(name)
    except EnvironmentNotAble as error:
        pytest.skip(str(error))


def until(condition, what):
    deadline = time.monotonic() + SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.2)
    return found


def stand_in(opened, owned):
    """The port of MinIO's stand-in before the run's S3 server."""
    info, [port] = owned.world.info(STORAGE), free_ports(1)
    host, _, behind = info.url.removeprefix("http://").partition(":")
    process = ServerProcess.start(
        "minio-stand-in",
        [sys.executable, "-m", "pgben_minio_exporter"],
        run=owned.supply.run,
        log=owned.supply.run.data / "minio-stand-in.log",
        account=Account(None, None),
        env={
            **os.environ,
            "PYTHONPATH": str(DOOR),
            "MINIO_ENDPOINT": host,
            "MINIO_PORT": behind,
            "MINIO_ACCESS_KEY": info.access_key,
            "MINIO_SECRET_KEY": info.secret_key,
            "MINIO_REGION": info.region,
            "SCAN_S": "0.5",
            "PORT": str(port),
            "STORAGE_FOLDER": info.data,
        },
    )
    opened.callback(process.stop)
    process.wait_ready(
        lambda: samples.reach(f"http://127.0.0.1:{port}/minio/v2/metrics/cluster"), retry=(OSError,), timeout_s=20
    )
    return port


@pytest.fixture(scope="module")
def running():
    """(Prometheus, Alertmanager, the sample API) with every target that can be had here."""
    found = {name: program(name) for name in ("prometheus", "alertmanager")}
    with ExitStack() as opened:
        owned = samples.opened(opened)
        run = owned.supply.run
        try:
            door = stand_in(opened, owned)
            database = owned.world.space(POSTGRES).strategy("clone").acquire()
            bucket = owned.world.space(STORAGE).acquire()
        except EnvironmentNotAble as error:
            pytest.skip(str(error))
        samples.add_users(database)
        api = samples.start(owned, database, bucket, MINIO_PORT=str(door))
        opened.callback(api.process.stop)
        server = owned.world.info(POSTGRES)
        dsn = (
            f"postgresql://{server.user}:{server.password}@{server.host}:{server.port}/{database.name}?sslmode=disable"
        )
        ports = {
            "pgben-api": api.url,
            "minio": f"http://127.0.0.1:{door}",
            "postgres": samples.exporter(opened, owned, "prometheus-postgres-exporter", [], {"DATA_SOURCE_NAME": dsn}),
            "node": samples.exporter(opened, owned, "prometheus-node-exporter", []),
        }
        alertmanager = Alertmanager.start(
            found["alertmanager"],
            {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]},
            run=run,
            name="stack-alertmanager",
        )
        opened.callback(alertmanager.stop)
        ports["alertmanager"] = alertmanager.url
        targets = {job: [Endpoint(url.split("/")[2], f"{job}:1")] for job, url in ports.items()}

        def here():
            data = PrometheusConfig.load(stack.PROMETHEUS / "prometheus.yml").here(
                targets, f"127.0.0.1:{alertmanager.port}"
            )
            data["global"].update(scrape_interval="1s", scrape_timeout="1s", evaluation_interval="1s")
            return data

        # What fires in the first seconds finds no Alertmanager yet and is dropped; it would come again after a minute.
        flags = ["--rules.alert.resend-delay=1s"]
        prometheus = Prometheus.start(found["prometheus"], here(), run=run, name="stack-prometheus", flags=flags)
        opened.callback(prometheus.stop)
        targets["prometheus"] = [Endpoint(f"127.0.0.1:{prometheus.port}", "prometheus:1")]
        prometheus.reload(here())
        prometheus.wait_all_up(SECONDS)
        citizen = samples.drive(api)
        api.trouble(error_ratio=1)
        api.ask("GET", "/api/v1/beneficios", user="tecnico")
        api.calm()
        until(lambda: prometheus.query("lgpd_data_access_purpose_total > 0"), "the traffic was not scraped")
        # A series begins with its first count, which no rate sees: only what comes after the first scrape moves one.
        for number in range(3):
            api.ask("GET", "/api/v1/beneficios", user="tecnico")
            api.ask(
                "POST",
                f"/api/v1/cidadaos/{citizen}/documentos/rg",
                raw=b"%PDF-1.7 " + bytes([number]) * 999,
                user="tecnico",
                headers={"content-type": "application/pdf"},
            )
            time.sleep(1.1)
        yield prometheus, alertmanager, api


def evaluated(prometheus):
    """Each rule as Prometheus' API tells it."""
    groups = prometheus.http.json("/api/v1/rules")["data"]["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_every_job_has_a_target_that_is_up(running):
    prometheus, _, _ = running
    jobs = {each["job_name"] for each in stack.read(stack.PROMETHEUS / "prometheus.yml")["scrape_configs"]}
    assert {each.labels["job"] for each in prometheus.query("up == 1")} == jobs - {"kube-state-metrics"}


def test_every_metric_of_the_api_is_in_prometheus_with_samples(running):
    """Registered and never set is missing: such a family has no series, and no query finds it."""
    prometheus, _, _ = running
    metrics = catalogue.load(samples.CATALOGUE).of("api")
    assert len(metrics) > 30
    sampled = {"histogram": "_count", "summary": "_count", "info": ""}
    lacking = {
        name
        for name, metric in metrics.items()
        if not prometheus.query(f'{name}{sampled.get(metric.type, "")}{{job="pgben-api"}}')
    }
    assert lacking == set()


def test_every_rule_is_loaded_and_evaluates_without_error(running):
    prometheus, _, _ = running
    files = [path for path in stack.RULE_FILES if path.parent.parent.name == "prometheus"]
    written = sum(len(group["rules"]) for path in files for group in stack.read(path)["groups"])
    rules = until(
        lambda: (found := evaluated(prometheus)) and all(each["health"] != "unknown" for each in found) and found,
        "rules were not evaluated",
    )
    assert len(rules) == written
    assert [(each["name"], each["lastError"]) for each in rules if each["health"] != "ok"] == []


def test_what_rules_select_is_exported(running):
    prometheus, _, _ = running
    recorded = {rule["record"] for _, rule in stack.rules() if "record" in rule}
    asked = {
        metric + "{" + ", ".join(f'{label}{op}"{value}"' for label, (op, value) in sorted(matchers.items())) + "}"
        for area, rule in stack.rules()
        if area != "cluster"
        for metric, matchers in stack.selectors(rule["expr"])
        if metric not in recorded | WITHOUT_SAMPLES
    }
    assert len(asked) > 35
    assert {each for each in asked if not prometheus.query(each)} == set()


@pytest.mark.parametrize("name", sorted({rule["record"] for _, rule in stack.rules() if "record" in rule}))
def test_a_recording_rule_records(running, name):
    prometheus, _, _ = running
    assert until(lambda: prometheus.query(name), f"{name} has no series")


def test_the_dead_mans_switch_reaches_alertmanager(running):
    _, alertmanager, _ = running
    until(
        lambda: "Vigia" in {each["labels"]["alertname"] for each in alertmanager.http.json("/api/v2/alerts")},
        "Vigia is not at Alertmanager",
    )


def test_lost_storage_is_pending_at_once_and_over_when_it_is_back(running):
    prometheus, _, api = running

    def pending():
        alerts = prometheus.http.json("/api/v1/alerts")["data"]["alerts"]
        return {each["labels"]["alertname"] for each in alerts}

    until(lambda: "StorageInacessivel" not in pending(), "it was so before")
    api.trouble(storage_lost=True)
    until(lambda: "StorageInacessivel" in pending(), "nobody noticed")
    api.calm()
    until(lambda: "StorageInacessivel" not in pending(), "it did not end")
