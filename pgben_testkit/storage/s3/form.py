"""Read uploads by an HTML form: POST with a policy document.

Source: "Browser-based uploads using POST (AWS signature version 4)" in the Amazon S3 API reference.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from pgben_testkit.storage.s3.document import tag
from pgben_testkit.storage.s3.failures import S3Failure, failure
from pgben_testkit.storage.s3.moments import moment_of
from pgben_testkit.storage.s3.signature import ALGORITHM, SIGNATURE_2, Identity, sign, signing_key
from pgben_testkit.storage.s3.wire import Response, xml_response

FIELDS_BYTES_MAX = 20_000
"""The fields before the file together; S3's."""
EXPIRATION = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
"""A policy's end: ISO 8601, in UTC."""
FILENAME = "${filename}"
"""Stands for the uploaded file's name in any field; a policy is about what comes of it."""
UNNAMED = ("policy", "x-amz-signature", "file", "awsaccesskeyid", "signature")
"""Fields that a policy need not allow; so are those that begin with x-ignore-."""


@dataclass
class Form:
    """Hold the fields by lower-case name, in order, with `${filename}` filled in, and the file's content."""

    fields: dict[str, str]
    content: bytes
    content_type: str


def parse(content_type: str, body: bytes) -> Form:
    """Raises:
    S3Failure: it isn't multipart/form-data, or has no file.
    """
    found = re.search(r'boundary="?([^";,]+)"?', content_type)
    if found is None:
        raise failure("MalformedPOSTRequest")
    boundary = b"--" + found[1].encode("latin-1")
    fields: dict[str, str] = {}
    pieces = (b"\r\n" + body).split(b"\r\n" + boundary)
    size = 0
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            break
        head, separator, content = piece.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        if not separator or name is None:
            raise failure("MalformedPOSTRequest")
        field = name[1].decode("utf-8", "replace").lower()
        if field == "file":
            filename = re.search(rb'filename="([^"]*)"', head)
            kind = re.search(rb"content-type:\s*([^\r\n]+)", head, re.IGNORECASE)
            shown = filename[1].decode("utf-8", "replace") if filename else ""
            shown = re.split(r"[/\\]", shown)[-1]
            fields = {name: value.replace(FILENAME, shown) for name, value in fields.items()}
            return Form(fields, content, kind[1].decode("latin-1") if kind else "")
        size += len(field) + len(content)
        if size > FIELDS_BYTES_MAX:
            raise failure(
                "MaxMessageLengthExceeded", "Your POST request fields preceding the upload file were too large."
            )
        if field in fields:
            raise failure("InvalidArgument", f"POST requires exactly one {field} per request.")
        fields[field] = content.decode("utf-8", "replace")
    raise failure(
        "InvalidArgument",
        "POST requires exactly one file upload per request.",
        extra={"ArgumentName": "file", "ArgumentValue": "0"},
    )


def signer(form: Form, identities: dict[str, Identity], region: str) -> Identity | None:
    """Return who signed the form's policy, or None where there is neither policy nor signature.

    Raises:
        S3Failure: incomplete, unknown, or a wrong signature.
    """
    fields = form.fields
    if "awsaccesskeyid" in fields or "signature" in fields:
        raise failure("InvalidRequest", SIGNATURE_2)
    names = ("policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature")
    there = [name for name in names if name in fields]
    if not there:
        return None
    if len(there) < len(names):
        missing = next(name for name in names if name not in fields)
        raise failure(
            "InvalidArgument",
            f"Bucket POST must contain a field named '{missing}'.  If it is specified, "
            "please check the order of the fields.",
            extra={"ArgumentName": missing},
        )
    if fields["x-amz-algorithm"] != ALGORITHM:
        raise failure("InvalidArgument", "X-Amz-Algorithm only supports AWS4-HMAC-SHA256")
    parts = fields["x-amz-credential"].rsplit("/", 4)
    if len(parts) != 5 or parts[3:] != ["s3", "aws4_request"] or parts[2] != region:
        raise failure("InvalidArgument", "Error parsing the X-Amz-Credential field")
    if parts[0] not in identities:
        raise failure("InvalidAccessKeyId", extra={"AWSAccessKeyId": parts[0]})
    identity = identities[parts[0]]
    computed = sign(signing_key(identity.secret_key, parts[1], region), fields["policy"])
    if not hmac.compare_digest(computed, fields["x-amz-signature"].encode("ascii", "replace").decode()):
        raise failure(
            "SignatureDoesNotMatch",
            extra={
                "AWSAccessKeyId": parts[0],
                "StringToSign": fields["policy"][:2000],
                "SignatureProvided": fields["x-amz-signature"][:128],
            },
        )
    return identity


def _refuse(why: str) -> S3Failure:
    return failure("AccessDenied", f"Invalid according to Policy: {why}")


