"""The sample API as a process on servers of this kit's own, with people who may use it, and traffic for it."""

import json
import os
import shutil
import sys
import urllib.request
import uuid
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import urllib3

from pgben_testkit import settings
from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.postgres.service import SERVICE as POSTGRES
from pgben_testkit.services.process import Account, ServerProcess, free_ports
from pgben_testkit.services.world import OwnedWorld
from pgben_testkit.storage.service import SERVICE as STORAGE

FIXTURES = Path(__file__).parents[2] / "fixtures"
API = FIXTURES / "api"
CATALOGUE = FIXTURES / "observability" / "catalogue.yaml"
PASSWORD = "segredo-de-teste"
CPF, OTHER_CPF, NAME = "52998224725", "11144477735", "Fulana Sintetica da Silva"
USERS = {
    "tecnico": ("TECNICO_UNIDADE", "CRAS-NORTE"),
    "vizinho": ("TECNICO_UNIDADE", "CRAS-SUL"),
    "gestor": ("GESTOR", "SEMTAS"),
    "financeiro": ("FINANCEIRO", "SEMTAS"),
    "bloqueavel": ("TECNICO_UNIDADE", "CRAS-LESTE"),
}


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict

    def json(self):
        return json.loads(self.body)


@dataclass
class Sample:
    """The running API. `tokens`: user -> a token of theirs."""

    url: str
    process: ServerProcess
    database: object
    bucket: object
    owned: OwnedWorld
    tokens: dict = field(default_factory=dict)
    _http: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(timeout=15, retries=False, maxsize=16)
    )

    def ask(self, method, path, body=None, *, user="", purpose="concessao_beneficio", headers=None, raw=None):
        sent = {"x-finalidade": purpose} if purpose else {}
        if user:
            if user not in self.tokens:
                self.tokens[user] = self.login(user).json()["access_token"]
            sent["authorization"] = f"Bearer {self.tokens[user]}"
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        answer = self._http.request(method, self.url + path, body=data, headers={**sent, **(headers or {})})
        return Answer(answer.status, answer.data, {name.lower(): value for name, value in answer.headers.items()})

    def login(self, user, password=PASSWORD):
        return self.ask("POST", "/api/v1/auth/login", {"email": f"{user}@sintetico.example", "senha": password})

    def trouble(self, **switches):
        answer = self.ask("PUT", "/_problemas", switches)
        assert answer.status == 200, answer.body
        return answer.json()

    def calm(self):
        return self.trouble(
            latency_s=0, error_ratio=0, database_lost=False, storage_lost=False, logins_fail=False, access_refused=False
        )

    def metrics(self, accept="text/plain"):
        return self.ask("GET", "/metrics", headers={"accept": accept}).body.decode()

    def log(self):
        return self.process.log.read_text("utf-8")

    def cidadao(self, cpf, user="tecnico", **more):
        body = {
            "nome": NAME,
            "cpf": cpf,
            "nome_mae": "Beltrana Sintetica",
            "naturalidade": "Natal",
            "data_nascimento": "1980-02-03",
            "sexo": "feminino",
            **more,
        }
        return self.ask("POST", "/api/v1/cidadaos", body, user=user)


def environment(database, bucket, port, **more):
    return {
        "PYTHONPATH": str(API),
        "DB_HOST": database.host,
        "DB_PORT": str(database.port),
        "DB_USER": database.user,
        "DB_PASS": database.password,
        "DB_NAME": database.name,
        "JWT_SECRET": "j" * 40,
        "ENCRYPTION_KEY": "k" * 32,
        "AUDIT_SIGNING_KEY": "a" * 40,
        "MINIO_ENDPOINT": bucket.host,
        "MINIO_PORT": str(bucket.port),
        "MINIO_ACCESS_KEY": bucket.access_key,
        "MINIO_SECRET_KEY": bucket.secret_key,
        "MINIO_BUCKET": bucket.name,
        "PORT": str(port),
        "APP_ENV": "test",
        "TROUBLES": "true",
        "METRICS_REFRESH_S": "0.3",
        **more,
    }


def add_users(database):
    sys.path.insert(0, str(API))
    try:
        from pgben_api import passwords
    finally:
        sys.path.remove(str(API))
    with database.connect() as connection:
        for number, (name, (role, unidade)) in enumerate(USERS.items()):
            connection.execute(
                "INSERT INTO usuario (nome, email, senha_hash, cpf, matricula, role_id, unidade_id)"
                " SELECT %s, %s, %s, %s, %s, r.id, u.id FROM role r, unidade u WHERE r.codigo = %s AND u.codigo = %s",
                (
                    f"Usuario {name}",
                    f"{name}@sintetico.example",
                    passwords.hashed(PASSWORD),
                    f"{number:011d}",
                    f"M{number}",
                    role,
                    unidade,
                ),
            )
        connection.commit()


