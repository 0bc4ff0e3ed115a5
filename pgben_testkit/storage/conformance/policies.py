"""Cases: bucket policies."""

from __future__ import annotations

import json
from typing import Any

from pgben_testkit.storage.conformance.case import case
from pgben_testkit.storage.conformance.target import Target, answers, refused, same


def statement(effect: str, action: str | list[str], resource: str, **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Principal": "*", "Action": action, "Resource": f"arn:aws:s3:::{resource}", **more}


def put(t: Target, name: str, *statements: dict[str, Any]) -> None:
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    t.s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))


@case("policies/put-get-delete", needs="policy")
def put_get_delete(t: Target) -> None:
    """A policy is put, read, removed; with none there is NoSuchBucketPolicy."""
    name = t.bucket()
    refused(404, "NoSuchBucketPolicy", lambda: t.s3.get_bucket_policy(Bucket=name))
    put(t, name, statement("Allow", "s3:GetObject", f"{name}/publico/*"))
    found = json.loads(t.s3.get_bucket_policy(Bucket=name)["Policy"])
    same(found["Statement"][0]["Effect"], "Allow", "effect")
    t.s3.delete_bucket_policy(Bucket=name)
    refused(404, "NoSuchBucketPolicy", lambda: t.s3.get_bucket_policy(Bucket=name))


@case("policies/public-prefix", needs="policy", denial=True)
def public_prefix(t: Target) -> None:
    """A public prefix is read by anybody; what is beside it, and writing, are not."""
    name = t.bucket()
    t.put(b"aberto", "publico/a", name)
    t.put(b"segredo", "privado/a", name)
    answers(t.raw("GET", f"/{name}/publico/a", anonymous=True), 403, "AccessDenied")
    put(t, name, statement("Allow", "s3:GetObject", f"{name}/publico/*"))
    answer = t.raw("GET", f"/{name}/publico/a", anonymous=True)
    same((answer.status, answer.body), (200, b"aberto"), "the public object")
    answers(t.raw("GET", f"/{name}/privado/a", anonymous=True), 403, "AccessDenied")
    answers(t.raw("PUT", f"/{name}/publico/b", body=b"x", anonymous=True), 403, "AccessDenied")
    answers(t.raw("GET", f"/{name}", anonymous=True), 403, "AccessDenied")


@case("policies/removed", needs="policy", denial=True)
def removed(t: Target) -> None:
    """Without its policy a prefix is private again."""
    name = t.bucket()
    t.put(b"a", "publico/a", name)
    put(t, name, statement("Allow", "s3:GetObject", f"{name}/publico/*"))
    answers(t.raw("GET", f"/{name}/publico/a", anonymous=True), 200)
    t.s3.delete_bucket_policy(Bucket=name)
    answers(t.raw("GET", f"/{name}/publico/a", anonymous=True), 403, "AccessDenied")


@case("policies/deny-wins", needs="policy", denial=True)
def deny_wins(t: Target) -> None:
    """A deny outweighs an allow."""
    name = t.bucket()
    t.put(b"a", "publico/a", name)
    t.put(b"s", "publico/segredo", name)
    put(
        t,
        name,
        statement("Allow", "s3:GetObject", f"{name}/publico/*"),
        statement("Deny", "s3:GetObject", f"{name}/publico/segredo"),
    )
    answers(t.raw("GET", f"/{name}/publico/a", anonymous=True), 200)
    answers(t.raw("GET", f"/{name}/publico/segredo", anonymous=True), 403, "AccessDenied")


@case("policies/deny-owner", needs="policy_binds_owner", denial=True)
def deny_owner(t: Target) -> None:
    """A deny for everybody binds the bucket's owner too; who can still remove the policy."""
    name = t.bucket()
    t.put(b"a", "k", name)
    put(t, name, statement("Deny", "s3:DeleteObject", f"{name}/*"))
    refused(403, "AccessDenied", lambda: t.s3.delete_object(Bucket=name, Key="k"))
    same(t.get("k", name), b"a", "body")
    t.s3.delete_bucket_policy(Bucket=name)
    t.s3.delete_object(Bucket=name, Key="k")


@case("policies/encryption-required", needs="policy_binds_owner", denial=True)
def encryption_required(t: Target) -> None:
    """A policy that requires encryption refuses a plain PUT and takes an encrypted one."""
    name = t.bucket()
    condition = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "AES256"}}
    put(t, name, statement("Deny", "s3:PutObject", f"{name}/*", Condition=condition))
    refused(403, "AccessDenied", lambda: t.put(b"a", "k", name))
    t.put(b"a", "k", name, ServerSideEncryption="AES256")
    same(t.get("k", name), b"a", "body")


