"""Cases: buckets made and removed, CORS, lifecycle rules, where they are."""

from __future__ import annotations

from pgben_testkit.storage.conformance.case import case
from pgben_testkit.storage.conformance.target import Target, answers, holds, refused, same


@case("buckets/create-again", needs="buckets", denial=True)
def create_again(t: Target) -> None:
    """A bucket that is there can't be made again."""
    refused(409, ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"), lambda: t.s3.create_bucket(Bucket=t.shared))


@case("buckets/head", needs="buckets")
def head(t: Target) -> None:
    """HEAD tells whether a bucket is there."""
    t.s3.head_bucket(Bucket=t.shared)
    refused(404, "404", lambda: t.s3.head_bucket(Bucket=t.stem + "-none"))


@case("buckets/not-empty", needs="buckets", denial=True)
def not_empty(t: Target) -> None:
    """A bucket with an object in it isn't removed."""
    name = t.bucket()
    t.put(b"a", "k", name)
    refused(409, "BucketNotEmpty", lambda: t.s3.delete_bucket(Bucket=name))
    same(t.get("k", name), b"a", "body")


@case("buckets/delete", needs="buckets")
def delete(t: Target) -> None:
    """An empty bucket is removed."""
    name = t.bucket()
    t.s3.delete_bucket(Bucket=name)
    refused(404, "404", lambda: t.s3.head_bucket(Bucket=name))


@case("buckets/location", needs="buckets")
def location(t: Target) -> None:
    """GetBucketLocation answers; us-east-1 by nothing."""
    holds(t.s3.get_bucket_location(Bucket=t.shared).get("LocationConstraint") in (None, "", t.region), "another region")


@case("cors/put-get-delete", needs="cors")
def cors(t: Target) -> None:
    """CORS rules are set, read, removed."""
    name = t.bucket()
    refused(404, "NoSuchCORSConfiguration", lambda: t.s3.get_bucket_cors(Bucket=name))
    rule = {
        "AllowedOrigins": ["https://pgben.gov.br"],
        "AllowedMethods": ["GET", "PUT"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 600,
    }
    t.s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [rule]})
    [found] = t.s3.get_bucket_cors(Bucket=name)["CORSRules"]
    same({key: found.get(key) for key in rule}, rule, "rule")
    t.s3.delete_bucket_cors(Bucket=name)
    refused(404, "NoSuchCORSConfiguration", lambda: t.s3.get_bucket_cors(Bucket=name))


def _with_cors(t: Target) -> str:
    name = t.bucket()
    rule = {"AllowedOrigins": ["https://pgben.gov.br"], "AllowedMethods": ["GET"], "AllowedHeaders": ["x-*"]}
    t.s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [rule]})
    return name


@case("cors/preflight", needs="cors")
def preflight(t: Target) -> None:
    """A preflight of an origin that is let in is answered with it."""
    asked = {"origin": "https://pgben.gov.br", "access-control-request-method": "GET"}
    answer = t.raw("OPTIONS", f"/{_with_cors(t)}/k", headers=asked, anonymous=True)
    same((answer.status, answer.headers.get("access-control-allow-origin")), (200, "https://pgben.gov.br"), "answer")


@case("cors/preflight-refused", needs="cors_refuses", denial=True)
def preflight_refused(t: Target) -> None:
    """Another origin, method or header is 403."""
    name = _with_cors(t)
    for asked in (
        {"origin": "https://outro.example", "access-control-request-method": "GET"},
        {"origin": "https://pgben.gov.br", "access-control-request-method": "DELETE"},
        {
            "origin": "https://pgben.gov.br",
            "access-control-request-method": "GET",
            "access-control-request-headers": "authorization",
        },
    ):
        same(t.raw("OPTIONS", f"/{name}/k", headers=asked, anonymous=True).status, 403, f"status for {asked}")


