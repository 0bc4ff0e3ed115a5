"""Makes the office and the people who work there: unidade, setor, role, usuario."""

from __future__ import annotations

from datetime import timedelta

from pgben_testkit.factories.engine.declarations import Relation, id_of, lazy, record_of
from pgben_testkit.factories.pgben import people
from pgben_testkit.factories.pgben.base import PGBenFactory, status_params
from pgben_testkit.lgpd import documents

KINDS = {"cras": "CRAS", "creas": "CREAS", "centro_pop": "Centro POP", "semtas": "SEMTAS", "outro": "Unidade"}
BCRYPT = "$2b$10$pgbenTestkitSinteticoOuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu"
"""Looks like a bcrypt hash, but no password has it: nobody can log in with it."""


class UnidadeFactory(PGBenFactory):
    """Makes an office, such as a CRAS."""

    class Meta:
        model = record_of("unidade")

    Params = status_params("status_unidade")
    _enums = {"tipo": "tipo_unidade", "status": "status_unidade"}

    id = lazy(lambda o: o.s.uuid())
    nome = lazy(lambda o: f"{KINDS[o.tipo]} {people.district(o.s)}")
    codigo = lazy(lambda o: f"{o.tipo.upper()}-{o.s.token('codigo')}")
    sigla = lazy(lambda o: KINDS[o.tipo])
    tipo = "cras"
    status = "ativo"
    endereco = lazy(lambda o: f"{people.street(o.s)}, {o.s.between('numero', 1, 4000)}")
    cep = lazy(lambda o: people.cep(o.s))
    telefone = lazy(lambda o: people.landline(o.s))
    email = lazy(lambda o: people.email(o.s, o.sigla))
    created_at = lazy(lambda o: o.s.days_ago("hora", 1500, 1500))
    updated_at = lazy(lambda o: o.created_at)
    removed_at = None


class SetorFactory(PGBenFactory):
    """Makes a department."""

    class Meta:
        model = record_of("setor")

    _enums = {"status": "status_unidade"}

    id = lazy(lambda o: o.s.uuid())
    nome = lazy(lambda o: o.s.pick("nome", ("Servico social", "Gestao de beneficios", "Financeiro", "Recepcao")))
    sigla = lazy(lambda o: o.nome[:3].upper())
    descricao = None
    status = "ativo"
    created_at = lazy(lambda o: o.s.days_ago("hora", 1500, 1500))
    updated_at = lazy(lambda o: o.created_at)
    removed_at = None


class RoleFactory(PGBenFactory):
    """Makes a role that users have."""

    class Meta:
        model = record_of("role")

    _enums = {"scope": "scope_role"}

    id = lazy(lambda o: o.s.uuid())
    codigo = lazy(lambda o: f"TECNICO_{o.s.token('codigo')}")
    nome = lazy(lambda o: f"Tecnico {o.s.token('codigo')}")
    descricao = "Atende e analisa"
    scope = "unidade"
    ativo = True
    created_at = lazy(lambda o: o.s.days_ago("hora", 1500, 1500))
    updated_at = lazy(lambda o: o.created_at)
    removed_at = None


class UsuarioFactory(PGBenFactory):
    """Makes a person who works in an office. The mark is the domain of the e-mail address."""

    class Meta:
        model = record_of("usuario")

    Params = status_params("status_usuario")
    _enums = {"status": "status_usuario"}

    unidade = Relation("unidade", shared=True)
    role = Relation("role", shared=True)
    setor = None
    _relations = {"setor": "setor"}

    id = lazy(lambda o: o.s.uuid())
    nome = lazy(
        lambda o: f"{people.first_name(o.s, o.s.pick('lista', ('feminino', 'masculino')))} {people.surname(o.s)}"
    )
    email = lazy(lambda o: people.email(o.s, o.nome))
    senha_hash = BCRYPT
    cpf = lazy(lambda o: documents.cpf(people.cpf_base(o.s)))
    matricula = lazy(lambda o: f"M{o.s.token('matricula')}")
    telefone = lazy(lambda o: people.mobile(o.s))
    status = "ativo"
    primeiro_acesso = False
    ultimo_login = lazy(lambda o: o.created_at + timedelta(days=o.s.between("login", 1, 300)))
    tentativas_login = 0
    role_id = id_of("role")
    unidade_id = id_of("unidade")
    setor_id = id_of("setor")
    created_at = lazy(lambda o: o.s.days_ago("hora", 400, 1400))
    updated_at = lazy(lambda o: o.created_at)
    removed_at = None
