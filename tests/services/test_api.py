"""The sample API, as a process, on a real PostgreSQL and a real S3."""

import json
import re
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest
import sample as samples
from sample import CPF, NAME, OTHER_CPF

PDF = b"%PDF-1.7 um documento que ninguem deve ler sem a chave"


@pytest.fixture(scope="module")
def api():
    with ExitStack() as stack:
        yield samples.running(stack)


@pytest.fixture(scope="module")
def cidadao(api):
    answer = api.cidadao(OTHER_CPF)
    assert answer.status == 201, answer.body
    return answer.json()["id"]


@pytest.fixture(autouse=True)
def calm(api):
    yield
    api.calm()


def value(api, name, **labels):
    from prometheus_client.parser import text_string_to_metric_families

    found = [
        each.value
        for family in text_string_to_metric_families(api.metrics())
        for each in family.samples
        if each.name == name and labels.items() <= each.labels.items()
    ]
    return sum(found)


def upload(api, cidadao, tipo="rg", data=PDF, user="tecnico"):
    return api.ask(
        "POST",
        f"/api/v1/cidadaos/{cidadao}/documentos/{tipo}",
        raw=data,
        user=user,
        headers={"content-type": "application/pdf"},
    )


def test_a_document_is_stored_encrypted_and_comes_back_whole(api, cidadao):
    made = upload(api, cidadao)
    assert made.status == 201
    with api.database.connect() as connection:
        [key] = connection.execute("SELECT caminho FROM documentos WHERE id = %s", (made.json()["id"],)).fetchone()
    assert re.fullmatch(rf"{cidadao}/documentos-gerais/rg/\d{{13}}-[0-9a-f]{{16}}\.pdf", key)
    stored = api.bucket.boto3().get_object(Bucket=api.bucket.name, Key=key)
    assert b"documento" not in stored["Body"].read()
    assert {"original-name", "hash", "encrypted", "iv", "authtag"} <= stored["Metadata"].keys()
    assert api.ask("GET", f"/api/v1/documentos/{made.json()['id']}", user="tecnico").body == PDF


def test_a_document_that_was_changed_in_the_bucket_is_not_given_out(api, cidadao):
    made = upload(api, cidadao).json()["id"]
    with api.database.connect() as connection:
        [key] = connection.execute("SELECT caminho FROM documentos WHERE id = %s", (made,)).fetchone()
    client = api.bucket.boto3()
    old = client.get_object(Bucket=api.bucket.name, Key=key)
    client.put_object(Bucket=api.bucket.name, Key=key, Body=old["Body"].read()[::-1], Metadata=old["Metadata"])
    answer = api.ask("GET", f"/api/v1/documentos/{made}", user="tecnico")
    assert (answer.status, answer.json()["erro"]) == (500, "documento_adulterado")


def test_a_removed_document_is_gone_from_the_bucket_too(api, cidadao):
    made = upload(api, cidadao).json()["id"]
    with api.database.connect() as connection:
        [key] = connection.execute("SELECT caminho FROM documentos WHERE id = %s", (made,)).fetchone()
    assert api.ask("DELETE", f"/api/v1/documentos/{made}", user="tecnico").status == 204
    assert api.ask("GET", f"/api/v1/documentos/{made}", user="tecnico").status == 404
    listed = api.bucket.boto3().list_objects_v2(Bucket=api.bucket.name, Prefix=key)
    assert listed["KeyCount"] == 0


@pytest.mark.parametrize(
    ("user", "purpose", "reason"),
    [
        ("vizinho", "concessao_beneficio", "unidade"),
        ("financeiro", "concessao_beneficio", "role"),
        ("tecnico", "", "purpose"),
        ("gestor", "curiosidade", "purpose"),
    ],
)
def test_refused_access_is_counted_and_written_to_the_audit_trail(api, cidadao, user, purpose, reason):
    before = value(api, "lgpd_access_refused_total", reason=reason)
    answer = api.ask("GET", f"/api/v1/cidadaos/{cidadao}", user=user, purpose=purpose)
    assert (answer.status, answer.json()["erro"]) == (403, f"acesso_recusado_{reason}")
    assert value(api, "lgpd_access_refused_total", reason=reason) == before + 1
    with api.database.connect() as connection:
        [risk, seen] = connection.execute(
            "SELECT nivel_risco::text, dados_sensiveis_acessados FROM logs_auditoria ORDER BY data_hora DESC LIMIT 1"
        ).fetchone()
    assert (risk, seen) == ("alto", None)


