"""Hold what an S3 server answers to a raw request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """Hold a whole response; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """Return the error code in the body, or an empty string."""
        return self.body.partition(b"<Code>")[2].partition(b"</Code>")[0].decode("ascii", "replace")
