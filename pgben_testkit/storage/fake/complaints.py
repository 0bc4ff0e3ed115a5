"""Keep the requests that our own code failed on: a client sees an InternalError alone."""

from __future__ import annotations

import traceback
from collections import deque

from pgben_testkit.storage.s3.wire import Request

COMPLAINTS: deque[str] = deque(maxlen=20)
"""The last of them: method, path and traceback, no header and no body."""


def note(request: Request, error: Exception) -> None:
    COMPLAINTS.append(f"{request.method} {request.raw_path}: " + "".join(traceback.format_exception(error)))
