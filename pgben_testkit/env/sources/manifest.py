"""Read Kubernetes manifests: ConfigMaps, Secrets and workloads as they stand in files, not yet connected."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pgben_testkit.checking.finding import Finding, Place
from pgben_testkit.env.sources.base import Declared, unreadable
from pgben_testkit.files import yaml as marks

POD_SPEC = {
    "Pod": ("spec",),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    **dict.fromkeys(
        ("Deployment", "StatefulSet", "DaemonSet", "Job", "ReplicaSet", "Rollout", "ReplicationController"),
        ("spec", "template", "spec"),
    ),
}
HOLDERS = ("ConfigMap", "Secret")
SEALED = {"SealedSecret": ("spec", "template", "metadata", "name"), "ExternalSecret": ("spec", "target", "name")}
"""Kinds that become a Secret on the cluster, and where its name stands; its keys are not known here."""


@dataclass(frozen=True)
class Holder:
    """Describe a ConfigMap or Secret. `open`: it may have more keys than these."""

    kind: str
    name: str
    namespace: str
    keys: dict[str, Declared]
    place: Place
    open: bool = False
    again: tuple[tuple[Declared, Declared], ...] = ()


@dataclass(frozen=True)
class Ask:
    """Describe an `envFrom` or `valueFrom`: of which object, which key (empty: all keys, with `prefix`)."""

    kind: str
    name: str
    key: str
    place: Place
    optional: bool = False
    prefix: str = ""


@dataclass(frozen=True)
class Entry:
    """Describe an entry of `env`: a value of its own, or an Ask, or what only the cluster knows (neither)."""

    name: str
    place: Place
    declared: Declared | None
    ask: Ask | None


@dataclass(frozen=True)
class Container:
    """Describe a container and what its environment asks for."""

    name: str
    entries: tuple[Entry, ...]
    asks: tuple[Ask, ...]
    place: Place
    image: str = ""


@dataclass(frozen=True)
class Workload:
    """Describe a workload and its containers."""

    kind: str
    name: str
    namespace: str
    containers: tuple[Container, ...]
    place: Place


@dataclass
class Manifests:
    """Collect all of a set of files. `mentions` are the names of objects in places that take one."""

    holders: list[Holder] = field(default_factory=list)
    workloads: list[Workload] = field(default_factory=list)
    mentions: set[tuple[str, str]] = field(default_factory=set)
    problems: list[Finding] = field(default_factory=list)


def is_manifest(node: Any) -> bool:
    """Return whether the document `node` is a manifest of Kubernetes."""
    return bool(marks.text(marks.get(node, "kind"))) and marks.get(node, "apiVersion") is not None


def add(node: Any, shown: str, into: Manifests) -> None:
    """Add the document `node` to `into`; of a document of another kind only the names that it mentions."""
    kind = marks.text(marks.get(node, "kind"))
    if kind == "List":
        for each in marks.items(marks.get(node, "items")):
            add(each, shown, into)
        return
    name = marks.text(marks.get(node, "metadata", "name"))
    namespace = marks.text(marks.get(node, "metadata", "namespace"))
    place = marks.place(node, shown)
    if kind in HOLDERS:
        into.holders.append(_holder(node, kind, name, namespace, shown, into.problems))
        return
    if kind in SEALED:
        made = marks.text(marks.get(node, *SEALED[kind])) or name
        into.holders.append(Holder("Secret", made, namespace, {}, place, open=True))
        return
    into.mentions.update(_mentions(node))
    if kind in POD_SPEC:
        spec = marks.get(node, *POD_SPEC[kind])
        containers = tuple(
            _container(each, shown, into.problems)
            for group in ("initContainers", "containers")
            for each in marks.items(marks.get(spec, group))
        )
        into.workloads.append(Workload(kind, name, namespace, containers, place))


def _holder(node: Any, kind: str, name: str, namespace: str, shown: str, problems: list[Finding]) -> Holder:
    keys: dict[str, Declared] = {}
    again = []
    for field_name, decode in (("data", kind == "Secret"), ("stringData", False), ("binaryData", True)):
        table = marks.get(node, field_name)
        seen: dict[str, Declared] = {}
        for key, value in table.value if marks.kind(table) == "mapping" else ():
            if marks.kind(key) != "scalar":
                continue
            declared = _key_value(marks.text(key), key, value, shown, decode=decode)
            if declared.name in seen:
                again.append((seen[declared.name], declared))
            seen[declared.name] = declared
        keys |= seen
    return Holder(kind, name, namespace, keys, marks.place(node, shown), again=tuple(again))


def _key_value(name: str, key: Any, value: Any, shown: str, *, decode: bool) -> Declared:
    place = marks.place(key, shown)
    if marks.kind(value) != "scalar":
        return Declared(name, None, place, "it is a list or table, and a value is a text")
    text = marks.text(value)
    if not marks.is_string(value) and not marks.is_null(value) and not decode:
        word = marks.type_word(value)
        return Declared(name, text, place, f"YAML reads it as {word}, and only strings are taken: put quotes around it")
    if not decode:
        return Declared(name, text, place)
    try:
        return Declared(name, base64.b64decode("".join(text.split()), validate=True).decode("utf-8"), place)
    except (binascii.Error, ValueError) as error:
        if isinstance(error, UnicodeDecodeError):
            return Declared(name, None, place)
        return Declared(name, None, place, "it is under `data` and no base64: encode it, or put it under `stringData`")


def _container(node: Any, shown: str, problems: list[Finding]) -> Container:
    entries = []
    for each in marks.items(marks.get(node, "env")):
        name = marks.text(marks.get(each, "name"))
        place = marks.place(each, shown)
        if not name:
            problems.append(unreadable(place, "an entry of env has no name", "give it a name"))
            continue
        value, source = marks.get(each, "value"), marks.get(each, "valueFrom")
        if source is not None:
            entries.append(Entry(name, place, None, _key_ask(source, shown)))
        else:
            refused = ""
            if value is not None and not marks.is_string(value) and not marks.is_null(value):
                word = marks.type_word(value) if marks.kind(value) == "scalar" else "a list or table"
                refused = f"YAML reads it as {word}, and only strings are taken: put quotes around it"
            entries.append(Entry(name, place, Declared(name, marks.text(value), place, refused), None))
    asks = []
    for each in marks.items(marks.get(node, "envFrom")):
        for field_name, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            ref = marks.get(each, field_name)
            if ref is not None:
                asks.append(
                    Ask(
                        kind,
                        marks.text(marks.get(ref, "name")),
                        "",
                        marks.place(each, shown),
                        _optional(ref),
                        marks.text(marks.get(each, "prefix")),
                    )
                )
    name, image = marks.text(marks.get(node, "name")), marks.text(marks.get(node, "image"))
    return Container(name, tuple(entries), tuple(asks), marks.place(node, shown), image)


def _key_ask(source: Any, shown: str) -> Ask | None:
    for field_name, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
        ref = marks.get(source, field_name)
        if ref is not None:
            return Ask(
                kind,
                marks.text(marks.get(ref, "name")),
                marks.text(marks.get(ref, "key")),
                marks.place(ref, shown),
                _optional(ref),
            )
    return None


def _optional(ref: Any) -> bool:
    return marks.text(marks.get(ref, "optional")).lower() == "true"


def _mentions(root: Any) -> Iterator[tuple[str, str]]:
    """`(kind, name)` of everything within a document that looks like a reference to a ConfigMap or Secret."""
    ahead: list[tuple[str, Any]] = [("", root)]
    seen: set[int] = set()
    while ahead:
        under, node = ahead.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if marks.kind(node) == "mapping":
            for key, value in node.value:
                word = marks.text(key).lower()
                here = "ConfigMap" if "configmap" in word else "Secret" if "secret" in word else under
                if marks.kind(value) == "scalar":
                    if here and (here != under or word in ("name", "secretname")):
                        yield here, marks.text(value)
                else:
                    ahead.append((here, value))
        else:
            ahead.extend((under, each) for each in marks.items(node))
