"""The programs that the tests need, or a skip that says which; and the rule that most of them run."""

import shutil

import pytest

from pgben_testkit.observability.servers.programs import NAMES, PACKAGES

ERRORS = """
groups:
- name: erros
  rules:
  - alert: Erros
    expr: errs > 0
    for: 5m
    labels: {severity: critical}
    annotations: {summary: "{{ $value }} erros em {{ $labels.instance }}"}
"""


def program(name):
    """The program's path, or the test is skipped."""
    found = next(filter(None, map(shutil.which, NAMES[name])), None)
    if not found:
        pytest.skip(f"{name} is not installed (Debian: {PACKAGES[name]})")
    return found
