"""Answer for buckets: versioning, policy, ACL, public access block, ownership, encryption, tags."""

from __future__ import annotations

import re

from pgben_testkit.storage.fake.call import Call, operation
from pgben_testkit.storage.fake.state import Bucket
from pgben_testkit.storage.s3 import newbucket, policy, publicblock
from pgben_testkit.storage.s3.acl import canned, from_headers, from_xml
from pgben_testkit.storage.s3.document import NAMESPACE, read, tag, text_of
from pgben_testkit.storage.s3.failures import failure
from pgben_testkit.storage.s3.moments import iso
from pgben_testkit.storage.s3.sealing import KINDS, Seal
from pgben_testkit.storage.s3.tags import tags_from, tags_xml
from pgben_testkit.storage.s3.unversioned import Unversioned
from pgben_testkit.storage.s3.wire import Response, xml_response

BUCKETS_MAX = 10_000
OWNERSHIPS = ("BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced")


@operation("GET", "service")
def list_buckets(call: Call) -> Response:
    if call.identity is None:
        raise failure("AccessDenied")
    reach, query = call.identity.buckets, call.query
    prefix, token = query.get("prefix", ""), query.get("continuation-token", "")
    text = query.get("max-buckets", "")
    if text and (not re.fullmatch(r"\d{1,6}", text) or not 1 <= int(text) <= BUCKETS_MAX):
        raise failure("InvalidArgument", "Argument max-buckets must be an integer between 1 and 10000")
    found = [
        each
        for _, each in sorted(call.store.buckets.items())
        if each.owner == call.identity.id
        and (reach is None or each.name in reach)
        and each.name.startswith(prefix)
        and each.name > token
    ]
    shown = found[: int(text)] if text else found
    lines = "".join(
        f"<Bucket>{tag('Name', each.name)}{tag('CreationDate', iso(each.created))}"
        f"{tag('BucketRegion', each.region_name) if text else ''}</Bucket>"
        for each in shown
    )
    more = tag("ContinuationToken", shown[-1].name) if len(shown) < len(found) else ""
    return xml_response(
        f"<ListAllMyBucketsResult {NAMESPACE}>{call.owner_xml(call.identity.id)}"
        f"<Buckets>{lines}</Buckets>{more}</ListAllMyBucketsResult>"
    )


@operation("PUT", "bucket")
def create_bucket(call: Call) -> Response:
    name, identity, headers = call.bucket_name, call.identity, call.headers
    if identity is None or (identity.buckets is not None and name not in identity.buckets):
        raise failure("AccessDenied")
    newbucket.check(name, call.request.body, call.store.region)
    ownership = headers.get("x-amz-object-ownership", "")
    if ownership and ownership not in OWNERSHIPS:
        raise failure("InvalidArgument", "Invalid x-amz-object-ownership header", extra={"ArgumentValue": ownership})
    acl = from_headers(headers, identity.id, identity.id, call.users) or canned("private", identity.id, identity.id)
    there = call.store.buckets.get(name)
    if there is not None:
        raise failure(
            "BucketAlreadyOwnedByYou" if there.owner == identity.id else "BucketAlreadyExists",
            extra={"BucketName": name},
        )
    made = Bucket(name, call.store.region, identity.id, acl, call.now)
    made.ownership = ownership
    if headers.get("x-amz-bucket-object-lock-enabled", "").lower() == "true":
        made.object_lock_enabled, made.versioning_status = True, "Enabled"
    call.store.buckets[name] = made
    return Response(200, {"Location": "/" + name})


@operation("HEAD", "bucket")
def head_bucket(call: Call) -> Response:
    return Response(200, {"x-amz-bucket-region": call.bucket.region_name, "Content-Type": "application/xml"})


@operation("DELETE", "bucket")
def delete_bucket(call: Call) -> Response:
    bucket = call.bucket
    if dict.__len__(bucket.keys):
        raise failure("BucketNotEmpty", extra={"BucketName": bucket.name})
    del call.store.buckets[bucket.name]
    return Response(204)


@operation("GET", "bucket", "location")
def get_bucket_location(call: Call) -> Response:
    region = call.bucket.region_name
    inside = "" if region == "us-east-1" else region
    return xml_response(f"<LocationConstraint {NAMESPACE}>{inside}</LocationConstraint>")


