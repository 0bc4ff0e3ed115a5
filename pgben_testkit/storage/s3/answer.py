"""What an S3 server answers to a raw request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """A whole response; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The error code in the body, or empty."""
        return self.body.partition(b"<Code>")[2].partition(b"</Code>")[0].decode("ascii", "replace")
