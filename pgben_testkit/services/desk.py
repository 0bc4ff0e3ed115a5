"""Answer what workers, and suites in other languages, ask of the run's owner and only the owner may give.

One request is one line of JSON, `{"ask": "server", "service": "postgres"}`; the answer is one line,
`{"ok": {...}}` or `{"error": {"what": ..., "why": ..., "remedy": ...}}`. Over a Unix socket in the run's record,
that only this user can open. What a client was lent comes back when its connection ends, however it ends.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pgben_testkit.errors import TestkitError, UsageProblem, from_dict
from pgben_testkit.services.asking import Answer, Client, Owner
from pgben_testkit.services.places import private_folder
from pgben_testkit.services.server import ServerInfo
from pgben_testkit.services.supply import Supply

LONGEST_PATH_BYTES = 100
"""A Unix socket's path takes 107 bytes on Linux and 103 on macOS."""


class Desk:
    """The owner's side. `state` is where handlers keep what they share: name -> anything."""

    def __init__(self, supply: Supply) -> None:
        self.supply = supply
        self.state: dict[str, Any] = {}
        self.lock = threading.Lock()
        self._local = Client()
        self._listener: socket.socket | None = None
        self._threads: list[threading.Thread] = []
        self._known: dict[str, Answer] = {}

    def ask(self, what: str, **request: Any) -> dict[str, Any]:
        """Ask from within the owner's own process."""
        return self._answer(self._local, {"ask": what, **request})

    @property
    def run_id(self) -> str:
        return self.supply.run.id

    def info(self, service: str) -> ServerInfo:
        """Return the facts of a server, started now if it does not run yet."""
        return self.supply.get(service).info

    def _answer(self, client: Client, request: dict[str, Any]) -> dict[str, Any]:
        what = str(request.get("ask"))
        answers = self._answers()
        if what not in answers:
            raise UsageProblem(f"the desk has no {what!r}", why=f"it has {', '.join(answers)}")
        return answers[what](self, client, request)

    def _answers(self) -> Mapping[str, Answer]:
        if not self._known:
            self._known = {"run": _give_run, "server": _give_server, "lend": self._lend, "give-back": _take_back}
            for service in self.supply.registry:
                self._known |= service.answers()
        return self._known

    def _lend(self, owner: Owner, client: Client, request: Mapping[str, Any]) -> dict[str, Any]:
        return self.supply.registry.get(str(request.get("service"))).lend(owner, client, request)

    def open(self) -> Path:
        """Listen for other processes; the socket's path."""
        path = self._place()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        path.chmod(0o600)
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True, name="pgben desk").start()
        return path

    def _place(self) -> Path:
        """Return where the socket is: in the run's record, unless that path is longer than the kernel takes."""
        path = self.supply.run.record / "desk"
        if len(os.fsencode(path)) <= LONGEST_PATH_BYTES:
            return path
        short = private_folder(Path("/tmp") / f"pgben-testkit-{os.geteuid()}") / f"{self.run_id}.desk"
        self.supply.run.note("sockets", "desk", patterns=[str(short)])
        return short

    def _accept(self) -> None:
        assert self._listener is not None
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True, name="pgben desk client")
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        client = Client()
        try:
            with connection, connection.makefile("rb") as lines:
                for line in lines:
                    try:
                        reply = {"ok": self._answer(client, _request(line))}
                    except TestkitError as error:
                        reply = {"error": error.as_dict()}
                    connection.sendall(json.dumps(reply).encode() + b"\n")
        except OSError:
            pass  # the client is gone; what it held is taken back below
        finally:
            client.close()

    def close(self) -> None:
        """Stop listening and take everything back, before the servers are stopped."""
        if self._listener is not None:
            path = Path(self._listener.getsockname())
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            path.unlink(missing_ok=True)
            self._listener = None
        self._local.close()
        for state in self.state.values():
            if hasattr(state, "close"):
                state.close()
        self.state.clear()


def _request(line: bytes) -> dict[str, Any]:
    try:
        request = json.loads(line)
    except ValueError as error:
        raise UsageProblem("the desk was sent a line that is not JSON", why=str(error)) from None
    if not isinstance(request, dict):
        raise UsageProblem("the desk was sent JSON that is not an object")
    return request


def _give_run(owner: Owner, client: Client, request: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": owner.run_id}


def _give_server(owner: Owner, client: Client, request: Mapping[str, Any]) -> dict[str, Any]:
    return owner.info(str(request.get("service"))).as_dict()


def _take_back(owner: Owner, client: Client, request: Mapping[str, Any]) -> dict[str, Any]:
    name = str(request.get("name"))
    held = client.holds.pop(name, None)
    if held is None:
        raise UsageProblem(
            f"{name} was not lent to this client", why=f"it holds {', '.join(client.holds) or 'nothing'}"
        )
    held()
    return {}


class DeskClient:
    """The asker's side in another process."""

    def __init__(self, path: str | Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("rb")
        self._lock = threading.Lock()

    def ask(self, what: str, **request: Any) -> dict[str, Any]:
        """Ask and wait for the answer.

        Raises:
            TestkitError: what the owner said, or that the owner is gone.
        """
        with self._lock:
            try:
                self._socket.sendall(json.dumps({"ask": what, **request}).encode() + b"\n")
                line = self._lines.readline()
            except OSError:
                line = b""
        if not line:
            raise TestkitError(
                "the run's owner is gone",
                why="the process that started the servers has ended",
                remedy="start the run again; what it left is removed by the next start",
            )
        reply = json.loads(line)
        if "error" in reply:
            raise from_dict(reply["error"])
        answer: dict[str, Any] = reply["ok"]
        return answer

    def close(self) -> None:
        self._lines.close()
        self._socket.close()
