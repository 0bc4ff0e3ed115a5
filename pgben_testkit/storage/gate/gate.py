"""Listen before the server, and answer each client's connection."""

from __future__ import annotations

import socket

from pgben_testkit.services.listener import Listener
from pgben_testkit.storage.gate.memory import Memory
from pgben_testkit.storage.gate.plan import Plan
from pgben_testkit.storage.gate.visit import Visit


class Gate:
    """Listen on 127.0.0.1 until `close`. `url` is the address."""

    def __init__(self, plan: Plan) -> None:
        """Raises:
        EnvironmentNotAble: the port is taken.
        """
        self.memory = Memory(plan)
        self._listener = Listener(self._serve, plan.port, name="pgben s3 gate")
        self.url = self._listener.url

    def close(self) -> None:
        """Stop answering."""
        self._listener.close()

    def _serve(self, connection: socket.socket) -> None:
        Visit(self.memory, connection).serve()