def check_policy(form: Form, bucket: str, now: float) -> None:
    """Check that the form keeps to its policy.

    Raises:
        S3Failure: it is malformed, has expired, a condition doesn't hold, a field is not allowed by it.
    """
    try:
        document = json.loads(base64.b64decode(form.fields["policy"], validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise failure("InvalidPolicyDocument") from None
    if not isinstance(document, dict):
        raise failure("InvalidPolicyDocument")
    if "expiration" not in document:
        raise failure("InvalidPolicyDocument", "Invalid Policy: Policy missing expiration.")
    if not isinstance(document.get("conditions"), list):
        raise failure("InvalidPolicyDocument", "Invalid Policy: Policy missing conditions.")
    stated = str(document["expiration"])
    expires = moment_of(stated) if EXPIRATION.fullmatch(stated) else None
    if expires is None:
        raise failure("InvalidPolicyDocument", "Invalid Policy: Invalid 'expiration' value")
    if now > expires:
        raise _refuse("Policy expired.")
    values = form.fields | {"bucket": bucket}
    named: set[str] = set()
    for condition in document["conditions"]:
        named |= _check_condition(condition, values, form)
    extra = [
        name
        for name in ("bucket", *form.fields)
        if name not in named and name not in UNNAMED and not name.startswith("x-ignore-")
    ]
    if extra:
        raise _refuse(f"Extra input fields: {extra[0]}")


def _check_condition(condition: Any, values: dict[str, str], form: Form) -> set[str]:
    if isinstance(condition, dict):
        if len(condition) != 1:
            raise failure(
                "InvalidPolicyDocument",
                "Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
            )
        [(name, wanted)] = condition.items()
        kind, name = "eq", str(name).lower()
    elif isinstance(condition, list) and len(condition) == 3:
        kind, first, wanted = str(condition[0]).lower(), condition[1], condition[2]
        if kind == "content-length-range":
            return _check_length(first, wanted, form)
        if not isinstance(first, str) or not first.startswith("$"):
            raise failure("InvalidPolicyDocument", "Invalid Policy: Invalid condition: a field name begins with $")
        name = first[1:].lower()
    else:
        raise failure("InvalidPolicyDocument", "Invalid Policy: Invalid JSON: unknown condition")
    if not isinstance(wanted, str):
        raise failure("InvalidPolicyDocument", "Invalid Policy: Invalid condition: a value must be a string")
    value = values.get(name)
    holds = value is not None
    if value is not None and kind == "eq":
        holds = value == wanted
    elif value is not None and kind == "starts-with":
        parts = value.split(",") if name == "content-type" else [value]
        holds = all(part.strip().startswith(wanted) for part in parts)
    elif kind not in ("eq", "starts-with"):
        raise failure("InvalidPolicyDocument", f"Invalid Policy: unknown condition {kind}")
    if not holds:
        raise _refuse(f'Policy Condition failed: ["{kind}", "${name}", "{wanted}"]')
    return {name}


def _check_length(least: Any, most: Any, form: Form) -> set[str]:
    try:
        low, high = int(least), int(most)
    except (TypeError, ValueError):
        raise failure("InvalidPolicyDocument", "Invalid Policy: content-length-range takes two numbers") from None
    size = len(form.content)
    if size < low:
        raise failure("EntityTooSmall", extra={"ProposedSize": str(size), "MinSizeAllowed": str(low)})
    if size > high:
        raise failure("EntityTooLarge", extra={"ProposedSize": str(size), "MaxSizeAllowed": str(high)})
    return set()


def object_headers(form: Form) -> dict[str, str]:
    """Return the headers that the form's object would have been PUT with; `tagging` is a document."""
    fields = form.fields
    headers = {
        name: value.encode("utf-8").decode("latin-1")
        for name, value in fields.items()
        if name not in ("key", "file", "policy")
    }
    if "content-type" not in headers and form.content_type:
        headers["content-type"] = form.content_type
    if "acl" in headers:
        headers["x-amz-acl"] = headers.pop("acl")
    return headers


def key_of(form: Form) -> str:
    """Raises:
    S3Failure: the form names none.
    """
    if not form.fields.get("key"):
        raise failure(
            "InvalidArgument",
            "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
            extra={"ArgumentName": "key", "ArgumentValue": ""},
        )
    return form.fields["key"]


def answered(form: Form, host: str, bucket: str, etag: str, headers: Mapping[str, str]) -> Response:
    """Return the answer to the browser, in the way that the form asks for. `etag` is without quotes."""
    fields, key = form.fields, form.fields["key"]
    location = f"http://{host}/{bucket}/{key}"
    answer = {"ETag": f'"{etag}"', "Location": location, **headers}
    redirect = fields.get("success_action_redirect") or fields.get("redirect")
    if redirect and redirect.startswith(("http://", "https://")) and "\r" not in redirect and "\n" not in redirect:
        joint = "&" if "?" in redirect else "?"
        query = urlencode({"bucket": bucket, "key": key, "etag": f'"{etag}"'})
        return Response(303, answer | {"Location": redirect + joint + query})
    status = fields.get("success_action_status", "204")
    if status == "201":
        return xml_response(
            f"<PostResponse>{tag('Location', location)}{tag('Bucket', bucket)}{tag('Key', key)}"
            f"<ETag>&quot;{etag}&quot;</ETag></PostResponse>",
            201,
            answer,
        )
    return Response(200 if status == "200" else 204, answer)
