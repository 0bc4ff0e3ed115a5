"""Read from the write-ahead log which pages of a database were written since a moment."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

EXTENSION = "pg_walinspect"
SINCE_VERSION = 150000
"""PostgreSQL 15 brought the extension."""
BLOCKS_SINCE = 160000
"""PostgreSQL 16 brought pg_get_wal_block_info; 15 gives the pages of a record as text."""
END = "FFFFFFFF/FFFFFFFF"
ROW_CHANGES = frozenset({"INSERT", "DELETE", "UPDATE", "HOT_UPDATE", "MULTI_INSERT", "CONFIRM"})
"""Records of the resource managers Heap and Heap2 after which a table holds other rows. The rest locks rows, prunes or
freezes them, or changes statistics in place."""

_BLOCKS_15 = """
SELECT DISTINCT resource_manager, record_type, block_ref FROM pg_get_wal_records_info_till_end_of_wal(%(since)s)
WHERE resource_manager IN ('Heap', 'Heap2', 'Sequence') AND block_ref LIKE '%%/' || %(database)s::text || '/%%'
"""
_BLOCKS_16 = f"""
SELECT DISTINCT resource_manager, record_type, relfilenode::bigint, relblocknumber::bigint
FROM pg_get_wal_block_info(%(since)s, '{END}', false)
WHERE resource_manager IN ('Heap', 'Heap2', 'Sequence') AND reldatabase = %(database)s AND relforknumber = 0
"""
_BLOCK_REF = re.compile(r"rel \d+/(\d+)/(\d+) fork main blk (\d+)")


@dataclass
class Touched:
    """What was written, by the number of the file that holds a relation."""

    blocks: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Tables: file -> blocks whose rows changed, or that hold rows of a transaction that was rolled back."""
    sequences: set[int] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.blocks or self.sequences)


class Journal:
    """Reads the log on a connection to a database of ours, where the extension is."""

    def __init__(self, connection: psycopg.Connection[Any], database_oid: int) -> None:
        self._connection = connection
        self._database = database_oid
        self._structured = connection.info.server_version >= BLOCKS_SINCE

    def length(self, since: str) -> tuple[int, str]:
        """Return the bytes of the log after the position `since`, and its end. All databases of the server write it.

        The log is read as far as it is on disk: our own commit here puts all of it there.
        """
        with self._connection.pipeline():
            self._connection.execute("SELECT pg_logical_emit_message(true, 'pgben-testkit', '')")
            end = self._connection.execute(
                "SELECT (pg_current_wal_insert_lsn() - %s::pg_lsn)::bigint, pg_current_wal_insert_lsn()::text", (since,)
            )
        [(length, position)] = end.fetchall()
        return int(length), str(position)

    def touched(self, since: str) -> Touched:
        """Return what was written after the position `since`, by transactions that were rolled back too.

        Call `length` before: it puts the log on disk.

        Raises:
            psycopg.Error: that part of the log is no longer there.
        """
        query = _BLOCKS_16 if self._structured else _BLOCKS_15
        rows = self._connection.execute(query, {"since": since, "database": self._database}).fetchall()
        found = Touched()
        for manager, record, *where in rows:
            blocks: Iterable[tuple[int, int]] = (
                [(where[0], where[1])] if self._structured else _parsed(where[0], self._database)
            )
            for file, block in blocks:
                if manager == "Sequence":
                    found.sequences.add(file)
                elif record.removesuffix("+INIT") in ROW_CHANGES:
                    found.blocks[file].add(block)
        return found


def _parsed(text: str, database: int) -> Iterable[tuple[int, int]]:
    """Yield the file and the block of each reference that PostgreSQL 15 gives as text."""
    for owner, file, block in _BLOCK_REF.findall(text):
        if int(owner) == database:
            yield int(file), int(block)
