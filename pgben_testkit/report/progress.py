"""Tell a waiting person of long steps: nothing in the first two seconds, then a line, and again when it changes."""

from __future__ import annotations

import threading
from collections.abc import Callable

PATIENCE_S = 2.0
EVERY_S = 3.0


class Patient:
    """Called with a service and the step that it is at; an empty step means that it is done. From any thread."""

    def __init__(self, write: Callable[[str], object], *, patience_s: float = PATIENCE_S) -> None:
        self._write = write
        self._patience_s = patience_s
        self._steps: dict[str, str] = {}
        self._lock = threading.Lock()

    def __call__(self, service: str, step: str) -> None:
        with self._lock:
            begun = service in self._steps
            if not step:
                self._steps.pop(service, None)
                return
            self._steps[service] = step
            if not begun:
                self._look(service, "", self._patience_s)

    def _look(self, service: str, shown: str, after_s: float) -> None:
        timer = threading.Timer(after_s, self._show, (service, shown))
        timer.daemon = True
        timer.start()

    def _show(self, service: str, shown: str) -> None:
        with self._lock:
            step = self._steps.get(service)
            if step is None:
                return
            if step != shown:
                self._write(f"pgben: {service}: {step}\n")
            self._look(service, step, EVERY_S)
