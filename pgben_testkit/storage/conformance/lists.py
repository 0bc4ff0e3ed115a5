"""Cases: access control lists, and the block on public access."""

from __future__ import annotations

from pgben_testkit.storage.conformance.case import case
from pgben_testkit.storage.conformance.policies import put, statement
from pgben_testkit.storage.conformance.target import Target, answers, holds, refused, same

EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"


@case("lists/private-by-default", needs="auth", denial=True)
def private(t: Target) -> None:
    """A new bucket grants its owner alone."""
    name = t.bucket()
    found = t.s3.get_bucket_acl(Bucket=name)
    holds(found["Owner"].get("ID"), "no owner")
    holds(all("AllUsers" not in str(each["Grantee"]) for each in found["Grants"]), "granted to all users")


@case("lists/public-read-object", needs="acl", denial=True)
def public_read_object(t: Target) -> None:
    """public-read lets anybody read this object, and private again nobody."""
    key = t.put(b"a", ACL="public-read")
    other = t.put(b"b")
    answers(t.raw("GET", f"/{t.shared}/{key}", anonymous=True), 200)
    answers(t.raw("GET", f"/{t.shared}/{other}", anonymous=True), 403, "AccessDenied")
    t.s3.put_object_acl(Bucket=t.shared, Key=key, ACL="private")
    answers(t.raw("GET", f"/{t.shared}/{key}", anonymous=True), 403, "AccessDenied")


@case("lists/public-read-bucket", needs="acl", denial=True)
def public_read_bucket(t: Target) -> None:
    """public-read of a bucket lets list it, not read its objects."""
    name = t.bucket()
    t.put(b"a", "k", name)
    t.s3.put_bucket_acl(Bucket=name, ACL="public-read")
    answers(t.raw("GET", f"/{name}", anonymous=True), 200)
    answers(t.raw("GET", f"/{name}/k", anonymous=True), 403, "AccessDenied")


@case("lists/rubbish", needs="acl_refuses", denial=True)
def rubbish(t: Target) -> None:
    """A canned ACL that there isn't is InvalidArgument."""
    answer = t.raw("PUT", f"/{t.shared}/{t.key()}", body=b"a", headers={"x-amz-acl": "para-todos"})
    answers(answer, 400, "InvalidArgument")


@case("lists/block-put-get", needs="public_access_block")
def block(t: Target) -> None:
    """The block on public access is set, read, removed."""
    name = t.bucket()
    refused(404, "NoSuchPublicAccessBlockConfiguration", lambda: t.s3.get_public_access_block(Bucket=name))
    wanted = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    t.s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=wanted)
    same(t.s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"], wanted, "block")
    t.s3.delete_public_access_block(Bucket=name)
    refused(404, "NoSuchPublicAccessBlockConfiguration", lambda: t.s3.get_public_access_block(Bucket=name))


@case("lists/block-policy", needs="public_access_block", denial=True)
def block_policy(t: Target) -> None:
    """With BlockPublicPolicy a public policy is refused."""
    name = t.bucket()
    t.s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={"BlockPublicPolicy": True})
    refused(403, "AccessDenied", lambda: put(t, name, statement("Allow", "s3:GetObject", f"{name}/*")))


@case("lists/restrict-public", needs="public_access_block", denial=True)
def restrict_public(t: Target) -> None:
    """RestrictPublicBuckets shuts what a policy had opened."""
    name = t.bucket()
    t.put(b"a", "k", name)
    put(t, name, statement("Allow", "s3:GetObject", f"{name}/*"))
    answers(t.raw("GET", f"/{name}/k", anonymous=True), 200)
    t.s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
    answers(t.raw("GET", f"/{name}/k", anonymous=True), 403, "AccessDenied")


@case("lists/read-and-put-again", needs="acl")
def read_and_put_again(t: Target) -> None:
    """An ACL as it was read may be put again, one grant more."""
    where = {"Bucket": t.bucket()}
    t.put(bucket=where["Bucket"], key="k")
    everybody = {"Grantee": {"Type": "Group", "URI": EVERYBODY}, "Permission": "READ"}
    for read, write, place in (
        (t.s3.get_bucket_acl, t.s3.put_bucket_acl, where),
        (t.s3.get_object_acl, t.s3.put_object_acl, {**where, "Key": "k"}),
    ):
        found = read(**place)
        write(**place, AccessControlPolicy={"Owner": found["Owner"], "Grants": [*found["Grants"], everybody]})
        same(EVERYBODY in [each["Grantee"].get("URI") for each in read(**place)["Grants"]], True, "granted")


@case("lists/nothing-asked", needs="acl", denial=True)
def nothing_asked(t: Target) -> None:
    """A PUT of no ACL at all is refused."""
    answers(t.raw("PUT", f"/{t.shared}", {"acl": ""}), 400, ("MissingSecurityHeader", "MalformedACLError"))
