"""Information waits for working hours: a week of the real Alertmanager, its clock jumped from moment to moment."""

import json
import threading
import time
from contextlib import ExitStack
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from real import started

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.observability.lab.clock import ProcessClock, why_not_able
from pgben_testkit.observability.servers import programs
from pgben_testkit.observability.servers.alertmanager import Alertmanager

FOLDER = Path(__file__).parents[2] / "fixtures" / "observability" / "alertmanager"
CONFIG = yaml.safe_load((FOLDER / "alertmanager.yml").read_text("utf-8"))
OFFICE = ZoneInfo("America/Sao_Paulo")
SATURDAY, MONDAY, TUESDAY, WEDNESDAY = 5, 7, 8, 9
"""Days from the Monday on which the week begins."""


class Delivered:
    """What came, as (receiver, alert name), on a webhook for each receiver."""

    def __init__(self):
        self.seen = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                data = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.seen += [(self.path[1:], each["labels"]["alertname"]) for each in data["alerts"]]
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Week:
    """An Alertmanager that is taken through it."""

    def __init__(self, server, clock, delivered):
        self.server, self.clock, self.delivered = server, clock, delivered
        self.markers = 0
        today = datetime.now(OFFICE).replace(hour=0, minute=0, second=0, microsecond=0)
        self.monday = today + timedelta(days=7 - today.weekday())

    def now(self):
        return datetime.now(OFFICE) + timedelta(seconds=self.clock.offset_s)

    def go_to(self, day, at):
        hour, minute = map(int, at.split(":"))
        moment = (self.monday + timedelta(days=day)).replace(hour=hour, minute=minute)
        self.clock.jump((moment - self.now()).total_seconds())

    def fires(self, name, severity):
        labels = {"alertname": name, "severity": severity, "team": "banco"}
        ends = (self.now() + timedelta(days=20)).isoformat()
        self.server.http.post("/api/v2/alerts", json.dumps([{"labels": labels, "endsAt": ends}]).encode())
        deadline = time.monotonic() + 10
        while ("banco-email", name) not in self.grouped():  # else its group_wait would begin after the next jump
            assert time.monotonic() < deadline, self.grouped()
            time.sleep(0.005)

    def grouped(self):
        return {
            (group["receiver"]["name"], each["labels"]["alertname"])
            for group in self.server.groups()
            for each in group["alerts"]
        }

    def settle(self):
        """Whatever was due has been sent: a new warning, due at the end of its own group_wait, has come by e-mail."""
        self.markers += 1
        marker = ("banco-email", f"Marca{self.markers}")
        self.fires(marker[1], "warning")
        self.clock.jump(31)
        deadline = time.monotonic() + 10
        while marker not in self.delivered.seen:
            assert time.monotonic() < deadline, self.delivered.seen
            self.server.http.get("/-/ready")  # makes it look at its clock
            time.sleep(0.01)
        time.sleep(0.2)

    def told(self, name):
        return [receiver for receiver, alert in self.delivered.seen if alert == name]


@pytest.fixture
def week():
    try:
        program = programs.find("alertmanager")
    except EnvironmentNotAble as error:
        pytest.skip(str(error))
    why = why_not_able()
    if why:
        pytest.skip(f"clocks can't be jumped here: {why}")
    with ExitStack() as stack:
        delivered = Delivered()
        stack.callback(delivered.close)
        receivers = [
            {"name": each["name"], "webhook_configs": [{"url": f"{delivered.url}/{each['name']}"}]}
            for each in CONFIG["receivers"]
        ]
        config = {**CONFIG, "receivers": receivers, "global": {"resolve_timeout": "5m"}, "templates": []}
        server = Alertmanager.start(program, config, run=started(stack).run, name="mute-times")
        stack.callback(server.stop)
        clock = ProcessClock(server.process.process)
        stack.callback(clock.close)
        yield Week(server, clock, delivered)


def test_info_waits_for_monday_morning_and_a_warning_does_not(week):
    week.go_to(SATURDAY, "12:00")
    week.fires("DiscoEncheEmDias", "info")
    week.settle()
    assert sorted(week.told("Marca1")) == ["banco-email", "banco-slack"]
    assert week.told("DiscoEncheEmDias") == []
    week.go_to(MONDAY, "06:55")
    week.settle()
    assert week.told("DiscoEncheEmDias") == []
    week.go_to(MONDAY, "07:06")  # the first flush in working hours: group_interval is five minutes
    week.settle()
    assert week.told("DiscoEncheEmDias") == ["banco-email"]


def test_info_is_told_by_day_and_waits_at_night(week):
    week.go_to(TUESDAY, "10:00")
    week.fires("DeDia", "info")
    week.settle()
    assert week.told("DeDia") == ["banco-email"]
    week.go_to(TUESDAY, "19:30")
    week.fires("DeNoite", "info")
    week.settle()
    assert week.told("DeNoite") == []
    week.go_to(WEDNESDAY, "07:06")
    week.settle()
    assert week.told("DeNoite") == ["banco-email"]


def test_a_critical_alert_rings_on_a_saturday(week):
    week.go_to(SATURDAY, "03:00")
    week.fires("BancoForaDoAr", "critical")
    week.settle()
    assert sorted(week.told("BancoForaDoAr")) == ["banco-email", "banco-slack", "banco-sms"]
