"""A mail server: STARTTLS or implicit TLS, login, bounces, greylisting; by aiosmtpd.

Sources of the codes: RFC 5321 (SMTP), RFC 4954 (AUTH), RFC 6647 (greylisting).
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging
import secrets
import ssl
import threading
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session, syntax

from pgben_testkit.observability.receivers import message as messages
from pgben_testkit.observability.receivers.delivery import Email, digest
from pgben_testkit.observability.receivers.inbox import Inbox, wall

logging.getLogger("mail.log").addFilter(lambda record: "login_data is deprecated" not in record.getMessage())
"""aiosmtpd 1.4 says so at each login, of a name that only it uses."""

HELLO = ".receiver.invalid"
"""End of the EHLO name that tells the receiver; `.invalid` by RFC 2606."""
LABEL_CHARACTERS = 60
"""Of a label in a host name; 63 at most."""
LARGEST_BYTES = 20_000_000


def hello(receiver: str, integration: int) -> str:
    """A host name that carries the receiver's name: what Alertmanager says with EHLO."""
    coded = base64.b32encode(receiver.encode()).decode().rstrip("=").lower()
    labels = [coded[start : start + LABEL_CHARACTERS] for start in range(0, len(coded), LABEL_CHARACTERS)]
    return ".".join([f"i{integration}", *labels]) + HELLO


def of_hello(name: str) -> tuple[str, int]:
    """`(receiver, integration)` of such a name; an empty receiver for any other."""
    if not name.endswith(HELLO):
        return "", 0
    first, *labels = name[: -len(HELLO)].split(".")
    coded = "".join(labels).upper()
    try:
        receiver = base64.b32decode(coded + "=" * (-len(coded) % 8)).decode()
        return receiver, int(first[1:])
    except ValueError:
        return "", 0


class _Smtp(SMTP):
    """aiosmtpd's server with the faults of an inbox."""

    # Alertmanager answers "username:" and "password:" alone, as most clients do.
    AuthLoginUsernameChallenge = "Username:"
    AuthLoginPasswordChallenge = "Password:"

    def __init__(self, server: SmtpServer, **given: Any) -> None:
        super().__init__(_Handler(server), **given)
        self.server = server
        self._counted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not self._counted and self.server.inbox.email.faults.take("refuse"):
            self.server.inbox.failed("email", "refused")
            transport.abort()  # type: ignore[attr-defined]
        if not self._counted:
            self._counted = True
            self.server.inbox.count(in_flight=1)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._counted:
            self._counted = False
            self.server.inbox.count(in_flight=-1)
        super().connection_lost(error)

    async def auth_CRAM__MD5(self, _: SMTP, __: list[str]) -> AuthResult:
        """RFC 2195: the password stays with the client. Alertmanager's `auth_secret`."""
        challenge = f"<{secrets.token_hex(12)}@pgben.invalid>"
        said = await self.challenge_auth(challenge)
        if not isinstance(said, bytes):
            return AuthResult(success=False)  # it gave up, and was told
        user, proof = said.decode("utf-8", "replace").rpartition(" ")[::2]
        wanted = hmac.new(self.server.password.encode(), challenge.encode(), "md5").hexdigest()
        return self.server.judged(self.session, user, hmac.compare_digest(proof, wanted))

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:
        envelope = self.envelope
        if envelope is not None and envelope.rcpt_tos and self.server.inbox.email.faults.take("drop"):
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            await self._reader.readline()
            self.server.failed(self.session, "dropped")
            assert self.transport is not None
            self.transport.abort()  # type: ignore[attr-defined]
            return
        await super().smtp_DATA(arg)


