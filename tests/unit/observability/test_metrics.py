"""What a test does with metrics: fetch, compare, hold against the catalogue."""

import base64
import http.server
import json
import ssl
import threading
from pathlib import Path

import pytest
import trustme
from click.testing import CliRunner

from pgben_testkit.cli import commands
from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.observability.exposition import parse
from pgben_testkit.observability.metrics import Metrics, NotAsCatalogued

CATALOGUE = """exporters: {api: {}}
metrics:
  a_total: {type: counter, unit: x, exporter: api, why: y, labels: {l: [p, q]}}
"""
SOUND = '# TYPE a_total counter\na_total{l="p"} 3\n'
BROKEN = SOUND + 'a_total{l="52998224725"} 1\n'


@pytest.fixture
def catalogue(tmp_path):
    path = tmp_path / "catalogue.yaml"
    path.write_text(CATALOGUE)
    return path


class Endpoint(http.server.BaseHTTPRequestHandler):
    pages: dict[str, list] = {}

    def do_GET(self):
        if self.path.startswith("/wants/"):
            return self.wanting(self.path.split("/"))
        status, kind, body = self.pages[self.path][0]
        if len(self.pages[self.path]) > 1:
            self.pages[self.path].pop(0)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body if isinstance(body, bytes) else body.encode())

    def wanting(self, path):
        """`/wants/HEADER/VALUE`: metrics for who sends it, 401 for others. `/wants/redirect/PORT/TOKEN`: there."""
        if path[2] == "redirect":
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{path[3]}/wants/Authorization/{path[4]}")
            return self.end_headers()
        self.send_response(200 if self.headers.get(path[2]) == path[3].replace("%20", " ") else 401)
        self.end_headers()
        self.wfile.write(SOUND.encode())

    def log_message(self, *_):
        pass


class Serve:
    """Add endpoints to the server on `port`."""

    def __init__(self, port: int) -> None:
        self.port = port

    def __call__(self, *bodies, status=200, kind="text/plain; version=0.0.4"):
        path = f"/metrics{len(Endpoint.pages)}"
        Endpoint.pages[path] = [(status, kind, body) for body in bodies]
        return f"http://127.0.0.1:{self.port}{path}"


