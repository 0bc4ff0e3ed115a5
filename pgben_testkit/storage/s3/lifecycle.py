"""Read lifecycle rules as strictly as S3 reads them.

Source: "Lifecycle configuration elements" in the Amazon S3 user guide.
"""

from __future__ import annotations

import re
import secrets
import xml.etree.ElementTree as ET

from pgben_testkit.storage.s3.document import number_of, read, text_of
from pgben_testkit.storage.s3.failures import failure
from pgben_testkit.storage.s3.metadata import STORAGE_CLASSES
from pgben_testkit.storage.s3.moments import moment_of

LIFECYCLE_RULES_MAX = 1000


def rules_of(body: bytes) -> ET.Element:
    """Return the configuration, every rule with an ID.

    Raises:
        S3Failure: a rule that S3 does not take.
    """
    top = read(body, "LifecycleConfiguration")
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
    return top


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
        if each.tag not in (
            "Expiration",
            "Transition",
            "NoncurrentVersionExpiration",
            "NoncurrentVersionTransition",
            "AbortIncompleteMultipartUpload",
        ):
            raise failure("MalformedXML")
    if not re.fullmatch(r"[\x20-\x7e]*", text_of(rule, "ID")):
        raise failure("InvalidArgument", "The ID holds characters that it must not")
