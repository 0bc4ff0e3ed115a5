"""Cases through minio-py: what PGBen's Python sides, and the client's own error parsing, meet."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from pgben_testkit.storage.conformance.case import case
from pgben_testkit.storage.conformance.target import Target, holds, same


def _refused(code: str | tuple[str, ...], do: Callable[[], Any]) -> None:
    from minio.error import S3Error

    from pgben_testkit.storage.conformance.outcome import Differs

    codes = (code,) if isinstance(code, str) else code
    try:
        do()
    except S3Error as error:
        same(error.code in codes, True, f"refused with {error.code} instead of {' or '.join(codes)}")
        return
    raise Differs(f"not refused; S3 answers {' or '.join(codes)}")


def _read(client: Any, bucket: str, key: str, **options: Any) -> bytes:
    response = client.get_object(bucket, key, **options)
    try:
        body: bytes = response.read()
        return body
    finally:
        response.close()
        response.release_conn()


@case("minio-py/round", needs="objects", client="minio")
def round_trip(t: Target) -> None:
    """put, stat, get, list, remove, as PGBen does."""
    client, key = t.minio(), t.key("comprovante_residencia/1-a.pdf")
    client.put_object(
        t.shared, key, io.BytesIO(b"%PDF"), 4, content_type="application/pdf", metadata={"Hash": "ab", "IV": "0f"}
    )
    found = client.stat_object(t.shared, key)
    same(
        (found.size, found.content_type, (found.metadata or {}).get("x-amz-meta-hash")),
        (4, "application/pdf", "ab"),
        "stat",
    )
    same(_read(client, t.shared, key), b"%PDF", "body")
    same(_read(client, t.shared, key, offset=1, length=2), b"PD", "range")
    same([each.object_name for each in client.list_objects(t.shared, prefix=key, recursive=True)], [key], "listed")
    client.remove_object(t.shared, key)
    _refused("NoSuchKey", lambda: client.stat_object(t.shared, key))


@case("minio-py/buckets", needs="buckets", client="minio")
def buckets(t: Target) -> None:
    """bucket_exists, make_bucket, list_buckets, remove_bucket."""
    client, name = t.minio(), t.stem + "-mp"
    same(client.bucket_exists(name), False, "exists before")
    client.make_bucket(name)
    same(client.bucket_exists(name), True, "exists")
    holds(name in [each.name for each in client.list_buckets()], "not listed")
    client.remove_bucket(name)
    same(client.bucket_exists(name), False, "exists after")


@case("minio-py/wrong-keys", needs="auth", client="minio", denial=True)
def wrong_keys(t: Target) -> None:
    """Wrong and unknown keys are told apart."""
    from minio import Minio

    def other(access: str, secret: str) -> Any:
        return Minio(
            t.host, access_key=access, secret_key=secret, secure=t.endpoint.startswith("https"), region=t.region
        )

    _refused("SignatureDoesNotMatch", lambda: other(t.access_key, "errada").list_buckets())
    _refused("InvalidAccessKeyId", lambda: other("NINGUEM", "errada").list_buckets())


@case("minio-py/anonymous", needs="auth", client="minio", denial=True)
def anonymous(t: Target) -> None:
    """With no keys nothing is read."""
    from minio import Minio

    nobody, key = Minio(t.host, secure=t.endpoint.startswith("https"), region=t.region), t.put()
    _refused("AccessDenied", lambda: _read(nobody, t.shared, key))


@case("minio-py/presigned", needs="presigned", client="minio")
def presigned(t: Target) -> None:
    """Presigned GET and PUT."""
    client, key = t.minio(), t.key()
    for method, body, wanted in (("PUT", b"abc", b""), ("GET", b"", b"abc")):
        url = client.get_presigned_url(method, t.shared, key, expires=timedelta(minutes=5))
        from urllib.parse import urlsplit

        answer = t.send(method, urlsplit(url).path, urlsplit(url).query, {}, body)
        same((answer.status, answer.body), (200, wanted), method)


@case("minio-py/multipart", needs="multipart", client="minio")
def multipart(t: Target) -> None:
    """A stream of unknown length goes up in parts."""
    client, key, body = t.minio(), t.key(), b"z" * ((5 << 20) + 10)
    client.put_object(t.shared, key, io.BytesIO(body), -1, part_size=5 << 20)
    same(client.stat_object(t.shared, key).size, len(body), "size")
    holds(_read(client, t.shared, key) == body, "the body is another")


@case("minio-py/copy-compose", needs="copy", client="minio")
def copy_compose(t: Target) -> None:
    """copy_object and compose_object."""
    from minio.commonconfig import ComposeSource, CopySource

    client, source = t.minio(), t.put(b"abc")
    client.copy_object(t.shared, (key := t.key()), CopySource(t.shared, source))
    same(_read(client, t.shared, key), b"abc", "copy")
    client.compose_object(t.shared, (key := t.key()), [ComposeSource(t.shared, source)])
    same(_read(client, t.shared, key), b"abc", "composed")


@case("minio-py/remove-many", needs="objects", client="minio")
def remove_many(t: Target) -> None:
    """remove_objects removes all, with no error."""
    from minio.deleteobjects import DeleteObject

    client, prefix = t.minio(), t.key("x/")
    keys = [t.put(b"a", prefix + name) for name in ("a", "b")]
    same(list(client.remove_objects(t.shared, [DeleteObject(key) for key in keys])), [], "errors")
    same(list(client.list_objects(t.shared, prefix=prefix, recursive=True)), [], "left")


@case("minio-py/tags", needs="tagging", client="minio")
def tags(t: Target) -> None:
    """Tags set, read, removed."""
    from minio.commonconfig import Tags

    client, key = t.minio(), t.put()
    wanted = Tags.new_object_tags()
    wanted["tipo"] = "rg"
    client.set_object_tags(t.shared, key, wanted)
    same(dict(client.get_object_tags(t.shared, key) or {}), {"tipo": "rg"}, "tags")
    client.delete_object_tags(t.shared, key)
    holds(not client.get_object_tags(t.shared, key), "tags are left")


@case("minio-py/versions", needs="versioning", client="minio")
def versions(t: Target) -> None:
    """Versioning set; versions listed and read."""
    from minio.commonconfig import ENABLED
    from minio.versioningconfig import VersioningConfig

    client, name = t.minio(), t.bucket()
    client.set_bucket_versioning(name, VersioningConfig(ENABLED))
    same(client.get_bucket_versioning(name).status, ENABLED, "status")
    ids = [client.put_object(name, "k", io.BytesIO(body), 1).version_id for body in (b"1", b"2")]
    found = [each.version_id for each in client.list_objects(name, include_version=True)]
    same(found, ids[::-1], "versions")
    same(_read(client, name, "k", version_id=ids[0]), b"1", "body")


@case("minio-py/retention", needs="object_lock", client="minio", denial=True)
def retention(t: Target) -> None:
    """Retention and legal hold, and their refusals."""
    from minio.commonconfig import GOVERNANCE
    from minio.retention import Retention

    client, name = t.minio(), t.stem + "-mpl"
    client.make_bucket(name, object_lock=True)
    t._made.append(name)
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=20)
    version = client.put_object(name, "k", io.BytesIO(b"1"), 1, retention=Retention(GOVERNANCE, until)).version_id
    found = client.get_object_retention(name, "k")
    assert found is not None
    same((found.mode, found.retain_until_date), (GOVERNANCE, until), "retention")
    _refused(("AccessDenied", "ObjectLocked"), lambda: client.remove_object(name, "k", version_id=version))
    client.enable_object_legal_hold(name, "k")
    same(client.is_object_legal_hold_enabled(name, "k"), True, "legal hold")
    client.disable_object_legal_hold(name, "k")
    same(client.is_object_legal_hold_enabled(name, "k"), False, "legal hold")


@case("minio-py/policy", needs="policy", client="minio")
def policy(t: Target) -> None:
    """Policy set, read, removed."""
    import json

    client, name = t.minio(), t.bucket()
    text = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": ["s3:GetObject"],
                    "Resource": [f"arn:aws:s3:::{name}/*"],
                }
            ],
        }
    )
    client.set_bucket_policy(name, text)
    same(json.loads(client.get_bucket_policy(name))["Statement"][0]["Effect"], "Allow", "effect")
    client.delete_bucket_policy(name)
    _refused("NoSuchBucketPolicy", lambda: client.get_bucket_policy(name))


@case("minio-py/lifecycle", needs="lifecycle", client="minio")
def lifecycle(t: Target) -> None:
    """Lifecycle rules set, read, removed."""
    from minio.commonconfig import ENABLED, Filter
    from minio.lifecycleconfig import Expiration, LifecycleConfig, Rule

    client, name = t.minio(), t.bucket()
    rule = Rule(status=ENABLED, rule_filter=Filter(prefix="tmp/"), rule_id="lixo", expiration=Expiration(days=7))
    client.set_bucket_lifecycle(name, LifecycleConfig([rule]))
    found = client.get_bucket_lifecycle(name)
    assert found is not None
    same([each.rule_id for each in found.rules], ["lixo"], "rules")
    client.delete_bucket_lifecycle(name)
    same(client.get_bucket_lifecycle(name), None, "rules after their removal")


@case("minio-py/post-policy", needs="post_policy", client="minio")
def post_policy(t: Target) -> None:
    """A form that minio-py signed is taken."""
    from minio.datatypes import PostPolicy

    from pgben_testkit.storage.conformance.sigv4 import form_body

    key = t.key()
    wanted = PostPolicy(t.shared, datetime.now(UTC) + timedelta(minutes=5))
    wanted.add_equals_condition("key", key)
    wanted.add_content_length_range_condition(1, 100)
    kind, body = form_body({**t.minio().presigned_post_policy(wanted), "key": key}, b"abc")
    answer = t.send("POST", f"/{t.shared}", {}, {"host": t.host, "content-type": kind}, body)
    same((answer.status, t.get(key)), (204, b"abc"), "answer")
