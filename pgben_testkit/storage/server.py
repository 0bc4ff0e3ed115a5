"""Describe an S3 server to those who use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from pgben_testkit.services.server import ServerInfo


@dataclass(frozen=True, kw_only=True)
class StorageInfo(ServerInfo):
    """Hold where the server is, and the keys of its administrator.

    `buckets`: names that may be used; `keys`: bucket -> (access key, secret key) that reach this bucket alone,
    empty where the server knows one pair only.
    """

    service: str = "storage"
    url: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str = "us-east-1"
    buckets: list[str] = field(default_factory=list)
    keys: dict[str, list[str]] = field(default_factory=dict, repr=False)
    data: str = ""
    """The folder where the server keeps its objects, where this machine can look into it."""
    stranger: list[str] = field(default_factory=list, repr=False)
    """The keys of another account that has no rights; empty where the server has none."""
    gate: bool = False
    """Whether our gate stands before it."""

    @property
    def other_account(self) -> tuple[str, str] | None:
        """Return (access key, secret key) of another account that has no rights, or None."""
        return (self.stranger[0], self.stranger[1]) if self.stranger else None

    @property
    def listed_as(self) -> str:
        """Return the name of its difference file: the backend, or `ungated`."""
        return "ungated" if self.backend == "embedded" and not self.gate else self.backend

    def address(self, *, with_password: bool = False) -> str:
        return f"{self.url} (access key {self.access_key}, secret key {self.secret_key})" if with_password else self.url

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> StorageInfo:
        names = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in data.items() if name in names})
