"""The programs that the tests need, or a skip that says which."""

import shutil

import pytest

from pgben_testkit.observability.servers.programs import NAMES, PACKAGES


def program(name):
    """The program's path, or the test is skipped."""
    found = next(filter(None, map(shutil.which, NAMES[name])), None)
    if not found:
        pytest.skip(f"{name} is not installed (Debian: {PACKAGES[name]})")
    return found
