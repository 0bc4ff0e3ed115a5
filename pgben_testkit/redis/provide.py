"""A Redis server for this run: somebody else's, or our own."""

from __future__ import annotations

from typing import Any

from pgben_testkit.services.choose import Offer, settle
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Progress, Server
from pgben_testkit.settings import Settings

IMAGE_STORY = "pull or load the image by hand, or name another with --pgben-redis-image"


def offer(settings: Settings) -> Offer:
    """What Redis can be had from."""
    from pgben_testkit.redis import embedded

    def why_not_embedded() -> str:
        return "" if embedded.find(settings) else embedded.NONE_FOUND

    return Offer("redis", settings.redis_url, settings.redis_image, why_not_embedded, embedded.REMEDY, IMAGE_STORY)


def start(run: Run, settings: Settings, progress: Progress, warm: dict[str, Any] | None) -> Server:
    """The server, answering.

    Raises:
        TestkitError: it can't be had.
    """
    from pgben_testkit.redis import external
    from pgben_testkit.redis.server import RedisInfo

    if warm is not None:
        info = RedisInfo.from_dict(warm)
        return external.borrow(info, 0, run, settings, info.how)
    choice = settle(offer(settings), settings, progress)
    if choice.kind == "external":
        return external.reach(run, settings, choice)
    if choice.kind == "container":
        from pgben_testkit.redis.container import ContainerRedis

        return ContainerRedis.start(run, settings, choice, progress)
    from pgben_testkit.redis.embedded import EmbeddedRedis

    return EmbeddedRedis.start(run, settings, choice, progress)
