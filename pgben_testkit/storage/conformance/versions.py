"""Cases: versioning, and versioning suspended."""

from __future__ import annotations

from pgben_testkit.storage.conformance.case import case
from pgben_testkit.storage.conformance.target import Target, answers, holds, refused, same


def _bucket(t: Target, status: str = "Enabled") -> str:
    name = t.bucket()
    t.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
    return name


@case("versions/status", needs="versioning")
def status(t: Target) -> None:
    """A new bucket has no status; Enabled and Suspended are read back."""
    name = t.bucket()
    same(t.s3.get_bucket_versioning(Bucket=name).get("Status"), None, "status of a new bucket")
    for wanted in ("Enabled", "Suspended"):
        t.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": wanted})
        same(t.s3.get_bucket_versioning(Bucket=name).get("Status"), wanted, "status")


@case("versions/two", needs="versioning")
def two(t: Target) -> None:
    """Both versions are read by their ids, the last without."""
    name = _bucket(t)
    one = t.s3.put_object(Bucket=name, Key="k", Body=b"1")["VersionId"]
    second = t.s3.put_object(Bucket=name, Key="k", Body=b"2")["VersionId"]
    holds(one != second, "both have one id")
    same(
        [t.get("k", name, VersionId=one), t.get("k", name, VersionId=second), t.get("k", name)],
        [b"1", b"2", b"2"],
        "bodies",
    )


@case("versions/delete-marker", needs="versioning")
def delete_marker(t: Target) -> None:
    """DELETE hides: 404 with x-amz-delete-marker, and the version stays."""
    name = _bucket(t)
    version = t.s3.put_object(Bucket=name, Key="k", Body=b"1")["VersionId"]
    made = t.s3.delete_object(Bucket=name, Key="k")
    holds(made.get("DeleteMarker") and made.get("VersionId"), "no delete marker told of")
    answer = t.raw("GET", f"/{name}/k")
    same((answer.status, answer.code, answer.headers.get("x-amz-delete-marker")), (404, "NoSuchKey", "true"), "answer")
    same(t.get("k", name, VersionId=version), b"1", "body")
    same(t.s3.list_objects_v2(Bucket=name)["KeyCount"], 0, "listed")


@case("versions/marker-removed", needs="versioning")
def marker_removed(t: Target) -> None:
    """Without its delete marker the object is back."""
    name = _bucket(t)
    t.s3.put_object(Bucket=name, Key="k", Body=b"1")
    marker = t.s3.delete_object(Bucket=name, Key="k")["VersionId"]
    same(t.s3.delete_object(Bucket=name, Key="k", VersionId=marker).get("DeleteMarker"), True, "DeleteMarker")
    same(t.get("k", name), b"1", "body")


@case("versions/get-marker", needs="versioning", denial=True)
def get_marker(t: Target) -> None:
    """A delete marker can't be read: 405."""
    name = _bucket(t)
    t.s3.put_object(Bucket=name, Key="k", Body=b"1")
    marker = t.s3.delete_object(Bucket=name, Key="k")["VersionId"]
    refused(405, "MethodNotAllowed", lambda: t.s3.get_object(Bucket=name, Key="k", VersionId=marker))


@case("versions/delete-version", needs="versioning")
def delete_version(t: Target) -> None:
    """A version removed by id is gone, and the one before is current."""
    name = _bucket(t)
    t.s3.put_object(Bucket=name, Key="k", Body=b"1")
    last = t.s3.put_object(Bucket=name, Key="k", Body=b"2")["VersionId"]
    t.s3.delete_object(Bucket=name, Key="k", VersionId=last)
    same(t.get("k", name), b"1", "body")
    refused(404, "NoSuchVersion", lambda: t.s3.get_object(Bucket=name, Key="k", VersionId=last))


@case("versions/null-version", needs="versioning")
def null_version(t: Target) -> None:
    """An object put before versioning is the version `null`: read, removed by that id, and not hidden by a marker."""
    name = t.bucket()
    t.s3.put_object(Bucket=name, Key="k", Body=b"1")
    t.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    t.s3.put_object(Bucket=name, Key="k", Body=b"2")
    same(t.get("k", name, VersionId="null"), b"1", "body of the null version")
    t.s3.delete_object(Bucket=name, Key="k", VersionId="null")
    same(t.get("k", name), b"2", "body")
    refused(404, "NoSuchVersion", lambda: t.s3.get_object(Bucket=name, Key="k", VersionId="null"))
    same(len(t.s3.list_object_versions(Bucket=name).get("Versions", ())), 1, "versions")


