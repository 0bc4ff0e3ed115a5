"""Pair names that say the same: one that the code reads and nothing sets, and one that is set and never read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pgben_testkit.env.code.read import CodeRead
from pgben_testkit.env.contract import is_librarys
from pgben_testkit.env.ground import Ground
from pgben_testkit.env.nearest import same_words
from pgben_testkit.env.sources.base import Declared


@dataclass(frozen=True)
class Pair:
    """Link the two names of one variable."""

    read: CodeRead
    declared: Declared

    @property
    def read_as(self) -> str:
        """Return the name in the code."""
        return self.read.name

    @property
    def set_as(self) -> str:
        """Return the name in the files."""
        return self.declared.name


def pairs(ground: Ground) -> Iterator[Pair]:
    """Yield each pair of names that the contract does not know: of those that it knows it says which one is right."""
    if ground.code is None or (ground.tree is not None and ground.tree.foreign):
        return
    read = {each.name for each in ground.code.reads}
    declared: dict[str, Declared] = {}
    for source in ground.sources:
        if source.kind != "process" and not source.image_only:
            for each in source.declared:
                declared.setdefault(each.name, each)
    unread = {name: each for name, each in declared.items() if name not in read and not _is_others(ground, name)}
    done = set()
    for asked in ground.code.reads:
        if asked.test or asked.name in declared or asked.name in done or _is_others(ground, asked.name):
            continue
        same = [name for name in unread if same_words(asked.name, name)]
        if len(same) == 1:
            done.add(asked.name)
            yield Pair(asked, unread[same[0]])


def _is_others(ground: Ground, name: str) -> bool:
    if ground.contract is not None and (ground.contract.variable(name) or ground.contract.ignores(name)):
        return True
    return is_librarys(name) or name in ground.used_names or ground.is_images(name)
