"""An S3 server for this run: somebody else's, or our own."""

from __future__ import annotations

from typing import Any

from pgben_testkit.services.choose import Offer, settle
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Progress, Server
from pgben_testkit.settings import Settings


def offer(settings: Settings) -> Offer:
    """What an S3 server can be had from."""
    from pgben_testkit.storage import weed
    from pgben_testkit.storage.container import IMAGE_STORY

    def why_not_embedded() -> str:
        return "" if weed.find(settings) else weed.NONE_FOUND

    return Offer(
        "storage",
        settings.storage_url,
        settings.storage_image,
        why_not_embedded,
        weed.REMEDY,
        IMAGE_STORY,
        "" if settings.storage_gate else "with no gate",
    )


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
    choice = settle(offer(settings), settings, progress)
    if choice.kind == "fake":
        from pgben_testkit.storage.fake.provided import FakeStorage

        return FakeStorage(run, settings)
    if choice.kind == "external":
        return reach(run, settings, choice)
    if choice.kind == "container":
        from pgben_testkit.storage.container import ContainerStorage

        return ContainerStorage.start(run, settings, choice, progress)
    return Weed.start(run, settings, choice, progress)