@operation("GET", "bucket", "requestPayment")
def get_bucket_request_payment(call: Call) -> Response:
    return xml_response(
        f"<RequestPaymentConfiguration {NAMESPACE}>{tag('Payer', call.bucket.payer)}</RequestPaymentConfiguration>"
    )


@operation("PUT", "bucket", "requestPayment")
def put_bucket_request_payment(call: Call) -> Response:
    payer = text_of(read(call.request.body, "RequestPaymentConfiguration"), "Payer")
    if payer not in ("BucketOwner", "Requester"):
        raise failure("MalformedXML")
    call.bucket.payer = payer
    return Response(200)


# --- versioning


@operation("GET", "bucket", "versioning")
def get_bucket_versioning(call: Call) -> Response:
    status = call.bucket.versioning_status
    return xml_response(
        f"<VersioningConfiguration {NAMESPACE}>{tag('Status', status) if status else ''}"
        f"{call.bucket.unversioned.xml()}</VersioningConfiguration>"
    )


@operation("PUT", "bucket", "versioning")
def put_bucket_versioning(call: Call) -> Response:
    top = read(call.request.body, "VersioningConfiguration")
    status = text_of(top, "Status")
    if status not in ("Enabled", "Suspended"):
        raise failure("IllegalVersioningConfigurationException" if not status else "MalformedXML")
    if text_of(top, "MfaDelete") == "Enabled":
        raise failure("NotImplemented")
    if status == "Suspended" and call.bucket.object_lock_enabled:
        raise failure(
            "InvalidBucketState",
            "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
        )
    call.bucket.unversioned = Unversioned.read(top)
    call.bucket.versioning_status = status
    return Response(200)


# --- policy


@operation("GET", "bucket", "policy")
def get_bucket_policy(call: Call) -> Response:
    held = call.bucket.rules_of_access
    if held is None:
        raise failure("NoSuchBucketPolicy", extra={"BucketName": call.bucket.name})
    return Response(200, {"Content-Type": "application/json"}, held.text)


@operation("PUT", "bucket", "policy")
def put_bucket_policy(call: Call) -> Response:
    bucket = call.bucket
    made = policy.read(call.request.body, bucket.name)
    if bucket.block["BlockPublicPolicy"] and made.public:
        raise failure("AccessDenied")
    bucket.rules_of_access, bucket.policy = made, made.text
    return Response(204)


@operation("DELETE", "bucket", "policy")
def delete_bucket_policy(call: Call) -> Response:
    call.bucket.rules_of_access = call.bucket.policy = None
    return Response(204)


@operation("GET", "bucket", "policyStatus")
def get_bucket_policy_status(call: Call) -> Response:
    bucket = call.bucket
    if bucket.rules_of_access is None:
        raise failure("NoSuchBucketPolicy", extra={"BucketName": bucket.name})
    public = bucket.rules_of_access.public
    return xml_response(f"<PolicyStatus {NAMESPACE}>{tag('IsPublic', str(public).lower())}</PolicyStatus>")


# --- ACL, ownership, public access block


@operation("GET", "bucket", "acl")
def get_bucket_acl(call: Call) -> Response:
    return xml_response(call.bucket.grants.xml(call.users))


@operation("PUT", "bucket", "acl")
def put_bucket_acl(call: Call) -> Response:
    bucket = call.bucket
    if bucket.ownership == "BucketOwnerEnforced":
        raise failure("AccessControlListNotSupported")
    made = from_headers(call.headers, bucket.owner, bucket.owner, call.users)
    if made is None:
        if not call.request.body:
            raise failure("MissingSecurityHeader", extra={"MissingHeaderName": "x-amz-acl"})
        made = from_xml(call.request.body, bucket.owner, call.users)
    if bucket.block["BlockPublicAcls"] and made.public:
        raise failure("AccessDenied")
    bucket.grants = made
    return Response(200)


@operation("GET", "bucket", "ownershipControls")
def get_bucket_ownership_controls(call: Call) -> Response:
    if not call.bucket.ownership:
        raise failure("OwnershipControlsNotFoundError", extra={"BucketName": call.bucket.name})
    return xml_response(
        f"<OwnershipControls {NAMESPACE}><Rule>{tag('ObjectOwnership', call.bucket.ownership)}</Rule>"
        "</OwnershipControls>"
    )


