"""The reference Alertmanager configuration, held by amtool and by the real Alertmanager."""

import json
import re
import shutil
import subprocess
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from real import started

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.observability.lab import routing
from pgben_testkit.observability.servers import programs
from pgben_testkit.observability.servers.alertmanager import Alertmanager

FOLDER = Path(__file__).parents[2] / "fixtures" / "observability" / "alertmanager"
FILE = FOLDER / "alertmanager.yml"
CONFIG = yaml.safe_load(FILE.read_text("utf-8"))
TABLE = yaml.safe_load((FOLDER / "routes.yml").read_text("utf-8"))
TEAMS = ("aplicacao", "banco", "plataforma", "seguranca", "lgpd")
CELLS = [(severity, team, receivers) for severity, row in TABLE.items() for team, receivers in row.items()]
RECEIVERS = {each["name"]: each for each in CONFIG["receivers"]}
CHANNELS = {"critical": {"sms", "slack", "email"}, "warning": {"slack", "email"}, "info": {"email"}, "page": {"email"}}
GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""3GPP TS 23.038, the basic table: one septet each."""


@pytest.fixture(scope="module")
def amtool():
    if not shutil.which("amtool"):
        pytest.skip("amtool is not installed (Debian: prometheus-alertmanager)")

    def run(*words):
        return subprocess.run(["amtool", *words], capture_output=True, text=True, timeout=30)

    return run


def channel(receiver):
    """What a receiver is, by what it is made of."""
    [(kind, [integration])] = [(key, value) for key, value in receiver.items() if key != "name"]
    if kind == "webhook_configs":
        return "sms" if "//sms." in integration["url"] else "webhook"
    return {"email_configs": "email", "slack_configs": "slack", "sns_configs": "sms"}[kind]


# --- the configuration


def test_amtool_has_nothing_to_say(amtool):
    done = amtool("check-config", str(FILE))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAILED" not in done.stdout and f"- {len(RECEIVERS)} receivers" in done.stdout


@pytest.mark.parametrize(("severity", "team", "receivers"), CELLS)
def test_an_alert_reaches_whom_the_table_says(amtool, severity, team, receivers):
    labels = {
        "alertname": "Qualquer",
        "severity": severity,
        "team": team,
        "job": "pgben-api",
        "instance": "pgben-api:3000",
    }
    done = amtool("config", "routes", "test", f"--config.file={FILE}", *(f"{name}={labels[name]}" for name in labels))
    assert done.stdout.strip().split(",") == receivers
    assert [each.receiver for each in routing.tree(CONFIG).matching(labels)] == receivers


def test_the_table_has_every_severity_and_team():
    assert {severity: set(row) for severity, row in TABLE.items()} == {key: {*TEAMS, "outra"} for key in CHANNELS}


@pytest.mark.parametrize(("severity", "team", "receivers"), CELLS)
def test_a_severity_has_its_channels(severity, team, receivers):
    assert {channel(RECEIVERS[each]) for each in receivers} == CHANNELS[severity]
    owner = "plantao" if severity == "page" or team == "outra" else team
    assert {each.split("-")[0] for each in receivers} - {"encarregado"} == {owner}


def test_the_dead_mans_switch_goes_to_its_webhook_alone_each_minute(amtool):
    labels = {"alertname": "Vigia", "severity": "none"}
    done = amtool("config", "routes", "test", f"--config.file={FILE}", *(f"{name}={labels[name]}" for name in labels))
    assert done.stdout.strip() == "vigia"
    [route] = routing.tree(CONFIG).matching(labels)
    assert (route.wait_s, route.interval_s, route.repeat_s) == (0, 60, 60)
    assert channel(RECEIVERS["vigia"]) == "webhook"


def test_no_receiver_is_there_for_nothing():
    used = {receiver for _, _, receivers in CELLS for receiver in receivers} | {"vigia"}
    assert used == set(RECEIVERS)


def secrets(node, path=""):
    """Where a secret stands in the configuration itself."""
    if isinstance(node, dict):
        for key, value in node.items():
            if re.search(r"password|secret|token|credentials|api_url|api_key|access_key", key) and not key.endswith(
                "_file"
            ):
                yield f"{path}.{key}"
            yield from secrets(value, f"{path}.{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from secrets(value, f"{path}[{number}]")
    elif isinstance(node, str) and re.search(r"://[^/]*@|hooks\.slack\.com|[?&](token|key|secret)=", node):
        yield path


def test_secrets_are_in_files():
    assert list(secrets(CONFIG)) == []
    assert list(secrets({"a": [{"api_url": "x"}, "https://u:p@x/"]})) == [".a[0].api_url", ".a[1]"]  # the counter-proof
    named = set(re.findall(r"/etc/alertmanager/secrets/([\w-]+)", FILE.read_text("utf-8")))
    said = FILE.read_text("utf-8").partition("\nglobal:")[0]
    assert named and all(re.search(rf"\b{each}\b", said) for each in named)


def test_only_info_is_muted_and_only_out_of_hours():
    for severity, team, _ in CELLS:
        for route in routing.tree(CONFIG).matching({"alertname": "A", "severity": severity, "team": team}):
            assert route.may_mute == (severity == "info"), (severity, team, route.path)
    [interval] = CONFIG["time_intervals"]
    parts = interval["time_intervals"]
    assert {each["location"] for each in parts} == {"America/Sao_Paulo"}
    assert [each.get("times") for each in parts] == [
        None,
        [{"start_time": "00:00", "end_time": "07:00"}, {"start_time": "19:00", "end_time": "24:00"}],
    ]


# --- what the messages say


def message(*alerts, status="firing", receiver="banco-email"):
    """What Alertmanager gives its templates, for alerts of (labels, annotations, began, ended)."""
    began = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)
    made = [
        {
            "status": "resolved" if resolved else "firing",
            "labels": labels,
            "annotations": annotations,
            "startsAt": began.isoformat(),
            "endsAt": (began + timedelta(minutes=45)).isoformat(),
            "generatorURL": "http://prometheus:9090/graph",
            "fingerprint": str(number),
        }
        for number, (labels, annotations, resolved) in enumerate(alerts)
    ]

    def common(kind):
        return dict(set.intersection(*({*each[kind].items()} for each in made)))

    labels = common("labels")
    group = {name: labels[name] for name in ("alertname", "team") if name in labels}
    return {
        "receiver": receiver,
        "status": status,
        "alerts": made,
        "groupLabels": group,
        "commonLabels": labels,
        "commonAnnotations": common("annotations"),
        "externalURL": "https://alertmanager.pgben.example",
    }


def alert(name="PostgresForaDoAr", summary="O PostgreSQL não responde há 1 minuto", resolved=False, **labels):
    runbook = f"https://pgben.example/docs/runbooks/{name}"
    return (
        {"alertname": name, "severity": "critical", "team": "banco", "instance": "postgres-exporter:9187", **labels},
        {"summary": summary, "description": "Nenhuma solicitação pode ser aberta.", "runbook_url": runbook},
        resolved,
    )


OPEN = "Nenhuma solicitacao pode ser aberta."
"""The description of `alert` as an SMS shows it."""


@pytest.fixture
def render(amtool, tmp_path):
    def call(name, data, kind="text"):
        (tmp_path / "data.json").write_text(json.dumps(data), "utf-8")
        done = amtool(
            "template",
            "render",
            f"--template.glob={FOLDER}/templates/*.tmpl",
            f"--template.type={kind}",
            f"--template.data={tmp_path}/data.json",
            "--template.text",
            f'{{{{ template "{name}" . }}}}',
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return call


def test_every_template_that_the_configuration_names_is_defined(amtool, render):
    named = set(re.findall(r'template "([\w.]+)"', FILE.read_text("utf-8")))
    assert len(named) > 8
    for name in named:
        assert render(name, message(alert())).strip(), name


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (message(alert()), f"PGBen CRITICO PostgresForaDoAr: O PostgreSQL nao responde ha 1 minuto. {OPEN}"),
        (
            message(alert(resolved=True), status="resolved"),
            "PGBen RESOLVIDO PostgresForaDoAr: O PostgreSQL nao responde ha 1 minuto",
        ),
        (
            message(alert(), alert("PoolEsgotado"), alert("PoolEsgotado", instance="b")),
            "PGBen CRITICO banco, 3 alertas: PostgresForaDoAr PoolEsgotado",
        ),
        (
            message(alert(), alert("PoolEsgotado", resolved=True)),
            f"PGBen CRITICO PostgresForaDoAr: O PostgreSQL nao responde ha 1 minuto. {OPEN}",
        ),
        (
            message(alert(summary="Ação: 95 % às 10h – «índice» [x] {y} ~ ÇÃO 🔥 ^")),
            f"PGBen CRITICO PostgresForaDoAr: Acao: 95 % as 10h - indice x y CAO . {OPEN}",
        ),
    ],
)
def test_an_sms_is_short_and_plain(render, data, expected):
    text = render("pgben.sms", data)
    assert text == expected
    assert set(text) <= GSM_7 and len(text) <= 160


def test_an_sms_that_would_be_too_long_is_cut(render):
    summary = "á" * 300
    text = render("pgben.sms", message(alert(summary=summary)))
    assert len(text) == 160 and text.endswith("aaa...")
    room = 160 - len(f"PGBen CRITICO PostgresForaDoAr: . {OPEN}")
    exact = render("pgben.sms", message(alert(summary="b" * room)))
    assert len(exact) == 160 and exact.endswith(f"bbb. {OPEN}")


def test_slack_gets_a_title_a_colour_a_link_and_escaped_text(render):
    data = message(alert(summary="taxa < 5 % & > 1 <!channel>"))
    assert render("pgben.slack.titulo", data) == "[CRÍTICO] PostgresForaDoAr"
    assert render("pgben.slack.cor", data) == "#b3261e"
    assert render("pgben.link", data) == "https://pgben.example/docs/runbooks/PostgresForaDoAr"
    text = render("pgben.slack.texto", data)
    assert text.startswith("*taxa &lt; 5 % &amp; &gt; 1 &lt;!channel&gt;*\nNenhuma solicitação pode ser aberta.\n")
    assert "_Desde 24/11/2026 10:05_" in text and "`postgres-exporter:9187`" in text
    resolved = message(alert(resolved=True), status="resolved")
    assert render("pgben.slack.titulo", resolved) == "[RESOLVIDO] PostgresForaDoAr"
    assert render("pgben.slack.cor", resolved) == "#1e7a3c"
    assert "resolvido em 24/11/2026 10:50" in render("pgben.slack.texto", resolved)


def test_the_silence_link_has_the_groups_labels(render):
    link = render("pgben.silenciar", message(alert()))
    assert link == (
        "https://alertmanager.pgben.example/#/silences/new?filter="
        "%7Balertname%3D%22PostgresForaDoAr%22%2Cteam%3D%22banco%22%7D"
    )


def test_an_email_says_what_when_and_what_to_do(render):
    data = message(alert(summary="resposta > 1 s <b>"))
    assert render("pgben.email.assunto", data) == "[CRÍTICO] PostgresForaDoAr: resposta > 1 s <b>"
    page = render("pgben.email.html", data, "html")
    assert "resposta &gt; 1 s &lt;b&gt;" in page and "<b>" not in page
    assert "Desde 24/11/2026 10:05 (horário de Brasília)" in page
    assert '<a href="https://pgben.example/docs/runbooks/PostgresForaDoAr"' in page
    assert "background:#b3261e" in page and "team=banco" in page
    assert "http" not in re.sub(r'href="[^"]*"', "", page)  # nothing is fetched to show it
    plain = render("pgben.email.texto", data)
    assert "resposta > 1 s <b>" in plain and "O que fazer: https://pgben.example" in plain
    assert "ZgotmplZ" not in page + plain


def test_an_email_of_a_storm_stays_readable(render):
    data = message(*(alert(instance=f"api-{number}") for number in range(50)))
    page = render("pgben.email.html", data, "html")
    assert page.count("O que fazer") == 20 and page.count("são 50 ao todo") == 1
    assert render("pgben.slack.texto", data).count("_Desde") == 10


@pytest.mark.parametrize(
    ("severity", "word"),
    [
        ("critical", "CRÍTICO"),
        ("warning", "ATENÇÃO"),
        ("info", "INFORMATIVO"),
        ("", "ALERTA"),
    ],
)
def test_severities_have_portuguese_words(render, severity, word):
    assert render("pgben.estado", message(alert(severity=severity))) == word


# --- the real Alertmanager


@pytest.fixture(scope="module")
def alertmanager():
    """The configuration running, its receivers left with their names alone: nobody is told."""
    try:
        program = programs.find("alertmanager")
    except EnvironmentNotAble as error:
        pytest.skip(str(error))
    config = {**CONFIG, "receivers": [{"name": name} for name in RECEIVERS]}
    config["global"] = {"resolve_timeout": "5m"}
    config["templates"] = [str(FOLDER / each) for each in CONFIG["templates"]]
    with ExitStack() as stack:
        server = Alertmanager.start(program, config, run=started(stack).run, name="routes")
        stack.callback(server.stop)
        yield server


def sent(server, *alerts):
    """These alerts, and only these, as the API has them: alertname -> alert, once it has settled who inhibits whom.

    Alertmanager learns of alerts in their order. When the last of them is seen to inhibit, those before it were seen.
    """
    now = datetime.now(UTC)
    gone = [{"labels": each["labels"], "endsAt": (now - timedelta(seconds=1)).isoformat()} for each in server.alerts()]
    if gone:
        server.http.post("/api/v2/alerts", json.dumps(gone).encode())
    last = [{"alertname": name, "cluster": "ultimo"} for name in ("LatenciaQueimaModerada", "LatenciaQueimaRapida")]
    ends = (now + timedelta(minutes=5)).isoformat()
    posted = [{"labels": each, "endsAt": ends} for each in (*alerts, *last)]
    server.http.post("/api/v2/alerts", json.dumps(posted).encode())

    def settled():
        found = server.alerts()
        seen = {
            each["labels"]["alertname"]
            for each in found
            if each["status"]["inhibitedBy"] and each["labels"].get("cluster") == "ultimo"
        }
        return len(found) == len(posted) and seen == {"LatenciaQueimaModerada"}

    deadline = time.monotonic() + 10
    while not settled():
        assert time.monotonic() < deadline, server.alerts()
        time.sleep(0.02)
    return {each["labels"]["alertname"]: each for each in server.alerts() if each["labels"].get("cluster") != "ultimo"}


def test_the_real_alertmanager_takes_it_and_routes_by_the_table(alertmanager):
    found = sent(alertmanager, {"alertname": "Auditoria", "severity": "critical", "team": "lgpd"})
    assert {each["name"] for each in found["Auditoria"]["receivers"]} == set(TABLE["critical"]["lgpd"])


API, BANCO = {"job": "pgben-api", "cluster": "pgben"}, {"job": "postgres", "cluster": "pgben"}
ON_API, ON_PG = {**API, "instance": "pgben-api:3000"}, {**BANCO, "instance": "postgres-exporter:9187"}
MINIO = {"job": "minio", "cluster": "pgben"}
SILENCED = [
    ("DisponibilidadeQueimaRapida", API, "DisponibilidadeQueimaModerada", API),
    ("DisponibilidadeQueimaRapida", API, "DisponibilidadeQueimaLenta", API),
    ("DisponibilidadeQueimaModerada", API, "DisponibilidadeQueimaLenta", API),
    ("LatenciaQueimaRapida", API, "LatenciaQueimaModerada", API),
    ("PedidoDeTitularVencido", API, "PedidoDeTitularPertoDoPrazo", API),
    ("PoolSemConexao", API, "PoolSaturado", ON_API),
    ("PostgresForaDoAr", ON_PG, "PoolSaturado", ON_API),
    ("PostgresForaDoAr", ON_PG, "PoolSemConexao", API),
    ("PostgresForaDoAr", ON_PG, "MetricasDesatualizadas", ON_API),
    ("PostgresForaDoAr", ON_PG, "ErrosNoLog", API),
    ("PostgresForaDoAr", ON_PG, "ConexoesQuaseEsgotadas", ON_PG),
    ("StorageInacessivel", API, "ErrosDoStorage", API),
    ("StorageInacessivel", API, "MinioErros5xx", MINIO),
    ("StorageInacessivel", API, "MinioLento", MINIO),
    ("MinioDiscoForaDoAr", MINIO, "MinioLento", MINIO),
    ("ApiForaDoAr", ON_API, "LacoDeEventosAtrasado", ON_API),
    ("AlvoForaDoAr", {**MINIO, "instance": "minio:9000"}, "Futuro", {**MINIO, "instance": "minio:9000"}),
]
HEARD = [
    ("LatenciaQueimaModerada", API, "DisponibilidadeQueimaLenta", API),
    ("DisponibilidadeQueimaRapida", API, "DisponibilidadeQueimaLenta", {**API, "job": "outra-api"}),
    ("DisponibilidadeQueimaRapida", API, "LatenciaQueimaModerada", API),
    ("PostgresForaDoAr", ON_PG, "PoolSaturado", {**ON_API, "cluster": "homologacao"}),
    ("PostgresForaDoAr", ON_PG, "ConexoesQuaseEsgotadas", {**ON_PG, "instance": "replica:9187"}),
    ("PostgresForaDoAr", ON_PG, "DisponibilidadeQueimaRapida", API),
    ("PostgresForaDoAr", ON_PG, "LatenciaQueimaRapida", API),
    ("PostgresForaDoAr", ON_PG, "ApiForaDoAr", ON_API),
    ("StorageInacessivel", API, "DisponibilidadeQueimaRapida", API),
    ("StorageInacessivel", API, "MinioSemEspaco", MINIO),
    ("ApiForaDoAr", ON_API, "LacoDeEventosAtrasado", {**ON_API, "instance": "pgben-api-2:3000"}),
    ("ApiForaDoAr", ON_API, "LacunasNaAuditoria", API),
    ("ApiForaDoAr", ON_API, "FalhasDeAutenticacao", API),
    ("AlvoForaDoAr", {**MINIO, "instance": "minio:9000"}, "AlvoAusente", API),
]


def labelled(name, labels):
    return {"alertname": name, **labels}


def silenced(server, *alerts):
    """The names of those that another one inhibits."""
    found = sent(server, *(labelled(*each) for each in alerts))
    return {name for name, each in found.items() if each["status"]["inhibitedBy"]}


@pytest.mark.parametrize(("cause", "its", "consequence", "theirs"), SILENCED)
def test_a_cause_silences_its_consequence_and_not_itself(alertmanager, cause, its, consequence, theirs):
    assert silenced(alertmanager, (cause, its), (consequence, theirs)) == {consequence}


@pytest.mark.parametrize(("cause", "its", "other", "theirs"), HEARD)
def test_what_is_no_consequence_is_heard(alertmanager, cause, its, other, theirs):
    assert silenced(alertmanager, (cause, its), (other, theirs)) == set()


def test_a_consequence_alone_is_heard(alertmanager):
    assert silenced(alertmanager, ("ErrosDoStorage", API), ("PoolSaturado", ON_API), ("MinioLento", MINIO)) == set()


def test_every_inhibition_is_tried():
    """A rule that no case above needs would be one that nobody has seen work."""
    for rule in CONFIG["inhibit_rules"]:
        assert any(inhibits(rule, labelled(*case[:2]), labelled(*case[2:])) for case in SILENCED), rule


def inhibits(rule, source, target):
    def all_match(side, labels):
        found = [each for text in rule[side] for each in routing.read_matchers(text)]
        return all(each.matches(labels) for each in found)

    return (
        all_match("source_matchers", source)
        and all_match("target_matchers", target)
        and all(source.get(label) == target.get(label) for label in rule["equal"])
    )


def test_the_alerts_of_the_inhibitions_exist():
    """Names in a configuration and in rule files drift apart without a word, and then nothing is inhibited."""
    files = [*FOLDER.parent.glob("prometheus/rules/*.yml"), *FOLDER.parent.glob("kubernetes/rules/*.yml")]
    groups = [group for each in files for group in yaml.safe_load(each.read_text("utf-8"))["groups"]]
    known = {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}
    named = {
        name
        for rule in CONFIG["inhibit_rules"]
        for side in ("source_matchers", "target_matchers")
        for text in rule[side]
        for each in routing.read_matchers(text)
        for name in each.value.split("|")
    }
    assert named <= known, named - known
    tried = {name for case in (*SILENCED, *HEARD) for name in (case[0], case[2])} - {"Futuro"}
    assert tried <= known, tried - known