@case("versions/null-marker", needs="versioning")
def null_marker(t: Target) -> None:
    """Suspended, a DELETE puts a null marker over the null version; removed by id it is gone, enabled again or not."""
    name = _bucket(t)
    kept = t.s3.put_object(Bucket=name, Key="k", Body=b"1")["VersionId"]
    for again in ("Suspended", "Enabled"):
        t.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
        t.s3.put_object(Bucket=name, Key="k", Body=b"2")
        same(t.s3.delete_object(Bucket=name, Key="k").get("VersionId"), "null", "marker")
        t.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": again})
        removed = t.s3.delete_object(Bucket=name, Key="k", VersionId="null")
        same((removed.get("VersionId"), removed.get("DeleteMarker")), ("null", True), "what was removed")
        found = t.s3.list_object_versions(Bucket=name)
        same([each["VersionId"] for each in found["Versions"]], [kept], "versions")
        same(found.get("DeleteMarkers", []), [], "markers")
        same(t.s3.get_bucket_versioning(Bucket=name)["Status"], again, "versioning")
    same(t.get("k", name), b"1", "body")


@case("versions/emptied", needs="versioning")
def emptied(t: Target) -> None:
    """A bucket of every kind of version can be emptied by their ids, and removed."""
    name = t.bucket()
    t.s3.put_object(Bucket=name, Key="antes", Body=b"1")
    t.s3.put_object(Bucket=name, Key="k", Body=b"1")
    for status in ("Enabled", "Suspended", "Enabled"):
        t.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
        t.s3.put_object(Bucket=name, Key="k", Body=b"2")
        t.s3.delete_object(Bucket=name, Key="k")
        t.s3.delete_object(Bucket=name, Key="antes")
    found = t.s3.list_object_versions(Bucket=name)
    for each in [*found.get("Versions", ()), *found.get("DeleteMarkers", ())]:
        t.s3.delete_object(Bucket=name, Key=each["Key"], VersionId=each["VersionId"])
    t.s3.delete_bucket(Bucket=name)


@case("versions/list", needs="versioning")
def listed(t: Target) -> None:
    """ListObjectVersions gives versions newest first, and markers, with the latest marked."""
    name = _bucket(t)
    ids = [t.s3.put_object(Bucket=name, Key="k", Body=body)["VersionId"] for body in (b"1", b"2")]
    marker = t.s3.delete_object(Bucket=name, Key="k")["VersionId"]
    found = t.s3.list_object_versions(Bucket=name)
    same(
        [(each["VersionId"], each["IsLatest"]) for each in found.get("Versions", ())],
        [(ids[1], False), (ids[0], False)],
        "versions",
    )
    same(
        [(each["VersionId"], each["IsLatest"]) for each in found.get("DeleteMarkers", ())], [(marker, True)], "markers"
    )


@case("versions/list-pages", needs="versioning_pages")
def list_pages(t: Target) -> None:
    """By pages of 2, every version comes once."""
    name = _bucket(t)
    ids = [t.s3.put_object(Bucket=name, Key=key, Body=b"x")["VersionId"] for key in ("a", "a", "a", "b", "c")]
    seen: list[str] = []
    markers: dict[str, str] = {}
    for _ in range(9):
        found = t.s3.list_object_versions(Bucket=name, MaxKeys=2, **markers)
        seen += [each["VersionId"] for each in found.get("Versions", ())]
        if not found["IsTruncated"]:
            break
        markers = {"KeyMarker": found["NextKeyMarker"], "VersionIdMarker": found.get("NextVersionIdMarker", "")}
        markers = {key: value for key, value in markers.items() if value}
    same(sorted(seen), sorted(ids), "versions of all pages")


@case("versions/suspended", needs="versioning")
def suspended(t: Target) -> None:
    """Suspended, a PUT writes over the null version and leaves the others."""
    name = _bucket(t)
    kept = t.s3.put_object(Bucket=name, Key="k", Body=b"1")["VersionId"]
    t.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    t.s3.put_object(Bucket=name, Key="k", Body=b"2")
    t.s3.put_object(Bucket=name, Key="k", Body=b"3")
    same(
        sorted(each["VersionId"] for each in t.s3.list_object_versions(Bucket=name)["Versions"]),
        sorted([kept, "null"]),
        "versions",
    )
    same(
        [t.get("k", name), t.get("k", name, VersionId="null"), t.get("k", name, VersionId=kept)],
        [b"3", b"3", b"1"],
        "bodies",
    )


