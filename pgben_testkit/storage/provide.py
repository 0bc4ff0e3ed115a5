"""An S3 server for this run: somebody else's, or our own."""

from __future__ import annotations

from typing import Any

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.services.choose import Choice, Offer, choose
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Progress, Server
from pgben_testkit.settings import Settings


def chosen(settings: Settings) -> Choice:
    """The backend that `start` will use; starts nothing. A container of MinIO is not provided yet."""
    from pgben_testkit.storage import weed

    wanted = settings.backend_of("storage")
    if wanted == "container":
        raise EnvironmentNotAble(
            "no container for storage",
            why="MinIO in a container is not provided by this version",
            remedy="choose --pgben-storage-backend=embedded, or external with PGBEN_STORAGE_URL",
        )

    def why_not_embedded() -> str:
        return "" if weed.find(settings) else weed.NONE_FOUND

    if wanted == "auto" and not settings.storage_url:
        why_not = why_not_embedded()
        if why_not:
            raise EnvironmentNotAble("no storage can be had here", why=why_not, remedy=weed.REMEDY)
        return Choice("embedded", "no address is given")
    offer = Offer("storage", settings.storage_url, [], why_not_embedded, weed.REMEDY)
    return choose(offer, wanted, may_pull=settings.pull)


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
    if choice.kind == "external":
        return reach(run, settings, choice)
    return Weed.start(run, settings, choice, progress)
