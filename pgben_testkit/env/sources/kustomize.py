"""Build kustomizations: bases, overlays, generators and strategic patches, as they are applied together."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pgben_testkit.checking.finding import Place
from pgben_testkit.env.sources import kubernetes, manifest
from pgben_testkit.env.sources.base import Declared, Gathered, as_findings, last_wins, unreadable
from pgben_testkit.env.sources.manifest import Container, Entry, Holder, Manifests, Workload
from pgben_testkit.files import yaml as marks
from pgben_testkit.files.text import read_text

FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
PARTS = ("resources", "bases", "components")
PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902")


@dataclass(frozen=True)
class Kustomization:
    """Hold one file that was read. `parts` are the files and folders that it builds on."""

    path: Path
    node: Any
    parts: tuple[tuple[Path, Any], ...]


class Builder:
    """Build each kustomization that no other builds on; `taken` are the files that belong to one."""

    def __init__(self, root: Path, into: Gathered) -> None:
        self._root = root
        self._into = into
        self._read: dict[Path, Kustomization | None] = {}
        self._documents: dict[Path, tuple[Any, ...]] = {}
        self.taken: set[Path] = set()

    def build_all(self, paths: list[Path]) -> None:
        """Build the kustomizations at `paths`."""
        read = [each for each in map(self._kustomization, paths) if each is not None]
        built_on = {part for each in read for part, _ in each.parts}
        for each in read:
            if each.path.parent not in built_on:
                title = self.shown(each.path.parent)
                kubernetes.resolve(self._build(each, ()), title if title != "." else "", self._into)

    def shown(self, path: Path) -> str:
        """Return `path` as findings show it."""
        return str(path.relative_to(self._root)) if path.is_relative_to(self._root) else str(path)

    def documents(self, path: Path) -> tuple[Any, ...]:
        """Return the documents of the YAML file at `path`; it is read, and its problems are reported, once."""
        if path not in self._documents:
            found = read_text(path, self.shown(path))
            self._into.problems.extend(as_findings(found.problems))
            documents = marks.compose(found.text or "", self.shown(path))
            self._into.problems.extend(as_findings(documents.problems))
            self._documents[path] = documents.nodes
        return self._documents[path]

    def _kustomization(self, path: Path) -> Kustomization | None:
        if path not in self._read:
            self.taken.add(path)
            nodes = self.documents(path)
            if not nodes:
                self._read[path] = None
                return None
            parts = []
            for field_name in PARTS:
                for each in marks.items(marks.get(nodes[0], field_name)):
                    if not re.match(r"(https?|ssh|git)(:|@)|github\.com", marks.text(each)):
                        parts.append(((path.parent / marks.text(each)).resolve(), each))
            self._read[path] = Kustomization(path, nodes[0], tuple(parts))
        return self._read[path]

    def _build(self, kustomization: Kustomization, above: tuple[Path, ...]) -> Manifests:
        made = Manifests()
        shown = self.shown(kustomization.path)
        for part, node in kustomization.parts:
            if part.is_dir():
                inner = next((part / name for name in FILES if (part / name).is_file()), None)
                if inner is None or inner in above:
                    why = "its folder has no kustomization.yaml" if inner is None else "it leads back to itself"
                    self._missing(node, shown, marks.text(node), why)
                    continue
                read = self._kustomization(inner)
                if read is not None:
                    below = self._build(read, (*above, inner))
                    made.holders += below.holders
                    made.workloads += below.workloads
                    made.mentions |= below.mentions
                    made.problems += below.problems
            elif part.is_file():
                self.taken.add(part)
                for document in self.documents(part):
                    if manifest.is_manifest(document):
                        manifest.add(document, self.shown(part), made)
            else:
                self._missing(node, shown, marks.text(node), "there is no such file")
        node = kustomization.node
        for field_name, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
            for each in marks.items(marks.get(node, field_name)):
                self._generate(each, kind, kustomization.path, made)
        for field_name in PATCHES:
            for each in marks.items(marks.get(node, field_name)):
                self._patch(each, kustomization.path, made)
        self._rename(node, made)
        return made

    def _missing(self, node: Any, shown: str, named: str, why: str) -> None:
        self._into.problems.append(
            unreadable(
                marks.place(node, shown), f"{named}: {why}", "correct the path", summary=f"{shown} asks for {named}"
            )
        )

    def _generate(self, node: Any, kind: str, path: Path, made: Manifests) -> None:
        shown = self.shown(path)
        found: list[Declared] = []
        is_open = False
        for each in marks.items(marks.get(node, "literals")):
            name, equals, value = marks.text(each).partition("=")
            place = marks.place(each, shown)
            if not equals or not name.strip():
                self._into.problems.append(unreadable(place, "it is not NAME=value", "write - NAME=value"))
                continue
            if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
                value = value[1:-1]  # kustomize strips one pair of quotes here, and none in its env files
            found.append(Declared(name.strip(), value, place))
        files = [*marks.items(marks.get(node, "envs")), *filter(None, [marks.get(node, "env")])]
        for each in files:
            file = path.parent / marks.text(each)
            if not file.is_file():
                is_open = True
                self._missing(each, shown, marks.text(each), "there is no such file")
                continue
            self._into.used_files.add(file.resolve())
            found += self._env_file(file.resolve())
        for each in marks.items(marks.get(node, "files")):
            key = marks.text(each).partition("=")[0].rpartition("/")[2]
            found.append(Declared(key, None, marks.place(each, shown)))
        kept, again = last_wins(found)
        name = marks.text(marks.get(node, "name"))
        holder = Holder(
            kind,
            name,
            marks.text(marks.get(node, "namespace")),
            {each.name: each for each in kept},
            marks.place(node, shown),
            is_open,
            again,
        )
        behavior = marks.text(marks.get(node, "behavior")) or "create"
        for index, each in enumerate(made.holders):
            if behavior in ("merge", "replace") and (each.kind, each.name) == (kind, name):
                keys = holder.keys if behavior == "replace" else {**each.keys, **holder.keys}
                made.holders[index] = replace(each, keys=keys, open=each.open or is_open)
                return
        made.holders.append(holder)

    def _env_file(self, file: Path) -> list[Declared]:
        """Lines NAME=value, quotes kept: kustomize and kubectl take them as they are."""
        shown = self.shown(file)
        found = []
        for number, line in enumerate((read_text(file, shown).text or "").splitlines(), 1):
            name, equals, value = line.partition("=")
            if equals and not line.lstrip().startswith("#"):
                found.append(Declared(name.strip(), value, Place(shown, number)))
        return found

    def _patch(self, node: Any, path: Path, made: Manifests) -> None:
        shown = self.shown(path)
        target_kind, target_name = "", ""
        text_node = node
        if marks.kind(node) == "mapping":
            target_kind = marks.text(marks.get(node, "target", "kind"))
            target_name = marks.text(marks.get(node, "target", "name"))
            text_node = marks.get(node, "path") or marks.get(node, "patch")
        text = marks.text(text_node)
        if "\n" in text:
            first = text_node.start_mark.line + (text_node.style in ("|", ">"))
            documents = marks.compose("\n" * first + text, shown).nodes
            where = shown
        else:
            file = (path.parent / text).resolve()
            if not file.is_file():
                self._missing(node, shown, text, "there is no such file")
                return
            self.taken.add(file)
            documents, where = self.documents(file), self.shown(file)
        for document in documents:
            if marks.kind(document) == "sequence":
                _open_up(made, target_kind, target_name)
                continue
            part = Manifests()
            manifest.add(document, where, part)
            made.mentions |= part.mentions
            self._into.problems.extend(part.problems)
            for holder in part.holders:
                _merge_holder(holder, target_name, made)
            for workload in part.workloads:
                _merge_workload(workload, target_name, made)

    def _rename(self, node: Any, made: Manifests) -> None:
        """Prefix, suffix and namespace go to objects and references alike, so within the set nothing changes; only
        that one namespace holds for all of it."""
        if marks.text(marks.get(node, "namespace")):
            made.holders[:] = [replace(each, namespace="") for each in made.holders]
            made.workloads[:] = [replace(each, namespace="") for each in made.workloads]


def _fits(kind: str, name: str, wanted_kind: str, wanted_name: str) -> bool:
    try:
        return (not wanted_kind or kind == wanted_kind) and (not wanted_name or bool(re.fullmatch(wanted_name, name)))
    except re.error:
        return False


def _open_up(made: Manifests, kind: str, name: str) -> None:
    """A JSON patch is not followed: what it may touch counts as open, and nothing is called missing there."""
    made.holders[:] = [
        replace(each, open=True) if _fits(each.kind, each.name, kind, name) else each for each in made.holders
    ]
    for index, workload in enumerate(made.workloads):
        if _fits(workload.kind, workload.name, kind, name):
            opened = tuple(
                replace(each, asks=(*each.asks, manifest.Ask("ConfigMap", "", "", each.place, optional=True)))
                for each in workload.containers
            )
            made.workloads[index] = replace(workload, containers=opened)


def _merge_holder(patch: Holder, target: str, made: Manifests) -> None:
    for index, each in enumerate(made.holders):
        if each.kind == patch.kind and (each.name == patch.name or (target and _fits("", each.name, "", target))):
            made.holders[index] = replace(each, keys={**each.keys, **patch.keys}, open=each.open or patch.open)


def _merge_workload(patch: Workload, target: str, made: Manifests) -> None:
    for index, each in enumerate(made.workloads):
        if each.kind == patch.kind and (each.name == patch.name or (target and _fits("", each.name, "", target))):
            by_name = {container.name: container for container in patch.containers}
            merged = [_merged(old, by_name.pop(old.name, None)) for old in each.containers]
            made.workloads[index] = replace(each, containers=(*merged, *by_name.values()))


def _merged(old: Container, new: Container | None) -> Container:
    """Entries of `env` merge by name; a list of `envFrom` in the patch takes the place of the old one."""
    if new is None:
        return old
    entries: dict[str, Entry] = {each.name: each for each in old.entries}
    entries |= {each.name: each for each in new.entries}
    return replace(old, entries=tuple(entries.values()), asks=new.asks or old.asks)
