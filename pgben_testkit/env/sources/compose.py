"""Read Docker Compose: what each service gets from `environment` and `env_file`, each `${NAME}` filled."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pgben_testkit.checking.finding import Place
from pgben_testkit.env.contract import is_runtime, stage_of_path
from pgben_testkit.env.sources import dotenv
from pgben_testkit.env.sources.base import Declared, Gathered, Source, Unfilled, as_findings, last_wins, unreadable
from pgben_testkit.files import yaml as marks
from pgben_testkit.files.text import read_text

FILE = re.compile(r"(?:docker-)?compose(?:[.\-_][\w.\-]+)?\.ya?ml")
MAIN = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_HOLE = re.compile(r"\$(?:(?P<escaped>\$)|(?P<plain>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)(?P<rest>[^{}]*)\})")


@dataclass(frozen=True)
class Service:
    """Describe a service of one file.

    `stands`: it has an image or is built, so that it can start from this file alone.

    `base`: the file and service that it extends, and where it says so.
    """

    name: str
    declared: tuple[Declared, ...]
    again: tuple[tuple[Declared, Declared], ...]
    files: tuple[Declared, ...]
    place: Place
    stands: bool
    built: bool
    open: bool
    ports: tuple[tuple[int, Place], ...]
    base: tuple[Path, str, Place] | None = None
    image: str = ""
    context: Path | None = None


def read(paths: list[Path], root: Path, into: Gathered) -> list[tuple[int, Place]]:
    """Read all compose files at `paths`; return the ports of this machine that they publish.

    A service without image and build can't start from its own file: it is laid over the one of the same name in the
    main file beside it (`docker-compose.override.yml`, `docker-compose.prod.yml`).
    """
    found: dict[Path, dict[str, Service]] = {}
    for path in paths:
        services = _file(path, _shown(path, root), root, into)
        if services is not None:
            found[path] = services
    bases = _Bases(found, root, into)
    found = {path: {name: bases.whole(path, each) for name, each in own.items()} for path, own in found.items()}
    ports = [port for services in found.values() for service in services.values() for port in service.ports]
    for path, services in found.items():
        shown = _shown(path, root)
        main = next((found[path.with_name(name)] for name in MAIN if path.with_name(name) in found), {})
        over = found.get(path.with_name(path.stem + ".override" + path.suffix), {}) if path.name in MAIN else {}
        for name, service in services.items():
            under = main.get(name) if path.name not in MAIN else None
            upper = over.get(name)
            if path.stem.endswith(".override") and under:
                continue  # told with the main file's service, which is never started without it
            parts = [each for each in (under if not service.stands else None, service, upper) if each]
            declared = {each.name: each for part in parts for each in part.files}
            declared |= {each.name: each for part in parts for each in part.declared}
            into.sources.append(
                Source(
                    f"{shown}: {name}",
                    "compose",
                    service.place,
                    tuple(declared.values()),
                    complete=True,
                    name=name,
                    stage=stage_of_path(shown),
                    again=service.again,
                    folder=path.parent,
                    image_only=service.stands and not any(each.built for each in (service, upper) if each),
                    open=service.open or (not service.stands and under is None),
                    image=next((each.image for each in reversed(parts) if each.image), ""),
                    built_from=next((each.context for each in reversed(parts) if each.context), None),
                )
            )
    return ports


class _Bases:
    """What `extends` names, in the same file or another, laid below the service as compose merges them."""

    def __init__(self, found: Mapping[Path, dict[str, Service]], root: Path, into: Gathered) -> None:
        self._files: dict[Path, dict[str, Service]] = dict(found)
        self._root = root
        self._into = into

    def whole(self, path: Path, service: Service, above: tuple[tuple[Path, str], ...] = ()) -> Service:
        if service.base is None:
            return service
        file, name, place = service.base
        services = self._services(path, file)
        base = services.get(name)
        if base is None or (file, name) in above:
            if base is not None:
                self._tell(place, service, name, "it leads back to itself", "extend another")
            elif not file.is_file():
                self._tell(place, service, name, f"there is no file {_shown(file, self._root)}", "correct the path")
            elif services:
                why = f"{_shown(file, self._root)} has no service of this name"
                self._tell(place, service, name, why, f"its services: {', '.join(services)}")
            return replace(service, open=True)
        under = self.whole(file, base, (*above, (file, name)))
        return replace(
            service,
            declared=last_wins([*under.declared, *service.declared])[0],
            files=last_wins([*under.files, *service.files])[0],
            stands=service.stands or under.stands,
            built=service.built or under.built,
            open=service.open or under.open,
            image=service.image or under.image,
            context=service.context or under.context,
        )

    def _services(self, path: Path, file: Path) -> dict[str, Service]:
        if file not in self._files:
            self._files[file] = {}
            if file.is_file():
                shown = _shown(file, self._root)
                self._files[file] = _file(file, shown, self._root, self._into, project=path.parent) or {}
        return self._files[file]

    def _tell(self, place: Place, service: Service, name: str, why: str, remedy: str) -> None:
        told = unreadable(place, why, remedy, summary=f"{service.name} extends {name}, which is not there")
        if told not in self._into.problems:
            self._into.problems.append(told)


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _file(
    path: Path, shown: str, root: Path, into: Gathered, *, project: Path | None = None
) -> dict[str, Service] | None:
    """The services of a file. `project`: the folder whose `.env` fills holes, if it is another."""
    found = read_text(path, shown)
    into.problems.extend(as_findings(found.problems))
    if found.text is None:
        return None
    documents = marks.compose(found.text, shown)
    into.problems.extend(as_findings(documents.problems))
    if not documents.nodes:
        return None
    services = marks.get(documents.nodes[0], "services")
    outside = _interpolation_values(project or path.parent)
    reader = _Reader(path, shown, root, into, outside)
    return {name: reader.service(name, key, node) for name, (key, node) in marks.mapping(services).items()}


def _interpolation_values(folder: Path) -> dict[str, tuple[str | None, Place]] | None:
    """What compose fills holes from: the `.env` beside the file. None: there is none, so what is filled is unknown."""
    path = folder / ".env"
    if not path.is_file():
        return None
    found = read_text(path, ".env")
    lines, _ = dotenv.parse(found.text or "", ".env")
    values, _ = dotenv.expanded(lines, ".env", {})
    return {each.name: (value, Place(".env", each.line)) for each, value in zip(lines, values, strict=True)}


def _has_example(path: Path) -> bool:
    """Whether a file that is not there is one that each person copies from its example: nothing is wrong with that."""
    try:
        beside = [each.name for each in path.parent.iterdir()]
    except OSError:
        return False
    return any(name.startswith(path.name) and dotenv.EXAMPLE.search(name.removeprefix(path.name)) for name in beside)


class _Reader:
    def __init__(
        self,
        path: Path,
        shown: str,
        root: Path,
        into: Gathered,
        outside: Mapping[str, tuple[str | None, Place]] | None,
    ) -> None:
        self._path = path
        self._shown = shown
        self._folder = path.parent
        self._root = root
        self._into = into
        self._outside = outside

    def service(self, name: str, key: Any, node: Any) -> Service:
        declared, again = last_wins(self._environment(marks.get(node, "environment")))
        files, missing = self._env_files(marks.get(node, "env_file"))
        table = marks.mapping(node)
        return Service(
            name,
            declared,
            again,
            files,
            marks.place(key, self._shown),
            stands="image" in table or "build" in table,
            built="build" in table,
            open=missing,
            ports=self._ports(marks.get(node, "ports")),
            base=self._base(marks.get(node, "extends")),
            image=_HOLE.sub("", marks.text(marks.get(node, "image"))),
            context=self._context(marks.get(node, "build")),
        )

    def _context(self, node: Any) -> Path | None:
        """The folder that the image is built from: `build: DIR`, or `build: {context: DIR}`."""
        named = marks.text(node) or marks.text(marks.get(node, "context"))
        if node is None or "$" in named or "://" in named:
            return None
        return Path(os.path.normpath(self._folder / (named or ".")))

    def _base(self, node: Any) -> tuple[Path, str, Place] | None:
        """`extends: NAME`, or a table with `service` and perhaps `file`."""
        if node is None:
            return None
        file = marks.text(marks.get(node, "file"))
        name = marks.text(marks.get(node, "service")) or marks.text(node)
        path = Path(os.path.normpath(self._folder / file)) if file else self._path
        return path, name, marks.place(node, self._shown)

    def _environment(self, node: Any) -> list[Declared]:
        found = []
        for name, (key, value) in marks.mapping(node).items():
            place = marks.place(key, self._shown)
            if marks.is_null(value):
                found.append(self._passed_through(name, place))
            elif marks.kind(value) == "scalar":
                word = marks.type_word(value)
                refused = "compose wants no boolean here: put quotes around it" if word == "bool" else ""
                found.append(self._filled(name, marks.text(value), place, refused))
            else:
                why = f"{name} is a list or table, and a variable is a text"
                self._into.problems.append(unreadable(place, why, "write NAME: value"))
        for each in marks.items(node):
            place = marks.place(each, self._shown)
            if marks.kind(each) == "mapping":
                for name, (_, value) in marks.mapping(each).items():
                    why = f"{name} is a table within the list, and compose takes NAME=value there"
                    self._into.problems.append(unreadable(place, why, "write - NAME=value"))
                    found.append(self._filled(name, marks.text(value), place, ""))
                continue
            name, equals, value = marks.text(each).partition("=")
            if not re.fullmatch(r"[A-Za-z_][\w.]*", name):
                self._into.problems.append(unreadable(place, "it is not NAME=value", "write - NAME=value"))
            elif equals:
                found.append(self._filled(name, value, place, ""))
            else:
                found.append(self._passed_through(name, place))
        return found

    def _passed_through(self, name: str, place: Place) -> Declared:
        """`NAME` alone: its value comes from the shell that starts compose, or from `.env`."""
        if self._outside and name in self._outside:
            value, where = self._outside[name]
            return Declared(name, value, replace(where, path=self._beside(where.path)))
        return Declared(name, None, place)

    def _beside(self, name: str) -> str:
        path = self._folder / name
        return str(path.relative_to(self._root)) if path.is_relative_to(self._root) else str(path)

    def _filled(self, name: str, value: str, place: Place, refused: str) -> Declared:
        """The value with its holes filled. A value that is one hole belongs to the line that fills it."""
        if "$" not in value:
            return Declared(name, value, place, refused)
        unknown = False
        blamed = place

        def fill(match: re.Match[str]) -> str:
            nonlocal unknown, blamed
            if match["escaped"]:
                return "$"
            hole, rest = match["plain"] or match["name"], match["rest"] or ""
            self._into.used_names.add(hole)
            known = (self._outside or {}).get(hole)
            operator = re.match(r":?[-?+]", rest)
            sign, words = (operator[0], rest[operator.end() :]) if operator else ("", "")
            if sign.endswith("-") and words:
                self._into.defaults.append(Declared(hole, words, place))
            if known is not None and known[0] is None:
                unknown = True
                return ""
            if known is not None and known[0] is not None and (known[0] or not sign.startswith(":")):
                if sign.endswith("+"):
                    return words
                if match[0] == value:
                    blamed = replace(known[1], path=self._beside(known[1].path))
                return known[0]
            if sign.endswith("+"):
                return ""
            if sign.endswith("-"):
                return words
            if sign.endswith("?"):
                self._into.unfilled.append(Unfilled(hole, place, name, stops=True, shell=self._outside is None))
            if self._outside is None or sign.endswith("?") or is_runtime(hole):
                unknown = True
                return ""
            self._into.unfilled.append(Unfilled(hole, place, name))
            unknown = True
            return ""

        text = _HOLE.sub(fill, value)
        return Declared(name, None if unknown else text, blamed, refused)

    def _env_files(self, node: Any) -> tuple[tuple[Declared, ...], bool]:
        """What the files of `env_file` declare; whether one is not there."""
        entries: list[tuple[Any, str, bool]] = []
        for each in [node] if marks.kind(node) == "scalar" else marks.items(node):
            if marks.kind(each) == "mapping":
                required = marks.text(marks.get(each, "required")).lower() != "false"
                entries.append((each, marks.text(marks.get(each, "path")), required))
            else:
                entries.append((each, marks.text(each), True))
        declared: dict[str, Declared] = {}
        missing = False
        for each, name, required in entries:
            path = self._folder / name
            if "$" in name:
                missing = True
                continue
            if not name or not path.is_file():
                missing = True
                if required and not _has_example(path):
                    place = marks.place(each, self._shown)
                    why = f"the env_file {name} is not there"
                    summary = f"{self._shown} asks for the env_file {name}"
                    remedy = "make it (from its example), or say `required: false`"
                    found = unreadable(place, why, remedy, summary=summary, severity="warning")
                    self._into.problems.append(found)
                continue
            self._into.used_files.add(path.resolve())
            shown = _shown(path.resolve(), self._root)
            text = read_text(path, shown).text or ""  # what is wrong with the file is told where it is a source itself
            lines, _ = dotenv.parse(text, shown)
            values, _ = dotenv.expanded(lines, shown, {})
            for line, value in zip(lines, values, strict=True):
                declared[line.name] = Declared(line.name, value, Place(shown, line.line))
        return tuple(declared.values()), missing

    def _ports(self, node: Any) -> tuple[tuple[int, Place], ...]:
        found = []
        for each in marks.items(node):
            text = marks.text(marks.get(each, "published")) or marks.text(each)
            published = text.rpartition("/")[0] or text
            parts = published.split(":")
            wanted = parts[-2] if len(parts) > 1 else (text if marks.kind(each) == "mapping" else "")
            if wanted.isdigit():
                found.append((int(wanted), marks.place(each, self._shown)))
        return tuple(found)