@case("versions/before-enabled", needs="versioning")
def before_enabled(t: Target) -> None:
    """What was there before is the version null."""
    name = t.bucket()
    t.s3.put_object(Bucket=name, Key="k", Body=b"0")
    t.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    t.s3.put_object(Bucket=name, Key="k", Body=b"1")
    same([t.get("k", name, VersionId="null"), t.get("k", name)], [b"0", b"1"], "bodies")


@case("versions/suspended-delete", needs="versioning")
def suspended_delete(t: Target) -> None:
    """Suspended, DELETE puts a null marker in the null version's place."""
    name = _bucket(t)
    kept = t.s3.put_object(Bucket=name, Key="k", Body=b"1")["VersionId"]
    t.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    t.s3.put_object(Bucket=name, Key="k", Body=b"2")
    t.s3.delete_object(Bucket=name, Key="k")
    found = t.s3.list_object_versions(Bucket=name)
    same(
        (
            [each["VersionId"] for each in found.get("Versions", ())],
            [each["VersionId"] for each in found.get("DeleteMarkers", ())],
        ),
        ([kept], ["null"]),
        "versions and markers",
    )


@case("versions/unknown", needs="versioning", denial=True)
def unknown(t: Target) -> None:
    """A version that isn't there is refused, 404 or 400."""
    name = _bucket(t)
    version = t.s3.put_object(Bucket=name, Key="k", Body=b"1")["VersionId"]
    t.s3.delete_object(Bucket=name, Key="k", VersionId=version)
    t.s3.put_object(Bucket=name, Key="k", Body=b"2")
    refused(404, "NoSuchVersion", lambda: t.s3.get_object(Bucket=name, Key="k", VersionId=version))


@case("versions/delete-bucket", needs="versioning", denial=True)
def delete_bucket(t: Target) -> None:
    """A bucket that holds versions alone isn't empty."""
    name = _bucket(t)
    t.s3.put_object(Bucket=name, Key="k", Body=b"1")
    t.s3.delete_object(Bucket=name, Key="k")
    refused(409, "BucketNotEmpty", lambda: t.s3.delete_bucket(Bucket=name))


@case("versions/rubbish-status", needs="configuration_refuses", denial=True)
def rubbish_status(t: Target) -> None:
    """A status that there isn't is refused."""
    name = t.bucket()
    answer = t.raw(
        "PUT",
        f"/{name}",
        {"versioning": ""},
        body=b"<VersioningConfiguration><Status>Talvez</Status></VersioningConfiguration>",
    )
    answers(answer, 400)


@case("versions/copy-version", needs="versioning")
def copy_version(t: Target) -> None:
    """An old version can be copied over the new one."""
    name = _bucket(t)
    old = t.s3.put_object(Bucket=name, Key="k", Body=b"1")["VersionId"]
    t.s3.put_object(Bucket=name, Key="k", Body=b"2")
    t.s3.copy_object(Bucket=name, Key="k", CopySource={"Bucket": name, "Key": "k", "VersionId": old})
    same(t.get("k", name), b"1", "body")


@case("versions/of-a-bucket-without", needs="versioning", denial=True)
def of_a_bucket_without(t: Target) -> None:
    """A version of an object that has none is NoSuchVersion, and its removal removes nothing."""
    path, version = f"/{t.shared}/{t.put(b'a')}", {"versionId": "3HL4kqtJvjVBH40Nrjfkd0YZ8k4u8sT1"}
    answers(t.raw("GET", path, version), 404, "NoSuchVersion")
    same(t.raw("HEAD", path, version).status, 404, "status of HEAD")
    answers(t.raw("GET", path, {"versionId": "nada"}), 400, "InvalidArgument")
    same(t.raw("DELETE", path, version).status in (204, 404), True, "answered")
    same(t.raw("GET", path).body, b"a", "body")


@case("versions/mfa-delete", needs="versioning", denial=True)
def mfa_delete(t: Target) -> None:
    """MFA delete is not switched on by somebody who brings no MFA."""
    name = t.bucket()
    body = b"<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>"
    answer = t.raw("PUT", f"/{name}", {"versioning": ""}, body=body)
    same(answer.status in (400, 403, 501), True, f"refused ({answer.status})")
    same(t.s3.get_bucket_versioning(Bucket=name).get("MFADelete", "Disabled"), "Disabled", "MFA delete")
