"""Read every source of a tree, in an order in which one can draw in another."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from pgben_testkit.checking.finding import Place
from pgben_testkit.env import tree as trees
from pgben_testkit.env.sources import compose, dockerfile, dotenv, kubernetes, kustomize, manifest, pytest_env, tox
from pgben_testkit.env.sources.base import Gathered, Source, unreadable
from pgben_testkit.env.sources.manifest import Manifests

ORDER = ("dotenv", "configmap", "secret", "compose", "workload", "dockerfile", "pytest-env", "tox", "process")
"""What a value is found through first is what it is blamed on: its own file, before what draws it in."""
PARTIAL_SUFFIX = ".local"
"""`.env.local` and `.env.production.local` lie over another file: alone they are no environment."""


def gather(tree: trees.Tree) -> tuple[Gathered, list[tuple[int, Place]]]:
    """Return all sources of `tree`, and the ports of this machine that compose publishes."""
    into = Gathered()
    root = tree.root
    ports = compose.read(tree.compose, root, into)
    _kubernetes(tree, into)
    seen = set()
    for path in [*tree.dotenv, *sorted(into.used_files)]:
        if path.resolve() in seen:
            continue
        seen.add(path.resolve())
        dotenv.read(path, _shown(path, root), into)
    for path in tree.dockerfiles:
        dockerfile.read(path, _shown(path, root), into)
    for path in tree.settings:
        shown = _shown(path, root)
        if path.name in pytest_env.INI or path.name in pytest_env.TOML:
            pytest_env.read(path, shown, into)
        if path.name in ("tox.ini", "setup.cfg", "pyproject.toml", "tox.toml"):
            tox.read(path, shown, into)
    found = [_completeness(each, into, root) for each in into.sources]
    into.sources = sorted(found, key=lambda each: ORDER.index(each.kind))
    return into, ports


def _completeness(source: Source, into: Gathered, root: Path) -> Source:
    """A file that another draws in, or that only fills compose's `${NAME}`, is no environment by itself."""
    if source.kind != "dotenv":
        return source
    path = (root / source.place.path).resolve()
    drawn_in = path in into.used_files and path.name != ".env"
    fills = bool(source.declared) and all(each.name in into.used_names for each in source.declared)
    partial = drawn_in or fills or path.name.endswith(PARTIAL_SUFFIX)
    return replace(source, complete=not partial)


def _kubernetes(tree: trees.Tree, into: Gathered) -> None:
    builder = kustomize.Builder(tree.root, into)
    builder.build_all([path.resolve() for path in tree.kustomizations])
    plain = Manifests()
    for path in tree.yaml:
        resolved = path.resolve()
        if resolved in builder.taken:
            continue
        problems = len(into.problems)
        documents = builder.documents(resolved)
        if len(into.problems) > problems and not any(map(manifest.is_manifest, documents)) and not _concerns(path):
            del into.problems[problems:]  # somebody else's YAML: a template, a lock file
        for document in documents:
            if manifest.is_manifest(document):
                manifest.add(document, builder.shown(resolved), plain)
    kubernetes.resolve(plain, "", into)


def _is_compose(path: Path) -> bool:
    """Whether a YAML file of any name is one of compose, by its words."""
    try:
        with open(path, "rb") as file:
            head = file.read(65_536)
    except OSError:
        return False
    return re.search(rb"^services:", head, re.MULTILINE) is not None and b"apiVersion:" not in head


def _concerns(path: Path) -> bool:
    """Whether a YAML file that can't be parsed would have been a manifest, by its words."""
    try:
        with open(path, "rb") as file:
            head = file.read(65_536)
    except OSError:
        return False
    return b"apiVersion:" in head and b"kind:" in head and b"{{" not in head


def named(paths: list[Path], root: Path) -> tuple[trees.Tree, Gathered]:
    """Return a tree of the files and folders at `paths` alone, and a finding for each that is no known source."""
    tree = trees.Tree(root)
    strange = Gathered()
    for path in paths:
        if path.is_dir():
            inner = trees.walk(path)
            for field_name in ("dotenv", "compose", "dockerfiles", "kustomizations", "yaml", "settings"):
                getattr(tree, field_name).extend(getattr(inner, field_name))
        elif not path.exists():
            strange.problems.append(unreadable(Place(_shown(path, root)), "there is no such file", "correct the path"))
        elif path.suffix in (".yaml", ".yml") and path.name not in kustomize.FILES and _is_compose(path):
            tree.compose.append(path)
        elif not trees.sort_in(path, tree, code=False):
            tree.dotenv.append(path)
    tree.tracked = trees.tracked_files(root)
    return tree, strange


def _shown(path: Path, root: Path) -> str:
    for each in (path, path.resolve()):
        if each.is_relative_to(root):
            return str(each.relative_to(root))
    return str(path)
