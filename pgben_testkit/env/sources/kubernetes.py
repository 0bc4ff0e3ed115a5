"""Follow what each container really gets: every reference leads to the object that it names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from pgben_testkit.env.contract import stage_of_path
from pgben_testkit.env.sources.base import Declared, Gathered, KubeObject, Reference, Source, Unfilled
from pgben_testkit.env.sources.manifest import Ask, Container, Holder, Manifests, Workload

_HOLE = re.compile(r"\$(?:\$|\((?P<name>[A-Za-z_][\w.\-]*)\))")
_VARIABLE = re.compile(r"(?!KUBERNETES_)(?!\w*_SERVICE_(?:HOST|PORT))(?!\w*_PORT_\d)[A-Z][A-Z0-9_]*")
"""What a container must set itself; the cluster sets addresses of its services, and `$(date)` is for a shell."""


def resolve(manifests: Manifests, title: str, into: Gathered) -> None:
    """Put a source for each object and container of `manifests` into `into`.

    References to what nothing defines, and objects that nothing uses, go there too.
    """
    into.problems.extend(manifests.problems)
    used: set[tuple[str, str]] = set()
    for workload in manifests.workloads:
        for container in workload.containers:
            into.sources.append(_container(workload, container, manifests.holders, title, into, used))
    for holder in manifests.holders:
        if holder.open and not holder.keys:
            continue
        path = holder.place.path
        names = {name: each for name, each in holder.keys.items() if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)}
        into.sources.append(
            Source(
                f"{path}: {holder.kind} {holder.name}",
                "configmap" if holder.kind == "ConfigMap" else "secret",
                holder.place,
                tuple(names.values()),
                name=holder.name,
                stage=stage_of_path(title or path),
                again=holder.again,
            )
        )
        key = (holder.kind, holder.name)
        if manifests.workloads and key not in used and key not in manifests.mentions:
            into.unused.append(KubeObject(holder.kind, holder.name, holder.place))


def _container(
    workload: Workload,
    container: Container,
    holders: list[Holder],
    title: str,
    into: Gathered,
    used: set[tuple[str, str]],
) -> Source:
    shown = f"{title or workload.place.path}: {workload.kind} {workload.name}/{container.name}"
    values: dict[str, Declared] = {}
    is_open = False
    for ask in container.asks:
        holder = _find(ask, workload, holders)
        if holder is None:
            is_open = True
            _dangling(ask, shown, holders, into)
            continue
        used.add((holder.kind, holder.name))
        is_open = is_open or holder.open
        for name, declared in holder.keys.items():
            values[ask.prefix + name] = Declared(ask.prefix + name, declared.value, declared.place, declared.refused)
    seen: dict[str, Declared] = {}
    again = []
    for entry in container.entries:
        found = entry.declared
        if entry.ask is not None:
            found = _asked(entry.name, entry.ask, workload, holders, shown, into, used)
        if found is None:
            found = Declared(entry.name, None, entry.place)
        elif entry.ask is None and found.value is not None and "$(" in found.value:
            found, left = _filled(found, values)
            if not is_open:
                into.unfilled += [Unfilled(each, entry.place, entry.name, pod=True) for each in left]
        own = Declared(entry.name, None, entry.place)
        if entry.name in seen:
            again.append((seen[entry.name], own))
        seen[entry.name] = own
        values[entry.name] = found
    return Source(
        shown,
        "workload",
        container.place,
        tuple(values.values()),
        complete=True,
        name=container.name,
        stage=stage_of_path(title or workload.place.path),
        open=is_open,
        again=tuple(again),
        image=container.image,
    )


def _find(ask: Ask, workload: Workload, holders: Iterable[Holder]) -> Holder | None:
    """The object that a workload means: of its namespace, and of several with one name the nearest file's."""
    fitting = [
        holder
        for holder in holders
        if holder.kind == ask.kind
        and holder.name == ask.name
        and (not holder.namespace or not workload.namespace or holder.namespace == workload.namespace)
    ]
    home = PurePosixPath(workload.place.path).parts

    def shared(holder: Holder) -> int:
        theirs = PurePosixPath(holder.place.path).parts
        return sum(1 for a, b in zip(home, theirs, strict=False) if a == b)

    return max(fitting, key=shared, default=None)


def _asked(
    name: str,
    ask: Ask,
    workload: Workload,
    holders: list[Holder],
    shown: str,
    into: Gathered,
    used: set[tuple[str, str]],
) -> Declared | None:
    holder = _find(ask, workload, holders)
    if holder is None:
        _dangling(ask, shown, holders, into)
        return None
    used.add((holder.kind, holder.name))
    found = holder.keys.get(ask.key)
    if found is None:
        if not holder.open and not ask.optional:
            into.references.append(
                Reference(ask.kind, ask.name, ask.key, ask.place, shown, known_keys=tuple(holder.keys))
            )
        return None
    return Declared(name, found.value, found.place, found.refused)


def _dangling(ask: Ask, shown: str, holders: Iterable[Holder], into: Gathered) -> None:
    if not ask.optional:
        known = tuple(sorted({each.name for each in holders if each.kind == ask.kind}))
        into.references.append(Reference(ask.kind, ask.name, "", ask.place, shown, known_names=known))


def _filled(declared: Declared, values: dict[str, Declared]) -> tuple[Declared, list[str]]:
    """`$(NAME)` filled from the entries before it; what is not there stays as it is, as on the cluster, and is told."""
    unknown = False
    left: list[str] = []

    def fill(match: re.Match[str]) -> str:
        nonlocal unknown
        if match["name"] is None:
            return "$"
        other = values.get(match["name"])
        if other is None:
            if _VARIABLE.fullmatch(match["name"]):
                left.append(match["name"])
            return match[0]
        if other.value is None:
            unknown = True
            return ""
        return other.value

    text = _HOLE.sub(fill, declared.value or "")
    filled = Declared(declared.name, None if unknown else text[:1_000_000], declared.place, declared.refused)
    return filled, left
