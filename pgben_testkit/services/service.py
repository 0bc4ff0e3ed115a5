"""Say what a service is: how it is offered, started, lent, kept warm and closed. One subclass in each service's folder.

A service is all that the kit knows of a kind of server. What lists services (the command line, the pytest plugin, the
desk, warm servers, doctor) is made from their `Service` objects, which `services.registry` finds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.settings import BACKENDS, Option, Settings

if TYPE_CHECKING:
    from pgben_testkit.checking.fact import Fact, Level
    from pgben_testkit.services.asking import Answer, Asks, Client, Owner
    from pgben_testkit.services.choose import Choice, Offer
    from pgben_testkit.services.run import Run
    from pgben_testkit.services.server import Progress, Server, ServerInfo
    from pgben_testkit.services.stats import Stats

InfoT = TypeVar("InfoT", bound="ServerInfo")
SpaceT = TypeVar("SpaceT", bound="Space")


class Space(Protocol):
    """What one process has on a server: its databases, its buckets."""

    def close(self) -> None:
        """Give back all that the tests of this process were given."""


class Service(Generic[InfoT, SpaceT]):
    """A kind of server. A subclass overrides what it can do; each method says what the plain one does.

    `name` is the stem of its settings (`postgres_url`), its session fixture is `pgben_<name>`, and a test that asks
    for that fixture, directly or through another, has the server started ahead.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    """As a person writes it: PostgreSQL."""
    flag: ClassVar[str]
    """The option of `pgben-testkit run` that asks for it: `db` makes `--db`."""
    gives: ClassVar[str]
    """What `run` lends of it, in a few words for `--help`: "a database"."""
    usual: ClassVar[bool] = False
    """Whether `run` and `up` give it when no service is named."""
    backends: ClassVar[tuple[str, ...]] = BACKENDS
    """The backends that a person may choose for it."""
    image_story: ClassVar[str] = "pull or load the image by hand, or name another in the settings"
    """What a person must know who can get none of the images."""
    warm_settings: ClassVar[tuple[str, ...]] = ("url", "image", "bin")
    """Settings, without the stem, that a warm server must have been started with to be used again."""

    def options(self) -> tuple[Option, ...]:
        """Return the settings of a service that `settings.Settings` does not hold: of one that another package adds.

        The plain ones are NAME_backend, NAME_url, NAME_image and NAME_bin.
        """
        return (
            Option(f"{self.name}_backend", "", f"where {self.title} comes from", choices=BACKENDS),
            Option(f"{self.name}_url", "", f"address of an external {self.title}", secret=True),
            Option(f"{self.name}_image", (), f"container images of {self.title}, in the order to try", kind="words"),
            Option(f"{self.name}_bin", "", f"the program of {self.title}"),
        )

    def setting(self, settings: Settings, name: str) -> Any:
        """Return the value of this service's setting `name`, written without the stem."""
        return settings.get(f"{self.name}_{name}")

    def needed_by(self, fixtures: Collection[str], capabilities: Sequence[str] = ()) -> bool:
        """Tell whether a test stands on this server.

        `fixtures` are the test's fixtures called `pgben_...`, those behind others included; `capabilities` are the
        words of its markers `pgben_requires`.
        """
        return f"pgben_{self.name}" in fixtures

    def is_wanted(self, settings: Settings) -> bool:
        """Tell whether the settings name this service, so that its lack is an error and not a note."""
        own = settings.get(f"{self.name}_backend")
        if own not in ("", "auto") or (settings.backend != "auto" and self.usual):
            return True
        return any(self.setting(settings, name) for name in ("url", "bin"))

    def lack(self, settings: Settings) -> Level:
        """Return how bad it is that the program of the embedded server is missing: fine where another is used."""
        if self.setting(settings, "url"):
            return "ok"
        return "warning" if self.is_wanted(settings) else "note"

    def examine(self, settings: Settings) -> Iterator[Fact]:
        """Yield what `pgben-testkit doctor` says of the service's programs (`Fact(PROGRAMS, ...)`). Starts nothing."""
        return iter(())

    # How the server comes to be

    def why_not_embedded(self, settings: Settings) -> str:
        """Return why the service has no embedded server here, or an empty string."""
        return f"{self.title} has no embedded server"

    def embedded_remedy(self) -> str:
        """Return what a person can do to have the embedded server."""
        return "start a container engine, or give the address of an external server"

    def offer(self, settings: Settings) -> Offer:
        """Return where the service could come from with these settings."""
        from pgben_testkit.services.choose import Offer

        return Offer(
            self.name,
            self.setting(settings, "url"),
            self.setting(settings, "image"),
            lambda: self.why_not_embedded(settings),
            self.embedded_remedy(),
            self.image_story,
        )

    def modules(self, settings: Settings) -> Sequence[str]:
        """Return the modules that a start imports.

        They are imported before the thread that starts the server begins: two threads must not import modules of a
        pytest plugin at once, since pytest rewrites their asserts through `ast`, whose recursion counter is one for
        all threads (Python 3.11: "AST constructor recursion depth mismatch").
        """
        return ()

    def start(self, run: Run, settings: Settings, progress: Progress, warm: dict[str, Any] | None) -> Server:
        """Start the server, or reach the external or the warm one.

        Raises:
            TestkitError: no backend can give it.
        """
        if warm is not None:
            return self.borrow(self.info(warm), run, settings, progress)
        from pgben_testkit.services.choose import settle

        choice = settle(self.offer(settings), settings, progress)
        if choice.kind == "external":
            return self.external(run, settings, choice, progress)
        if choice.kind == "container":
            return self.container(run, settings, choice, progress)
        if choice.kind == "fake":
            return self.fake(run, settings, choice, progress)
        return self.embedded(run, settings, choice, progress)

    def borrow(self, info: InfoT, run: Run, settings: Settings, progress: Progress) -> Server:
        """Use the warm server `info` for this run; stop() gives back what the run took, and leaves it running."""
        raise self._has_no("warm servers")

    def external(self, run: Run, settings: Settings, choice: Choice, progress: Progress) -> Server:
        """Reach the server whose address the settings give."""
        raise self._has_no("external servers")

    def container(self, run: Run, settings: Settings, choice: Choice, progress: Progress) -> Server:
        """Start the image `choice.image`."""
        raise self._has_no("containers")

    def embedded(self, run: Run, settings: Settings, choice: Choice, progress: Progress) -> Server:
        """Start the server's program as a child of this process."""
        raise self._has_no("an embedded server")

    def fake(self, run: Run, settings: Settings, choice: Choice, progress: Progress) -> Server:
        """Start the stand-in in this process."""
        raise self._has_no("a fake")

    def _has_no(self, what: str) -> EnvironmentNotAble:
        return EnvironmentNotAble(f"{self.title} has no support for {what}", remedy="choose another --pgben-backend")

    def info(self, facts: Mapping[str, Any]) -> InfoT:
        """Return the server's facts from the form in which they travel between processes."""
        raise NotImplementedError

    # Warm servers

    def asked(self, settings: Settings) -> list[str]:
        """Return what a warm server must have been started with to serve a run with these settings."""
        values = (str(self.setting(settings, name)) for name in self.warm_settings)
        return [settings.backend_of(self.name), *values]

    def why_not_warm(self, settings: Settings) -> str:
        """Return why the server cannot be kept running between runs, or an empty string."""
        return ""

    # What is given of it

    def open(self, info: InfoT, asks: Asks, *, worker: str, settings: Settings, stats: Stats) -> SpaceT:
        """Return what one process has on the server, for the fixtures; `worker` sets its names apart."""
        raise UsageProblem(f"{self.title} gives nothing but its server", remedy="use its session fixture")

    def lend(self, owner: Owner, client: Client, request: Mapping[str, Any]) -> dict[str, Any]:
        """Lend a part of the server until the client gives it back or ends.

        The answer is JSON: `{"name": ..., "env": {"DB_HOST": ...}, "url": ...}`. `client.holds[name]` is called to
        take it back.
        """
        raise UsageProblem(f"{self.title} lends nothing", remedy="ask for another service")

    def leave(self, info: InfoT) -> dict[str, str]:
        """Make a part of the warm server for an application, and return its address as variables.

        It is not given back: it goes with the server. The same call again gives the same part.
        """
        return {}

    def answers(self) -> Mapping[str, Answer]:
        """Return what else processes of the run may ask the owner: a word, and the function that answers."""
        return {}
