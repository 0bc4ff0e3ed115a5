"""Choose the backend of a service: external where an address is given, else container, else embedded; say why."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from textwrap import shorten
from typing import Literal

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.services import engine as engines
from pgben_testkit.services import images
from pgben_testkit.services.server import Progress
from pgben_testkit.settings import Settings

Kind = Literal["external", "container", "embedded", "fake"]


@dataclass(frozen=True)
class Choice:
    """A backend and the reason in a few words. `pull`: the image is not on the engine yet."""

    kind: Kind
    why: str
    image: str = ""
    pull: bool = False


@dataclass(frozen=True)
class Offer:
    """What a service can be had from. `images` in the order to be tried; `image_story` is what a person must know
    who can get none of them. `embedded` gives a reason why not, or an empty string; `embedded_note` is what the header
    says of it besides."""

    service: str
    address: str
    images: Sequence[str]
    embedded: Callable[[], str]
    embedded_remedy: str
    image_story: str = ""
    embedded_note: str = ""


def choose(offer: Offer, settings: Settings, failed: Mapping[str, str] | None = None) -> Choice:
    """The backend for one service. Asks the engine's socket at most; starts and pulls nothing.

    `failed`: image -> why it could not be pulled just now. In `auto` the failures of the last hour count too.

    Raises:
        EnvironmentNotAble: what was asked for, or in `auto` everything, can't be had here.
    """
    wanted = settings.backend_of(offer.service)
    if wanted == "external" or (wanted == "auto" and offer.address):
        if not offer.address:
            raise EnvironmentNotAble(
                f"no external {offer.service}",
                why="the backend is external and no address is given",
                remedy=f"set PGBEN_{offer.service.upper()}_URL, or choose another --pgben-backend",
            )
        return Choice("external", "an address is given")
    if wanted == "fake":
        return Choice("fake", "asked for")
    if wanted == "embedded":
        why_not = offer.embedded()
        if why_not:
            raise EnvironmentNotAble(f"no embedded {offer.service}", why=why_not, remedy=offer.embedded_remedy)
        return Choice("embedded", "asked for")
    choice, no_container = _container(offer, settings, failed or {}, remember=wanted == "auto")
    if choice:
        return choice if wanted == "auto" else replace(choice, why="asked for")
    if wanted == "container":
        raise EnvironmentNotAble(
            f"no container for {offer.service}",
            why=no_container,
            remedy=(offer.image_story + "; or " if failed or not settings.pull else "")
            + "choose --pgben-backend=embedded, or external with an address",
        )
    why_not = offer.embedded()
    if not why_not:
        return Choice("embedded", no_container)
    raise EnvironmentNotAble(
        f"no {offer.service} can be had here",
        why=f"{no_container}; {why_not}",
        remedy=offer.embedded_remedy,
    )


def settle(offer: Offer, settings: Settings, progress: Progress) -> Choice:
    """The backend for one service, its image on the engine: the first that is there or can be pulled.

    All pulls together take `pull_timeout` at most.

    Raises:
        EnvironmentNotAble: as `choose`; the remedy tells the images' story.
    """
    failed: dict[str, str] = {}
    deadline = time.monotonic() + settings.pull_timeout
    while True:
        choice = choose(offer, settings, failed)
        if not choice.pull:
            return choice
        try:
            left_s = deadline - time.monotonic()
            images.pull(engines.running(offer.service), choice.image, timeout_s=max(0.0, left_s), progress=progress)
        except EnvironmentNotAble as error:
            failed[choice.image] = error.why


def _container(
    offer: Offer, settings: Settings, failed: Mapping[str, str], *, remember: bool
) -> tuple[Choice | None, str]:
    if not engines.library_installed():
        return None, "the container extra is not installed"
    engine = engines.find()
    if isinstance(engine, engines.NoEngine):
        return None, engine.why
    for image in offer.images:
        if images.find(engine, image):
            return Choice("container", f"{engine.name} has {image}", image), ""
    if not settings.pull:
        return None, f"{engine.name} lacks {', '.join(offer.images)} and pulling is off"
    reasons = []
    for image in offer.images:
        why = failed.get(image) or (images.pull_failed_lately(image) if remember else "")
        if not why:
            return Choice("container", f"{engine.name}, {image} to be pulled", image, pull=True), ""
        reasons.append(f"{image} can't be pulled: {shorten(why, 100, placeholder=' ...')}")
    return None, "; ".join(reasons[:1]) + (f" (nor {len(reasons) - 1} others)" if len(reasons) > 1 else "")
