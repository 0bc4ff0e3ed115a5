"""Configurations that a bucket keeps as documents: CORS, with what follows from it, and lifecycle rules.

Source: "Elements of a CORS configuration" and "Lifecycle configuration elements" in the Amazon S3 user guide.
"""

from __future__ import annotations

import re
import secrets
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from pgben_testkit.storage.fake.call import Call, operation
from pgben_testkit.storage.fake.document import number_of, read, text_of, write
from pgben_testkit.storage.fake.failures import failure
from pgben_testkit.storage.fake.newobject import STORAGE_CLASSES, moment_of
from pgben_testkit.storage.fake.state import Bucket
from pgben_testkit.storage.fake.wire import Request, Response, xml_response

CORS_RULES_MAX = 100
LIFECYCLE_RULES_MAX = 1000
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
    return text == before if not star else (
        text.startswith(before) and text.endswith(after) and len(text) >= len(before) + len(after))  # fmt: skip


@operation("GET", "bucket", "cors", action="s3:GetBucketCORS")
def get_bucket_cors(call: Call) -> Response:
    if "cors" not in call.bucket.documents:
        raise failure("NoSuchCORSConfiguration", extra={"BucketName": call.bucket.name})
    return xml_response(call.bucket.documents["cors"])


@operation("PUT", "bucket", "cors", action="s3:PutBucketCORS")
def put_bucket_cors(call: Call) -> Response:
    top = read(call.request.body, "CORSConfiguration")
    rules = []
    for each in top.findall("CORSRule"):
        rule = CorsRule(_texts(each, "AllowedOrigin"), _texts(each, "AllowedMethod"), _texts(each, "AllowedHeader"),
                        _texts(each, "ExposeHeader"), text_of(each, "MaxAgeSeconds"))  # fmt: skip
        if not rule.origins or not rule.methods:
            raise failure("MalformedXML")
        for method in rule.methods:
            if method not in METHODS:
                raise failure("InvalidRequest", f"Found unsupported HTTP method in CORS config. Unsupported method is "
                                                f"{method}")  # fmt: skip
        if any(pattern.count("*") > 1 for pattern in (*rule.origins, *rule.headers)):
            raise failure("InvalidRequest", "AllowedOrigin can not have more than one wildcard.")
        number_of(each, "MaxAgeSeconds")
        rules.append(rule)
    if not 1 <= len(rules) <= CORS_RULES_MAX:
        raise failure("MalformedXML")
    call.bucket.cors_rules = tuple(rules)
    call.bucket.documents["cors"] = write(top)
    return Response(200)


@operation("DELETE", "bucket", "cors", action="s3:PutBucketCORS")
def delete_bucket_cors(call: Call) -> Response:
    call.bucket.documents.pop("cors", None)
    call.bucket.cors_rules = ()
    return Response(204)


def _rule_for(bucket: Bucket, origin: str, method: str, wanted: list[str]) -> tuple[CorsRule, str] | None:
    """The first rule that lets it, and the origin to answer with."""
    for rule in bucket.cors_rules:
        pattern = next((each for each in rule.origins if _covers(each, origin)), None)
        if pattern is None or method not in rule.methods:
            continue
        if all(any(_covers(each, name) for each in rule.headers) for name in wanted):
            return rule, "*" if pattern == "*" else origin
    return None


def _headers(rule: CorsRule, origin: str) -> dict[str, str]:
    found = {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Methods": ", ".join(rule.methods),
             "Vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"}  # fmt: skip
    if rule.exposed:
        found["Access-Control-Expose-Headers"] = ", ".join(rule.exposed)
    if rule.max_age:
        found["Access-Control-Max-Age"] = rule.max_age
    if origin != "*":
        found["Access-Control-Allow-Credentials"] = "true"
    return found


def cors_headers(bucket: Bucket, request: Request) -> dict[str, str]:
    """What a response says to a browser that came from another origin."""
    origin = request.header("origin")
    if not bucket.cors_rules or not origin:
        return {}
    found = _rule_for(bucket, origin, request.header("access-control-request-method") or request.method, [])
    return _headers(*found) if found else {}


