"""YAML that knows its lines, so that each error can name the one it is about."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgben_testkit import extras
from pgben_testkit.errors import UsageProblem


@dataclass(frozen=True)
class Located:
    """A value and where it stands. `value`: a scalar, a list of these, or a mapping key -> one of these."""

    value: Any
    file: str
    line: int

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"

    def wrong(self, what: str, *, why: str = "", remedy: str = "") -> UsageProblem:
        """An error about it, to be raised."""
        return UsageProblem(f"{self.place}: {what}", why=why, remedy=remedy)

    def plain(self) -> Any:
        """Without the lines."""
        if isinstance(self.value, dict):
            return {key: each.plain() for key, each in self.value.items()}
        return [each.plain() for each in self.value] if isinstance(self.value, list) else self.value

    def mapping(self, allowed: Collection[str] = (), what: str = "this") -> dict[str, Located]:
        """Its keys and values.

        Raises:
            UsageProblem: no mapping; a key that is not `allowed`, with the nearest that is.
        """
        if not isinstance(self.value, dict):
            raise self.wrong(
                f"{what} is no mapping",
                why=f"it is {self.value!r}" if self.value is not None else "",
                remedy=f"give it keys: {', '.join(allowed)}" if allowed else "",
            )
        for key, each in self.value.items():
            if allowed and key not in allowed:
                near = difflib.get_close_matches(str(key), allowed, 1)
                raise each.wrong(
                    f"{what} has no {key!r}",
                    why=f"there are {', '.join(allowed)}",
                    remedy=f"write {near[0]}" if near else "use one of these",
                )
        return dict(self.value)

    def items(self, what: str = "this") -> list[Located]:
        """Raises UsageProblem: no list."""
        if not isinstance(self.value, list):
            raise self.wrong(f"{what} is no list", remedy="write each entry behind a dash")
        return list(self.value)

    def text(self, what: str = "this") -> str:
        """A scalar as it reads.

        Raises:
            UsageProblem: a list, a mapping or nothing.
        """
        if self.value is None or isinstance(self.value, dict | list):
            raise self.wrong(f"{what} is no text", remedy="write one value")
        return str(self.value)

    def number(self, what: str = "this") -> float:
        """Raises UsageProblem: no number."""
        try:
            return float(self.text(what))
        except ValueError:
            raise self.wrong(f"{what} is no number", why=f"it is {self.value!r}") from None

    def truth(self, what: str = "this") -> bool:
        """Raises UsageProblem: neither true nor false."""
        word = self.text(what).lower()
        if word not in (*TRUE, *FALSE):
            raise self.wrong(f"{what} is neither true nor false", why=f"it is {self.value!r}")
        return word in TRUE

    def labels(self) -> dict[str, str]:
        """name -> value, as text: `yes` and `0` are what they look like.

        Raises:
            UsageProblem: no mapping of scalars.
        """
        return {name: each.text(f"the label {name}") for name, each in self.mapping(what="labels").items()}


def read(path: Path) -> Located:
    """A file's document.

    Raises:
        UsageProblem: it can't be read, is no YAML, or has a key twice; with the line.
    """
    yaml = extras.need("yaml", "PyYAML", what="the file can't be read", extra="observability")
    try:
        loader = yaml.SafeLoader(path.read_text("utf-8"))
        node = loader.get_single_node()
    except OSError as error:
        raise UsageProblem(f"{path} can't be read", why=error.strerror or "", remedy="name an existing file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        why = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise UsageProblem(f"{path}{line} is no YAML", why=why, remedy="mend the file") from None
    if node is None:
        raise UsageProblem(f"{path} is empty", remedy="write scenarios: or tests: into it")
    return _located(loader, node, str(path))


TRUE = ("true", "yes", "on")
FALSE = ("false", "no", "off")


def _located(loader: Any, node: Any, file: str) -> Located:
    line = node.start_mark.line + 1
    if node.id == "sequence":
        return Located([_located(loader, each, file) for each in node.value], file, line)
    if node.id != "mapping":
        return Located(_scalar(loader, node), file, line)
    loader.flatten_mapping(node)  # `<<:`
    made: dict[str, Located] = {}
    for name, value in node.value:
        if name.id != "scalar":
            raise UsageProblem(f"{file}:{name.start_mark.line + 1}: a key is no plain word")
        key, each = str(name.value), _located(loader, value, file)
        if key in made:
            raise UsageProblem(f"{file}:{name.start_mark.line + 1}: {key!r} is there twice", remedy="leave one of them")
        made[key] = Located(each.value, file, name.start_mark.line + 1)
    return Located(made, file, line)


def _scalar(loader: Any, node: Any) -> Any:
    """What YAML makes of null, and text as written: `1e3`, `false` and `5:30` keep their look."""
    return None if node.tag == "tag:yaml.org,2002:null" else node.value
