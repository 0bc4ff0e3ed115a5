"""All that was delivered, in order, and each attempt: what a test asks, and what a driver waits on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pgben_testkit.checking.finding import Finding
from pgben_testkit.observability.receivers.delivery import Attempt, ChannelName, Delivery, Other, Slack, Sms, Webhook
from pgben_testkit.observability.receivers.view import Channel, EmailChannel


class Lost(AssertionError):
    """Attempts failed and no later one succeeded. `attempts` has them."""

    def __init__(self, attempts: Sequence[Attempt]) -> None:
        lines = ["messages were lost: these attempts failed, and no later one made it good"]
        super().__init__("\n".join([*lines, *(f"  {each}" for each in attempts)]))
        self.attempts = tuple(attempts)


class PersonalDataDelivered(AssertionError):
    """Messages hold personal data. `findings` says where, and of what kind; no value is shown."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        lines = ["personal data was delivered:"]
        for each in findings:
            lines += [f"  {each.summary}", f"    {each.reason}", f"    {each.remedy}"]
        super().__init__("\n".join(lines))
        self.findings = tuple(findings)


def _makes_good(later: Attempt, failed: Attempt) -> bool:
    if not later.delivered or later.channel != failed.channel:
        return False
    if failed.receiver and (later.receiver, later.integration) != (failed.receiver, failed.integration):
        return False
    return not failed.message or later.message == failed.message


def wall() -> datetime:
    return datetime.now(UTC)


class Inbox:
    """Deliveries of all channels. `now`: the clock that they are stamped with, UTC; `sender_now`: the sender's own,
    where that is another. Safe over threads."""

    def __init__(self, now: Callable[[], datetime] = wall, sender_now: Callable[[], datetime] | None = None) -> None:
        self.now = now
        self.sender_now = sender_now
        self._deliveries: list[Delivery] = []
        self._attempts: list[Attempt] = []
        self._changed = threading.Condition(threading.RLock())
        self._in_flight = 0
        self._held = 0
        self.email = EmailChannel(self, "email", "e-mail")
        self.slack: Channel[Slack] = Channel(self, "slack", "Slack message")
        self.sms: Channel[Sms] = Channel(self, "sms", "SMS")
        self.webhook: Channel[Webhook] = Channel(self, "webhook", "webhook message")
        self.other: Channel[Other] = Channel(self, "other", "message on another channel")

    @property
    def all(self) -> tuple[Delivery, ...]:
        with self._changed:
            return tuple(self._deliveries)

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every try, those that failed included."""
        with self._changed:
            return tuple(self._attempts)

    def __len__(self) -> int:
        return len(self.all)

    def __iter__(self) -> Iterator[Delivery]:
        return iter(self.all)

    def clear(self) -> None:
        """Forgets deliveries and attempts; faults stay."""
        with self._changed:
            self._deliveries.clear()
            self._attempts.clear()

    def recover(self) -> None:
        """No faults any more, on any channel."""
        for each in self.channels:
            each.recover()

    @property
    def channels(self) -> tuple[EmailChannel | Channel[Slack] | Channel[Sms] | Channel[Webhook] | Channel[Other], ...]:
        return self.email, self.slack, self.sms, self.webhook, self.other

    # What a driver waits on

    @property
    def in_flight(self) -> int:
        """Requests and sessions that are being handled now, without those that are held (see `held`)."""
        return self._in_flight

    @property
    def held(self) -> int:
        """Those that a `time_out` keeps waiting: they end when the sender's clock moves, so nobody waits for them."""
        return self._held

    def wait_idle(self, timeout_s: float = 5.0) -> bool:
        """True once nothing is in flight; False if that took too long (wall)."""
        return self.wait_for(lambda: self._in_flight == 0, timeout_s=timeout_s)

    def wait_for(self, true: Callable[[], bool], *, timeout_s: float) -> bool:
        """Waits until `true()`, asked anew whenever something came or ended; what it said last."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while not true():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
        return True

    # What servers tell

    def count(self, *, in_flight: int = 0, held: int = 0) -> None:
        with self._changed:
            self._in_flight += in_flight
            self._held += held
            self._changed.notify_all()

    @contextmanager
    def handling(self) -> Iterator[None]:
        self.count(in_flight=1)
        try:
            yield
        finally:
            self.count(in_flight=-1)

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Within `handling`: it is held, not in flight."""
        self.count(in_flight=-1, held=1)
        try:
            yield
        finally:
            self.count(in_flight=1, held=-1)

    def deliver(self, deliveries: Sequence[Delivery], *, status: int, message: str) -> None:
        """All of them came by one attempt; `message`: the `digest` of its content."""
        first = deliveries[0]
        with self._changed:
            self._deliveries += deliveries
            self._attempts.append(
                Attempt(first.channel, first.receiver, first.integration, first.at, status, True, "delivered", message)
            )
            self._changed.notify_all()

    def failed(
        self,
        channel: ChannelName,
        why: str,
        *,
        status: int = 0,
        receiver: str = "",
        integration: int = 0,
        message: str = "",
    ) -> None:
        with self._changed:
            self._attempts.append(Attempt(channel, receiver, integration, self.now(), status, False, why, message))
            self._changed.notify_all()

    # What a test asserts

    def lost(self) -> tuple[Attempt, ...]:
        """Failed attempts that no later one made good: one to the same receiver and integration with the same content;
        where the content wasn't seen (a bounce comes before it), any to the same receiver and integration; where the
        receiver wasn't either (a refused connection), any on the channel.
        """
        tried = self.attempts
        return tuple(
            each
            for number, each in enumerate(tried)
            if not each.delivered and not any(_makes_good(later, each) for later in tried[number + 1 :])
        )

    def assert_nothing_lost(self) -> None:
        """Raises Lost: an attempt failed, and no later one made it good."""
        lost = self.lost()
        if lost:
            raise Lost(lost)

    def personal_data(self, *, allow: Sequence[str] = ()) -> tuple[Finding, ...]:
        """Findings, one for each place in a message that holds personal data. The receivers' own addresses are none;
        nor are the texts in `allow`, as the address of a team."""
        from pgben_testkit.observability.receivers import personal_data

        return personal_data.find(self.all, allow)

    def assert_no_personal_data(self, *, allow: Sequence[str] = ()) -> None:
        """Raises PersonalDataDelivered: a message holds some."""
        found = self.personal_data(allow=allow)
        if found:
            raise PersonalDataDelivered(found)

    # What a person looks at

    def as_text(self) -> str:
        """All deliveries as a terminal shows them."""
        return "\n\n".join(each.as_text() for each in self.all) or "(nothing was delivered)"

    def save_html(self, path: Path) -> Path:
        """One page with everything, complete in itself; scripts and remote content in messages do not run or load."""
        from pgben_testkit.observability.receivers.render import page

        path.write_text(page.inbox(self.all, self.attempts), "utf-8")
        return path
