"""A database for a client in another language: at the desk."""

from __future__ import annotations

from typing import Any

from pgben_testkit.postgres.isolation.base import Maker
from pgben_testkit.postgres.server import PostgresInfo
from pgben_testkit.services.desk import Client, Desk
from pgben_testkit.services.stats import Stats


def lend_database(desk: Desk, client: Client, request: dict[str, Any]) -> dict[str, Any]:
    """A fresh database until the client gives it back or ends: `{"name": ..., "env": {"DB_HOST": ...}, "url": ...}`."""
    info = PostgresInfo.from_dict(desk.supply.get("postgres").info.as_dict())
    with desk.lock:
        maker: Maker | None = desk.state.get("database-maker")
        if maker is None:
            maker = desk.state["database-maker"] = Maker(info, desk.supply.run.id, "lent", Stats())
    database = maker.clone("clone")
    client.holds[database.name] = lambda: maker.drop(database.name)
    return {"name": database.name, "env": database.env(), "url": database.url("node")}
