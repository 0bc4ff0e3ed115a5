"""Prometheus and Alertmanager in containers: the same life, the same clocks, the same errors, and nothing left."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from lab_programs import ERRORS, LongSession
from real import MONITORING_IMAGE

from pgben_testkit import settings
from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.observability.lab import driver as driving
from pgben_testkit.observability.lab.clock import ClockNotAble, ProcessClock, why_not_able
from pgben_testkit.observability.lab.driver import LostTime
from pgben_testkit.observability.lab.laboratory import Laboratory
from pgben_testkit.observability.servers import provided
from pgben_testkit.observability.servers.http import Http, HttpFailed
from pgben_testkit.observability.servers.live import LiveAlertmanager, LivePrometheus
from pgben_testkit.observability.servers.prometheus import Prometheus
from pgben_testkit.observability.servers.provided import ProgramImage, finder
from pgben_testkit.services import contained
from pgben_testkit.services import engine as engines
from pgben_testkit.services.contained import ContainedProcess
from pgben_testkit.services.container import Recipe, ServerContainer
from pgben_testkit.services.engine import Engine
from pgben_testkit.services.process import free_ports
from pgben_testkit.services.run import RUN_LABEL

pytestmark = pytest.mark.full

ALERTMANAGER = """
route: {receiver: equipe, group_by: [alertname], group_wait: 30s, group_interval: 5m, repeat_interval: 4h}
templates: ["modelos/*.tmpl"]
receivers:
- name: equipe
  slack_configs:
  - {api_url_file: /run/secrets/slack, channel: "#plantao", text: '{{ template "aviso" . }}', send_resolved: true}
  email_configs:
  - {to: plantao@pgben.invalid, from: a@pgben.invalid, smarthost: "mail.invalid:587", html: '{{ template "aviso" . }}'}
"""
QUICK = """
global: {scrape_interval: 1s, evaluation_interval: 1s}
scrape_configs: [{job_name: app, static_configs: [{targets: ["app:80"]}]}]
"""
"""For tests in real time."""
IMAGES = {"prometheus_image": MONITORING_IMAGE, "alertmanager_image": MONITORING_IMAGE, "pull": "no"}


@pytest.fixture
def able(engine):
    """An engine whose containers' clocks we may jump."""
    yama = Path("/proc/sys/kernel/yama/ptrace_scope")
    others = os.geteuid() == 0 or not yama.exists() or yama.read_text().strip() == "0"
    if why_not_able() or not others:
        pytest.skip(f"no container's clock can be jumped here: {why_not_able() or 'that needs root'}")
    return engine


@pytest.fixture
def contained_laboratory(engine, run, tmp_path):
    """Makes laboratories on containers, of the pace that is asked for."""
    made = []
    (tmp_path / "rules.yml").write_text(ERRORS)
    (tmp_path / "modelos").mkdir()
    (tmp_path / "modelos" / "aviso.tmpl").write_text(
        '{{ define "aviso" }}do modelo: {{ .CommonAnnotations.summary }}{{ end }}'
    )
    (tmp_path / "alertmanager.yml").write_text(ALERTMANAGER)

    (tmp_path / "quick.yml").write_text(QUICK)

    def make(pace="jump", prometheus=""):
        given = {
            **IMAGES,
            "alerts_pace": pace,
            "alert_rules": "rules.yml",
            "alertmanager_config": "alertmanager.yml",
            "prometheus_config": prometheus,
        }
        made.append(Laboratory.of(settings.read(root=tmp_path, environ={}, command_line=given), run))
        return made[-1]

    yield make
    for each in made:
        each.close()


def ids(run):
    return {each.id for each in engines.containers_of(run.id)}


def test_an_alert_lives_its_whole_life(able, contained_laboratory, run):
    lab = contained_laboratory()
    errors = lab.target("app").gauge("errs").set(7)
    began = time.monotonic()
    alert = lab.alert("Erros")
    alert.becomes("pending", within="1m")
    alert.fires(after="5m")
    assert lab.inbox.slack.last.text.strip().endswith("do modelo: 7 erros em app:0")
    assert "do modelo: 7 erros em app:0" in lab.inbox.email.last.text
    lab.target("late").gauge("came").set(1)
    errors.set(0)
    alert.resolves(within="10m")
    assert [len(lab.inbox.slack), len(lab.inbox.email)] == [2, 1], "e-mail does not tell of resolved alerts by default"
    assert lab.prometheus.query("came"), "a configuration that was read again"
    assert time.monotonic() - began < 60, "fifteen minutes of jumped time"
    assert lab.pace == "jumped clock"
    assert len(ids(run)) == 2
    for each in engines.containers_of(run.id):
        assert each.attrs["HostConfig"]["NetworkMode"] == "host"
        assert each.attrs["Config"]["Image"] == MONITORING_IMAGE
        assert not [mount for mount in each.attrs["Mounts"] if mount["RW"]]
    lab.close()
    assert ids(run) == set()


