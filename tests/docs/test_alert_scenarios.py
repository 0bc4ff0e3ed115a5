"""docs/alert-scenarios.md: its scenario is one, and each verb that can be written is told."""

import re
from pathlib import Path

from pgben_testkit.observability.lab import scenario, steps

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "alert-scenarios.md").read_text("utf-8")


def test_the_scenario_is_read_as_written(tmp_path):
    [text] = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "um.alerts.yml").write_text(text, "utf-8")
    [found] = scenario.read(tmp_path / "um.alerts.yml")
    assert (found.name, len(found.steps)) == ("falhas de login chamam a segurança", 6)


def test_each_verb_is_on_the_page():
    words = set(re.findall(r"[a-z_]+", PAGE))
    verbs = {*steps.KEYS, *steps.SERIES, *steps.TARGET_VERBS, *steps.ALERT_VERBS, *steps.FAULTS, *steps.DELIVERY_KEYS}
    verbs |= {verb for each in steps.SERIES.values() for verb in each}
    assert verbs - words == set()
