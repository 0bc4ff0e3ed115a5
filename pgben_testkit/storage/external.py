"""Use an S3 server that somebody else runs: make this run's buckets on it and remove them, and nothing more."""

from __future__ import annotations

import time
import warnings

from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.services.choose import Choice
from pgben_testkit.services.run import Run, is_alive, owner_prefix
from pgben_testkit.settings import Settings
from pgben_testkit.storage.client import admin_client
from pgben_testkit.storage.pristine import empty
from pgben_testkit.storage.server import StorageInfo

PREFIX = "pgben-"
RUN_ID_LENGTH = 12


class BorrowedStorage:
    """Hold a server that we don't own, with this run's buckets on it."""

    def __init__(self, info: StorageInfo, run: Run) -> None:
        names = [f"{PREFIX}{run.id}-{number}" for number in range(max(1, len(info.buckets) or 16))]
        self.info = StorageInfo.from_dict({**info.as_dict(), "buckets": names, "keys": {}})
        self._run_id = run.id
        remove_leftovers(self.info)

    def stop(self) -> None:
        """This run's buckets are gone, but those that hold what can't be removed (COMPLIANCE retention): they are
        named."""
        kept = _remove(self.info, f"{PREFIX}{self._run_id}-")
        if kept:
            names = ", ".join(kept)
            warnings.warn(f"left on {self.info.url}, as they hold locked objects: {names}", UserWarning, stacklevel=2)


def _remove(info: StorageInfo, prefix: str) -> list[str]:
    """The buckets that could not be emptied."""
    import botocore.exceptions

    client, kept = admin_client(info), []
    for bucket in client.list_buckets().get("Buckets", ()):
        if bucket["Name"].startswith(prefix):
            try:
                empty(client, bucket["Name"])
                client.delete_bucket(Bucket=bucket["Name"])
            except botocore.exceptions.ClientError:
                kept.append(bucket["Name"])
    return kept


def remove_leftovers(info: StorageInfo) -> None:
    """Buckets of this owner's dead runs are gone, but what can't be removed yet. S3 has no locks: another machine's
    are left to that machine."""
    client = admin_client(info)
    owner = PREFIX + owner_prefix()
    for bucket in client.list_buckets().get("Buckets", ()):
        run_id = bucket["Name"][len(PREFIX) : len(PREFIX) + RUN_ID_LENGTH]
        if bucket["Name"].startswith(owner) and not is_alive(run_id):
            _remove(info, f"{PREFIX}{run_id}-")


def reach(run: Run, settings: Settings, choice: Choice) -> BorrowedStorage:
    """Return the external server after it has answered.

    Raises:
        EnvironmentNotAble: it doesn't answer, or refuses our keys.
    """
    import botocore.exceptions

    began = time.perf_counter()
    url = settings.storage_url
    if not url.startswith(("http://", "https://")):
        raise UsageProblem(f"storage_url is {url}", why="it needs the form http://host:port")
    info = StorageInfo(
        backend="external",
        how=f"S3 at {url}",
        why=choice.why,
        url=url,
        access_key=settings.storage_access_key,
        secret_key=settings.storage_secret_key,
        region=settings.storage_region,
        buckets=[""] * settings.storage_buckets,
    )
    try:
        admin_client(info).list_buckets()
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        raise EnvironmentNotAble(
            f"the external S3 server at {url} can't be used",
            why=str(error),
            remedy="start it, or correct PGBEN_STORAGE_URL, PGBEN_STORAGE_ACCESS_KEY and PGBEN_STORAGE_SECRET_KEY",
        ) from None
    return BorrowedStorage(StorageInfo.from_dict({**info.as_dict(), "ready_s": time.perf_counter() - began}), run)