def test_another_unidade_can_not_add_a_citizen_here(api):
    answer = api.ask(
        "POST",
        "/api/v1/cidadaos",
        {
            "nome": NAME,
            "cpf": "39053344705",
            "nome_mae": "X",
            "naturalidade": "Natal",
            "data_nascimento": "1980-01-01",
            "sexo": "outro",
            "unidade_id": "00000000-0000-0000-0000-000000000000",
        },
        user="tecnico",
    )
    assert (answer.status, answer.json()["erro"]) == (403, "acesso_recusado_unidade")


def test_five_wrong_passwords_lock_the_account(api):
    before = value(api, "account_lockouts_total")
    statuses = [api.login("bloqueavel", "errada").status for _ in range(6)]
    assert statuses == [401] * 5 + [423]
    assert api.login("bloqueavel").status == 423
    assert value(api, "account_lockouts_total") == before + 1


def test_tokens_are_refused_with_their_reason(api):
    import jwt

    forged = jwt.encode({"sub": "x", "role": "ADMIN", "exp": 4e9}, "x" * 40, algorithm="HS256")
    expired = jwt.encode({"sub": "x", "role": "ADMIN", "exp": 1}, "j" * 40, algorithm="HS256")
    for token, reason in ((forged, "signature"), (expired, "expired"), ("nada", "malformed")):
        before = value(api, "token_failures_total", reason=reason)
        assert api.ask("GET", "/api/v1/cidadaos", headers={"authorization": f"Bearer {token}"}).status == 401
        assert value(api, "token_failures_total", reason=reason) == before + 1


def test_the_audit_trail_is_one_chain_and_a_hole_in_it_shows(api, cidadao):
    deadline = time.monotonic() + 5

    def wait_for(wanted):
        while value(api, "lgpd_audit_trail_gaps") != wanted:
            assert time.monotonic() < deadline, value(api, "lgpd_audit_trail_gaps")
            time.sleep(0.05)

    api.ask("GET", f"/api/v1/cidadaos/{cidadao}", user="tecnico")
    wait_for(0)
    with api.database.connect() as connection:
        removed = connection.execute(
            "DELETE FROM assinatura_log WHERE id = (SELECT a.id FROM assinatura_log a JOIN assinatura_log b"
            " ON b.hash_anterior = a.hash_atual ORDER BY a.created_at LIMIT 1) RETURNING log_id, hash_anterior,"
            " hash_atual, algoritmo, created_at"
        ).fetchone()
        connection.commit()
        wait_for(2)  # a record without its signature, and a signature without its predecessor
        connection.execute(
            "INSERT INTO assinatura_log (log_id, hash_anterior, hash_atual, algoritmo, created_at)"
            " VALUES (%s, %s, %s, %s, %s)",
            removed,
        )
        connection.commit()
    wait_for(0)


def test_a_solicitacao_goes_only_the_ways_of_the_schema(api, cidadao):
    made = api.ask("POST", "/api/v1/solicitacoes", {"beneficiario_id": cidadao, "beneficio": "FUNERAL"}, user="tecnico")
    path = f"/api/v1/solicitacoes/{made.json()['id']}/status"
    assert api.ask("POST", path, {"para": "aprovada"}, user="gestor").status == 409
    assert api.ask("POST", path, {"para": "em_analise"}, user="tecnico").status == 200
    assert api.ask("POST", path, {"para": "aprovada"}, user="tecnico").status == 403
    assert api.ask("POST", path, {"para": "indeferida"}, user="gestor").status == 422
    assert api.ask("POST", path, {"para": "indeferida", "justificativa": "renda"}, user="gestor").status == 200
    assert value(api, "solicitacao_decision_duration_seconds_count", outcome="indeferida") >= 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"nada", 400),
        (b"[1]", 422),
        (b'{"nome": 1}', 422),
        (b"\xff\xfe", 400),
    ],
)
def test_rubbish_is_answered_without_a_crash(api, body, status):
    assert api.ask("POST", "/api/v1/cidadaos", raw=body, user="tecnico").status == status


