"""Hold a request on its way: who asks for what, whether it is allowed, and which function answers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pgben_testkit.storage.s3.failures import failure
from pgben_testkit.storage.s3.judgement import Asker, action_of, needed_along
from pgben_testkit.storage.s3.operations import OPERATIONS
from pgben_testkit.storage.s3.signature import Identity
from pgben_testkit.storage.s3.wire import Request, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgben_testkit.storage.fake.state import Bucket, Store, StoredObject


@dataclass
class Call:
    """`identity` is None for somebody nobody knows. `users`: canonical id -> name."""

    request: Request
    store: Store
    identity: Identity | None
    now: float
    users: Mapping[str, str]
    presigned: bool = False
    bucket_name: str = ""
    key: str = ""
    action: str = ""
    checksums: dict[str, str] = field(default_factory=dict)

    @property
    def bucket(self) -> Bucket:
        return self.store.bucket(self.bucket_name)

    @property
    def headers(self) -> dict[str, str]:
        return self.request.headers

    @property
    def query(self) -> dict[str, str]:
        return self.request.query

    @property
    def who(self) -> str:
        """Return the asker's canonical id; for somebody without keys, the one that S3 writes."""
        return self.identity.id if self.identity else "65a011a29cdf8ec533ec3d1ccaae921c"

    def owner_xml(self, owner: str, tag: str = "Owner") -> str:
        return f"<{tag}><ID>{owner}</ID><DisplayName>{self.users.get(owner, '')}</DisplayName></{tag}>"

    @property
    def asker(self) -> Asker:
        return Asker(self.request, self.identity, self.now, self.presigned)

    def allowed(self, action: str, *, key: str = "", permission: str = "", target: StoredObject | None = None) -> bool:
        """Return whether the asker may do `action`; see `Asker.allowed`."""
        facts = target.facts if target is not None else None
        return self.asker.allowed(self.bucket, action, key=key, permission=permission, target=facts)

    def require(self, action: str, *, key: str = "", permission: str = "", target: StoredObject | None = None) -> None:
        if not self.allowed(action, key=key, permission=permission, target=target):
            raise failure("AccessDenied")

    def authorize(self, action: str, permission: str, target: StoredObject | None) -> None:
        """Check that the asker may do `action` to the bucket or key that the request names.

        Raises:
            S3Failure: AccessDenied.
        """
        action = action_of(action, self.request)
        self.require(action, key=self.key, permission=permission, target=target)
        for needed in needed_along(action, self.request):
            self.require(needed, key=self.key, permission=permission)


Handler = Callable[[Call], Response]


HANDLERS: dict[str, Handler] = {}
"""Name of an operation -> what answers it."""


def operation(method: str, level: str, sub: str = "") -> Callable[[Handler], Handler]:
    """Register the function as what answers an operation of S3."""

    def register(handler: Handler) -> Handler:
        HANDLERS[OPERATIONS[method, level, sub].name] = handler
        return handler

    return register