@operation("PUT", "bucket", "ownershipControls")
def put_bucket_ownership_controls(call: Call) -> Response:
    ownership = text_of(read(call.request.body, "OwnershipControls"), "Rule/ObjectOwnership")
    if ownership not in OWNERSHIPS:
        raise failure("MalformedXML")
    call.bucket.ownership = ownership
    return Response(200)


@operation("DELETE", "bucket", "ownershipControls")
def delete_bucket_ownership_controls(call: Call) -> Response:
    call.bucket.ownership = ""
    return Response(204)


@operation("GET", "bucket", "publicAccessBlock")
def get_public_access_block(call: Call) -> Response:
    if "publicAccessBlock" not in call.bucket.documents:
        raise failure("NoSuchPublicAccessBlockConfiguration", extra={"BucketName": call.bucket.name})
    return xml_response(publicblock.xml(call.bucket.block))


@operation("PUT", "bucket", "publicAccessBlock")
def put_public_access_block(call: Call) -> Response:
    call.bucket.block = publicblock.read(call.request.body)
    call.bucket.documents["publicAccessBlock"] = "set"
    return Response(200)


@operation("DELETE", "bucket", "publicAccessBlock")
def delete_public_access_block(call: Call) -> Response:
    call.bucket.block = publicblock.none()
    call.bucket.documents.pop("publicAccessBlock", None)
    return Response(204)


# --- encryption by default


@operation("GET", "bucket", "encryption")
def get_bucket_encryption(call: Call) -> Response:
    seal = call.bucket.default_seal
    if seal is None:
        raise failure("ServerSideEncryptionConfigurationNotFoundError", extra={"BucketName": call.bucket.name})
    key = tag("KMSMasterKeyID", seal.kms_key_id) if seal.kms_key_id else ""
    return xml_response(
        f"<ServerSideEncryptionConfiguration {NAMESPACE}><Rule><ApplyServerSideEncryptionByDefault>"
        f"{tag('SSEAlgorithm', seal.kind)}{key}</ApplyServerSideEncryptionByDefault>"
        f"{tag('BucketKeyEnabled', seal.bucket_key or 'false')}</Rule></ServerSideEncryptionConfiguration>"
    )


@operation("PUT", "bucket", "encryption")
def put_bucket_encryption(call: Call) -> Response:
    top = read(call.request.body, "ServerSideEncryptionConfiguration")
    default = "Rule/ApplyServerSideEncryptionByDefault/"
    kind, key = text_of(top, default + "SSEAlgorithm"), text_of(top, default + "KMSMasterKeyID")
    if kind not in KINDS or len(top.findall("Rule")) != 1:
        raise failure("MalformedXML")
    if key and kind == "AES256":
        raise failure(
            "InvalidArgument",
            "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
        )
    bucket_key = "true" if text_of(top, "Rule/BucketKeyEnabled").lower() == "true" else ""
    if kind != "AES256" and not key:
        key = "arn:aws:kms:us-east-1:alias/aws/s3"
    call.bucket.default_seal = Seal(kind, kms_key_id=key, bucket_key=bucket_key)
    return Response(200)


@operation("DELETE", "bucket", "encryption")
def delete_bucket_encryption(call: Call) -> Response:
    call.bucket.default_seal = None
    return Response(204)


# --- tags


@operation("GET", "bucket", "tagging")
def get_bucket_tagging(call: Call) -> Response:
    if not call.bucket.tags:
        raise failure("NoSuchTagSet", extra={"BucketName": call.bucket.name})
    return xml_response(tags_xml(call.bucket.tags))


@operation("PUT", "bucket", "tagging")
def put_bucket_tagging(call: Call) -> Response:
    call.bucket.tags = tags_from(call.request.body, most=50)
    return Response(200)  # S3 itself answers 204, MinIO 200, and the minio npm client takes 200 alone


@operation("DELETE", "bucket", "tagging")
def delete_bucket_tagging(call: Call) -> Response:
    call.bucket.tags = {}
    return Response(204)
