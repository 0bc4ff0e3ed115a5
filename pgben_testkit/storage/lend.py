"""A bucket for a client in another language: at the desk."""

from __future__ import annotations

from typing import Any

from pgben_testkit.services.desk import Client, Desk
from pgben_testkit.storage.bucket import Bucket
from pgben_testkit.storage.server import StorageInfo
from pgben_testkit.storage.slots import give_slot


def lend_bucket(desk: Desk, client: Client, request: dict[str, Any]) -> dict[str, Any]:
    """A bucket until the client gives it back or ends: `{"name": ..., "env": {"MINIO_ENDPOINT": ...}}`."""
    info = StorageInfo.from_dict(desk.supply.get("storage").info.as_dict())
    name = give_slot(desk, client, request)["name"]
    access, secret = info.keys.get(name, [info.access_key, info.secret_key])
    return {"name": name, "env": Bucket(name, info.url, access, secret, info.region).env()}
