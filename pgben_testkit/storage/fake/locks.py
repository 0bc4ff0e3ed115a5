"""Lock objects: retention in both modes, legal hold, the bucket's default.

Source: "Locking objects with Object Lock" in the Amazon S3 user guide.
"""

from __future__ import annotations

from pgben_testkit.storage.fake.call import Call, operation
from pgben_testkit.storage.fake.newobject import MODES
from pgben_testkit.storage.fake.objects import existing
from pgben_testkit.storage.fake.state import Bucket
from pgben_testkit.storage.s3.document import NAMESPACE, number_of, read, tag, text_of
from pgben_testkit.storage.s3.failures import failure
from pgben_testkit.storage.s3.moments import iso, moment_of
from pgben_testkit.storage.s3.wire import Response, xml_response

YEARS_MAX = 100


def _lockable(bucket: Bucket) -> None:
    if not bucket.object_lock_enabled:
        raise failure("InvalidRequest", "Bucket is missing Object Lock Configuration")


@operation("GET", "object", "retention")
def get_object_retention(call: Call) -> Response:
    _lockable(call.bucket)
    facts = existing(call).facts
    if facts.lock_mode is None:
        raise failure("NoSuchObjectLockConfiguration")
    return xml_response(
        f"<Retention {NAMESPACE}>{tag('Mode', facts.lock_mode)}"
        f"{tag('RetainUntilDate', iso(facts.lock_until))}</Retention>"
    )


@operation("PUT", "object", "retention")
def put_object_retention(call: Call) -> Response:
    _lockable(call.bucket)
    facts = existing(call).facts
    top = read(call.request.body, "Retention")
    mode, text = text_of(top, "Mode"), text_of(top, "RetainUntilDate")
    bypass = call.headers.get("x-amz-bypass-governance-retention", "").lower() == "true"
    if bypass:
        call.require("s3:BypassGovernanceRetention", key=call.key)
    held = facts.lock_mode if facts.lock_until > call.now else None
    if not mode and not text:  # an empty retention takes one off, where that is allowed
        if held == "COMPLIANCE" or (held == "GOVERNANCE" and not bypass):
            raise failure("AccessDenied", "Access Denied because object protected by object lock.")
        facts.lock_mode, facts.lock_until = None, 0.0
        return Response(200)
    moment = moment_of(text)
    if mode not in MODES or moment is None:
        raise failure("MalformedXML")
    if moment <= call.now:
        raise failure("InvalidArgument", "The retain until date must be in the future!")
    weaker = moment < facts.lock_until or (held is not None and mode != held and mode == "GOVERNANCE")
    if held == "COMPLIANCE" and (weaker or mode != "COMPLIANCE"):
        raise failure("AccessDenied", "Access Denied because object protected by object lock.")
    if held == "GOVERNANCE" and not bypass and (weaker or mode != held):
        raise failure("AccessDenied", "Access Denied because object protected by object lock.")
    facts.lock_mode, facts.lock_until = mode, moment
    return Response(200)


@operation("GET", "object", "legal-hold")
def get_object_legal_hold(call: Call) -> Response:
    _lockable(call.bucket)
    facts = existing(call).facts
    if facts.legal_hold is None:
        raise failure("NoSuchObjectLockConfiguration")
    return xml_response(f"<LegalHold {NAMESPACE}>{tag('Status', facts.legal_hold)}</LegalHold>")


@operation("PUT", "object", "legal-hold")
def put_object_legal_hold(call: Call) -> Response:
    _lockable(call.bucket)
    facts = existing(call).facts
    status = text_of(read(call.request.body, "LegalHold"), "Status")
    if status not in ("ON", "OFF"):
        raise failure("MalformedXML")
    facts.legal_hold = status
    return Response(200)


@operation("GET", "bucket", "object-lock")
def get_object_lock_configuration(call: Call) -> Response:
    bucket = call.bucket
    if not bucket.object_lock_enabled:
        raise failure("ObjectLockConfigurationNotFoundError")
    rule = ""
    if bucket.default_lock:
        mode, number, unit = bucket.default_lock
        rule = f"<Rule><DefaultRetention>{tag('Mode', mode)}{tag(unit, number)}</DefaultRetention></Rule>"
    return xml_response(
        f"<ObjectLockConfiguration {NAMESPACE}><ObjectLockEnabled>Enabled</ObjectLockEnabled>{rule}"
        "</ObjectLockConfiguration>"
    )


@operation("PUT", "bucket", "object-lock")
def put_object_lock_configuration(call: Call) -> Response:
    bucket = call.bucket
    top = read(call.request.body, "ObjectLockConfiguration")
    if text_of(top, "ObjectLockEnabled") != "Enabled":
        raise failure("MalformedXML")
    default, rule = None, top.find("Rule")
    if rule is not None:
        retention = rule.find("DefaultRetention")
        if retention is None:
            raise failure("MalformedXML")
        mode, days, years = text_of(retention, "Mode"), number_of(retention, "Days"), number_of(retention, "Years")
        if mode not in MODES or (days is None) == (years is None):
            raise failure("MalformedXML")
        number = days if days is not None else years
        assert number is not None
        if number <= 0:
            raise failure("InvalidRetentionPeriod")
        if number > YEARS_MAX * (365 if days is not None else 1):
            raise failure("InvalidArgument", "Default retention period is too large")
        default = (mode, number, "Days" if days is not None else "Years")
    if not bucket.object_lock_enabled and bucket.versioning_status != "Enabled":
        raise failure(
            "InvalidBucketState", "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
        )
    bucket.object_lock_enabled = True
    bucket.default_lock = default
    bucket.default_lock_mode = default[0] if default else ""
    bucket.default_lock_days = default[1] if default and default[2] == "Days" else 0
    bucket.default_lock_years = default[1] if default and default[2] == "Years" else 0
    return Response(200)
