"""Find what a bucket's policy lets strangers do: by making up the requests that its statements are about.

A statement is taken as Amazon S3 takes it ("The meaning of public" in its user guide): an allowance is not public where
it holds for fixed addresses, networks, organizations or accounts alone.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pgben_testkit.storage.s3.actions import OF_BUCKETS, OF_OBJECTS
from pgben_testkit.storage.s3.policy import (
    ANYBODY,
    FIXING,
    Policy,
    base_of,
    is_wide,
    judge,
    listed,
    matches,
    principals,
)

SOMEWHERE = "203.0.113.7"
"""An address of nobody (RFC 5737), for requests that come from no network that a policy names."""


@dataclass(frozen=True)
class Exposure:
    """Hold a request that the policy allows: `key` is empty for the bucket itself; `context` are condition keys."""

    action: str
    key: str
    context: Mapping[str, str]
    conditional: bool


def strangers_of(policy: Policy, own: Iterable[str]) -> frozenset[str]:
    """Return the principals that the policy allows something and that are neither everybody nor in `own`.

    `own` are account numbers, canonical ids and ARNs of the owner and of the account's users.
    """
    mine = set(own)

    def is_own(name: str) -> bool:
        parts = name.split(":")
        return name in mine or (len(parts) > 4 and parts[4] in ("", *mine))

    found = {
        each
        for statement in policy.statements
        if statement["Effect"] == "Allow"
        for each in principals(statement.get("Principal"))
        if each != ANYBODY and not is_own(each)
    }
    return frozenset(found)


def exposures(policy: Policy, bucket: str, keys: Iterable[str], who: frozenset[str]) -> Iterator[Exposure]:
    """Yield each action that `policy` allows to a request by `who`, on the bucket, on `keys`, and on keys to come.

    `who` are all names under which a principal may mean the asker: `*` alone for somebody without keys.
    """
    known = list(keys)
    for statement in policy.statements:
        if statement["Effect"] != "Allow" or not _concerns(statement, who):
            continue
        context = met(statement.get("Condition", {}), {})
        if context is None:
            continue
        for action, key in _asked(statement, bucket, known):
            resource = f"arn:aws:s3:::{bucket}" + (f"/{key}" if key else "")
            if judge(policy, action=action, resource=resource, who=who, context=context) == "allow":
                yield Exposure(action, key, context, bool(statement.get("Condition")))


def _concerns(statement: Mapping[str, Any], who: frozenset[str]) -> bool:
    if "Principal" in statement:
        return any(name in who or name == ANYBODY for name in principals(statement["Principal"]))
    return not any(name in who or name == ANYBODY for name in principals(statement["NotPrincipal"]))


def _asked(statement: Mapping[str, Any], bucket: str, keys: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (action, key) of the requests that the statement may be about; one made-up key where none exists."""
    arn = f"arn:aws:s3:::{bucket}"
    named = listed(statement.get("Resource", statement.get("NotResource")))
    positive = "Resource" in statement

    def about(resource: str) -> bool:
        return any(name == "*" or matches(name, resource) for name in named) == positive

    here = [key for key in keys if about(f"{arn}/{key}")]
    if not here:
        made_up = [
            name.removeprefix(f"{arn}/").replace("*", "pgben").replace("?", "p")
            for name in named
            if positive and name.startswith(f"{arn}/")
        ]
        here = [key for key in (*made_up, "pgben") if about(f"{arn}/{key}")]
    actions = listed(statement.get("Action", statement.get("NotAction")))

    def wanted(action: str) -> bool:
        return any(matches(name, action, ignore_case=True) for name in actions) == ("Action" in statement)

    for name in sorted(OF_OBJECTS):
        if wanted(f"s3:{name}"):
            for key in here:
                yield f"s3:{name}", key
    if about(arn):
        for name in sorted(OF_BUCKETS):
            if wanted(f"s3:{name}"):
                yield f"s3:{name}", ""


def met(condition: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]) -> dict[str, str] | None:
    """Return condition keys, in lower case, of a request that meets `condition`; None where only a fixed asker does."""
    found = {"aws:securetransport": "true", "aws:sourceip": SOMEWHERE, **given}
    for operator, keys in condition.items():
        base = base_of(operator)
        for key, wanted in keys.items():
            name, values = key.lower(), listed(wanted)
            if name in FIXING and "Not" not in base and base != "Null" and not operator.endswith("IfExists"):
                if not any(is_wide(value) for value in values):
                    return None
                values = [value for value in values if is_wide(value)]
            _meet(found, base, name, values)
    return found


def _meet(found: dict[str, str], base: str, name: str, values: list[str]) -> None:
    first = values[0] if values else ""
    if base == "Null":
        if first.lower() == "true":
            found.pop(name, None)
        else:
            found.setdefault(name, "pgben")
    elif base == "NotIpAddress":
        found[name] = next((each for each in (SOMEWHERE, "198.51.100.7", "8.8.8.8") if each not in values), SOMEWHERE)
    elif base == "IpAddress":
        found[name] = _address(first)
    elif base.startswith("Numeric") or base.startswith("Date"):
        found[name] = _number(base, first)
    elif "Not" in base:
        found[name] = "pgben"
    else:
        found[name] = first.replace("*", "pgben").replace("?", "p")


def _address(network: str) -> str:
    try:
        return str(ipaddress.ip_network(network, strict=False)[0])
    except ValueError:
        return SOMEWHERE


def _number(base: str, text: str) -> str:
    """A number or moment beside `text`, on the side that the operator asks for."""
    from datetime import datetime

    try:
        value = (
            datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() if base.startswith("Date") else float(text)
        )
    except ValueError:
        return text
    if "Less" in base:
        value -= 1
    elif "Greater" in base or "Not" in base:
        value += 1
    return f"{value:.6f}" if base.startswith("Date") else str(value)
