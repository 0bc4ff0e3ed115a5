"""Only the main thread imports modules of the kit: pytest rewrites their asserts, which is unsafe in two threads."""

import pytest

WATCH = """
import sys, threading

def note(event, given):
    thread = threading.current_thread()
    if event == "import" and given[0].startswith("pgben_testkit") and thread is not threading.main_thread():
        print("IMPORTED", given[0], "in", thread.name, file=sys.__stderr__)

sys.addaudithook(note)
"""
TEST = """
def test_all(pgben_database, pgben_bucket, pgben_redis_db):
    assert pgben_bucket.boto3().list_objects_v2(Bucket=pgben_bucket.name)["KeyCount"] == 0
"""


@pytest.mark.parametrize("more", [(), ("--pgben-storage-backend=fake",)], ids=["embedded", "fake"])
def test_no_other_thread_imports_modules_of_the_kit(pytester, more):
    pytester.makepyfile(watch=WATCH, test_all=TEST)
    result = pytester.runpytest_subprocess("-p", "watch", "--pgben-backend=embedded", *more)
    result.assert_outcomes(passed=1)
    assert [line for line in result.errlines if line.startswith("IMPORTED")] == []
