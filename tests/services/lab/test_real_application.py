"""The sample API under load that is paced by jumped time: its own metrics raise the reference alert."""

from contextlib import ExitStack

import pytest
import sample as samples
from lab_programs import program
from sample import FIXTURES

from pgben_testkit.observability.lab.laboratory import Laboratory

STACK = FIXTURES / "observability"


@pytest.fixture(scope="module")
def api():
    for name in ("prometheus", "alertmanager"):
        program(name)
    with ExitStack() as opened:
        yield samples.running(opened)


class WrongLogins:
    """So many a second, in jumped time."""

    def __init__(self, api):
        self.api = api
        self.per_second = 0.0
        self._owed = 0.0

    def __call__(self, seconds):
        self._owed += seconds * self.per_second
        while self._owed >= 1:
            self._owed -= 1
            self.api.login("ninguem", "errada")


def test_wrong_logins_reach_the_people_of_security(api, run):
    lab = Laboratory(run, folder=STACK, pace="jump", always=["Vigia"])
    try:
        lab.load_prometheus("prometheus/prometheus.yml")
        lab.load_alertmanager("alertmanager/alertmanager.yml")
        lab.connect("pgben-api", api.url)
        logins = WrongLogins(api)
        lab.load(logins)
        alert = lab.alert("FalhasDeAutenticacao")
        alert.stays("inactive", during="3m")
        logins.per_second = 1.5
        alert.fires(after="5m", within="20m", labels={"severity": "critical", "team": "seguranca"})
        assert [each.receiver for each in lab.inbox.sms.about("FalhasDeAutenticacao")] == ["seguranca-sms"]
        logins.per_second = 0
        alert.resolves(within="15m")
        told = [each.as_text() for each in lab.inbox.slack.about("FalhasDeAutenticacao")]
        assert len(told) == 2 and "RESOLVIDO" not in told[0] and "[RESOLVIDO] FalhasDeAutenticacao" in told[1]
        lab.inbox.assert_nothing_lost()
        lab.inbox.assert_no_personal_data()
    finally:
        lab.close()
