"""Show the deliveries of a channel, filter them, and make the channel fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar, cast

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability.receivers.delivery import Attempt, ChannelName, Delivery, Email, about, summary
from pgben_testkit.observability.receivers.faults import Fault, Faults

D = TypeVar("D", bound=Delivery)


class Deliveries(Protocol):
    """What a view reads: all deliveries and attempts, of all channels, in order."""

    @property
    def all(self) -> tuple[Delivery, ...]:
        """Return every delivery."""

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Return every attempt, those that failed included."""

    def wait_for(self, true: Callable[[], bool], *, timeout_s: float) -> bool:
        """Wait until `true()`, at most `timeout_s` seconds; return what it said last."""


class NotDelivered(AssertionError):
    """A delivery that a test expects has not come. The text says what came instead."""


class View(Generic[D]):
    """Show deliveries in the order in which they came, new ones included as they come."""

    def __init__(
        self, inbox: Deliveries, channel: ChannelName, asked: str, fits: Callable[[D], bool] = lambda _: True
    ) -> None:
        self.inbox = inbox
        self._channel = channel
        self._asked = asked
        self._fits = fits

    @property
    def all(self) -> tuple[D, ...]:
        ours = (cast("D", each) for each in self.inbox.all if each.channel == self._channel)
        return tuple(each for each in ours if self._fits(each))

    @property
    def last(self) -> D:
        """Return the latest delivery.

        Raises:
            NotDelivered: there is none; the text says what came on all channels.
        """
        found = self.all
        if not found:
            raise NotDelivered(self._nothing("was delivered"))
        return found[-1]

    def to(self, address: str) -> View[D]:
        """Return the deliveries to `address`: an e-mail address, Slack channel, telephone, topic or receiver."""
        wanted = address.lower()

        def fits(each: D) -> bool:
            return self._fits(each) and (each.receiver == address or wanted in map(str.lower, each.addresses))

        return View(self.inbox, self._channel, f"{self._asked} to {address}", fits)

    def about(self, alertname: str) -> View[D]:
        """Return the deliveries that name `alertname`, as data or as a word of the text."""
        return View(
            self.inbox,
            self._channel,
            f"{self._asked} about {alertname}",
            lambda each: self._fits(each) and about(each, alertname),
        )

    def wait(self, n: int = 1, *, timeout_s: float = 10.0) -> tuple[D, ...]:
        """Wait until there are `n` deliveries, at most `timeout_s` seconds of real time, and return all of them.

        Raises:
            NotDelivered: they did not come in time; the text says what came.
        """
        if not self.inbox.wait_for(lambda: len(self) >= n, timeout_s=timeout_s):
            raise NotDelivered(self._nothing(f"{n} wanted within {timeout_s:g} s, {len(self)} came:"))
        return self.all

    def __len__(self) -> int:
        return len(self.all)

    def __bool__(self) -> bool:
        return bool(self.all)

    def __iter__(self) -> Iterator[D]:
        return iter(self.all)

    def __getitem__(self, index: int) -> D:
        return self.all[index]

    def _nothing(self, told: str) -> str:
        failed = [each for each in self.inbox.attempts if not each.delivered]
        lines = [f"no {self._asked} {told}" if told.startswith("was") else f"{self._asked}: {told}"]
        lines.append(f"  why: what came is {summary(self.inbox.all)}; failed attempts: {len(failed)}")
        lines += [f"    {each.head()}" for each in self.inbox.all[-5:]]
        lines += [f"    failed: {each}" for each in failed[-5:]]
        lines.append("  what to do: look at routes and receivers of the configuration, and whether the alert fired")
        return "\n".join(lines)


class Channel(View[D]):
    """Show all deliveries of a channel, and make its next attempts fail. `times=None` means until `recover()`."""

    def __init__(self, inbox: Deliveries, channel: ChannelName, asked: str) -> None:
        super().__init__(inbox, channel, asked)
        self.faults = Faults()
        self.on_refuse: list[Callable[[], None]] = []
        """Called when connections are to be refused: a server ends those that it keeps."""

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        return tuple(each for each in self.inbox.attempts if each.channel == self._channel)

    def fail(
        self, status: int = 500, *, times: int | None = 1, body: str = "", retry_after_s: int | None = None
    ) -> None:
        """Answer with this status. HTTP: 400 to 599; SMTP, at the end of DATA: 400 to 599 as well.

        Raises:
            UsageProblem: the status is not a failure.
        """
        if not 400 <= status <= 599:
            raise UsageProblem(
                f"{status} is not a failure", why="HTTP and SMTP fail with 400 to 599", remedy="give one of those"
            )
        self.faults.add(Fault("fail", status=status, body=body, retry_after_s=retry_after_s), _count(times))

    def refuse(self, times: int | None = 1) -> None:
        """Reset the connection as soon as it is opened."""
        self.faults.add(Fault("refuse"), _count(times))
        for each in self.on_refuse:
            each()

    def time_out(self, seconds: float | None = None, *, times: int | None = 1) -> None:
        """Answer nothing for so long (wall), then close; None: until the other side gives up."""
        self.faults.add(Fault("time_out", seconds=seconds), _count(times))

    def drop(self, times: int | None = 1) -> None:
        """Close the connection: HTTP, after the request and without an answer; SMTP, in the middle of the message."""
        self.faults.add(Fault("drop"), _count(times))

    def recover(self) -> None:
        """End all faults."""
        self.faults.clear()


class EmailChannel(Channel[Email]):
    """Show e-mail, and make it fail in the ways that only mail has."""

    def bounce(self, address: str = "", *, status: int = 550, times: int | None = 1) -> None:
        """Refuse a recipient (any, if none is named) at RCPT; 550: no such mailbox."""
        self.faults.add(Fault("bounce", status=status, address=address), _count(times))

    def greylist(self, times: int = 1) -> None:
        """Answer 451 the first `times` that a sender writes to a recipient, then accept: until `recover()`.

        Source: RFC 6647, section 2.
        """
        self.faults.add(Fault("greylist", status=451, tries=_count(times) or 1), None)


def _count(times: int | None) -> int | None:
    if times is not None and times < 1:
        raise UsageProblem(
            f"a fault can't happen {times} times",
            why="it happens once at least",
            remedy="give 1 or more, or None for until recover()",
        )
    return times
