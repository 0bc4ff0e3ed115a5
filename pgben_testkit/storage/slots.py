"""Remember which bucket is whose at this moment, over all processes of the run: kept by the run's owner."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from pgben_testkit.errors import UsageProblem
from pgben_testkit.services.asking import Client, Owner
from pgben_testkit.storage.client import admin_client, bucket_exists_or_made, put_probe
from pgben_testkit.storage.pristine import as_new, configuration
from pgben_testkit.storage.server import StorageInfo


class Slots:
    """Hold the buckets of a run. A process that dies gives its bucket back dirty; it is emptied before the next."""

    def __init__(self, info: StorageInfo) -> None:
        self._info = info
        self._free = list(reversed(info.buckets))
        self._locked: list[str] = []
        self._dirty: set[str] = set()
        self._lock = threading.Lock()
        self.made: dict[str, str] = {}
        """Bucket -> how it was configured when it was made."""

    def take(self) -> str:
        """A bucket that nobody else has, existing, empty, configured in no way, and warm. One that holds what can't be
        removed (COMPLIANCE retention) is given to nobody any more."""
        import botocore.exceptions

        client = admin_client(self._info)
        while True:
            name = self._next()
            if name not in self.made:
                bucket_exists_or_made(client, name)
                put_probe(client, name)
                self.made[name] = configuration(client, name)
            elif name in self._dirty:
                try:
                    as_new(self._info, name, self.made[name])
                except botocore.exceptions.ClientError:
                    self._locked.append(name)
                    continue
            self._dirty.discard(name)
            return name

    def _next(self) -> str:
        with self._lock:
            if not self._free:
                locked = f"; {len(self._locked)} hold what can't be removed" if self._locked else ""
                raise UsageProblem(
                    "no bucket is left",
                    why=f"all {len(self._info.buckets)} are held at this moment{locked}",
                    remedy="raise --pgben-storage-buckets",
                )
            return self._free.pop()

    def give_back(self, name: str, *, clean: bool) -> None:
        with self._lock:
            if not clean:
                self._dirty.add(name)
            self._free.append(name)


def give_slot(owner: Owner, client: Client, request: Mapping[str, Any]) -> dict[str, Any]:
    """Give `client` a bucket: `{"name": ..., "made": how it was configured when it was made}`."""
    info = StorageInfo.from_dict(owner.info("storage").as_dict())
    with owner.lock:
        slots: Slots = owner.state.setdefault("bucket-slots", None) or Slots(info)
        owner.state["bucket-slots"] = slots
    name = slots.take()
    client.holds[name] = lambda: slots.give_back(name, clean=False)
    return {"name": name, "made": slots.made[name]}


def take_slot_back(owner: Owner, client: Client, request: Mapping[str, Any]) -> dict[str, Any]:
    """Take back the bucket `name`; `clean` says whether the client has emptied it."""
    name = str(request.get("name"))
    if client.holds.pop(name, None) is None:
        raise UsageProblem(f"the bucket {name} was not lent to this client")
    owner.state["bucket-slots"].give_back(name, clean=bool(request.get("clean")))
    return {}
