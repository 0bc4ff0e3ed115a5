"""Read bucket policies strictly, and judge by them as S3 does (an explicit deny wins).

Source: "IAM JSON policy elements reference", and "Actions, resources, and condition keys for Amazon S3".
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pgben_testkit.storage.s3.actions import is_known
from pgben_testkit.storage.s3.failures import failure

POLICY_BYTES_MAX = 20480
"""S3's limit of a bucket policy."""
ANYBODY = "*"
Verdict = Literal["allow", "deny", ""]
Context = Mapping[str, str]


FIXING = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceorgid",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "aws:username",
        "aws:vpcsourceip",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
    }
)
"""Condition keys that say from where or by whom, in lower case."""


@dataclass(frozen=True)
class Policy:
    """Hold a policy as it was put, and its statements."""

    text: bytes
    statements: tuple[dict[str, Any], ...]

    @property
    def public(self) -> bool:
        """Return whether it lets everybody do something, without a condition that fixes who."""
        return any(
            each["Effect"] == "Allow"
            and ANYBODY in principals(each.get("Principal"))
            and not _fixes_who(each.get("Condition", {}))
            for each in self.statements
        )


def _fixes_who(condition: Mapping[str, Any]) -> bool:
    """Whether a condition holds for fixed addresses, networks, organizations or accounts alone."""
    return any(
        key.lower() in FIXING and not any(is_wide(value) for value in listed(wanted))
        for operator, keys in condition.items()
        if "Not" not in operator and base_of(operator) != "Null" and not operator.endswith("IfExists")
        for key, wanted in keys.items()
    )


def is_wide(value: str) -> bool:
    """Return whether `value` of a key in FIXING holds for many: it has a wildcard, or is a network of millions."""
    if "*" in value or "?" in value:
        return True
    try:
        return ipaddress.ip_network(value, strict=False).prefixlen < 8
    except ValueError:
        return False


def listed(value: Any) -> list[str]:
    """Return the values of an element that may hold one or several."""
    if isinstance(value, list):
        return [str(each) for each in value]
    if isinstance(value, bool):
        return [str(value).lower()]
    return [str(value)]


def principals(value: Any) -> list[str]:
    """Return the principals of a statement, of every kind."""
    if isinstance(value, Mapping):
        return [each for name, given in value.items() if name in ("AWS", "CanonicalUser") for each in listed(given)]
    return listed(value) if value is not None else []


def read(body: bytes, bucket: str) -> Policy:
    """Raises:
    S3Failure: not JSON, or a statement that S3 refuses (MalformedPolicy).
    """

    def refuse(why: str) -> None:
        raise failure("MalformedPolicy", why)

    if len(body) > POLICY_BYTES_MAX:
        raise failure("MalformedPolicy", "Policy exceeds the maximum allowed document size.")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise failure("MalformedPolicy") from None
    if not isinstance(document, dict):
        raise failure("MalformedPolicy")
    if document.get("Version", "2008-10-17") not in ("2008-10-17", "2012-10-17"):
        refuse("The policy must contain a valid version string")
    statements = document.get("Statement")
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not statements or not all(isinstance(each, dict) for each in statements):
        raise failure("MalformedPolicy", "Missing required field Statement")
    for each in statements:
        if each.get("Effect") not in ("Allow", "Deny"):
            refuse(f"Invalid effect: {each.get('Effect')}")
        if ("Principal" in each) == ("NotPrincipal" in each):
            refuse("Missing required field Principal")
        if not principals(each.get("Principal", each.get("NotPrincipal"))):
            refuse("Invalid principal in policy")
        if ("Action" in each) == ("NotAction" in each):
            refuse("Missing required field Action")
        for action in listed(each.get("Action", each.get("NotAction"))):
            if not is_known(action):
                refuse("Policy has invalid action")
        if ("Resource" in each) == ("NotResource" in each):
            refuse("Missing required field Resource")
        for resource in listed(each.get("Resource", each.get("NotResource"))):
            arn = resource.removeprefix("arn:aws:s3:::")
            if resource != "*" and (arn == resource or not matches(arn.partition("/")[0], bucket)):
                refuse("Policy has invalid resource")
        condition = each.get("Condition", {})
        if not isinstance(condition, dict) or not all(isinstance(keys, dict) for keys in condition.values()):
            refuse("Conditions must be an object of objects")
        for operator in condition:
            if base_of(operator) not in OPERATORS:
                refuse(f"Invalid Condition type : {operator}")
    return Policy(body, tuple(statements))


def matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Return whether `text` is what `pattern` says, with `*` and `?` as wildcards."""
    if "*" not in pattern and "?" not in pattern:
        return pattern == text or (ignore_case and pattern.lower() == text.lower())
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, text, re.DOTALL | (re.IGNORECASE if ignore_case else 0)) is not None


def base_of(operator: str) -> str:
    """Return the operator of a condition without its prefix and suffix."""
    return operator.removeprefix("ForAnyValue:").removeprefix("ForAllValues:").removesuffix("IfExists")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return _number(text)


def _in_network(network: str, address: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _same_binary(wanted: str, text: str) -> bool:
    try:
        return base64.b64decode(wanted) == base64.b64decode(text)
    except ValueError:
        return False


Test = Callable[[str, str], bool]
OPERATORS: dict[str, Test] = {
    "StringEquals": lambda wanted, text: wanted == text,
    "StringNotEquals": lambda wanted, text: wanted == text,
    "StringEqualsIgnoreCase": lambda wanted, text: wanted.lower() == text.lower(),
    "StringNotEqualsIgnoreCase": lambda wanted, text: wanted.lower() == text.lower(),
    "StringLike": matches,
    "StringNotLike": matches,
    "ArnEquals": matches,
    "ArnLike": matches,
    "ArnNotEquals": matches,
    "ArnNotLike": matches,
    "NumericEquals": lambda wanted, text: _number(text) == _number(wanted),
    "NumericNotEquals": lambda wanted, text: _number(text) == _number(wanted),
    "NumericLessThan": lambda wanted, text: _number(text) < _number(wanted),
    "NumericLessThanEquals": lambda wanted, text: _number(text) <= _number(wanted),
    "NumericGreaterThan": lambda wanted, text: _number(text) > _number(wanted),
    "NumericGreaterThanEquals": lambda wanted, text: _number(text) >= _number(wanted),
    "DateEquals": lambda wanted, text: _moment(text) == _moment(wanted),
    "DateNotEquals": lambda wanted, text: _moment(text) == _moment(wanted),
    "DateLessThan": lambda wanted, text: _moment(text) < _moment(wanted),
    "DateLessThanEquals": lambda wanted, text: _moment(text) <= _moment(wanted),
    "DateGreaterThan": lambda wanted, text: _moment(text) > _moment(wanted),
    "DateGreaterThanEquals": lambda wanted, text: _moment(text) >= _moment(wanted),
    "Bool": lambda wanted, text: wanted.lower() == text.lower(),
    "BinaryEquals": _same_binary,
    "IpAddress": _in_network,
    "NotIpAddress": _in_network,
    "Null": lambda wanted, text: False,
}
"""The positive test behind each operator; those with Not in their name are its contrary over all values."""


def _holds(operator: str, key: str, wanted: list[str], context: Context) -> bool:
    base, text = base_of(operator), context.get(key.lower())
    if base == "Null":
        return any((each.lower() == "true") == (text is None) for each in wanted)
    negative = "Not" in base
    if text is None:
        if operator.startswith("ForAnyValue:"):
            return False
        return operator.endswith("IfExists") or operator.startswith("ForAllValues:") or negative
    test = OPERATORS[base]
    return any(test(each, text) for each in wanted) != negative


def judge(policy: Policy | None, *, action: str, resource: str, who: frozenset[str], context: Context) -> Verdict:
    """Return what the policy says. `who`: all names of the asker in a principal; `*` alone for somebody without keys.

    `context` has lower-case condition keys.
    """
    verdict: Verdict = ""
    for each in policy.statements if policy else ():
        if "Principal" in each:
            concerned = any(name in who or name == ANYBODY for name in principals(each["Principal"]))
        else:
            concerned = not any(name in who or name == ANYBODY for name in principals(each["NotPrincipal"]))
        if not concerned:
            continue
        actions = listed(each.get("Action", each.get("NotAction")))
        if any(matches(name, action, ignore_case=True) for name in actions) != ("Action" in each):
            continue
        resources = listed(each.get("Resource", each.get("NotResource")))
        if any(name == "*" or matches(name, resource) for name in resources) != ("Resource" in each):
            continue
        if not all(
            _holds(operator, key, listed(wanted), context)
            for operator, keys in each.get("Condition", {}).items()
            for key, wanted in keys.items()
        ):
            continue
        if each["Effect"] == "Deny":
            return "deny"
        verdict = "allow"
    return verdict
