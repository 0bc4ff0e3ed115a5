"""Holds a row as a plain object, with columns and relations as attributes, and gives it as dict and JSON."""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

MADE_BY_SERVER = frozenset({"id", "created_at", "updated_at", "removed_at", "version"})
"""Columns that the server makes, so that a client never sends them."""


class Record:
    """One row of a table. Two records are equal if they are of the same table and have equal columns.

    `relations` names the attributes that hold other records, `children` those that hold lists of records which refer
    to this one; both are saved with it. `saved` says that the row is in a database.
    """

    table: ClassVar[str] = ""
    columns: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    saved: bool = False

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def dict(self) -> dict[str, Any]:
        """Return the row as column -> Python value, in the order of the table."""
        return {name: self.__dict__[name] for name in self.columns}

    def api(self) -> builtins.dict[str, Any]:
        """Return what the API answers for this row: all columns, ready for JSON, with the children that were made."""
        shown = {name: plain(self.__dict__[name]) for name in self.columns}
        return shown | {name: [each.api() for each in self.__dict__[name]] for name in self._made_children()}

    def body(self) -> builtins.dict[str, Any]:
        """Return what a client sends to make this row: no columns that the server makes, no nulls, ready for JSON."""
        hidden = MADE_BY_SERVER | {"metadados"} if self.table != "documentos" else MADE_BY_SERVER
        sent = {name: plain(value) for name, value in self.dict().items() if name not in hidden and value is not None}
        for name in self._made_children():
            sent[name] = []
            for child in self.__dict__[name]:
                sent[name].append({key: value for key, value in child.body().items() if key != f"{self.table}_id"})
        return sent

    def json(self) -> str:
        """Return `api()` as JSON text."""
        return json.dumps(self.api(), ensure_ascii=False)

    def related(self) -> Iterator[Record]:
        """Yield the records that this one refers to, then its children."""
        for name in self.relations:
            found = self.__dict__.get(name)
            if isinstance(found, Record):
                yield found
        for name in self.children:
            yield from self.__dict__.get(name, ())

    def _made_children(self) -> list[str]:
        return [name for name in self.children if self.__dict__.get(name)]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and self.table == other.table and self.dict() == other.dict()

    def __hash__(self) -> int:
        return hash((self.table, self.__dict__.get("id")))

    def __repr__(self) -> str:
        status = self.__dict__.get("status")
        return f"<{self.table} {self.__dict__.get('id')}{f' {status}' if status else ''}>"


def plain(value: Any) -> Any:
    """Return `value` as JSON holds it: ids and money as the API writes them, times as JavaScript's `toJSON`, in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