def preflight(bucket: Bucket, request: Request) -> Response:
    """The answer to OPTIONS.

    Raises:
        S3Failure: no rule lets it (403), or it asks nothing (400).
    """
    origin, method = request.header("origin"), request.header("access-control-request-method")
    if not origin:
        raise failure("InvalidRequest", "Insufficient information. Origin request header needed.")
    if not method:
        raise failure("InvalidRequest", "Invalid Access-Control-Request-Method: null")
    wanted = [each.strip() for each in request.header("access-control-request-headers").split(",") if each.strip()]
    found = _rule_for(bucket, origin, method, wanted)
    if found is None:
        why = "" if bucket.cors_rules else "CORSResponse: CORS is not enabled for this bucket."
        raise failure("AccessForbidden", why, extra={"Method": method, "ResourceType": "BUCKET"})
    headers = _headers(*found)
    if wanted:
        headers["Access-Control-Allow-Headers"] = ", ".join(wanted).lower()
    return Response(200, headers)


# --- lifecycle


@operation("GET", "bucket", "lifecycle", action="s3:GetLifecycleConfiguration")
def get_bucket_lifecycle_configuration(call: Call) -> Response:
    if "lifecycle" not in call.bucket.documents:
        raise failure("NoSuchLifecycleConfiguration", extra={"BucketName": call.bucket.name})
    return xml_response(call.bucket.documents["lifecycle"])


@operation("PUT", "bucket", "lifecycle", action="s3:PutLifecycleConfiguration")
def put_bucket_lifecycle_configuration(call: Call) -> Response:
    top = read(call.request.body, "LifecycleConfiguration")
    rules = top.findall("Rule")
    if not 1 <= len(rules) <= LIFECYCLE_RULES_MAX:
        raise failure("MalformedXML")
    names: set[str] = set()
    for rule in rules:
        _check_rule(rule)
        name = text_of(rule, "ID")
        if not name:
            name = secrets.token_hex(24)
            found = rule.find("ID")
            if found is None:
                found = ET.Element("ID")
                rule.insert(0, found)
            found.text = name
        if len(name) > 255:
            raise failure("InvalidArgument", "ID length should not exceed allowed limit of 255")
        if name in names:
            raise failure("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
        names.add(name)
    call.bucket.documents["lifecycle"] = write(top)
    return Response(200)


@operation("DELETE", "bucket", "lifecycle", action="s3:PutLifecycleConfiguration")
def delete_bucket_lifecycle(call: Call) -> Response:
    call.bucket.documents.pop("lifecycle", None)
    return Response(204)


def _check_rule(rule: ET.Element) -> None:
    if text_of(rule, "Status") not in ("Enabled", "Disabled"):
        raise failure("MalformedXML")
    selector, prefix = rule.find("Filter"), rule.find("Prefix")
    if (selector is None) == (prefix is None):
        raise failure("MalformedXML")
    if selector is not None and len(selector) > 1:
        raise failure("MalformedXML")
    actions = [each for each in rule if each.tag not in ("ID", "Status", "Filter", "Prefix")]
    if not actions:
        raise failure("InvalidRequest", "At least one action needs to be specified in a rule")
    for each in actions:
        days = number_of(each, "Days")
        later = number_of(each, "NoncurrentDays")
        started = number_of(each, "DaysAfterInitiation")
        date = each.findtext("Date")
        if days is not None and (days < 0 or (days == 0 and each.tag == "Expiration")):
            raise failure("InvalidArgument", f"'Days' for {each.tag} action must be a positive integer")
        if (later is not None and later <= 0) or (started is not None and started <= 0):
            raise failure("InvalidArgument", "'NoncurrentDays' and 'DaysAfterInitiation' must be positive integers")
        if each.tag in ("Expiration", "Transition"):
            marker = each.find("ExpiredObjectDeleteMarker")
            if sum(part is not None for part in (days, date, marker)) != 1:
                raise failure("MalformedXML")
        if date is not None:
            moment = moment_of(date.strip())
            if moment is None:
                raise failure("MalformedXML")
            if moment % 86400:
                raise failure("InvalidArgument", "'Date' must be at midnight GMT")
        storage = each.findtext("StorageClass")
        if each.tag.endswith("Transition") and (storage is None or storage.strip() not in STORAGE_CLASSES):
            raise failure("MalformedXML")
        if each.tag not in ("Expiration", "Transition", "NoncurrentVersionExpiration", "NoncurrentVersionTransition",
                            "AbortIncompleteMultipartUpload"):  # fmt: skip
            raise failure("MalformedXML")
    if not re.fullmatch(r"[\x20-\x7e]*", text_of(rule, "ID")):
        raise failure("InvalidArgument", "The ID holds characters that it must not")
