"""Know every group of checks: those in this package's folders, and those that other packages add.

A group is a package called `checks`, or a package directly below one, whose `__init__` has `CHECKS = Group(...)`. No
table lists the groups or the checks. Another distribution adds a group by an entry point:

    [project.entry-points."pgben_testkit.checks"]
    mine = "my_package.checks:CHECKS"
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from pgben_testkit.checking import pages
from pgben_testkit.checking.finding import Rule
from pgben_testkit.checking.group import Group
from pgben_testkit.errors import UsageProblem

ENTRY_POINTS = "pgben_testkit.checks"
FOLDER = "checks"


@cache
def groups() -> tuple[Group[Any], ...]:
    """Return all groups, sorted by name.

    Raises:
        UsageProblem: two packages declare a group of the same name, or an entry point names no group.
    """
    package = __name__.partition(".")[0]
    found: dict[str, Group[Any]] = {}
    for each in [*_declared(package), *_added()]:
        if each.name in found:
            raise UsageProblem(
                f"two packages declare checks called {each.name}/...",
                why=f"they are {found[each.name].package} and {each.package}",
                remedy="give one of the groups another name",
            )
        found[each.name] = each
    return tuple(found[name] for name in sorted(found))


def _declared(package: str) -> Iterator[Group[Any]]:
    """Yield the groups that the packages below `package` declare; import no other package than those."""
    path = importlib.import_module(package).__path__ if "." not in package else _path_below(package)
    for each in pkgutil.iter_modules(path):
        if not each.ispkg:
            continue
        name = f"{package}.{each.name}"
        if FOLDER in name.split("."):
            declared = getattr(importlib.import_module(name), "CHECKS", None)
            if isinstance(declared, Group):
                yield declared
        yield from _declared(name)


def _path_below(package: str) -> list[str]:
    """Return where the modules of `package` lie, without importing it."""
    top, *rest = package.split(".")
    path = list(importlib.import_module(top).__path__)
    return ["/".join([each, *rest]) for each in path]


def _added() -> Iterator[Group[Any]]:
    for each in entry_points(group=ENTRY_POINTS):
        loaded = each.load()
        if not isinstance(loaded, Group):
            raise UsageProblem(
                f"the entry point {each.name} of {ENTRY_POINTS} does not name a group of checks",
                why=f"{each.value} is a {type(loaded).__name__}",
                remedy="name a pgben_testkit.checking.group.Group, as my_package.checks:CHECKS",
            )
        yield loaded


def ids() -> tuple[str, ...]:
    """Return the ids of all checks, sorted. Imports no check."""
    return tuple(sorted(each for group in groups() for each in group.ids()))


def rules(names: Iterable[str] | None = None) -> tuple[Rule, ...]:
    """Return the rules of the groups called `names`; None: of all groups."""
    wanted = None if names is None else frozenset(names)
    return tuple(rule for group in groups() if wanted is None or group.name in wanted for rule in group.rules())


def page(check: str) -> str:
    """Return the page of the check whose id is `check`, in Markdown; empty where there is no such check or page."""
    for group in groups():
        if check in group.ids():
            return pages.read(check, group.pages or pages.own_folder())
    return ""


def nearest(check: str) -> str:
    """Return the id that `check` most likely stands for; empty where none is near."""
    return next(iter(difflib.get_close_matches(check, ids(), 1, 0.75)), "")


def demand(named: Iterable[str], *, by: str) -> None:
    """Make sure that each of `named` is the id of a check; `by` is the option or argument that named them.

    Raises:
        UsageProblem: one of them is not, with the nearest that is.
    """
    known = ids()
    for each in named:
        if each not in known:
            meant = nearest(each)
            remedy = f"did you mean {meant}?" if meant else f"checks: {', '.join(known)}"
            raise UsageProblem(f"{by} names {each}, and there is no such check", remedy=remedy)
