"""Read CORS rules as strictly as S3 does, and tell browsers what follows from them.

Source: "Elements of a CORS configuration" in the Amazon S3 user guide.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass

from pgben_testkit.storage.s3.document import number_of, text_of
from pgben_testkit.storage.s3.failures import failure
from pgben_testkit.storage.s3.wire import Request, Response

CORS_RULES_MAX = 100
METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")


@dataclass(frozen=True)
class CorsRule:
    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    exposed: tuple[str, ...]
    max_age: str


def _texts(element: ET.Element, name: str) -> tuple[str, ...]:
    return tuple((each.text or "").strip() for each in element.iterfind(name))


def _covers(pattern: str, text: str) -> bool:
    before, star, after = pattern.lower().partition("*")
    text = text.lower()
    return (
        text == before
        if not star
        else (text.startswith(before) and text.endswith(after) and len(text) >= len(before) + len(after))
    )


def rules_of(top: ET.Element) -> tuple[CorsRule, ...]:
    """Raises:
    S3Failure: a rule that S3 does not take, none, or too many.
    """
    rules = []
    for each in top.findall("CORSRule"):
        rule = CorsRule(
            _texts(each, "AllowedOrigin"),
            _texts(each, "AllowedMethod"),
            _texts(each, "AllowedHeader"),
            _texts(each, "ExposeHeader"),
            text_of(each, "MaxAgeSeconds"),
        )
        if not rule.origins or not rule.methods:
            raise failure("MalformedXML")
        for method in rule.methods:
            if method not in METHODS:
                raise failure(
                    "InvalidRequest", f"Found unsupported HTTP method in CORS config. Unsupported method is {method}"
                )
        if any(pattern.count("*") > 1 for pattern in (*rule.origins, *rule.headers)):
            raise failure("InvalidRequest", "AllowedOrigin can not have more than one wildcard.")
        number_of(each, "MaxAgeSeconds")
        rules.append(rule)
    if not 1 <= len(rules) <= CORS_RULES_MAX:
        raise failure("MalformedXML")
    return tuple(rules)


def _rule_for(rules: tuple[CorsRule, ...], origin: str, method: str, wanted: list[str]) -> tuple[CorsRule, str] | None:
    """The first rule that lets it, and the origin to answer with."""
    for rule in rules:
        pattern = next((each for each in rule.origins if _covers(each, origin)), None)
        if pattern is None or method not in rule.methods:
            continue
        if all(any(_covers(each, name) for each in rule.headers) for name in wanted):
            return rule, "*" if pattern == "*" else origin
    return None


def _headers(rule: CorsRule, origin: str) -> dict[str, str]:
    found = {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": ", ".join(rule.methods),
        "Vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
    }
    if rule.exposed:
        found["Access-Control-Expose-Headers"] = ", ".join(rule.exposed)
    if rule.max_age:
        found["Access-Control-Max-Age"] = rule.max_age
    if origin != "*":
        found["Access-Control-Allow-Credentials"] = "true"
    return found


def headers_for(rules: tuple[CorsRule, ...], request: Request) -> dict[str, str]:
    """Return the headers that tell a browser from another origin what it may read."""
    origin = request.header("origin")
    if not rules or not origin:
        return {}
    found = _rule_for(rules, origin, request.header("access-control-request-method") or request.method, [])
    return _headers(*found) if found else {}


def preflight(rules: tuple[CorsRule, ...], request: Request) -> Response:
    """Return the answer to OPTIONS.

    Raises:
        S3Failure: no rule lets it (403), or it asks nothing (400).
    """
    origin, method = request.header("origin"), request.header("access-control-request-method")
    if not origin:
        raise failure("InvalidRequest", "Insufficient information. Origin request header needed.")
    if not method:
        raise failure("InvalidRequest", "Invalid Access-Control-Request-Method: null")
    wanted = [each.strip() for each in request.header("access-control-request-headers").split(",") if each.strip()]
    found = _rule_for(rules, origin, method, wanted)
    if found is None:
        why = "" if rules else "CORSResponse: CORS is not enabled for this bucket."
        raise failure("AccessForbidden", why, extra={"Method": method, "ResourceType": "BUCKET"})
    headers = _headers(*found)
    if wanted:
        headers["Access-Control-Allow-Headers"] = ", ".join(wanted).lower()
    return Response(200, headers)