@case("policies/encryption-required-anonymous", needs="policy", denial=True)
def encryption_required_anonymous(t: Target) -> None:
    """Conditions on headers bind those whom the policy lets in."""
    name = t.bucket()
    condition = {"StringEquals": {"s3:x-amz-server-side-encryption": "AES256"}}
    put(t, name, statement("Allow", "s3:PutObject", f"{name}/*", Condition=condition))
    answers(t.raw("PUT", f"/{name}/k", body=b"a", anonymous=True), 403, "AccessDenied")
    answers(
        t.raw("PUT", f"/{name}/k", body=b"a", anonymous=True, headers={"x-amz-server-side-encryption": "AES256"}), 200
    )


@case("policies/list-prefix", needs="policy", denial=True)
def list_prefix(t: Target) -> None:
    """s3:prefix lets list below a prefix alone."""
    name = t.bucket()
    t.put(b"a", "publico/a", name)
    put(t, name, statement("Allow", "s3:ListBucket", name, Condition={"StringLike": {"s3:prefix": "publico/*"}}))
    answers(t.raw("GET", f"/{name}", {"prefix": "publico/"}, anonymous=True), 200)
    answers(t.raw("GET", f"/{name}", {"prefix": "privado/"}, anonymous=True), 403, "AccessDenied")
    answers(t.raw("GET", f"/{name}", anonymous=True), 403, "AccessDenied")


@case("policies/source-ip", needs="policy", denial=True)
def source_ip(t: Target) -> None:
    """aws:SourceIp lets in addresses of a network alone."""
    name = t.bucket()
    t.put(b"a", "k", name)
    far = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    put(t, name, statement("Allow", "s3:GetObject", f"{name}/*", Condition=far))
    answers(t.raw("GET", f"/{name}/k", anonymous=True), 403, "AccessDenied")
    everywhere = {"IpAddress": {"aws:SourceIp": ["0.0.0.0/0", "::/0"]}}
    put(t, name, statement("Allow", "s3:GetObject", f"{name}/*", Condition=everywhere))
    answers(t.raw("GET", f"/{name}/k", anonymous=True), 200)


@case("policies/public-write", needs="policy", denial=True)
def public_write(t: Target) -> None:
    """Who may write may not therefore read."""
    name = t.bucket()
    put(t, name, statement("Allow", "s3:PutObject", f"{name}/entrada/*"))
    answers(t.raw("PUT", f"/{name}/entrada/a", body=b"x", anonymous=True), 200)
    answers(t.raw("GET", f"/{name}/entrada/a", anonymous=True), 403, "AccessDenied")
    answers(t.raw("DELETE", f"/{name}/entrada/a", anonymous=True), 403, "AccessDenied")


@case("policies/malformed", needs="policy_refuses", denial=True)
def malformed(t: Target) -> None:
    """What isn't a policy is MalformedPolicy, and the one before stays."""
    name = t.bucket()
    put(t, name, statement("Allow", "s3:GetObject", f"{name}/a/*"))
    for text in (
        "{",
        "[]",
        '{"Version":"2012-10-17"}',
        json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{**statement("Allow", "s3:GetObject", f"{name}/*"), "Effect": "Talvez"}],
            }
        ),
    ):
        answer = t.raw("PUT", f"/{name}", {"policy": ""}, body=text.encode())
        same((answer.status, answer.code), (400, "MalformedPolicy"), text[:40])
    found = json.loads(t.s3.get_bucket_policy(Bucket=name)["Policy"])
    same(found["Statement"][0]["Resource"], f"arn:aws:s3:::{name}/a/*", "resource")


@case("policies/other-buckets-resource", needs="policy_refuses", denial=True)
def other_resource(t: Target) -> None:
    """A policy about another bucket is MalformedPolicy."""
    name = t.bucket()
    refused(400, "MalformedPolicy", lambda: put(t, name, statement("Allow", "s3:GetObject", "outro-balde/*")))


@case("policies/other-user", needs="auth_users")
def other_user(t: Target) -> None:
    """A policy lets another user read, and no more."""
    name, other = t.bucket(), t.others()
    t.put(b"a", "k", name)
    refused(403, "AccessDenied", lambda: other.get_object(Bucket=name, Key="k"))
    put(t, name, statement("Allow", "s3:GetObject", f"{name}/*"))
    same(other.get_object(Bucket=name, Key="k")["Body"].read(), b"a", "body")
    refused(403, "AccessDenied", lambda: other.delete_object(Bucket=name, Key="k"))


