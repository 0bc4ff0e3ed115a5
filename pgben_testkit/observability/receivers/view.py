"""The deliveries of a channel, or those of them that fit a question; and the faults of a channel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability.receivers.delivery import Attempt, ChannelName, Delivery, Email, about, summary
from pgben_testkit.observability.receivers.faults import Fault, Faults

if TYPE_CHECKING:
    from pgben_testkit.observability.receivers.inbox import Inbox

D = TypeVar("D", bound=Delivery)


class NotDelivered(AssertionError):
    """A delivery that a test counts on has not come. The text says what came instead."""


class View(Generic[D]):
    """Deliveries in the order in which they came; it grows as more come."""

    def __init__(
        self, inbox: Inbox, channel: ChannelName, asked: str, fits: Callable[[D], bool] = lambda _: True
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
        """The latest.

        Raises:
            NotDelivered: there is none; with what came on all channels.
        """
        found = self.all
        if not found:
            raise NotDelivered(self._nothing("was delivered"))
        return found[-1]

    def to(self, address: str) -> View[D]:
        """Those to an e-mail address, a Slack channel, a telephone, a topic; or to a receiver of Alertmanager's."""
        wanted = address.lower()

        def fits(each: D) -> bool:
            return self._fits(each) and (each.receiver == address or wanted in map(str.lower, each.addresses))

        return View(self.inbox, self._channel, f"{self._asked} to {address}", fits)

    def about(self, alertname: str) -> View[D]:
        """Those that name the alert, as data or as a word of the text."""
        return View(
            self.inbox,
            self._channel,
            f"{self._asked} about {alertname}",
            lambda each: self._fits(each) and about(each, alertname),
        )

    def wait(self, n: int = 1, *, timeout_s: float = 10.0) -> tuple[D, ...]:
        """All of them, once there are `n`. `timeout_s`: of the wall's clock.

        Raises:
            NotDelivered: too late; with what came.
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
    """All of a channel, and what the next attempts on it meet. `times`: None until `recover()`."""

    def __init__(self, inbox: Inbox, channel: ChannelName, asked: str) -> None:
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
            UsageProblem: the status is no failure.
        """
        if not 400 <= status <= 599:
            raise UsageProblem(
                f"{status} is no failure", why="HTTP and SMTP fail with 400 to 599", remedy="give one of those"
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
        """Close the connection: HTTP, after the request and without an answer; SMTP, in the midst of the message."""
        self.faults.add(Fault("drop"), _count(times))

    def recover(self) -> None:
        """No faults any more."""
        self.faults.clear()


class EmailChannel(Channel[Email]):
    """E-mail, with the troubles that only mail knows."""

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