def test_values_that_the_schema_refuses_are_the_callers_fault(api):
    assert api.cidadao("123").status == 422
    assert api.cidadao("15350946056", data_nascimento="ontem").status == 422
    assert api.ask("GET", "/api/v1/cidadaos/1", user="tecnico").status == 404
    assert api.ask("GET", "/api/v1/cidadaos/nao-e-uuid", user="tecnico").status == 404


def test_latency_on_demand_shows_in_the_histogram(api):
    api.trouble(latency_s=0.6)
    api.ask("GET", "/api/v1/beneficios")
    api.calm()
    route = {"route": "/api/v1/beneficios", "le": "0.5"}
    slow = value(api, "http_request_duration_seconds_count", route="/api/v1/beneficios")
    assert slow - value(api, "http_request_duration_seconds_bucket", **route) >= 1


def test_errors_on_demand_come_in_the_asked_share(api):
    api.trouble(error_ratio=0.25)
    statuses = [api.ask("GET", "/api/v1/beneficios").status for _ in range(20)]
    assert statuses.count(500) == 5


def test_a_lost_database_is_a_503_and_comes_back(api):
    api.trouble(database_lost=True)
    answer = api.ask("GET", "/api/v1/saude/pronto")
    assert (answer.status, answer.json()["erro"]) == (503, "banco_indisponivel")
    assert api.ask("GET", "/api/v1/saude").status == 200
    api.trouble(database_lost=False)
    assert api.ask("GET", "/api/v1/saude/pronto").status == 200


def test_a_lost_bucket_is_a_503_and_comes_back(api, cidadao):
    api.trouble(storage_lost=True)
    answer = upload(api, cidadao)
    assert (answer.status, answer.json()["erro"]) == (503, "storage_indisponivel")
    assert value(api, "storage_operations_total", operation="put", success="false") >= 1
    api.trouble(storage_lost=False)
    assert upload(api, cidadao).status == 201


def test_failed_logins_and_refused_access_on_demand(api, cidadao):
    path = f"/api/v1/cidadaos/{cidadao}"
    assert api.ask("GET", path, user="tecnico").status == 200
    api.trouble(access_refused=True, logins_fail=True)
    assert api.ask("GET", path, user="tecnico").status == 403
    assert api.login("gestor").status == 401
    api.calm()
    assert api.login("gestor").status == 200


@pytest.mark.parametrize("wrong", [{"nada": 1}, {"latency_s": -1}, {"database_lost": 1}, {"latency_s": "1"}])
def test_a_switch_that_is_none_changes_nothing(api, wrong):
    before = api.ask("GET", "/_problemas").json()
    assert api.ask("PUT", "/_problemas", {"storage_lost": True, **wrong}).status == 422
    assert api.ask("GET", "/_problemas").json() == before


def test_the_log_is_json_with_the_callers_trace_and_without_personal_data(api, cidadao):
    trace = "0af7651916cd43dd8448eb211c80319c"
    answer = api.ask(
        "GET", f"/api/v1/cidadaos/{cidadao}", user="tecnico", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    )
    assert answer.headers["x-trace-id"] == trace
    api.cidadao(CPF)
    api.cidadao(CPF)
    api.ask("GET", f"/rota/{CPF}")
    lines = [json.loads(line) for line in api.log().splitlines()]
    assert any(line["trace_id"] == trace and line["route"] == "/api/v1/cidadaos/{cidadao_id}" for line in lines)
    assert all(len(line["trace_id"]) == 32 for line in lines if line["message"] == "request")
    text = api.log() + api.metrics()
    for secret in (CPF, OTHER_CPF, NAME, "sintetico.example", cidadao, samples.PASSWORD, "j" * 40, "k" * 32):
        assert secret not in text


def test_both_formats_are_given_as_asked(api):
    assert api.metrics("application/openmetrics-text; version=1.0.0").endswith("# EOF\n")
    assert "# EOF" not in api.metrics()


def test_metrics_answer_while_the_dependencies_are_lost(api):
    api.trouble(database_lost=True, storage_lost=True)
    deadline = time.monotonic() + 5
    while value(api, "dependency_up"):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_process_that_is_told_wrong_does_not_start_and_shows_no_value():
    done = subprocess.run(
        [sys.executable, "-m", "pgben_api"],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(samples.API), "ENCRYPTION_KEY": "curta", "DB_HOST": "x"},
    )
    assert done.returncode == 2
    assert "JWT_SECRET" in done.stderr and "curta" not in done.stderr and "Traceback" not in done.stderr
