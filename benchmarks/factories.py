"""How long the data factories take, beside factory-boy with SQLAlchemy and polyfactory with SQLAlchemy, in one run.

    pip install --group bench
    python benchmarks/factories.py [--citizens 100000] [--peer-citizens 5000] [--creates 200] [--json]

All write the same columns of the same rows into clones of the reference schema on one server. Compare within one run
only; the peers are measured with fewer citizens, and the ratio is of rows a second.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

from pgben_testkit import settings
from pgben_testkit.factories import Maker
from pgben_testkit.postgres.database import Database
from pgben_testkit.postgres.databases import Databases
from pgben_testkit.postgres.service import SERVICE as POSTGRES
from pgben_testkit.services.supply import Supply

PGBEN = Path(__file__).resolve().parents[1] / "fixtures" / "pgben"
CHAIN = ("unidade", "role", "usuario", "cidadao", "tipo_beneficio", "solicitacao", "concessao", "pagamento")
OPENED = datetime(2025, 1, 10, 13, tzinfo=UTC)


class Peer:
    """A library's way to a batch of citizens, and to a payment with its chain. Makes its models from the database."""

    def __init__(self, database: Database) -> None:
        from sqlalchemy import MetaData, create_engine
        from sqlalchemy.ext.automap import automap_base
        from sqlalchemy.orm import Session

        self.engine = create_engine(database.url("sqlalchemy"))
        metadata = MetaData()
        metadata.reflect(self.engine, only=CHAIN)
        base = automap_base(metadata=metadata)
        base.prepare(generate_relationship=lambda *args, **kwargs: None)
        self.models = {name: base.classes[name] for name in CHAIN}
        self.session = Session(self.engine)

    def close(self) -> None:
        self.session.close()
        self.engine.dispose()

    def values(self, fake: Any) -> dict[str, dict[str, Callable[[], Any]]]:
        """table -> column -> value, alike for both peers: Faker where there is a provider, constants elsewhere."""

        def day() -> date:
            return fake.date_of_birth(minimum_age=18, maximum_age=80)

        def token() -> str:
            return uuid.uuid4().hex[:16]

        return {
            "unidade": {"nome": fake.company, "codigo": token, "tipo": lambda: "cras", "status": lambda: "ativo"},
            "role": {"codigo": token, "nome": token, "scope": lambda: "unidade"},
            "usuario": {
                "nome": fake.name,
                "email": lambda: f"{token()}@sintetico.example",
                "senha_hash": lambda: "x",
                "cpf": lambda: fake.unique.cpf().replace(".", "").replace("-", ""),
                "matricula": token,
                "status": lambda: "ativo",
            },
            "cidadao": {
                "nome": fake.name,
                "nome_social": lambda: "Pessoa Sintetica",
                "nome_mae": fake.name,
                "cpf": lambda: fake.unique.cpf().replace(".", "").replace("-", ""),
                "rg": fake.rg,
                "nis": lambda: f"{random.randrange(10**10, 2 * 10**10)}",
                "naturalidade": fake.city,
                "uf_naturalidade": fake.estado_sigla,
                "data_nascimento": day,
                "sexo": lambda: random.choice(("feminino", "masculino")),
                "prontuario_suas": token,
                "estado_civil": lambda: random.choice(("solteiro", "casado")),
                "raca_cor": lambda: random.choice(("parda", "branca", "preta")),
                "metadados": lambda: {"s": True},
                "nacionalidade": lambda: "brasileira",
                "status": lambda: "ativo",
            },
            "tipo_beneficio": {
                "codigo": token,
                "nome": token,
                "descricao": fake.sentence,
                "valor": lambda: Decimal(600),
                "periodicidade": lambda: "mensal",
                "categoria": lambda: "vulnerabilidade_temporaria",
                "quantidade_parcelas": lambda: 6,
            },
            "solicitacao": {
                "protocolo": token,
                "status": lambda: "aprovada",
                "data_abertura": lambda: OPENED,
                "data_aprovacao": lambda: OPENED + timedelta(days=9),
            },
            "concessao": {"status": lambda: "ativo", "data_inicio": lambda: (OPENED + timedelta(days=12)).date()},
            "pagamento": {
                "valor": lambda: Decimal(600),
                "status": lambda: "pago",
                "metodo_pagamento": lambda: "pix",
                "data_liberacao": lambda: OPENED + timedelta(days=20),
                "data_pagamento": lambda: OPENED + timedelta(days=21),
            },
        }


PARENTS = {
    "usuario": {"unidade_id": "unidade", "role_id": "role"},
    "cidadao": {"unidade_id": "unidade"},
    "solicitacao": {
        "beneficiario_id": "cidadao",
        "tipo_beneficio_id": "tipo_beneficio",
        "unidade_id": "unidade",
        "tecnico_id": "usuario",
    },
    "concessao": {"solicitacao_id": "solicitacao"},
    "pagamento": {"concessao_id": "concessao"},
}


