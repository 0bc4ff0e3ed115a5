"""Whole offices on a real PostgreSQL with the reference schema."""

import pytest
from reference import one

from pgben_testkit.factories.pgben.plans import PLANS


@pytest.mark.parametrize("name", PLANS)
def test_each_scenario_satisfies_the_schema_and_has_every_status_it_names(make, connection, name):
    made = make.scenario(name, solicitacoes=60)
    for table, count in made.counts.items():
        seeds = one(connection, f"SELECT count(*) FROM {table}") - count
        assert seeds == SEEDS.get(table, 0)
    assert set(made.statuses["solicitacao"]) == set(PLANS[name].statuses)
    assert one(connection, "SELECT count(*) FROM pagamento WHERE data_pagamento::date > %s", make.today) == 0


SEEDS = {"unidade": 7, "role": 10, "tipo_beneficio": 6}
"""Rows that the schema seeds."""
