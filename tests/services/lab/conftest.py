"""Laboratories of the tests: each on rules of its own, in a folder of its own."""

import pytest
from lab_programs import ERRORS, program

from pgben_testkit import settings
from pgben_testkit.observability.lab.laboratory import Laboratory
from pgben_testkit.services.run import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    made = Run.begin(settings.read(root=tmp_path_factory.mktemp("run"), environ={}))
    yield made
    made.end()


@pytest.fixture
def laboratory(run, tmp_path):
    """Makes laboratories: `laboratory(rules, prometheus=..., alertmanager=..., pace=...)`, texts of files."""
    for name in ("prometheus", "alertmanager"):
        program(name)
    made = []

    def make(rules=ERRORS, *, prometheus="", alertmanager="", **more):
        one = Laboratory(run, folder=tmp_path, **more)
        made.append(one)
        if rules:
            (tmp_path / "rules.yml").write_text(rules)
            one.load_rules("rules.yml")
        if prometheus:
            (tmp_path / "prometheus.yml").write_text(prometheus)
            one.load_prometheus("prometheus.yml")
        if alertmanager:
            (tmp_path / "alertmanager.yml").write_text(alertmanager)
            one.load_alertmanager("alertmanager.yml")
        return one

    yield make
    for each in made:
        each.close()
