"""Show an error of ours in a test's report by its text: it says what is wrong, and frames would hide that."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pluggy
import pytest

from pgben_testkit.errors import TestkitError

TOLD = pytest.StashKey[dict[str, str]]()
"""The text of an error -> the test that told it whole."""
MACHINERY = tuple(Path(inspect.getfile(each)).parent for each in (pytest.Item, pluggy.PluginManager))
"""The folders of pytest's and pluggy's own code."""
KIT = Path(__file__).parents[1]


def told_without_frames(excinfo: pytest.ExceptionInfo[BaseException], whole: Any) -> Any:
    """The user's own frames, or the error's text alone where there are none."""
    kept = excinfo.traceback.filter(_is_users)
    if not kept:
        return excinfo.getrepr(style="value", chain=False)
    if len(kept) == len(excinfo.traceback):
        return whole
    excinfo.traceback = kept
    return excinfo.getrepr(style="short", chain=False)


def told_once(item: pytest.Item, excinfo: pytest.ExceptionInfo[BaseException]) -> str:
    """In a few words, where this process has told the same error of another test; empty where it hasn't."""
    error = excinfo.value
    assert isinstance(error, TestkitError)
    told = item.config.stash.setdefault(TOLD, {})
    first = told.setdefault(str(error), item.nodeid)
    return "" if first == item.nodeid else f"{type(error).__name__}: {error.what}\n  as told at {first}"


def _is_users(entry: Any) -> bool:
    path = Path(str(entry.path))
    return KIT not in path.parents and not any(each in path.parents for each in MACHINERY)