def test_the_pace_real_runs_in_containers_too(contained_laboratory):
    lab = contained_laboratory("real", "quick.yml")
    lab.target("app").gauge("errs").set(1)
    lab.start()
    assert (lab.pace, lab.why_not_jumped) == ("real time", "")
    assert lab.prometheus.query("up")


def test_live_servers_run_in_containers_too(engine, run, tmp_path):
    find = finder(settings.read(root=tmp_path, environ={}, command_line=IMAGES))
    alertmanager = LiveAlertmanager(run, None, find=find)
    try:
        prometheus = LivePrometheus(run, None, folder=tmp_path, find=find)
        try:
            prometheus.scrape("alertmanager", alertmanager.url)
            prometheus.send_alerts_to(alertmanager)
            prometheus.wait_all_up()
        finally:
            prometheus.close()
    finally:
        alertmanager.close()
    assert ids(run) == set()


@pytest.mark.parametrize("which", ["prometheus", "alertmanager"])
def test_a_container_that_is_killed(able, contained_laboratory, which, monkeypatch):
    monkeypatch.setattr(driving, "WAIT_S", 3.0)
    lab = contained_laboratory()
    lab.target("app").gauge("errs").set(1)
    lab.alert("Erros").becomes("pending", within="1m")
    getattr(lab, which).process.wrapped.kill()
    with pytest.raises(LostTime, match=rf"{which}-\d+ has ended \(exit code -9\)"):
        lab.alert("Erros").fires()


def test_clocks_that_do_not_jump_in_containers_leave_scaled_time(able, contained_laboratory, monkeypatch, run):
    """As where another machine's engine numbers its processes."""
    real = contained.must_be_in
    monkeypatch.setattr(contained, "must_be_in", lambda pid, container_id: real(os.getpid(), container_id))
    lab = contained_laboratory("auto", "quick.yml")
    lab.target("app").gauge("errs").set(1)
    lab.start()
    assert lab.pace.startswith("durations divided by ")
    assert "is not in the container" in lab.why_not_jumped
    lab.close()
    assert ids(run) == set()
    with pytest.raises(ClockNotAble, match="is not in the container"):
        contained_laboratory("jump").start()


@pytest.fixture
def asleep(engine, run):
    """A container of this run in which a program sleeps."""
    recipe = Recipe(image=MONITORING_IMAGE, command=["/bin/sleep", "600"], ports=[], environment={}, tmpfs={})
    made = ServerContainer.start("asleep", engine, recipe, run)
    yield made
    made.stop()


def test_a_process_of_a_container_that_is_not_this_runs_is_refused(asleep):
    with pytest.raises(EnvironmentNotAble, match="does not carry the label of this run"):
        ContainedProcess(asleep.wrapped, "another")


def test_a_process_that_is_in_no_container_of_ours_is_refused(asleep):
    with pytest.raises(EnvironmentNotAble, match=rf"process {os.getpid()} is not in the container"):
        contained.must_be_in(os.getpid(), asleep.wrapped.id)
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        asleep.wrapped.reload()
        asleep.wrapped.attrs["State"]["Pid"] = process.pid
        asleep.wrapped.reload = lambda: None  # an engine whose numbers are not this machine's
        with pytest.raises(EnvironmentNotAble, match=rf"process {process.pid} is not in the container"):
            ContainedProcess(asleep.wrapped, asleep.wrapped.labels[RUN_LABEL])
    finally:
        process.kill()
        process.wait()


def test_a_clock_takes_the_process_of_our_container_and_tells_of_its_end(able, asleep):
    process = asleep.process
    assert process.poll() is None and asleep.poll() is None
    clock = ProcessClock(process)
    clock.jump(3600)
    clock.close()
    process.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while process.poll() is None:
        assert time.monotonic() < deadline
    assert (process.poll(), asleep.poll()) == (-9, -9)
    process.send_signal(signal.SIGKILL)
    with pytest.raises(ClockNotAble, match="has ended with exit code -9"):
        ProcessClock(process)
    with pytest.raises(EnvironmentNotAble, match="has ended with exit code -9"):
        ContainedProcess(asleep.wrapped, asleep.wrapped.labels[RUN_LABEL])


