"""Draws values from the run's seed and the test's id; the order of tests, the worker and the clock change nothing.

Small unique spaces (there are 10^9 CPFs) are used in blocks: the hash of a test chooses its first block, and a step
that visits every block once chooses the next ones, so that nothing repeats within a test. Two tests have the same first
block once in a million pairs; if they share a database, the store notices and takes the next `salt`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

if TYPE_CHECKING:
    from pgben_testkit.factories.engine.current import Session

T = TypeVar("T")

_MASK = (1 << 64) - 1
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's alphabet: 5 bits a character, and no two characters look alike."""
_PAIRS = tuple(a + b for a in _ALPHABET for b in _ALPHABET)
_UUID_FREE = ~((0xF000 << 64) | (0xC000 << 48))
_UUID_VERSION_4 = (0x4000 << 64) | (0x8000 << 48)
BLOCK = 990
"""How many numbers of a block of a thousand are used: those that end in three equal digits are left out, so that no
document is one repeated digit."""
_STEP = 387_427
"""Coprime to every number of blocks used here (powers of ten times 1, 2, 9): each block is visited once."""


@dataclass(frozen=True)
class Identity:
    """Names a test and its run. `salt` counts how often the store found the values of this identity taken by others."""

    seed: str
    test: str
    salt: int = 0

    @property
    def key(self) -> bytes:
        """Return the 32 bytes from which all values of this identity follow."""
        text = f"{len(self.seed)}:{self.seed}{self.test}\0{self.salt}"
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=32, person=b"pgben").digest()

    def next(self) -> Identity:
        """Return an identity of the same test with other values."""
        return replace(self, salt=self.salt + 1)


@cache
def _field(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8, person=b"campo").digest(), "big")


@cache
def _places() -> tuple[str, ...]:
    return tuple(f"{number:03d}" for number in range(1000) if len(set(f"{number:03d}")) > 1)


class Source:
    """Gives the draws for the objects of one identity."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.key = identity.key
        self._blocks: dict[tuple[str, int], tuple[str, int]] = {}

    def draw(self, table: str, number: int) -> Draw:
        """Return the draws of the object `number` of `table`."""
        digest = blake2b(b"%s %d" % (table.encode(), number), key=self.key, digest_size=24).digest()
        return Draw(self, table, number, digest)

    def digits(self, kind: str, width: int, blocks: int, index: int, offset: int = 0) -> str:
        """Return the `index`-th number of `width` digits out of `blocks` x 990, from `offset` x 1000. None repeats."""
        ordinal, place = divmod(index, BLOCK)
        found = self._blocks.get((kind, ordinal))
        if found is None:
            digest = blake2b(kind.encode(), key=self.key, digest_size=8, person=b"bloco").digest()
            start = int.from_bytes(digest, "big")
            block = str(offset + (start + ordinal * _STEP) % blocks).zfill(width - 3)
            found = self._blocks[kind, ordinal] = (block, start)
        return found[0] + _places()[(place + found[1]) % BLOCK]


class Draw:
    """Draws the values of one object: a name always gives the same value, whatever else is drawn before it."""

    __slots__ = ("_digest", "_nth", "_word", "given", "maker", "nested", "number", "source", "table")
    maker: Session
    given: frozenset[str]
    nested: dict[str, dict[str, Any]]

    def __init__(self, source: Source, table: str, number: int, digest: bytes) -> None:
        self.source = source
        self.table = table
        self.number = number
        self._digest = digest
        self._word = int.from_bytes(digest[:8], "big")
        self._nth: dict[str, int] | None = None

    def bits(self, name: str) -> int:
        """Return 48 bits for the field `name`: the upper bits of a product with an odd constant, as in Knuth's
        multiplicative hashing; object and field are hashes already."""
        return ((self._word ^ _field(name)) * 0xC4CEB9FE1A85EC53 & _MASK) >> 16

    def pick(self, name: str, options: Sequence[T]) -> T:
        """Choose one of `options` for the field `name`."""
        # `bits` without the call: this is where batches spend their time
        return options[(((self._word ^ _field(name)) * 0xC4CEB9FE1A85EC53 & _MASK) >> 16) % len(options)]

    def weighted(self, name: str, options: dict[T, int]) -> T:
        """Choose a key of `options` for the field `name`, as often as its weight says."""
        place = self.bits(name) % sum(options.values())
        for option, weight in options.items():
            place -= weight
            if place < 0:
                return option
        raise AssertionError("unreachable: the weights' sum is above every place")

    def between(self, name: str, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + (((self._word ^ _field(name)) * 0xC4CEB9FE1A85EC53 & _MASK) >> 16) % (high - low + 1)

    def chance(self, name: str, percent: int) -> bool:
        """Return True in `percent` of a hundred objects."""
        return self.bits(name) % 100 < percent

    def token(self, name: str = "token", length: int = 12) -> str:
        """Return a code of `length` characters (12 at most), 5 bits each.

        With 12, two objects have the same code as rarely as two numbers of 60 bits are equal (the finalizer of
        MurmurHash3 over the words of object and field).
        """
        word = self._word ^ _field(name)
        word = (word ^ (word >> 33)) * 0xFF51AFD7ED558CCD & _MASK
        word = (word ^ (word >> 33)) * 0xC4CEB9FE1A85EC53 & _MASK
        word ^= word >> 33
        pairs = _PAIRS
        return (
            pairs[word & 1023]
            + pairs[word >> 10 & 1023]
            + pairs[word >> 20 & 1023]
            + pairs[word >> 30 & 1023]
            + pairs[word >> 40 & 1023]
            + pairs[word >> 50 & 1023]
        )[:length]

    def uuid(self) -> UUID:
        """Return the id of the object, a version 4 UUID."""
        number = int.from_bytes(self._digest[8:24], "big")
        return UUID(int=number & _UUID_FREE | _UUID_VERSION_4)

    def other_uuid(self, name: str) -> UUID:
        """Return a UUID for the field `name`, another one than the object's id."""
        return UUID(bytes=blake2b(name.encode(), key=self._digest, digest_size=16).digest(), version=4)

    def nth(self, what: str, owner: Any) -> int:
        """Return 1 for the first object of the kind `what` that was made for `owner`, then 2, 3 ..."""
        if self._nth is None:
            self._nth = {}
        if what not in self._nth:
            self._nth[what] = self.maker.count(what, owner)
        return self._nth[what]

    def day(self, name: str, low: date, high: date) -> date:
        """Return a day from `low` to `high`, both included."""
        return low + timedelta(days=self.between(name, 0, max(0, (high - low).days)))

    def days_ago(self, name: str, least: int, most: int) -> datetime:
        """Return a moment in office hours, `least` to `most` days before the day on which stories end."""
        word = self.bits(name)
        return self.maker.midnight + timedelta(
            days=-least - word % (most - least + 1), seconds=39_600 + (word >> 20) % 32_401
        )

    def moment(self, name: str, day: date) -> datetime:
        """Return a moment on `day` in office hours (8 to 17 in Natal and Brasília), in UTC."""
        seconds = self.between(name, 11 * 3600, 20 * 3600)
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=seconds)
