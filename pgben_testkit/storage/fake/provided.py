"""Provide the fake as the run's S3 server: on its socket, with a user for each bucket."""

from __future__ import annotations

import secrets
import time

from pgben_testkit.services.run import Run
from pgben_testkit.settings import Settings
from pgben_testkit.storage.fake.fake import MOTO_TESTED, Fake
from pgben_testkit.storage.s3.signature import canonical_id
from pgben_testkit.storage.server import StorageInfo


class FakeStorage:
    """Own a server that is threads of this process."""

    def __init__(self, run: Run, settings: Settings) -> None:
        """Raises:
        EnvironmentNotAble: the extra `fake` is not installed.
        """
        began = time.perf_counter()
        # Keys that nobody can guess: the socket is open to every user of this machine.
        self._fake = Fake(settings.storage_region, access_key="pgbenadmin", secret_key=secrets.token_hex(20))
        from pgben_testkit.storage.s3.signature import Identity

        names = [f"pgben-{run.id}-{number}" for number in range(settings.storage_buckets)]
        keys = {}
        for name in names:
            access, secret = f"K{secrets.token_hex(9).upper()}", secrets.token_hex(20)
            keys[name] = [access, secret]
            self._fake.engine.add(Identity(access, secret, name, canonical_id("admin"), frozenset({name})))
        stranger = [f"K{secrets.token_hex(9).upper()}", secrets.token_hex(20)]
        self._fake.engine.add(Identity(stranger[0], stranger[1], "pgben-stranger", canonical_id("pgben-stranger")))
        served = self._fake.serve()
        self.info = StorageInfo(
            backend="fake",
            how=f"the kit's fake over moto {MOTO_TESTED}",
            why="asked for",
            url=served.url,
            access_key=self._fake.access_key,
            secret_key=self._fake.secret_key,
            region=settings.storage_region,
            buckets=names,
            keys=keys,
            stranger=stranger,
            ready_s=time.perf_counter() - began,
        )

    def stop(self) -> None:
        self._fake.close()