@case("policies/unknown-action", needs="policy", denial=True)
def unknown_action(t: Target) -> None:
    """A policy that names an action which S3 has not is MalformedPolicy: a typo would let in or keep out nobody."""
    name = t.bucket()
    for action in ("s3:GetObjekt", "s3:GetObjects", "s3:PutObjekt*", "s3:", "ec2:RunInstances"):
        statement = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": f"arn:aws:s3:::{name}/*"}
        text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        refused(400, "MalformedPolicy", lambda: t.s3.put_bucket_policy(Bucket=name, Policy=text))  # noqa: B023


def _judged(t: Target, key: str, name: str, **statement: Any) -> int:
    """The status that somebody without keys gets under this one statement."""
    put(t, name, {"Effect": "Allow", "Resource": f"arn:aws:s3:::{name}/*", **statement})
    return t.raw("GET", f"/{name}/{key}", anonymous=True, headers={"referer": "https://pgben.example/a"}).status


@case("policies/not-action", needs="policy")
def not_action(t: Target) -> None:
    """NotAction allows all but what it names."""
    name = t.bucket()
    t.put(b"x", "k", name)
    same(_judged(t, "k", name, Principal="*", NotAction="s3:DeleteObject"), 200, "read")
    same(_judged(t, "k", name, Principal="*", NotAction="s3:GetObject"), 403, "read")


@case("policies/not-principal", needs="policy", denial=True)
def not_principal(t: Target) -> None:
    """A denial to NotPrincipal binds everybody but who is named."""
    name = t.bucket()
    t.put(b"x", "k", name)
    who = {"AWS": "arn:aws:iam::123456789012:root"}
    every = statement("Allow", "s3:GetObject", f"{name}/*")
    but = {"Effect": "Deny", "NotPrincipal": who, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}
    put(t, name, every, but)
    same(t.raw("GET", f"/{name}/k", anonymous=True).status, 403, "anonymous")
    same(t.get("k", name), b"x", "the owner's own read")


@case("policies/condition-if-exists", needs="policy")
def condition_if_exists(t: Target) -> None:
    """An operator with IfExists holds where the key is missing, and is judged where it is there."""
    name = t.bucket()
    t.put(b"x", "k", name)
    for key, wanted, status in (
        ("aws:Referer", "https://pgben.example/*", 200),
        ("aws:Referer", "https://other.example/*", 403),
        ("s3:x-amz-acl", "private", 200),
    ):
        condition = {"StringLikeIfExists": {key: wanted}}
        same(
            _judged(t, "k", name, Principal="*", Action="s3:GetObject", Condition=condition), status, f"{key} {wanted}"
        )


@case("policies/condition-for-any-value", needs="policy")
def condition_for_any_value(t: Target) -> None:
    """ForAnyValue does not hold where the key is missing, and ForAllValues does."""
    name = t.bucket()
    t.put(b"x", "k", name)
    for operator, key, status in (
        ("ForAnyValue:StringLike", "aws:Referer", 200),
        ("ForAnyValue:StringNotEquals", "s3:x-amz-acl", 403),
        ("ForAllValues:StringLike", "s3:x-amz-acl", 200),
    ):
        condition = {operator: {key: "https://*"}}
        same(_judged(t, "k", name, Principal="*", Action="s3:GetObject", Condition=condition), status, operator)


@case("policies/owner-is-never-locked-out", needs="policy")
def owner_is_never_locked_out(t: Target) -> None:
    """Under DenyInsecureTransport nothing is served without TLS, and the owner still reads and removes the policy."""
    name = t.bucket()
    t.put(b"x", "k", name)
    if t.endpoint.startswith("https"):
        return
    closed = statement("Deny", "s3:*", f"{name}/*", Condition={"Bool": {"aws:SecureTransport": "false"}})
    put(t, name, {**closed, "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]})
    refused(403, "AccessDenied", lambda: t.get("k", name))
    refused(403, "AccessDenied", lambda: t.s3.list_objects_v2(Bucket=name))
    same("SecureTransport" in t.s3.get_bucket_policy(Bucket=name)["Policy"], True, "policy read")
    t.s3.delete_bucket_policy(Bucket=name)
    same(t.get("k", name), b"x", "body")
