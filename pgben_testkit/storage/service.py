"""Say what S3 storage is to the kit: how it is offered, started, lent and kept warm."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pgben_testkit.services.service import Service
from pgben_testkit.settings import BACKENDS

if TYPE_CHECKING:
    from pgben_testkit.checking.fact import Fact
    from pgben_testkit.services.asking import Answer, Asks, Client, Owner
    from pgben_testkit.services.choose import Choice, Offer
    from pgben_testkit.services.run import Run
    from pgben_testkit.services.server import Progress, Server
    from pgben_testkit.services.stats import Stats
    from pgben_testkit.settings import Settings
    from pgben_testkit.storage.bucket import Buckets
    from pgben_testkit.storage.server import StorageInfo


class Storage(Service["StorageInfo", "Buckets"]):
    """An S3 server and buckets on it, each with keys of its own where the server can do that."""

    name = "storage"
    title = "S3"
    flag = "s3"
    gives = "a bucket"
    usual = True
    backends = (*BACKENDS, "fake")
    warm_settings = ("bin", "url", "image", "gate", "region", "buckets")

    def needed_by(self, fixtures: Collection[str], capabilities: Sequence[str] = ()) -> bool:
        if super().needed_by(fixtures, capabilities):
            return True
        if "pgben_s3" not in fixtures:
            return False
        from pgben_testkit.errors import UsageProblem
        from pgben_testkit.storage.capabilities import cheapest

        try:
            return cheapest(tuple(capabilities)) != "fake"
        except UsageProblem:
            return False  # the test itself says which word is wrong

    def why_not_embedded(self, settings: Settings) -> str:
        from pgben_testkit.storage import weed

        return "" if weed.find(settings) else weed.NONE_FOUND

    def offer(self, settings: Settings) -> Offer:
        from pgben_testkit.services.choose import Offer
        from pgben_testkit.storage import weed
        from pgben_testkit.storage.container import IMAGE_STORY

        return Offer(
            self.name,
            settings.storage_url,
            settings.storage_image,
            lambda: self.why_not_embedded(settings),
            weed.REMEDY,
            IMAGE_STORY,
            "" if settings.storage_gate else "with no gate",
        )

    def modules(self, settings: Settings) -> Sequence[str]:
        fake = ("fake.provided", "fake.server", "fake.struck", "fake.inprocess", "bucket")
        real = ("external", "container", "weed", "gate.gate")
        names = fake if settings.backend_of(self.name) == "fake" else real
        return tuple(f"pgben_testkit.storage.{name}" for name in names)

    def borrow(self, info: StorageInfo, run: Run, settings: Settings, progress: Progress) -> Server:
        from pgben_testkit.storage.external import BorrowedStorage

        return BorrowedStorage(info, run)

    def external(self, run: Run, settings: Settings, choice: Choice, progress: Progress) -> Server:
        from pgben_testkit.storage.external import reach

        return reach(run, settings, choice)

    def container(self, run: Run, settings: Settings, choice: Choice, progress: Progress) -> Server:
        from pgben_testkit.storage.container import ContainerStorage

        return ContainerStorage.start(run, settings, choice, progress)

    def embedded(self, run: Run, settings: Settings, choice: Choice, progress: Progress) -> Server:
        from pgben_testkit.storage.weed import Weed

        return Weed.start(run, settings, choice, progress)

    def fake(self, run: Run, settings: Settings, choice: Choice, progress: Progress) -> Server:
        from pgben_testkit.storage.fake.provided import FakeStorage

        return FakeStorage(run, settings)

    def why_not_warm(self, settings: Settings) -> str:
        if settings.backend_of(self.name) == "fake":  # threads of the process that asks for it
            return "the fake can't be kept warm, and needs no warming"
        return ""

    def info(self, facts: Mapping[str, Any]) -> StorageInfo:
        from pgben_testkit.storage.server import StorageInfo

        return StorageInfo.from_dict(facts)

    def open(self, info: StorageInfo, asks: Asks, *, worker: str, settings: Settings, stats: Stats) -> Buckets:
        from pgben_testkit.storage.bucket import Buckets

        return Buckets(info, asks, stats)

    def lend(self, owner: Owner, client: Client, request: Mapping[str, Any]) -> dict[str, Any]:
        """Lend an empty bucket: `{"name": ..., "env": {"MINIO_ENDPOINT": ...}}`."""
        from pgben_testkit.storage.bucket import Bucket
        from pgben_testkit.storage.slots import give_slot

        info = self.info(owner.info(self.name).as_dict())
        name = give_slot(owner, client, request)["name"]
        access, secret = info.keys.get(name, [info.access_key, info.secret_key])
        return {"name": name, "env": Bucket(name, info.url, access, secret, info.region).env()}

    def answers(self) -> Mapping[str, Answer]:
        from pgben_testkit.storage.slots import give_slot, take_slot_back

        return {"bucket-slot": give_slot, "bucket-slot-back": take_slot_back}

    def examine(self, settings: Settings) -> Iterator[Fact]:
        from pgben_testkit.storage.examine import examine

        return examine(self, settings)

    def leave(self, info: StorageInfo) -> dict[str, str]:
        from pgben_testkit.storage.leave import leave_bucket

        return leave_bucket(info)


SERVICE = Storage()
