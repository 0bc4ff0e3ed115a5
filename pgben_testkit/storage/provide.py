"""An S3 server for this run: somebody else's, or our own."""

from __future__ import annotations

from typing import Any

from pgben_testkit.services.choose import Choice, Offer, choose
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Progress, Server
from pgben_testkit.settings import Settings


def chosen(settings: Settings) -> Choice:
    """The backend that `start` will use; starts nothing. A container of MinIO is not provided yet."""
    from pgben_testkit.storage import weed

    def why_not_embedded() -> str:
        return "" if weed.find(settings) else weed.NONE_FOUND

    if settings.backend_of("storage") == "fake":
        return Choice("fake", "asked for")
    offer = Offer("storage", settings.storage_url, [], why_not_embedded, weed.REMEDY)
    return choose(offer, settings.backend_of("storage"), may_pull=True)


def start(run: Run, settings: Settings, progress: Progress, warm: dict[str, Any] | None) -> Server:
    """The server, ready for buckets.

    Raises:
        TestkitError: it can't be had.
    """
    from pgben_testkit.storage.external import BorrowedStorage, reach
    from pgben_testkit.storage.server import StorageInfo
    from pgben_testkit.storage.weed import Weed

    if warm is not None:
        return BorrowedStorage(StorageInfo.from_dict(warm), run)
    choice = chosen(settings)
    if choice.kind == "fake":
        from pgben_testkit.storage.fake.provided import FakeStorage

        return FakeStorage(run, settings)
    if choice.kind == "external":
        return reach(run, settings, choice)
    return Weed.start(run, settings, choice, progress)
