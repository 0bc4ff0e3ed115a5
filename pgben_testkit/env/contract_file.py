"""Load contracts from where people write them: a TOML file, a pydantic-settings class, or the one that is built in."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from pgben_testkit.env.contract import Contract
from pgben_testkit.env.contract_tables import build, unusable
from pgben_testkit.errors import UsageProblem
from pgben_testkit.files.problem import parser_words

BUILT_IN = Path(__file__).with_name("builtin")
FILE_NAME = "pgben.env.toml"
LARGEST_BYTES = 2_000_000


def built_in() -> list[str]:
    """Return the names of the built-in contracts."""
    return sorted(path.name.removesuffix(".env.toml") for path in BUILT_IN.glob("*.env.toml"))


def load(named: str, root: Path) -> Contract:
    """Load the contract that `named` means: a built-in one, `python:module:Class`, or a file relative to `root`.

    Raises:
        UsageProblem: there is no such contract, or it can't be read; with the line where it is wrong.
    """
    if named.startswith("python:"):
        from pgben_testkit.env.contract_class import load_class

        return load_class(named, root, load)
    path = Path(named).expanduser()
    path = path if path.is_absolute() else root / path
    if not path.is_file() and (BUILT_IN / f"{named}.env.toml").is_file():
        path = BUILT_IN / f"{named}.env.toml"
        return read(path, shown=f"{named} (built in)")
    return read(path, shown=str(path.relative_to(root)) if path.is_relative_to(root) else str(path))


def read(path: Path, *, shown: str) -> Contract:
    """Read the contract in the TOML file at `path`, which errors call `shown`."""
    try:
        if path.is_file() and path.stat().st_size > LARGEST_BYTES:
            raise unusable(shown, f"it is larger than {LARGEST_BYTES} bytes", "split it, or name the right file")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise unusable(shown, f"byte {error.start} is not UTF-8", "save it as UTF-8") from None
    except OSError as error:
        raise UsageProblem(
            f"the contract {shown} can't be read",
            why=error.strerror or str(error),
            remedy=f"name a TOML file, python:module:Class, or a built-in contract ({', '.join(built_in())});"
            " `pgben-testkit doctor --init` drafts one",
        ) from None
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise unusable(shown, parser_words(str(error)) or "it is nested too deep", "correct its TOML") from None
    return build(table, name=path.name, shown=shown, lines=_lines(text), load=load, folder=path.parent)


def _lines(text: str) -> dict[str, int]:
    """Return the line of each `[variables.NAME]` and, as `conditions[n]`, of each condition: tomllib keeps none."""
    found: dict[str, int] = {}
    conditions = 0
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r"\s*\[\s*variables\s*\.\s*[\"']?([^\"'\]\s]+)", line)
        if match:
            found.setdefault(match[1], number)
        elif re.match(r"\s*\[\[\s*conditions\s*\]\]", line):
            found[f"conditions[{conditions}]"] = number
            conditions += 1
    return found
