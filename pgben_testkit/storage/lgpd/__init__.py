"""Check what LGPD asks of a bucket with citizens' documents: that it is private, encrypted and retained.

Each check tries: what a server says of itself is compared with what it does.
"""

from pgben_testkit.storage.lgpd.atrest import assert_encrypted_at_rest, looks_plain
from pgben_testkit.storage.lgpd.audit import Audit, audit
from pgben_testkit.storage.lgpd.objects import Kept, ObjectState, Violation
from pgben_testkit.storage.lgpd.private import assert_private
from pgben_testkit.storage.lgpd.retained import assert_retained

__all__ = [
    "Audit",
    "Kept",
    "ObjectState",
    "Violation",
    "assert_encrypted_at_rest",
    "assert_private",
    "assert_retained",
    "audit",
    "looks_plain",
]
