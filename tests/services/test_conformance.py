"""The conformance suite on the fake and on the embedded server, held against their difference files."""

import json
import subprocess
import sys
from contextlib import ExitStack

import pytest
from real import provided, started

from pgben_testkit.storage.capabilities import CAPABILITIES
from pgben_testkit.storage.conformance import differences
from pgben_testkit.storage.conformance.case import cases
from pgben_testkit.storage.conformance.runner import run
from pgben_testkit.storage.conformance.target import Target
from pgben_testkit.storage.disk import holds
from pgben_testkit.storage.fake.fake import Fake

CLI = [sys.executable, "-c", "from pgben_testkit.cli import main; main()"]


def on_fake(request):
    with Fake() as fake:
        other = fake.user("other")
        keys = other.access_key, other.secret_key
        return run(Target(fake.serve().url, fake.access_key, fake.secret_key, holds=fake.holds, other=keys))


def on_embedded(request):
    return on_server(request.getfixturevalue("supply"))


def on_server(supply, chosen=None):
    info = provided(supply, "storage").info
    access, secret = info.other_account or next(iter(info.keys.values()))
    return run(
        Target(
            info.url,
            info.access_key,
            info.secret_key,
            other=(access, secret),
            holds=lambda each: holds(info.data, each),
        ),
        chosen=chosen,
        workers=4,
    )


@pytest.mark.parametrize(
    "backend, tried",
    [("fake", on_fake), pytest.param("embedded", on_embedded, marks=pytest.mark.full)],
    ids=["fake", "embedded"],
)
def test_every_difference_is_listed_and_every_listed_one_is_there(backend, tried, request):
    found, listed = tried(request), differences.of_backend(backend)
    verdict = differences.judge(found, listed)
    assert [(each.case, each.detail) for each in verdict.unlisted] == []
    assert verdict.gone == ()
    untried = [each for each in found if each.result == "not tried"]
    assert all(each.client == "node" for each in untried), untried
    for capability in set(CAPABILITIES) - listed.lacks:  # what it is said to be able to do, it does
        results = [each.result for each in found if each.needs == capability and each.client == "boto3"]
        assert results and results.count("same") >= 0.5 * len(results), capability
    for capability in listed.lacks:
        assert any(each.result == "differs" for each in found if each.needs == capability), capability


@pytest.mark.full
def test_without_the_gate_the_server_differs_where_its_own_file_says_so():
    listed = differences.of_backend("ungated")
    alike = {"objects/range", "denials/wrong-secret", "denials/anonymous", "policies/public-prefix"}
    with ExitStack() as stack:
        found = on_server(
            started(stack, backend="embedded", storage_gate="no"), {each.case for each in listed.differences} | alike
        )
    verdict = differences.judge(found, listed)
    assert ([(each.case, each.detail) for each in verdict.unlisted], verdict.gone) == ([], ())
    assert {each.case for each in found if each.result == "same"} == alike


def test_no_denial_differs_on_the_fake_and_on_the_embedded_server():
    denials = {each.id for each in cases() if each.denial}
    for backend in ("fake", "embedded"):
        listed = {each.case for each in differences.of_backend(backend).differences}
        assert (listed & denials, len(listed) <= 0.03 * len(cases())) == (set(), True)


def test_every_listed_case_exists_and_has_a_reason():
    known = {each.id for each in cases()}
    for backend in differences.FILES:
        listed = differences.of_backend(backend)
        assert {each.case for each in listed.differences} <= known
        assert listed.lacks <= set(CAPABILITIES)


def test_the_docs_have_the_table_of_the_files():
    from pathlib import Path

    text = (Path(__file__).parents[2] / "docs" / "s3-differences.md").read_text("utf-8")
    assert text == differences.table()


def test_a_server_that_accepts_any_key_is_found_out():
    """The suite on moto's own server: what a fake that says yes looks like."""
    pytest.importorskip("flask", reason="moto's own server needs moto[server]")
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        found = run(Target(f"http://{host}:{port}", "any", "any"), only="denials/*")
    finally:
        server.stop()
    differing = {each.case for each in found if each.result == "differs"}
    assert {"denials/wrong-secret", "denials/unknown-key", "denials/changed-body", "denials/late-clock"} <= differing


def test_the_command_says_json_and_ends_with_1_where_something_differs(tmp_path):
    with Fake() as fake:
        served = fake.serve()
        keys = ["--access-key", fake.access_key, "--secret-key", fake.secret_key]
        argv = [*CLI, "storage", "conformance", "--endpoint", served.url, *keys, "--only", "objects/*", "--json"]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
        found = json.loads(done.stdout)
        assert (done.returncode, found["differs"], found["same"] > 15) == (0, 0, True)
        assert fake.secret_key not in done.stdout + done.stderr
        wrong = tmp_path / "wrong.toml"
        wrong.write_text('backend = "x"\nversion = "1"\n[[difference]]\ncase = "objects/range"\nreason = "not so"\n')
        done = subprocess.run(
            [*argv, "--differences", str(wrong)], capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, json.loads(done.stdout)["gone"]) == (1, ["objects/range"])
        with fake.faults.during("internal_error", method="PUT", key="*"):
            done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode in (1, 3)


@pytest.mark.parametrize(
    "more, code, text",
    [
        ([], 2, "--endpoint, --access-key and --secret-key are needed"),
        (["--endpoint", "nada", "--access-key", "a", "--secret-key", "b"], 2, "http://host:port"),
        (["--endpoint", "http://127.0.0.1:9", "--access-key", "a", "--secret-key", "b"], 3, "can't be tried"),
        (
            ["--endpoint", "http://127.0.0.1:9", "--access-key", "a", "--secret-key", "b", "--only", "nada/*"],
            2,
            "no case",
        ),
    ],
)
def test_the_command_refuses_clearly(more, code, text):
    done = subprocess.run(
        [*CLI, "storage", "conformance", *more], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, text in done.stderr, "Traceback" in done.stderr) == (code, True, False)
