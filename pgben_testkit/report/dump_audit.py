"""Write what the audit of a dump found."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgben_testkit.lgpd.dumps import Audit


def lines(found: Audit) -> list[str]:
    """Write one line about the whole dump, then one for each finding with its place, never with a value of a row."""
    head = (
        f"{found.path}: {found.rows:,} rows of {found.tables} tables, {found.people:,} people, {found.marked:,} marked"
    )
    out = [head]
    for table, count in found.unmarked.items():
        out.append(f"{table}: {count:,} row{'s' * (count != 1)} without the mark")
        shown = [each for each in found.findings if each.table == table][:5]
        out += [f"  line {each.line}: {each.reason} ({', '.join(each.columns)})" for each in shown]
        if count > len(shown):
            out.append(f"  and {count - len(shown):,} more")
    return out