@case("cors/preflight-header-of-none", needs="cors_refuses", denial=True)
def preflight_header_of_none(t: Target) -> None:
    """A rule that names no headers lets none: asked for one, it is 403."""
    name = t.bucket()
    rule = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}
    t.s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [rule]})
    asked = {
        "origin": "https://pgben.gov.br",
        "access-control-request-method": "GET",
        "access-control-request-headers": "x-amz-meta-a",
    }
    same(t.raw("OPTIONS", f"/{name}/k", headers=asked, anonymous=True).status, 403, "status")


@case("cors/on-errors", needs="cors")
def cors_on_errors(t: Target) -> None:
    """A refusal is told to the page of an origin that is let in."""
    answer = t.raw("GET", f"/{_with_cors(t)}/none", headers={"origin": "https://pgben.gov.br"})
    same((answer.status, answer.headers.get("access-control-allow-origin")), (404, "https://pgben.gov.br"), "answer")


@case("cors/rubbish", needs="configuration_refuses", denial=True)
def cors_rubbish(t: Target) -> None:
    """A method that CORS hasn't, and a rule without origins, are refused."""
    name = t.bucket()
    refused(
        400,
        ("InvalidRequest", "MalformedXML"),
        lambda: t.s3.put_bucket_cors(
            Bucket=name, CORSConfiguration={"CORSRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["PATCH"]}]}
        ),
    )


@case("lifecycle/put-get-delete", needs="lifecycle")
def lifecycle(t: Target) -> None:
    """Lifecycle rules are set, read, removed."""
    name = t.bucket()
    refused(404, "NoSuchLifecycleConfiguration", lambda: t.s3.get_bucket_lifecycle_configuration(Bucket=name))
    rule = {"ID": "lixo", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 7}}
    t.s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [rule]})
    [found] = t.s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    same((found["ID"], found["Status"], found["Expiration"]["Days"]), ("lixo", "Enabled", 7), "rule")
    t.s3.delete_bucket_lifecycle(Bucket=name)
    refused(404, "NoSuchLifecycleConfiguration", lambda: t.s3.get_bucket_lifecycle_configuration(Bucket=name))


@case("lifecycle/id-given", needs="lifecycle")
def lifecycle_id_given(t: Target) -> None:
    """A rule without an ID is given one."""
    name = t.bucket()
    rule = {"Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 7}}
    t.s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [rule]})
    [found] = t.s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    same(bool(found.get("ID")), True, "an ID")


@case("lifecycle/rubbish", needs="lifecycle_refuses", denial=True)
def lifecycle_rubbish(t: Target) -> None:
    """Days of 0, a status that there isn't, and two rules of one id are refused."""
    name = t.bucket()
    good = {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 7}}
    for rules in ([{**good, "Expiration": {"Days": 0}}], [{**good, "Status": "Talvez"}], [good, good]):
        refused(
            400,
            ("InvalidArgument", "MalformedXML", "InvalidRequest"),
            lambda rules=rules: t.s3.put_bucket_lifecycle_configuration(  # type: ignore[misc]
                Bucket=name, LifecycleConfiguration={"Rules": rules}
            ),
        )


@case("buckets/delete-config-of-missing", needs="buckets", denial=True)
def config_of_missing(t: Target) -> None:
    """The configuration of a bucket that isn't there is NoSuchBucket."""
    answers(t.raw("GET", f"/{t.stem}-none", {"versioning": ""}), 404, "NoSuchBucket")
    answers(t.raw("GET", f"/{t.stem}-none", {"policy": ""}), 404, ("NoSuchBucket", "NoSuchBucketPolicy"))


@case("buckets/other-place", needs="bucket_names", denial=True)
def other_place(t: Target) -> None:
    """A region that there isn't, and a document of another kind, make no bucket."""
    mars = b"<LocationConstraint>mars-1</LocationConstraint>"
    for body in (b"<CreateBucketConfiguration>" + mars + b"</CreateBucketConfiguration>", b"<nada/>"):
        answers(
            t.raw("PUT", f"/{t.stem}-mars", body=body),
            400,
            ("InvalidLocationConstraint", "MalformedXML", "IllegalLocationConstraintException"),
        )
