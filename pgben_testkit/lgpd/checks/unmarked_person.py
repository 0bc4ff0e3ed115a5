"""Find people in a dump who do not carry the mark of synthetic data."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Place, Rule, finding
from pgben_testkit.lgpd.checks import Dump
from pgben_testkit.lgpd.dumps import audit

RULE = Rule("lgpd/unmarked-person", "error", "A dump holds a person who is not marked as synthetic")


def check(dump: Dump) -> Iterator[Finding]:
    """Yield a finding for each row, the first fifty of a table; the last of a table says how many there are in all.

    Raises:
        UsageProblem: there is no such file, or it holds no dump.
        EnvironmentNotAble: it is an archive, and there is no `pg_restore` to read it.
    """
    path, root = dump.path, dump.root
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
