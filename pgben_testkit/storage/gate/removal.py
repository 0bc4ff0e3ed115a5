"""Remove several objects at once: those that the asker may remove, each judged by itself."""

from __future__ import annotations

import hashlib
from base64 import b64encode

from pgben_testkit.storage.gate import mending
from pgben_testkit.storage.gate.backend import Backend, path_of
from pgben_testkit.storage.gate.memory import Memory
from pgben_testkit.storage.s3 import deletion, document
from pgben_testkit.storage.s3.document import NAMESPACE, tag
from pgben_testkit.storage.s3.failures import CODES, failure
from pgben_testkit.storage.s3.judgement import Asker
from pgben_testkit.storage.s3.wire import Response, xml_response

PASSED_ON = ("x-amz-bypass-governance-retention", "x-amz-mfa")


def answer(memory: Memory, backend: Backend, asker: Asker, bucket: str) -> Response | None:
    """Return the answer to a DeleteObjects of which a part is forbidden, or is SeaweedFS' to do otherwise.

    None where all of it may be passed on as it is.
    """
    request = asker.request
    wanted, quiet = deletion.read(request.body)
    passed, lines = [], []
    for each in wanted:
        key, version = each.findtext("Key") or "", each.findtext("VersionId")
        named = tag("Key", key) + (tag("VersionId", version) if version else "")
        if not memory.access.may_remove(backend, asker, bucket, key, version):
            why = tag("Code", "AccessDenied") + tag("Message", CODES["AccessDenied"][1])
            lines.append(f"<Error>{named}{why}</Error>")
        elif version == "null" and bucket in memory.versioned and mending.remove_null_marker(backend, bucket, key):
            told = tag("DeleteMarker", "true") + tag("DeleteMarkerVersionId", "null")
            lines += [] if quiet else [f"<Deleted>{named}{told}</Deleted>"]
        else:
            etag = each.findtext("ETag")
            passed.append(f"<Object>{named}{tag('ETag', etag) if etag else ''}</Object>")
    if len(passed) == len(wanted):
        return None
    if passed:
        body = f"<Delete>{''.join(passed)}<Quiet>{str(quiet).lower()}</Quiet></Delete>".encode()
        headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        headers["content-md5"] = b64encode(hashlib.md5(body).digest()).decode()
        found = backend.ask("POST", path_of(bucket), "delete=", headers, body)
        if found.status >= 300:
            raise failure(found.code if found.code in CODES else "InternalError")
        for each in document.read(found.body, "DeleteResult"):
            inside = "".join(tag(child.tag, child.text or "") for child in each)
            lines.append(f"<{each.tag}>{inside}</{each.tag}>")
    return xml_response(f"<DeleteResult {NAMESPACE}>{''.join(lines)}</DeleteResult>")
