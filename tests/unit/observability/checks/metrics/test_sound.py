"""What the checks of metrics leave alone, and which exporter they hold an endpoint against."""

import pytest

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability.catalogue import parse as catalogue_of
from pgben_testkit.observability.exposition import parse
from pgben_testkit.observability.held import hold


def test_what_is_as_catalogued_has_no_finding(exposed):
    assert exposed.found(exposed.sound) == []
    more = "# TYPE python_info gauge\npython_info 1\n# TYPE maybe gauge\nmaybe 1\n"
    assert exposed.found(exposed.sound + more) == []


def test_the_exporter_is_found_by_what_it_exports(exposed):
    catalogue = catalogue_of(exposed.catalogue)
    assert hold(parse("# TYPE pg_up gauge\npg_up 1\n"), catalogue).exporter.name == "db"
    with pytest.raises(UsageProblem, match="is not clear"):
        hold(parse("nada 1\n"), catalogue)
    with pytest.raises(UsageProblem, match="no exporter nada"):
        hold(parse(exposed.sound), catalogue, exporter="nada")