class _Handler:
    """aiosmtpd's hooks."""

    def __init__(self, server: SmtpServer) -> None:
        self.server = server

    async def handle_RCPT(self, _: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        faults = self.server.inbox.email.faults
        fault = faults.take("bounce", address=address)
        if fault:
            self.server.failed(session, "bounced", fault.status)
            return f"{fault.status} {'5' if fault.status >= 500 else '4'}.1.1 <{address}>: Recipient address rejected"
        fault = faults.take("greylist")
        pair = (str(envelope.mail_from).lower(), address.lower())
        if fault and self.server.greylisted.get(pair, 0) < fault.tries:
            self.server.greylisted[pair] = self.server.greylisted.get(pair, 0) + 1
            self.server.failed(session, "greylisted", fault.status)
            return f"{fault.status} 4.7.1 <{address}>: Greylisted, try again later"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:
        assert smtp.transport is not None
        encrypted = smtp.transport.get_extra_info("sslcontext") is not None
        mail = self.server.delivery(session, envelope, encrypted=encrypted)
        content = digest(f"{mail.subject}\0{mail.text}".encode())
        fault = self.server.inbox.email.faults.take("fail", "time_out")
        if fault and fault.kind == "fail":
            self.server.failed(session, "failed", fault.status, content)
            return f"{fault.status} {fault.body or 'Requested action not taken'}"
        if fault:
            self.server.failed(session, "timed out", message=content)
            with self.server.inbox.holding():  # ends with the session's task when the other side closes
                await asyncio.sleep(3600 if fault.seconds is None else fault.seconds)
            smtp.transport.abort()  # type: ignore[attr-defined]
            return "421 Timed out"
        self.server.inbox.deliver([mail], status=250, message=content)
        return "250 OK"


class SmtpServer:
    """Serves from `start()` until `close()`, on `port` (STARTTLS) and `tls_port` (TLS from the first byte).

    `require(...)` says whether mail without TLS, or without a login, is refused; a wrong login is refused always.
    """

    def __init__(self, inbox: Inbox, context: ssl.SSLContext, user: str, password: str) -> None:
        self.inbox = inbox
        self.user = user
        self.password = password
        self.greylisted: dict[tuple[str, str], int] = {}
        self.port = self.tls_port = 0
        self._context = context
        self._require = {"tls": False, "login": False}
        self._loop = asyncio.new_event_loop()
        self._protocols: set[_Smtp] = set()
        self._servers: list[asyncio.Server] = []
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True, name="pgben-email")
        self._thread.start()
        ready.wait()

    def require(self, *, tls: bool, login: bool) -> None:
        """Holds for sessions that begin afterwards."""
        self._require = {"tls": tls, "login": login}

    def close(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def delivery(self, session: Session, envelope: Envelope, *, encrypted: bool) -> Email:
        raw = bytes(envelope.original_content or b"")
        read = messages.read(raw)
        receiver, integration = of_hello(str(session.host_name))
        return Email(
            channel="email",
            receiver=receiver,
            integration=integration,
            addresses=tuple(envelope.rcpt_tos),
            at=self.inbox.now(),
            received=wall(),
            text=read.text,
            raw=raw,
            subject=read.subject,
            sender=str(envelope.mail_from),
            from_=read.from_,
            to=read.to,
            html=read.html,
            plain=read.plain,
            parts=read.parts,
            headers=read.headers,
            encrypted=encrypted,
            user=str(session.auth_data or ""),
        )

    def failed(self, session: Session | None, why: str, status: int = 0, message: str = "") -> None:
        receiver, integration = of_hello(str(session.host_name)) if session is not None else ("", 0)
        self.inbox.failed("email", why, status=status, receiver=receiver, integration=integration, message=message)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self.port = self._loop.run_until_complete(self._listen(implicit=False))
        self.tls_port = self._loop.run_until_complete(self._listen(implicit=True))
        ready.set()
        self._loop.run_forever()
        for server in self._servers:
            server.close()
        for each in self._protocols:
            if each.transport is not None:
                each.transport.abort()  # type: ignore[attr-defined]
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _listen(self, *, implicit: bool) -> int:
        context = self._context if implicit else None
        server = await self._loop.create_server(lambda: self._protocol(implicit), "127.0.0.1", 0, ssl=context)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    def _protocol(self, implicit: bool) -> _Smtp:
        made = _Smtp(
            self,
            hostname="pgben.invalid",
            ident="pgben-testkit",
            loop=self._loop,
            data_size_limit=LARGEST_BYTES,
            tls_context=None if implicit else self._context,
            require_starttls=self._require["tls"] and not implicit,
            authenticator=self._login,
            auth_required=self._require["login"],
            auth_require_tls=not implicit,
            enable_SMTPUTF8=True,
        )
        self._protocols = {each for each in self._protocols if each.transport is not None} | {made}
        return made

    def _login(self, _: SMTP, session: Session, __: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        right = data.password.decode("utf-8", "replace") == self.password
        return self.judged(session, data.login.decode("utf-8", "replace"), right)

    def judged(self, session: Session | None, user: str, right: bool) -> AuthResult:
        if right and user == self.user:
            return AuthResult(success=True, auth_data=user)
        self.failed(session, "wrong login", 535)
        return AuthResult(success=False, handled=False)
