"""What is known to be different of each backend, with its reason; and whether that is still so."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pgben_testkit.errors import UsageProblem
from pgben_testkit.storage.conformance.outcome import Outcome

FOLDER = Path(__file__).resolve().parent.parent / "differences"
FILES = {"fake": "fake.toml", "embedded": "seaweedfs-4.48.toml", "ungated": "seaweedfs-4.48-ungated.toml"}
"""backend -> its file; `ungated` is the embedded server with `storage_gate` off. External and container backends have
none: they are whatever somebody runs."""


@dataclass(frozen=True)
class Difference:
    case: str
    reason: str


@dataclass(frozen=True)
class Listed:
    """The file of one backend and version. `lacks`: capabilities that it hasn't."""

    backend: str
    version: str
    lacks: frozenset[str]
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Verdict:
    """`unlisted`: differences that nobody wrote down. `gone`: written down, and no longer so."""

    unlisted: tuple[Outcome, ...]
    gone: tuple[str, ...]
    known: tuple[Outcome, ...]

    @property
    def fine(self) -> bool:
        return not self.unlisted and not self.gone


def read(path: Path) -> Listed:
    """Raises:
    UsageProblem: no such file, or not of this form.
    """
    try:
        found = tomllib.loads(path.read_text("utf-8"))
        listed = Listed(
            str(found["backend"]),
            str(found["version"]),
            frozenset(map(str, found.get("lacks", ()))),
            tuple(Difference(str(each["case"]), str(each["reason"])) for each in found.get("difference", ())),
        )
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise UsageProblem(
            f"the difference file {path} can't be read",
            why=f"{type(error).__name__}: {error}",
            remedy="give it backend, version, and a [[difference]] with case and reason for each",
        ) from None
    for each in listed.differences:
        if not each.reason.strip():
            raise UsageProblem(f"{path} gives no reason for {each.case}", remedy="write why it is so")
    return listed


def of_backend(backend: str) -> Listed | None:
    """The file of `fake`, `embedded` or `ungated`; None for others."""
    return read(FOLDER / FILES[backend]) if backend in FILES else None


def judge(outcomes: Iterable[Outcome], listed: Listed | None) -> Verdict:
    """What the outcomes say of the file. A case that was not tried says nothing."""
    known = {each.case for each in listed.differences} if listed else set()
    found = list(outcomes)
    return Verdict(
        tuple(each for each in found if each.result == "differs" and each.case not in known),
        tuple(each.case for each in found if each.result == "same" and each.case in known),
        tuple(each for each in found if each.result == "differs" and each.case in known),
    )


def table() -> str:
    """The docs' page of all difference files, in Markdown."""
    lines = [
        "# Where the S3 backends differ from S3",
        "",
        "Made from `pgben_testkit/storage/differences/` by `python -m pgben_testkit.storage.conformance.differences`;",
        "a test fails when it is out of date, on a difference that is not listed, and on a listed one that has gone.",
    ]
    for backend in FILES:
        listed = of_backend(backend)
        assert listed is not None
        lines += ["", f"## `{backend}`: {listed.backend}, {listed.version}", ""]
        lines.append("Lacks: " + (", ".join(f"`{each}`" for each in sorted(listed.lacks)) or "nothing") + ".")
        if listed.differences:
            lines += ["", "| case | difference |", "|---|---|"]
            lines += [f"| `{each.case}` | {each.reason} |" for each in listed.differences]
        else:
            lines += ["", "No case of the suite differs."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (Path(__file__).resolve().parents[3] / "docs" / "s3-differences.md").write_text(table(), "utf-8")
