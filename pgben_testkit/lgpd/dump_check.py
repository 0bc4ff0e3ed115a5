"""lgpd/unmarked-person: turns the audit of a dump into findings of the doctor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pgben_testkit.findings import Finding, Place, Rule, finding
from pgben_testkit.lgpd.dumps import audit

RULE = Rule("lgpd/unmarked-person", "error", "A dump holds a person who is not marked as synthetic")


def look(path: Path, root: Path) -> Iterator[Finding]:
    """Find the rows of the dump at `path` that hold an unmarked person, at most fifty of each table.

    Places are relative to `root`. Each finding says how many such rows the table has.

    Raises:
        UsageProblem: there is no such file, or the file holds no dump.
        EnvironmentNotAble: the dump is an archive, and no `pg_restore` was found to read it.
    """
    found = audit(path)
    shown = path.relative_to(root) if path.is_relative_to(root) else path
    for each in found.findings:
        total = found.unmarked[each.table]
        yield finding(
            RULE,
            each.table,
            Place(str(shown), each.line),
            f"a row of {each.table} holds data of a person: no mark",
            reason=f"{each.reason} ({', '.join(each.columns)}); {total} such row{'s' * (total != 1)} in this table",
            remedy="remove the dump if they may be real people, and make data with the factories",
        )
