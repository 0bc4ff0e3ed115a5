"""What the laboratory's tests share: the programs or a skip that says which, a rule, a session to be interrupted."""

import shutil
import subprocess
import sys
import time

import pytest

from pgben_testkit.observability.servers.programs import NAMES, PACKAGES

LOGINS = """
groups:
- name: seguranca
  interval: 15s
  rules:
  - record: job:falhas:rate5m
    expr: sum by (job) (rate(authentication_attempts_total{success="false"}[5m]))
  - alert: FalhasDeAutenticacao
    expr: job:falhas:rate5m > 1
    for: 5m
    labels: {severity: critical}
    annotations: {summary: "{{ $value | printf \\"%.0f\\" }} por segundo"}
- name: outro
  rules:
  - {alert: Latencia, expr: 'histogram_quantile(0.99, sum by (le) (rate(lat_seconds_bucket[5m]))) > 1', for: 10m}
"""
ERRORS = """
groups:
- name: erros
  rules:
  - alert: Erros
    expr: errs > 0
    for: 5m
    labels: {severity: critical}
    annotations: {summary: "{{ $value }} erros em {{ $labels.instance }}"}
"""


def program(name):
    """The program's path, or the test is skipped."""
    found = next(filter(None, map(shutil.which, NAMES[name])), None)
    if not found:
        pytest.skip(f"{name} is not installed (Debian: {PACKAGES[name]})")
    return found


class LongSession:
    """A pytest session in the middle of 400 jumped days, on a temporary folder of its own."""

    LONG = """def test_long(pgben_alerts):
    pgben_alerts.target("app").gauge("errs").set(1)
    pgben_alerts.start()
    open("running", "w").close()
    pgben_alerts.advance("400d")
"""

    def __init__(self, folder, monkeypatch):
        self.folder, self.temporary = folder, folder / "t"
        self.temporary.mkdir()
        monkeypatch.setenv("TMPDIR", str(self.temporary))
        (folder / "rules.yml").write_text(ERRORS)
        (folder / "test_long.py").write_text(self.LONG)
        (folder / "pytest.ini").write_text("[pytest]\npgben_alert_rules = rules.yml\n")
        self._words = [sys.executable, "-m", "pytest", "-q", "-p", "pgben_testkit", "-p", "no:randomly", "test_long.py"]
        self.process = subprocess.Popen(
            self._words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        deadline = time.monotonic() + 60
        while not (folder / "running").exists():
            assert time.monotonic() < deadline and self.process.poll() is None, self.process.communicate()
            time.sleep(0.02)

    def runs(self):
        """The records of runs that are there."""
        return list(self.temporary.glob("*/runs/[!.]*"))

    def ended_by(self, how):
        self.process.send_signal(how)
        self.process.communicate(timeout=60)

    def next_one(self):
        """A session that starts after it, and removes what a killed one left."""
        (self.folder / "test_long.py").write_text("def test(pgben_alerts): pgben_alerts.start()")
        subprocess.run(self._words, cwd=self.folder, check=True, capture_output=True)
