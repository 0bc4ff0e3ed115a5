"""The tests use the plugin as a user would; `pytester` runs projects of their own."""

import signal

import pytest

pytest_plugins = ["pytester"]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a job in the background: what we start would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="Run the costly repetitions too, as CI does.")


def pytest_configure(config):
    config.addinivalue_line("markers", "full: a costly repetition, run with --full alone")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--full"):
        return
    left_out = [item for item in items if item.get_closest_marker("full")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("full")]
    for item in items:
        assert not isinstance(item, pytest.Collector)
