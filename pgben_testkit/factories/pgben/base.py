"""The base class of PGBen's factories, which knows the words of the schema and the names of its columns."""

from __future__ import annotations

from typing import Any

from pgben_testkit.factories.engine.data_factory import DataFactory
from pgben_testkit.factories.extra import missing_extra
from pgben_testkit.factories.pgben.catalog import CATALOG
from pgben_testkit.factories.pgben.vocabulary import MEMBERS

try:
    from factory import Trait
except ModuleNotFoundError:
    raise missing_extra("factory-boy") from None


class PGBenFactory(DataFactory):
    """A factory of one of PGBen's tables. Columns `data_...` and `prazo_...` are dates."""

    class Meta:
        abstract = True

    _members = MEMBERS
    _tables = CATALOG.table_of

    @classmethod
    def _is_date(cls, name: str) -> bool:
        return name.startswith(("data_", "prazo_")) and name != "prazo_dias"


def status_params(enum: str, attribute: str = "status", **others: Any) -> Any:
    """Make the `Params` of a factory: a trait for each member of `enum`, which sets `attribute`, and `others`."""
    traits = {member: Trait(**{attribute: member}) for member in MEMBERS[enum]}
    return type("Params", (), traits | others)
