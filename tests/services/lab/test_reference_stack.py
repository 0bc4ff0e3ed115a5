"""Every alert of the reference stack, alive: it fires, keeps still, resolves, and reaches its people on each channel.

The cases are those of promtool's unit-test files; here their series are scraped by the real Prometheus, and the
messages come from the real Alertmanager with the stack's own routes and templates.
"""

import datetime
import zoneinfo

import pytest
import stack
from lab_programs import program

from pgben_testkit import settings
from pgben_testkit.observability.lab import testfile, unittests

pytestmark = pytest.mark.full

OFFICE = zoneinfo.ZoneInfo("America/Sao_Paulo")
FILES = {path: testfile.read(path) for path in stack.TEST_FILES}
CASES = [(path, group) for path, file in FILES.items() for group in file.groups]
SETTLED = "6m"
"""After the last expectation: the groups' next flush tells what has ended."""


def tuesday_morning(laboratory):
    """Working hours: information is muted at all others."""
    now = datetime.datetime.now(OFFICE)
    day = now + datetime.timedelta(days=(1 - now.weekday()) % 7 or 7)
    laboratory.start_at(day.replace(hour=10, minute=0, second=0))


def receivers(alert):
    labels = stack.alerts()[alert][1]["labels"]
    return stack.read(stack.ALERTMANAGER / "routes.yml")[labels["severity"]][labels["team"]]


@pytest.mark.parametrize(("path", "group"), CASES, ids=[f"{path.stem}: {group.name}" for path, group in CASES])
def test_a_case_in_the_laboratory(run, tmp_path, path, group):
    for name in ("prometheus", "alertmanager"):
        program(name)
    told = {each.name for each in group.alerts if each.expected} - {stack.ALWAYS}
    delivered = {}

    def look(laboratory):
        laboratory.advance(SETTLED)
        for alert in told:
            messages = [each for each in laboratory.inbox if alert in each.as_text() or alert in each.alertnames]
            delivered[alert] = {each.receiver for each in messages}
        laboratory.inbox.assert_nothing_lost()
        laboratory.inbox.assert_no_personal_data()

    read = settings.read(
        root=tmp_path,
        environ={},
        command_line={"alertmanager_config": str(stack.ALERTMANAGER / "alertmanager.yml"), "alerts_pace": "jump"},
    )
    setting = unittests.Setting(run, read, ask_promtool=False, before=tuesday_morning, after=look)
    outcomes = unittests.run_group(FILES[path], group, setting)
    wrong = [each for each in outcomes if each.verdict != "passed"]
    told_why = [f"{each.about} at {each.eval_time}: {each.expected}\n{each.found}\n{each.story}" for each in wrong]
    assert not wrong, "\n".join(told_why)
    assert delivered == {alert: set(receivers(alert)) for alert in told}


def test_every_alert_has_a_case_that_fires_and_one_that_does_not():
    fires = {each.name for _, group in CASES for each in group.alerts if each.expected}
    silent = {each.name for _, group in CASES for each in group.alerts if not each.expected}
    assert fires == set(stack.alerts())
    assert silent >= fires - {stack.ALWAYS}