@pytest.fixture
def serve():
    """`serve(body, ...)`: the URL of an endpoint that gives these bodies one after the other, the last for ever."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Serve(server.server_port)
    server.shutdown()
    server.server_close()


def test_what_moved_between_two_scrapes():
    before, now = parse('a{x="1"} 3\na{x="2"} 1\ngone 1\n'), parse('a{x="1"} 5\na{x="2"} 1\nnew 2\n')
    changes = Metrics().compare(before, now)
    assert (changes.by("a", x="1"), changes.by("a"), changes.by("a", x="2"), changes.by("new")) == (2, 2, 0, 2)
    assert changes.names == {"a", "new"}
    assert changes.gone == {("gone", ())}


def test_an_endpoint_is_scraped_in_the_format_that_it_chooses(serve):
    opened = '# TYPE a counter\na_total{l="p"} 3.0\n# EOF\n'
    found = Metrics().scrape(serve(opened, kind="application/openmetrics-text; version=1.0.0; charset=utf-8"))
    assert found.openmetrics and found.value("a_total") == 3
    assert Metrics().scrape(serve(SOUND)).value("a_total", l="p") == 3


def test_an_endpoint_that_gives_no_metrics_is_told_apart(serve):
    with pytest.raises(EnvironmentNotAble, match="answers 404"):
        Metrics().scrape(serve("", status=404))
    with pytest.raises(UsageProblem, match="no exposition"):
        Metrics().scrape(serve('{"status": "ok"}', kind="application/json"))
    with pytest.raises(EnvironmentNotAble, match="UTF-8"):
        Metrics().scrape(serve(b"\xff\xfe"))
    with pytest.raises(EnvironmentNotAble, match="does not answer") as error:
        Metrics().scrape("http://alguem:segredo@127.0.0.1:9/metrics", timeout_s=2)
    assert "segredo" not in str(error.value)


def test_an_endpoint_that_wants_a_login_gets_it(serve, tmp_path, catalogue):
    (tmp_path / "token").write_text("segredo\n")
    host = f"127.0.0.1:{serve.port}/wants"
    basic = base64.b64encode(b"alguem:se:gre/do").decode()
    given = [
        (f"http://{host}/Authorization/Bearer%20segredo", {"bearer_token_file": tmp_path / "token"}),
        (f"http://{host}/X-Chave/segredo", {"headers": {"X-Chave": "segredo"}}),
        (f"http://alguem:se%3Agre%2Fdo@{host}/Authorization/Basic%20{basic}", {}),
    ]
    for url, access in given:
        found = Metrics().scrape(url, **access)
        assert found.value("a_total") == 3
        assert "alguem" not in found.source
    words = ("--bearer-token-file", tmp_path / "token", "--catalogue", catalogue)
    assert run(given[0][0], *words).exit_code == 0
    assert run(given[1][0], "--header", "X-Chave: segredo", "--catalogue", catalogue).exit_code == 0


def test_who_is_refused_reads_what_to_give_and_no_secret(serve, tmp_path):
    (tmp_path / "token").write_text("segredo")
    url = f"http://127.0.0.1:{serve.port}/wants/Authorization/outro"
    with pytest.raises(EnvironmentNotAble, match=r"answers 401[\s\S]*--bearer-token-file"):
        Metrics().scrape(url)
    for address, access in (
        (url, {"bearer_token_file": tmp_path / "token"}),
        (url, {"headers": {"Authorization": "segredo"}}),
        (url.replace("//", "//alguem:segredo@"), {}),
    ):
        with pytest.raises(EnvironmentNotAble, match=r"answers 401[\s\S]*does not take the login") as error:
            Metrics().scrape(address, **access)
        assert "segredo" not in str(error.value)


def test_a_login_does_not_go_along_to_another_host(serve, tmp_path):
    (tmp_path / "token").write_text("segredo")
    url = f"http://localhost:{serve.port}/wants/redirect/{serve.port}/Bearer%20segredo"
    with pytest.raises(EnvironmentNotAble, match="answers 401"):
        Metrics().scrape(url, bearer_token_file=tmp_path / "token")
    same = url.replace("localhost", "127.0.0.1")
    assert Metrics().scrape(same, bearer_token_file=tmp_path / "token").value("a_total") == 3


@pytest.mark.parametrize(
    ("access", "said"),
    [
        ({"headers": {"X": "segredo\r\nY: 1"}}, "header X can't be sent"),
        ({"headers": {"X Y": "segredo"}}, "can't be sent"),
        ({"headers": {"authorization": "segredo"}, "bearer_token_file": "token"}, "Authorization and a bearer token"),
        ({"bearer_token_file": "nada"}, "token .*nada can't be read"),
        ({"bearer_token_file": "words"}, "holds no token"),
        ({"ca_file": "token"}, "certificates .*token can't be used"),
        ({"ca_file": "nada"}, "certificates .*nada can't be used"),
    ],
)
def test_a_login_that_can_not_be_used_is_told_without_it(tmp_path, monkeypatch, access, said):
    monkeypatch.chdir(tmp_path)
    Path("token").write_text("segredo")
    Path("words").write_text("segredo a\nsegredo b")
    with pytest.raises(UsageProblem, match=said) as error:
        Metrics().scrape("http://127.0.0.1:9/metrics", **access)
    assert "segredo" not in str(error.value)


def test_a_certificate_is_checked_against_those_of_ca_file(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"https://127.0.0.1:{server.server_port}/wants/X/1"
    try:
        assert Metrics().scrape(url, headers={"X": "1"}, ca_file=tmp_path / "ca.pem").value("a_total") == 3
        with pytest.raises(EnvironmentNotAble, match="--ca-file"):
            Metrics().scrape(url, headers={"X": "1"})
    finally:
        server.shutdown()
        server.server_close()


def test_a_broken_exposition_raises_with_every_finding_and_no_personal_data(catalogue):
    Metrics(catalogue).assert_as_catalogued(parse(SOUND))
    with pytest.raises(NotAsCatalogued) as error:
        Metrics(catalogue).assert_as_catalogued(parse(BROKEN))
    assert {each.check for each in error.value.findings} == {"metrics/label-value", "metrics/personal-data"}
    assert "CPF" in str(error.value) and "52998224725" not in str(error.value)


def test_a_check_can_be_left_out_and_must_exist(catalogue):
    ignore = ("metrics/label-value", "metrics/personal-data")
    assert Metrics(catalogue).check(parse(BROKEN), ignore=ignore) == ()
    with pytest.raises(UsageProblem, match="ignore names metrics/nada, and there is no such check"):
        Metrics(catalogue).check(parse(BROKEN), ignore=("metrics/nada",))


def test_without_a_catalogue_it_says_how_to_name_one():
    with pytest.raises(UsageProblem, match="pgben_metrics_catalogue"):
        Metrics().check(parse(SOUND))


def run(*words):
    return CliRunner().invoke(commands, ["check", "metrics", *map(str, words)])


def test_the_command_holds_files_and_urls(catalogue, tmp_path, serve):
    (tmp_path / "sound.prom").write_text(SOUND)
    done = run(tmp_path / "sound.prom", "--catalogue", catalogue)
    assert (done.exit_code, done.output) == (0, "1 metrics and 1 samples of api: nothing wrong\n")
    done = run(serve(BROKEN), "--catalogue", catalogue)
    assert done.exit_code == 1
    assert "metrics/personal-data" in done.output and "52998224725" not in done.output
    assert run(serve(BROKEN), "--catalogue", catalogue, "--fail-on", "never").exit_code == 0


def test_the_commands_json_has_the_facts_and_the_findings(catalogue, serve):
    done = run(serve(BROKEN), "--catalogue", catalogue, "--json")
    told = json.loads(done.output)
    assert (told["exporter"], told["metrics"], told["samples"], len(told["findings"])) == ("api", 1, 2, 2)
    assert json.loads(run(serve(BROKEN), "--catalogue", catalogue, "--sarif").output)["version"] == "2.1.0"


def test_the_command_scrapes_again_to_see_counters_fall(catalogue, serve):
    done = run(serve(SOUND, SOUND.replace("3", "2")), "--catalogue", catalogue, "--again-after", "0")
    assert done.exit_code == 1 and "metrics/counter-down" in done.output


def test_the_command_takes_an_earlier_file(catalogue, tmp_path):
    (tmp_path / "now.prom").write_text(SOUND)
    (tmp_path / "before.prom").write_text(SOUND.replace("3", "4"))
    words = (tmp_path / "now.prom", "--catalogue", catalogue, "--before", tmp_path / "before.prom")
    assert run(*words).exit_code == 1
    assert isinstance(run(*words, "--again-after", "0").exception, UsageProblem)


def test_the_commands_problems_are_ours(catalogue, tmp_path):
    (tmp_path / "x").write_text(SOUND)
    assert isinstance(run(tmp_path / "nada", "--catalogue", catalogue).exception, UsageProblem)
    assert isinstance(run(tmp_path / "x", "--catalogue", tmp_path / "nada").exception, UsageProblem)
    assert isinstance(run("http://127.0.0.1:9/", "--catalogue", catalogue).exception, EnvironmentNotAble)
    assert isinstance(run(tmp_path / "x", "--catalogue", catalogue, "--exporter", "db").exception, UsageProblem)


def test_the_reference_catalogue_can_be_read():
    path = Path(__file__).parents[3] / "fixtures" / "observability" / "catalogue.yaml"
    assert run(path.with_name("nada"), "--catalogue", path).exception.what.endswith("can't be read")