class FactoryBoy(Peer):
    name = "factory-boy + SQLAlchemy"

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        import factory
        from factory.alchemy import SQLAlchemyModelFactory
        from faker import Faker

        fake = Faker("pt_BR")
        self.factories: dict[str, Any] = {}
        for table, columns in self.values(fake).items():
            meta = type(
                "Meta",
                (),
                {
                    "model": self.models[table],
                    "sqlalchemy_session": self.session,
                    "sqlalchemy_session_persistence": None,
                },
            )
            body: dict[str, Any] = {"Meta": meta, "id": factory.LazyFunction(uuid.uuid4)}
            body |= {name: factory.LazyFunction(make) for name, make in columns.items()}
            self.factories[table] = type(table, (SQLAlchemyModelFactory,), body)

    def citizens(self, size: int) -> None:
        units = self.factories["unidade"].create_batch(max(1, size // 500))
        self.session.flush()
        for place in range(size):
            self.factories["cidadao"].create(unidade_id=units[place % len(units)].id)
        self.session.commit()

    def payment(self) -> None:
        made: dict[str, Any] = {}
        for table in CHAIN:
            parents = {column: made[parent].id for column, parent in PARENTS.get(table, {}).items()}
            made[table] = self.factories[table].create(**parents)
            self.session.flush()
        self.session.commit()


class Polyfactory(Peer):
    name = "polyfactory + SQLAlchemy"

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        from faker import Faker
        from polyfactory import Ignore, Use
        from polyfactory.factories.sqlalchemy_factory import SQLAlchemyFactory

        self.factories: dict[str, Any] = {}
        fake = Faker("pt_BR")
        for table, columns in self.values(fake).items():
            body: dict[str, Any] = {"__model__": self.models[table], "__set_relationships__": False}
            body |= {column.name: Ignore() for column in self.models[table].__table__.columns}
            body |= {"id": Use(uuid.uuid4)} | {name: Use(make) for name, make in columns.items()}
            self.factories[table] = type(table, (SQLAlchemyFactory,), body)

    def citizens(self, size: int) -> None:
        units = self.factories["unidade"].batch(max(1, size // 500))
        self.session.add_all(units)
        self.session.flush()
        self.session.add_all(
            [self.factories["cidadao"].build(unidade_id=units[place % len(units)].id) for place in range(size)]
        )
        self.session.commit()

    def payment(self) -> None:
        made: dict[str, Any] = {}
        for table in CHAIN:
            parents = {column: made[parent].id for column, parent in PARENTS.get(table, {}).items()}
            made[table] = self.factories[table].build(**parents)
            self.session.add(made[table])
            self.session.flush()
        self.session.commit()


class Ours:
    name = "pgben_factory"

    def __init__(self, database: Database) -> None:
        self.connection = database.connect(autocommit=True)
        self.make = Maker(test="benchmark", connect=lambda: self.connection)

    def citizens(self, size: int) -> None:
        self.make.create_batch("cidadao", size)

    def payment(self) -> None:
        self.make.create("pagamento", pago=True)

    def close(self) -> None:
        self.connection.close()


def measure(kind: Any, databases: Databases, citizens: int, creates: int) -> dict[str, float]:
    strategy = databases.strategy("clone")
    database = strategy.acquire()
    subject = kind(database)
    try:
        subject.payment()
        subject.citizens(100)
        waits = []
        for _ in range(creates):
            began = time.perf_counter()
            subject.payment()
            waits.append(time.perf_counter() - began)
        began, used = time.perf_counter(), time.process_time()
        subject.citizens(citizens)
        total, cpu = time.perf_counter() - began, time.process_time() - used
        with database.connect() as connection:
            row = connection.execute("SELECT count(*) FROM cidadao").fetchone()
            assert row is not None and row[0] >= citizens + creates
    finally:
        subject.close()
        strategy.release(database)
    return {
        "create_ms": median(waits) * 1000,
        "create_p95_ms": sorted(waits)[int(len(waits) * 0.95)] * 1000,
        "citizens": citizens,
        "seconds": total,
        "python_cpu_seconds": cpu,
        "rows_per_second": citizens / total,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--citizens", type=int, default=100_000, help="rows of our batch")
    parser.add_argument("--peer-citizens", type=int, default=5_000, help="rows of the peers' batches")
    parser.add_argument("--creates", type=int, default=200, help="single payments with their chain")
    parser.add_argument("--only-ours", action="store_true", help="leave the peers out")
    parser.add_argument("--json", action="store_true", help="for machines")
    given = parser.parse_args()
    results: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        supply = Supply(
            settings.read(
                root=Path(folder),
                environ={},
                command_line={"backend": "embedded", "warm": "no", "postgres_schema": str(PGBEN)},
            )
        )
        try:
            databases = Databases(
                POSTGRES.info(supply.get("postgres").info.as_dict()), run_id=supply.run.id, worker="bench"
            )
            kinds: list[tuple[Any, int]] = [(Ours, given.citizens)]
            if not given.only_ours:
                kinds += [(FactoryBoy, given.peer_citizens), (Polyfactory, given.peer_citizens)]
            for kind, citizens in kinds:
                results[kind.name] = measure(kind, databases, citizens, given.creates)
            databases.close()
        finally:
            supply.close()
    if given.json:
        print(json.dumps(results, indent=2))
        return
    ours = results[Ours.name]
    for name, found in results.items():
        print(
            f"{name}: create(pagamento, pago=True) {found['create_ms']:.1f} ms median, "
            f"{found['create_p95_ms']:.1f} ms p95 ({found['create_ms'] / ours['create_ms']:.1f} x ours); "
            f"{found['citizens']:,.0f} cidadaos {found['seconds']:.1f} s ({found['python_cpu_seconds']:.1f} s of it "
            f"Python), {found['rows_per_second']:,.0f} rows/s "
            f"({ours['rows_per_second'] / found['rows_per_second']:.1f} x slower than ours)"
        )


if __name__ == "__main__":
    main()
