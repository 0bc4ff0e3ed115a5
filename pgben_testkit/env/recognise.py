"""Recognise a project whose contract is built in."""

from __future__ import annotations

from pathlib import Path

from pgben_testkit.env import contract_file
from pgben_testkit.env.ground import Ground

LEAST_NAMES = 12
"""Names of a contract that a project must use to be recognised, besides being a third of the contract."""
_COMMON = "NODE_ENV PORT DB_HOST DB_PORT DB_USER DB_NAME DB_PASS REDIS_HOST REDIS_PORT LOG_LEVEL TZ"
COMMON = frozenset(_COMMON.split())
"""Names that many projects use: they prove nothing."""


def recognised(ground: Ground) -> str:
    """Return the name of the built-in contract that the project of `ground` fits; empty where it fits none.

    What the code reads and the files declare is compared with each contract.
    """
    names = {each.name for source in ground.sources if source.kind != "process" for each in source.declared}
    names |= {each.name for each in ground.code.reads} if ground.code else set()
    best, most = "", 0
    for name in contract_file.built_in():
        theirs = set(contract_file.load(name, Path("/")).variables) - COMMON
        shared = len(theirs & names)
        if shared >= LEAST_NAMES and shared * 3 >= len(theirs) and shared > most:
            best, most = name, shared
    return best
