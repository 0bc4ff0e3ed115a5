"""Roots: findings with one cause together, the worst first."""

from pgben_testkit.checking.finding import Finding, Place
from pgben_testkit.checking.roots import roots
from pgben_testkit.env.nearest import spelling


def finding(check, subject, place, severity="error", **given):
    path, _, line = place.partition(":")
    return Finding(check, severity, subject, Place(path, int(line or 0)), f"{subject} is wrong", **given)


def test_findings_about_one_subject_have_one_root_in_all_its_spellings():
    found = [
        finding("env/missing", "DB_USER", ".env", reason="it is required", remedy="rename DATABASE_USER"),
        finding("env/unknown", "DATABASE_USER", ".env:19", "warning"),
        finding("env/kind", "PORT", ".env:1"),
    ]
    linked, other = roots(found, spelling)
    assert linked.findings == tuple(found[:2])
    assert linked.title == "DB_USER is wrong (2 findings about DB_USER, also written DATABASE_USER)"
    assert (linked.breaks, linked.remedy) == ("it is required", "rename DATABASE_USER")
    assert other.title == "PORT is wrong"


def test_findings_of_one_check_in_one_file_have_one_root():
    found = [finding("env/empty", f"V{number}", f".env:{number}") for number in range(1, 8)]
    [root] = roots(found)
    assert root.title == "7 findings of env/empty in .env: V1, V2, V3, V4 and 3 more"
    assert len(root.findings) == 7


def test_the_worst_come_first_then_those_with_the_most_findings():
    found = [
        finding("a/a", "N", "x", "note"),
        finding("a/b", "ONE", "x"),
        finding("a/c", "TWO", "y"),
        finding("a/d", "TWO", "z", "note"),
        finding("a/e", "W", "x", "warning"),
    ]
    assert [root.findings[0].subject for root in roots(found)] == ["TWO", "ONE", "W", "N"]


def test_every_finding_has_exactly_one_root():
    found = [finding(f"a/{c}", s, p) for c in "ab" for s in ("X", "Y") for p in ("f:1", "g:2")]
    assert sorted(map(id, found)) == sorted(id(each) for root in roots(found) for each in root.findings)
    assert roots([]) == ()
