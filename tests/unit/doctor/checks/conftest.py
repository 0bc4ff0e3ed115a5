"""Settings for looking at the ground."""

import pytest

from pgben_testkit import settings


@pytest.fixture
def given(tmp_path):
    """`given(postgres_backend="external", ...)`: settings with these values."""

    def read(**values):
        return settings.read(root=tmp_path, environ={}, command_line=values)

    return read


@pytest.fixture
def levels():
    """`levels(check, settings, ports=())`: `{subject: (level, fact)}`."""

    def look(check, settings, ports=()):
        return {each.subject: (each.level, each) for each in check.look(settings, ports)}

    return look
