"""Find a private key in a committed file: a key file, a value, or a value in base64."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Place, Rule, finding
from pgben_testkit.env.code.read import TEST_PATH
from pgben_testkit.env.ground import Ground
from pgben_testkit.env.secret import safe_name
from pgben_testkit.env.sources.private_keys import is_private

RULE = Rule("env/private-key", "error", "A private key is in a committed file")


def check(ground: Ground) -> Iterator[Finding]:
    """Yield each committed private key that is not for tests.

    A key in a value counts only where git says that its file is committed: most such files are not.
    """
    for place in ground.keys:
        if ground.committed(place.path) and not TEST_PATH.search(place.path):
            yield _finding(place.path.rpartition("/")[2], place, "the file holds")
    if ground.tree is None or ground.tree.tracked is None:
        return
    for source in ground.sources:
        if source.example or source.kind == "process" or ground.stage(source) == "test":
            continue
        for declared in source.declared:
            if declared.value and is_private(declared.value) and ground.committed(declared.place.path):
                yield _finding(safe_name(declared.name), declared.place, "its value is")


def _finding(subject: str, place: Place, what: str) -> Finding:
    return finding(
        RULE,
        subject,
        place,
        f"{subject} is a private key in a committed file",
        reason=f"{what} a private key, and everybody who has the repository can sign with it",
        remedy="make a new pair, keep the private key in a secret store, and take it out here",
    )
