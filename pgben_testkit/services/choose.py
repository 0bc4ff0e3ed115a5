"""Which backend gives a service: external where an address is given, else container, else embedded; and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.services import engine as engines

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
    """What a service can be had from. `embedded` gives a reason why not, or an empty string."""

    service: str
    address: str
    images: Sequence[str]
    embedded: Callable[[], str]
    embedded_remedy: str


def choose(offer: Offer, wanted: str, *, may_pull: bool) -> Choice:
    """The backend for one service. Asks the engine's socket at most; starts and pulls nothing.

    Raises:
        EnvironmentNotAble: what was asked for, or in `auto` everything, can't be had here.
    """
    if wanted == "external" or (wanted == "auto" and offer.address):
        if not offer.address:
            raise EnvironmentNotAble(
                f"no external {offer.service}",
                why="the backend is external and no address is given",
                remedy=f"set PGBEN_{offer.service.upper()}_URL, or choose another --pgben-backend",
            )
        return Choice("external", "an address is given")
    if wanted == "embedded":
        why_not = offer.embedded()
        if why_not:
            raise EnvironmentNotAble(f"no embedded {offer.service}", why=why_not, remedy=offer.embedded_remedy)
        return Choice("embedded", "asked for")
    choice, no_container = _container(offer, may_pull=may_pull, remember=wanted == "auto")
    if choice:
        return choice if wanted == "auto" else Choice("container", "asked for", choice.image, choice.pull)
    if wanted == "container":
        raise EnvironmentNotAble(
            f"no container for {offer.service}",
            why=no_container,
            remedy="choose --pgben-backend=embedded, or external with an address",
        )
    why_not = offer.embedded()
    if not why_not:
        return Choice("embedded", no_container)
    raise EnvironmentNotAble(
        f"no {offer.service} can be had here",
        why=f"{no_container}; {why_not}",
        remedy=offer.embedded_remedy,
    )


def _container(offer: Offer, *, may_pull: bool, remember: bool) -> tuple[Choice | None, str]:
    if not offer.images:
        return None, "no address is given" if remember else "this version provides no container of it"
    if not engines.library_installed():
        return None, "the container extra is not installed"
    engine = engines.find()
    if isinstance(engine, engines.NoEngine):
        return None, engine.why
    for image in offer.images:
        if engines.has_image(engine, image):
            return Choice("container", f"{engine.name} has {image}", image), ""
    if not may_pull:
        return None, f"{engine.name} lacks {', '.join(offer.images)} and pulling is off"
    reasons = []
    for image in offer.images:
        failed = engines.pull_failed_lately(image) if remember else ""
        if not failed:
            return Choice("container", f"{engine.name}, {image} to be pulled", image, pull=True), ""
        reasons.append(f"{image} can't be pulled: {failed.splitlines()[0][:100]}")
    return None, "; ".join(reasons[:1]) + (f" (nor {len(reasons) - 1} others)" if len(reasons) > 1 else "")
