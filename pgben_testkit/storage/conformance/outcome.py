"""Say what a case found on a server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Client = Literal["boto3", "minio", "node"]
Result = Literal["same", "differs", "not tried"]


class Differs(Exception):
    """The server does otherwise than S3."""


class NotTried(Exception):
    """The case can't be tried here: it needs what the target hasn't been given."""


@dataclass(frozen=True)
class Outcome:
    """What a case found. `detail` says what was different, or why it was not tried."""

    case: str
    client: str
    needs: str
    result: Result
    detail: str = ""
    seconds: float = 0.0
