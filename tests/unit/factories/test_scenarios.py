"""Scenarios as the preview draws them, and their seasons."""

import json

import pytest
from click.testing import CliRunner

from pgben_testkit.cli.factories import factories
from pgben_testkit.factories import Maker


def test_preview_draws_every_status_and_says_the_same_as_json():
    drawn = CliRunner().invoke(factories, ["preview", "fila de análise", "--solicitacoes", "40"])
    assert drawn.exit_code == 0, drawn.output
    out = json.loads(CliRunner().invoke(factories, ["preview", "--solicitacoes", "40", "--json"]).output)
    assert out["counts"]["solicitacao"] == 40 == sum(out["statuses"]["solicitacao"].values())
    for status in out["statuses"]["solicitacao"]:
        assert status in drawn.output
    assert sum(out["months"].values()) == 40
    again = json.loads(CliRunner().invoke(factories, ["preview", "--solicitacoes", "40", "--json"]).output)
    assert again == out
    assert "calamidade" in CliRunner().invoke(factories, ["preview", "--list"]).output


@pytest.mark.parametrize("name", ["calamidade", "arquivo"])
def test_seasons_show(name):
    made = Maker(test="seasons").scenario(name, solicitacoes=300, store=False)
    june = made.months.get("2025-06", 0)
    assert (june > 120) == (name == "calamidade")
