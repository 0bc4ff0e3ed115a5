"""Cases through the `minio` npm client: run together in one Node process, told apart by their lines of JSON."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from pgben_testkit.storage.conformance.case import Case, add
from pgben_testkit.storage.conformance.outcome import Differs, NotTried
from pgben_testkit.storage.conformance.target import Target

SCRIPT = Path(__file__).with_name("node_cases.cjs")
NAMES = {
    "round": ("objects", "putObject with metadata, statObject, getObject, removeObject"),
    "file": ("objects", "fPutObject and fGetObject"),
    "partial": ("ranges", "getPartialObject"),
    "buckets": ("buckets", "makeBucket, bucketExists, listBuckets, removeBucket"),
    "make-again": ("buckets", "makeBucket of one that is there is refused"),
    "list": ("listing", "listObjectsV2, recursive and by folders"),
    "list-v1": ("listing", "listObjects"),
    "missing": ("objects", "a key that isn't there is NotFound or NoSuchKey"),
    "wrong-secret": ("auth", "a wrong secret is SignatureDoesNotMatch"),
    "unknown-key": ("auth", "an unknown key is InvalidAccessKeyId"),
    "anonymous": ("auth", "with no keys nothing is read"),
    "presigned": ("presigned", "presignedGetObject and presignedPutObject"),
    "presigned-expired": ("presigned_expiry", "a presigned URL is dead after its seconds"),
    "post-policy": ("post_policy", "presignedPostPolicy"),
    "multipart": ("multipart", "a stream of 11 MiB in parts"),
    "incomplete": ("multipart", "listIncompleteUploads and removeIncompleteUpload"),
    "copy": ("copy", "copyObject with a condition"),
    "compose": ("copy", "composeObject"),
    "remove-many": ("objects", "removeObjects"),
    "tags": ("tagging", "object and bucket tags"),
    "versions": ("versioning", "setBucketVersioning, statObject by version"),
    "retention": ("object_lock", "object lock, retention, refusal"),
    "legal-hold": ("legal_hold", "setObjectLegalHold, getObjectLegalHold"),
    "policy": ("policy", "setBucketPolicy, getBucketPolicy"),
    "lifecycle": ("lifecycle", "setBucketLifecycle, getBucketLifecycle, removeBucketLifecycle"),
    "encryption": ("sse_default", "setBucketEncryption, getBucketEncryption"),
    "utf8-key": ("keys", "a key with accents and spaces"),
}
"""name -> (capability, summary); the code is in the script beside."""
DENIALS = ("make-again", "missing", "wrong-secret", "unknown-key", "anonymous", "presigned-expired", "retention")
TIMEOUT_S = 120


def find_modules(given: str = "") -> str:
    """The folder that has the npm client, or empty: the given one, those of NODE_PATH, `node_modules` here."""
    places = [given, *os.environ.get("NODE_PATH", "").split(os.pathsep), str(Path.cwd() / "node_modules")]
    return next((each for each in places if each and (Path(each) / "minio" / "package.json").is_file()), "")


def results(t: Target) -> dict[str, str]:
    """name -> empty, or what was different. Run once a target.

    Raises:
        NotTried: no Node, no client.
    """
    with t._node_lock:
        if "results" not in t._node:
            t._node["results"] = _tried(t)
        found: dict[str, str] = t._node["results"]
        return found


def _tried(t: Target) -> dict[str, str]:
    program, modules = shutil.which("node"), find_modules(t.node_modules)
    if program is None:
        raise NotTried("node is not installed")
    if not modules:
        raise NotTried("the npm package minio isn't in --node-modules, NODE_PATH or ./node_modules")
    parts = urlsplit(t.endpoint)
    asked = {
        "endPoint": parts.hostname,
        "port": parts.port or (443 if parts.scheme == "https" else 80),
        "useSSL": parts.scheme == "https",
        "accessKey": t.access_key,
        "secretKey": t.secret_key,
        "region": t.region,
        "stem": t.stem,
        "shared": t.shared,
        "names": list(NAMES),
    }
    env = {**os.environ, "NODE_PATH": modules}
    done = subprocess.run(
        [program, str(SCRIPT)],
        input=json.dumps(asked),
        env=env,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    found = {str(line["name"]): str(line["error"]) for line in lines}
    t._made += [str(name) for line in lines for name in line.get("buckets", ())]
    if not found:
        raise Differs(f"Node ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    return found


def _run(t: Target, name: str) -> None:
    found = results(t).get(name)
    if found is None:
        raise Differs("the Node process ended before it")
    if found:
        raise Differs(found)


def _case(name: str, needs: str, summary: str) -> Case:
    def run(t: Target) -> None:
        _run(t, name)

    return Case(f"node/{name}", needs, "node", summary, run, name in DENIALS)


for _name, (_needs, _summary) in NAMES.items():
    add(_case(_name, _needs, _summary))