def start(owned, database, bucket, **more):
    """The API, answering."""
    [port] = free_ports(1)
    run = owned.supply.run
    url = f"http://127.0.0.1:{port}"
    name = f"pgben-api-{port}"
    process = ServerProcess.start(
        name,
        [sys.executable, "-m", "pgben_api"],
        run=run,
        log=run.data / f"{name}.log",
        account=Account(None, None),
        env=environment(database, bucket, port, **more),
    )
    http = urllib3.PoolManager(timeout=2, retries=False)
    try:
        process.wait_ready(
            lambda: http.request("GET", f"{url}/api/v1/saude"),
            retry=(urllib3.exceptions.HTTPError,),
            timeout_s=20,
            interval_s=0.01,
        )
    except BaseException:
        process.stop()
        raise
    return Sample(url, process, database, bucket, owned)


def opened(stack):
    """A world of this process's own with the reference schema; skips where there is none to be had."""
    told = settings.read(
        root=FIXTURES,
        environ={},
        command_line={"backend": "embedded", "warm": "no", "postgres_schema": str(FIXTURES / "pgben")},
    )
    owned = OwnedWorld.open(told, worker=f"sample{os.getpid()}")
    stack.callback(owned.close)
    return owned


def running(stack: ExitStack, **more):
    """The API with its users, on a database and a bucket of its own, until `stack` is closed."""
    owned = opened(stack)
    try:
        database = owned.world.space(POSTGRES).strategy("clone").acquire()
        bucket = owned.world.space(STORAGE).acquire()
    except EnvironmentNotAble as error:
        pytest.skip(str(error))
    add_users(database)
    sample = start(owned, database, bucket, **more)
    stack.callback(sample.process.stop)
    return sample


def drive(sample):
    """One of everything that the API does, good and bad: after it each of its metrics has moved."""
    cidadao = sample.cidadao(CPF).json()["id"]
    path = f"/api/v1/cidadaos/{cidadao}"
    sample.ask("GET", path, user="tecnico")
    sample.ask("GET", path, user="vizinho")
    sample.ask("GET", path, user="financeiro")
    sample.ask("GET", path, user="gestor", purpose="curiosidade")
    sample.ask("GET", "/api/v1/cidadaos", user="tecnico")
    sample.ask("GET", path)
    sample.ask("GET", path, headers={"authorization": "Bearer nada"})
    sample.ask("GET", "/nao/existe/12345678909")
    for _ in range(2):
        sample.ask("GET", "/api/v1/beneficios", user="tecnico")
    solicitacao = sample.ask(
        "POST", "/api/v1/solicitacoes", {"beneficiario_id": cidadao, "beneficio": "CESTA_BASICA"}, user="tecnico"
    ).json()["id"]
    sample.ask("GET", f"/api/v1/solicitacoes/{solicitacao}", user="tecnico")
    for step in ("em_analise", "aprovada"):
        sample.ask("POST", f"/api/v1/solicitacoes/{solicitacao}/status", {"para": step}, user="gestor")
    sample.ask(
        "POST", "/api/v1/solicitacoes", {"beneficiario_id": cidadao, "beneficio": "CESTA_BASICA"}, user="financeiro"
    )
    papers = [
        sample.ask(
            "POST",
            f"{path}/documentos/{tipo}",
            raw=b"%PDF-1.7 " + uuid.uuid4().bytes * 50,
            user="tecnico",
            headers={"content-type": "application/pdf"},
        ).json()["id"]
        for tipo in ("rg", "laudo_medico")
    ]
    sample.ask("GET", f"/api/v1/documentos/{papers[0]}", user="tecnico")
    sample.ask("DELETE", f"/api/v1/documentos/{papers[0]}", user="tecnico")
    sample.ask("POST", f"{path}/titular", {"direito": "acesso"}, user="tecnico")
    sample.ask("GET", "/api/v1/saude/pronto")
    for _ in range(6):
        sample.login("bloqueavel", "errada")
    sample.cidadao(CPF)  # there already: a query that fails
    sample.trouble(database_lost=True)
    sample.ask("GET", "/api/v1/saude/pronto")
    sample.trouble(database_lost=False, storage_lost=True)
    sample.ask("GET", "/api/v1/saude/pronto")
    sample.calm()
    return cidadao


def reach(url):
    """Raises OSError: nobody answers there."""
    urllib.request.urlopen(url, timeout=5).close()


def exporter(stack, owned, program, arguments, env=None):
    """The /metrics of an exporter that is installed, until `stack` is closed."""
    found = shutil.which(program)
    if not found:
        pytest.skip(f"{program} is not installed (Debian's package has the same name)")
    [port] = free_ports(1)
    run = owned.supply.run
    process = ServerProcess.start(
        program,
        [found, f"--web.listen-address=127.0.0.1:{port}", *arguments],
        run=run,
        log=run.data / f"{program}.log",
        account=Account(None, None),
        env=env,
    )
    stack.callback(process.stop)
    url = f"http://127.0.0.1:{port}/metrics"
    process.wait_ready(lambda: reach(url), retry=(OSError,), timeout_s=20)
    return url
