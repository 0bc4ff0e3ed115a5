"""A row as a plain object: columns and relations are attributes; and its forms as dict and JSON."""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

MADE_BY_SERVER = frozenset({"id", "created_at", "updated_at", "removed_at", "version"})
"""Columns that a client never sends."""


class Registro:
    """An object of PGBen. Two are equal when they are of one table and their columns are.

    `relations` names the attributes that hold other objects, `children` those that hold lists of objects which refer
    to this one; both are saved with it. `saved` says that its row is in a database.
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
        """Column -> Python value, in the order of the table."""
        return {name: self.__dict__[name] for name in self.columns}

    def api(self) -> builtins.dict[str, Any]:
        """What the API answers for it: all columns, ready for JSON, with the children that were made."""
        shown = {name: plain(self.__dict__[name]) for name in self.columns}
        return shown | {name: [each.api() for each in self.__dict__[name]] for name in self._made_children()}

    def body(self) -> builtins.dict[str, Any]:
        """What a client sends to make it: without what the server makes, without nulls, ready for JSON."""
        hidden = MADE_BY_SERVER | {"metadados"} if self.table != "documentos" else MADE_BY_SERVER
        sent = {name: plain(value) for name, value in self.dict().items() if name not in hidden and value is not None}
        for name in self._made_children():
            sent[name] = []
            for child in self.__dict__[name]:
                sent[name].append({key: value for key, value in child.body().items() if key != f"{self.table}_id"})
        return sent

    def json(self) -> str:
        """`api()` as text."""
        return json.dumps(self.api(), ensure_ascii=False)

    def related(self) -> Iterator[Registro]:
        """The objects that it refers to and were made or given; then its children."""
        for name in self.relations:
            found = self.__dict__.get(name)
            if isinstance(found, Registro):
                yield found
        for name in self.children:
            yield from self.__dict__.get(name, ())

    def _made_children(self) -> list[str]:
        return [name for name in self.children if self.__dict__.get(name)]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Registro) and self.table == other.table and self.dict() == other.dict()

    def __hash__(self) -> int:
        return hash((self.table, self.__dict__.get("id")))

    def __repr__(self) -> str:
        status = self.__dict__.get("status")
        return f"<{self.table} {self.__dict__.get('id')}{f' {status}' if status else ''}>"


def plain(value: Any) -> Any:
    """A value as JSON has it: ids and money as the API writes them, times as JavaScript's `toJSON`, in UTC."""
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
