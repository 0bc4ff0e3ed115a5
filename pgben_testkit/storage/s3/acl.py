"""Read access control lists, canned or granted by headers and XML, and judge by them.

Source: "Access control list (ACL) overview" in the Amazon S3 user guide.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass

from pgben_testkit.storage.s3.document import NAMESPACE, read, safe, tag, text_of
from pgben_testkit.storage.s3.failures import failure

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
GROUPS = (ALL_USERS, AUTHENTICATED, LOG_DELIVERY)
PERMISSIONS = ("FULL_CONTROL", "READ", "WRITE", "READ_ACP", "WRITE_ACP")
CANNED: dict[str, tuple[tuple[str, str], ...]] = {
    "private": (),
    "public-read": ((ALL_USERS, "READ"),),
    "public-read-write": ((ALL_USERS, "READ"), (ALL_USERS, "WRITE")),
    "authenticated-read": ((AUTHENTICATED, "READ"),),
    "log-delivery-write": ((LOG_DELIVERY, "WRITE"), (LOG_DELIVERY, "READ_ACP")),
    "bucket-owner-read": (("bucket-owner", "READ"),),
    "bucket-owner-full-control": (("bucket-owner", "FULL_CONTROL"),),
    "aws-exec-read": (),
}
HEADERS = {
    "x-amz-grant-full-control": "FULL_CONTROL",
    "x-amz-grant-read": "READ",
    "x-amz-grant-write": "WRITE",
    "x-amz-grant-read-acp": "READ_ACP",
    "x-amz-grant-write-acp": "WRITE_ACP",
}


@dataclass(frozen=True)
class Acl:
    """`owner` is a canonical id; `grants` are (canonical id or group URI, permission)."""

    owner: str
    grants: tuple[tuple[str, str], ...]

    def allows(self, who: str | None, permission: str) -> bool:
        """Return whether `who` (None: somebody without keys) has the permission by a grant."""
        return any(
            held in (permission, "FULL_CONTROL")
            and (name in (who, ALL_USERS) or (name == AUTHENTICATED and who is not None))
            for name, held in self.grants
        )

    @property
    def public(self) -> bool:
        return any(name in (ALL_USERS, AUTHENTICATED) for name, _ in self.grants)

    def xml(self, names: Mapping[str, str]) -> str:
        """`names`: canonical id -> display name."""

        def grantee(name: str) -> str:
            kind, inside = (
                ("Group", tag("URI", name))
                if name in GROUPS
                else ("CanonicalUser", tag("ID", name) + tag("DisplayName", names.get(name, "")))
            )
            schema = "http://www.w3.org/2001/XMLSchema-instance"
            return f'<Grantee xmlns:xsi="{schema}" xsi:type="{kind}">{inside}</Grantee>'

        grants = "".join(f"<Grant>{grantee(name)}{tag('Permission', held)}</Grant>" for name, held in self.grants)
        owner = tag("ID", self.owner) + f"<DisplayName>{safe(names.get(self.owner, ''))}</DisplayName>"
        return (
            f"<AccessControlPolicy {NAMESPACE}><Owner>{owner}</Owner>"
            f"<AccessControlList>{grants}</AccessControlList></AccessControlPolicy>"
        )


def canned(name: str, owner: str, bucket_owner: str) -> Acl:
    """Raises:
    S3Failure: no canned ACL of this name.
    """
    if name not in CANNED:
        raise failure("InvalidArgument", extra={"ArgumentName": "x-amz-acl", "ArgumentValue": name})
    grants = [(owner, "FULL_CONTROL")]
    for who, held in CANNED[name]:
        grant = (bucket_owner if who == "bucket-owner" else who, held)
        if not (who == "bucket-owner" and bucket_owner == owner):
            grants.append(grant)
    return Acl(owner, tuple(grants))


def from_headers(headers: Mapping[str, str], owner: str, bucket_owner: str, users: Mapping[str, str]) -> Acl | None:
    """Return the ACL that headers ask for, or None. `users`: canonical id -> name.

    Raises:
        S3Failure: a canned one and grants together, or a grantee that nobody is.
    """
    granted = [name for name in HEADERS if name in headers]
    if "x-amz-acl" in headers:
        if granted:
            raise failure("InvalidRequest", "Specifying both Canned ACLs and Header Grants is not allowed")
        return canned(headers["x-amz-acl"], owner, bucket_owner)
    grants: list[tuple[str, str]] = []
    for name in granted:
        for part in headers[name].split(","):
            found = re.fullmatch(r'\s*(id|uri|emailAddress)\s*=\s*"?([^"]*)"?\s*', part)
            if found is None:
                raise failure("InvalidArgument", "Argument format not recognized")
            grants.append((_grantee(found[1], found[2], users), HEADERS[name]))
    return Acl(owner, tuple(grants)) if granted else None


def _grantee(kind: str, value: str, users: Mapping[str, str]) -> str:
    if kind == "uri":
        if value not in GROUPS:
            raise failure("InvalidArgument", "Invalid group uri", extra={"ArgumentName": "uri"})
        return value
    if kind == "emailAddress":
        for each, name in users.items():
            if value.partition("@")[0] == name:
                return each
        raise failure("UnresolvableGrantByEmailAddress")
    if value not in users:
        raise failure("InvalidArgument", "Invalid id", extra={"ArgumentName": "CanonicalUser/ID"})
    return value


def from_xml(body: bytes, owner: str, users: Mapping[str, str]) -> Acl:
    top = read(body, "AccessControlPolicy", "MalformedACLError")
    stated = text_of(top, "Owner/ID")
    if stated and stated != owner:
        raise failure("AccessDenied")
    if top.find("AccessControlList") is None:
        raise failure("MalformedACLError")
    grants = []
    for grant in top.iterfind("AccessControlList/Grant"):
        held, grantee = text_of(grant, "Permission"), grant.find("Grantee")
        if held not in PERMISSIONS or grantee is None:
            raise failure("MalformedACLError")
        grants.append((_grantee_of(grantee, users), held))
    if len(grants) > 100:
        raise failure("MalformedACLError")
    return Acl(owner, tuple(grants))


def _grantee_of(grantee: ET.Element, users: Mapping[str, str]) -> str:
    for path, kind in (("ID", "id"), ("URI", "uri"), ("EmailAddress", "emailAddress")):
        if grantee.find(path) is not None:
            return _grantee(kind, text_of(grantee, path), users)
    raise failure("MalformedACLError")
