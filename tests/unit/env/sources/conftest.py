"""What the readers of sources give for files in a folder."""

import textwrap

import pytest

from pgben_testkit.env import tree
from pgben_testkit.env.sources import find


@pytest.fixture
def gathered(tmp_path):
    """`gathered({name: text or bytes})`: all that is read from a folder with these files."""

    def gather(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode("utf-8"))
        return find.gather(tree.walk(tmp_path))[0]

    return gather


@pytest.fixture
def source(gathered):
    """`source(title, files)`: the one source of this title, as `{name: (value, place)}`."""

    def one(title, files):
        [found] = [each for each in gathered(files).sources if each.title == title]
        return {each.name: (each.value, str(each.place)) for each in found.declared}

    return one
