"""`clone`: copy the template for each test when the test asks. Isolates all that a database holds."""

from __future__ import annotations

from pgben_testkit.postgres.database import Database
from pgben_testkit.postgres.isolation.base import Maker


class Clone:
    """One CREATE DATABASE and one DROP a test."""

    name = "clone"

    def __init__(self, maker: Maker) -> None:
        self._maker = maker

    def acquire(self, test: str = "") -> Database:
        return self._maker.clone(self.name)

    def release(self, database: Database, *, keep: bool = False) -> str | None:
        if keep:
            return database.name
        self._maker.drop(database.name)
        return None

    def close(self) -> None:
        """Nothing is held between tests."""