def test_rules_behind_a_link_are_there(engine, run, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "named").mkdir()
    (tmp_path / "real" / "rules.yml").write_text(ERRORS)
    (tmp_path / "named" / "rules.yml").symlink_to(tmp_path / "real" / "rules.yml")
    config = {"rule_files": [str(tmp_path / "named" / "*.yml")]}
    server = Prometheus.start(ProgramImage("prometheus", MONITORING_IMAGE, engine), config, run=run, name="linked")
    try:
        [group] = server.http.json("/api/v1/rules")["data"]["groups"]
        assert group["rules"][0]["name"] == "Erros"
    finally:
        server.stop()


def test_a_configuration_that_prometheus_refuses_is_told_in_its_words(engine, run):
    image = ProgramImage("prometheus", MONITORING_IMAGE, engine)
    with pytest.raises(UsageProblem, match=r"refuses the configuration\n.*nonsense"):
        Prometheus.start(image, {"nonsense": 1}, run=run, name="refused")
    assert ids(run) == set()


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user runs the other tests so")
def test_an_ordinary_users_server_reads_its_configuration_and_writes_its_data(engine, run, monkeypatch):
    folder = run.data / "ordinary"
    folder.mkdir(mode=0o700)
    (folder / "prometheus.yml").write_text("global: {scrape_interval: 15s}")
    os.chown(folder, 65534, 65534)
    monkeypatch.setattr(provided.os, "getuid", lambda: 65534)
    monkeypatch.setattr(provided.os, "getgid", lambda: 65534)
    [port] = free_ports(1)
    words = [
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    image = ProgramImage("prometheus", MONITORING_IMAGE, engine)
    started = image.start("ordinary", words, run=run, folder=folder, reads=[])
    try:
        http = Http("Prometheus", port)
        started.wait_ready(lambda: http.get("/-/ready"), retry=(HttpFailed,), timeout_s=30)
        http.close()
    finally:
        started.stop()


def test_an_engine_of_another_machine_is_refused(run, tmp_path):
    image = ProgramImage("prometheus", MONITORING_IMAGE, Engine("tcp://engine.invalid:2375", "Docker"))
    with pytest.raises(EnvironmentNotAble, match=r"the engine is at tcp://engine.invalid:2375"):
        Prometheus.start(image, {}, run=run, name="remote")


def find(name, **given):
    return finder(settings.read(root=Path("/"), environ={}, command_line={"pull": "no", **given}))(name)


def test_an_image_that_is_named_goes_before_the_program_and_embedded_means_the_program(engine):
    assert find("prometheus", prometheus_image=MONITORING_IMAGE).image == MONITORING_IMAGE
    assert find("alertmanager", alertmanager_image=f"localhost:9/none:1 {MONITORING_IMAGE}").image == MONITORING_IMAGE
    assert find("prometheus", prometheus_image=MONITORING_IMAGE, backend="embedded").path
    with pytest.raises(EnvironmentNotAble, match=r"lacks localhost:9/none:1 and pulling is off"):
        find("prometheus", prometheus_image="localhost:9/none:1")


def test_where_the_program_is_missing_the_official_image_is_taken_if_it_is_there(engine, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    provided.programs.find.cache_clear()
    with pytest.raises(EnvironmentNotAble, match="no prometheus on this machine"):
        find("prometheus")
    monkeypatch.setitem(provided.OFFICIAL, "prometheus", MONITORING_IMAGE)
    assert find("prometheus").image == MONITORING_IMAGE
    with pytest.raises(EnvironmentNotAble, match="no prometheus on this machine"):
        find("prometheus", backend="embedded")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_session_that_is_interrupted_leaves_no_container(able, tmp_path, how, monkeypatch):
    for name, value in IMAGES.items():
        monkeypatch.setenv(f"PGBEN_{name.upper()}", value)
    session = LongSession(tmp_path, monkeypatch)
    [record] = session.runs()
    assert len(engines.containers_of(record.name, running=True)) == 2
    session.ended_by(how)
    if how == signal.SIGKILL:
        assert len(engines.containers_of(record.name, running=True)) == 2
        session.next_one()
    assert engines.containers_of(record.name) == []
    assert session.runs() == []
