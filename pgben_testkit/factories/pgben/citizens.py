"""Makes the people who ask for benefits, and their families: cidadao, endereco, contato, composicao_familiar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from factory import Trait

from pgben_testkit.errors import OURS_HIDDEN, UsageProblem
from pgben_testkit.factories.engine.current import current
from pgben_testkit.factories.engine.declarations import Relation, id_of, lazy, record_of
from pgben_testkit.factories.engine.spec import Spec
from pgben_testkit.factories.pgben import people
from pgben_testkit.factories.pgben.base import PGBenFactory, status_params
from pgben_testkit.factories.pgben.vocabulary import MEMBERS
from pgben_testkit.lgpd import documents, marks

JOBS = ("Diarista", "Pedreiro", "Vendedora ambulante", "Pescador", "Costureira", "Auxiliar de cozinha", "Sem ocupação")
SCHOOLING = MEMBERS["escolaridade"]


def _before_today(o: Any, name: str, least: int, most: int) -> date:
    today: date = o.s.maker.today
    return today - timedelta(days=o.s.between(name, least, most))


OLD_FROM = 60
"""The age from which a person is idoso: Lei 10.741/2003, art. 1."""
CHILD_UNTIL = 12
"""The age until which a person is criança: Lei 8.069/1990, art. 2."""


class CidadaoFactory(PGBenFactory):
    """Makes a citizen, marked in `nome_social` and `metadados`.

    `com_endereco`, `com_contatos`, `com_familia` take a number or True; `completo=True` gives all of them, with bank
    account and social data.
    """

    class Meta:
        model = record_of("cidadao")

    _days = frozenset({"data_nascimento"})
    Params = status_params(
        "status_cadastro_cidadao",
        com_endereco=0,
        com_contatos=0,
        com_familia=0,
        com_conta=0,
        com_dados_sociais=0,
        com_moradia=0,
        idoso=Trait(idade=72),
        crianca=Trait(idade=8, estado_civil="solteiro"),
        completo=Trait(com_endereco=1, com_contatos=2, com_familia=2, com_conta=1, com_dados_sociais=1, com_moradia=1),
    )
    _enums = {
        "sexo": "sexo",
        "estado_civil": "estado_civil",
        "raca_cor": "raca_cor",
        "nacionalidade": "tipo_nacionalidade",
        "status": "status_cadastro_cidadao",
    }
    _children = {
        "enderecos": ("endereco", "cidadao", "com_endereco"),
        "contatos": ("contato", "cidadao", "com_contatos"),
        "composicao_familiar": ("composicao_familiar", "cidadao", "com_familia"),
        "contas": ("info_bancaria", "cidadao", "com_conta"),
        "dados_sociais": ("dados_sociais", "cidadao", "com_dados_sociais"),
        "moradia": ("situacao_moradia", "cidadao", "com_moradia"),
    }
    _hidden = ("idade",)
    _relations = {"criado_por": "usuario"}

    @classmethod
    def _check_agreement(cls, spec: Spec, fields: Mapping[str, Any], active: list[str]) -> None:
        __tracebackhide__ = OURS_HIDDEN
        super()._check_agreement(spec, fields, active)
        born, age = fields.get("data_nascimento"), fields.get("idade")
        today = current().today
        of = born and today.year - born.year - ((today.month, today.day) < (born.month, born.day))
        says = f"data_nascimento={born}" if born else f"idade={age}"
        years = of if born else age
        wrong = None
        if {"idoso", "crianca"} <= set(active):
            wrong = "idoso=True contradicts crianca=True"
        elif born and age is not None and age != of:
            wrong = f"idade={age} contradicts data_nascimento={born}"
        elif years is not None and "idoso" in active and years < OLD_FROM:
            wrong = f"idoso=True contradicts {says}"
        elif years is not None and "crianca" in active and years >= CHILD_UNTIL:
            wrong = f"crianca=True contradicts {says}"
        if wrong:
            raise UsageProblem(
                f"{cls.__name__}: {wrong}",
                why=f"both say how old the person is; today is {today}",
                remedy="give one of them",
            )

    unidade = Relation("unidade", shared=True)
    criado_por = None
    idade = lazy(lambda o: o.s.between("idade", 18, 79))

    id = lazy(lambda o: o.s.uuid())
    nome = lazy(lambda o: f"{people.first_name(o.s, o.sexo)} {people.surname(o.s)}")
    nome_social = lazy(lambda o: people.social_name(o.nome))
    cpf = lazy(lambda o: documents.cpf(people.cpf_base(o.s)))
    rg = lazy(lambda o: documents.rg(f"{o.s.between('rg', 10_000_000, 59_999_999)}"))
    orgao_emissor_rg = "SSP/SP"
    nis = lazy(lambda o: documents.nis(people.nis_base(o.s)))
    nome_mae = lazy(lambda o: f"{people.first_name(o.s, 'feminino', 'mae')} {o.nome.rpartition(' ')[2]}")
    naturalidade = lazy(lambda o: o.s.pick("cidade", people.CITIES)[0])
    uf_naturalidade = lazy(lambda o: o.s.pick("cidade", people.CITIES)[1])
    prontuario_suas = lazy(lambda o: f"SUAS-{o.s.token('prontuario')}")
    data_nascimento = lazy(
        lambda o: date.fromordinal(
            o.s.maker.ordinal - o.idade * 365 - o.idade // 4 - o.s.between("aniversario", 1, 364)
        )
    )
    sexo = lazy(lambda o: o.s.pick("sexo", people.SEXES))
    estado_civil = lazy(lambda o: o.s.pick("estado civil", MEMBERS["estado_civil"]))
    raca_cor = lazy(lambda o: o.s.pick("raca", people.SKINS))
    nacionalidade = "brasileira"
    status = "ativo"
    metadados = lazy(lambda o: {marks.MARK_KEY: True})
    unidade_id = id_of("unidade")
    criado_por_id = id_of("criado_por")
    created_at = lazy(lambda o: o.s.days_ago("cadastro", 400, 1400))
    updated_at = lazy(lambda o: o.created_at)
    removed_at = None


class EnderecoFactory(PGBenFactory):
    """Makes the address of a citizen. Only one of a citizen has no `data_fim_vigencia`: it is where they live now."""

    class Meta:
        model = record_of("endereco")

    _days = frozenset({"data_inicio_vigencia", "data_fim_vigencia"})
    _enums = {"tipo": "tipo_endereco"}

    cidadao = Relation("cidadao")

    id = lazy(lambda o: o.s.uuid())
    cidadao_id = id_of("cidadao")
    logradouro = lazy(lambda o: people.street(o.s))
    numero = lazy(lambda o: str(o.s.between("numero", 1, 4000)))
    complemento = None
    bairro = lazy(lambda o: people.district(o.s))
    cidade = "Natal"
    estado = "RN"
    cep = lazy(lambda o: people.cep(o.s))
    ponto_referencia = None
    tipo = "residencial"
    tempo_residencia_meses = lazy(lambda o: (o.s.maker.today - o.data_inicio_vigencia).days // 30)
    data_inicio_vigencia = lazy(lambda o: _before_today(o, "vigencia", 400, 3000))
    data_fim_vigencia = lazy(
        lambda o: None if o.s.nth("endereco", o.cidadao_id) == 1 else o.data_inicio_vigencia + timedelta(days=300)
    )
    created_at = lazy(lambda o: o.s.moment("hora", o.data_inicio_vigencia))
    updated_at = lazy(lambda o: o.created_at)


class ContatoFactory(PGBenFactory):
    """Makes a contact of a citizen: a mobile number; the second one is an e-mail address."""

    class Meta:
        model = record_of("contato")

    _enums = {"tipo": "tipo_contato"}

    cidadao = Relation("cidadao")

    id = lazy(lambda o: o.s.uuid())
    cidadao_id = id_of("cidadao")
    tipo = lazy(lambda o: "email" if o.s.nth("contato", o.cidadao_id) == 2 else "celular")
    valor = lazy(
        lambda o: (
            people.email(o.s, "contato")
            if o.tipo == "email"
            else people.landline(o.s)
            if o.tipo == "telefone"
            else people.mobile(o.s)
        )
    )
    is_whatsapp = lazy(lambda o: o.tipo in ("whatsapp", "celular"))
    possui_smartphone = lazy(lambda o: o.is_whatsapp)
    principal = lazy(lambda o: o.tipo == "celular")
    nome_contato = lazy(lambda o: marks.MARK)
    created_at = lazy(lambda o: o.s.days_ago("cadastro", 30, 390))
    updated_at = lazy(lambda o: o.created_at)


class ComposicaoFamiliarFactory(PGBenFactory):
    """Makes a member of the family of a citizen. The mark is in `observacoes`."""

    class Meta:
        model = record_of("composicao_familiar")

    _days = frozenset({"data_nascimento"})
    _enums = {"parentesco": "parentesco", "escolaridade": "escolaridade"}
    _hidden = ("idade",)

    cidadao = Relation("cidadao")
    idade = lazy(
        lambda o: (
            o.s.between("idade", 0, 17)
            if o.parentesco in ("filho", "enteado", "neto")
            else o.s.between("idade", 25, 80)
        )
    )

    id = lazy(lambda o: o.s.uuid())
    cidadao_id = id_of("cidadao")
    nome = lazy(
        lambda o: f"{people.first_name(o.s, o.s.pick('lista', ('feminino', 'masculino')))} {people.surname(o.s)}"
    )
    cpf = lazy(lambda o: documents.cpf(people.cpf_base(o.s)))
    nis = lazy(lambda o: documents.nis(people.nis_base(o.s)))
    data_nascimento = lazy(
        lambda o: date.fromordinal(
            o.s.maker.ordinal - o.idade * 365 - o.idade // 4 - o.s.between("aniversario", 1, 364)
        )
    )
    parentesco = lazy(lambda o: o.s.weighted("parentesco", {"filho": 60, "conjuge": 20, "mae": 10, "neto": 10}))
    ocupacao = lazy(lambda o: o.s.pick("ocupacao", JOBS) if o.idade >= 18 else "Estudante")
    escolaridade = lazy(lambda o: o.s.pick("escolaridade", SCHOOLING[:3] if o.idade < 18 else SCHOOLING))
    renda = lazy(lambda o: Decimal(o.s.between("renda", 0, 900)) if o.idade >= 18 else Decimal(0))
    observacoes = lazy(lambda o: marks.MARK)
    created_at = lazy(lambda o: o.s.days_ago("cadastro", 30, 390))
    updated_at = lazy(lambda o: o.created_at)
    removed_at = None


class ConsentimentoLgpdFactory(PGBenFactory):
    """Makes the consent of a citizen; each one is for another purpose."""

    class Meta:
        model = record_of("consentimento_lgpd")

    _enums = {"finalidade": "finalidade_tratamento", "base_legal": "base_legal_lgpd"}

    cidadao = Relation("cidadao")

    id = lazy(lambda o: o.s.uuid())
    cidadao_id = id_of("cidadao")
    finalidade = lazy(lambda o: MEMBERS["finalidade_tratamento"][(o.s.nth("consentimento", o.cidadao_id) - 1) % 4])
    base_legal = "politica_publica"
    concedido_em = lazy(lambda o: o.s.days_ago("concessao", 30, 390))
    revogado_em = None
    versao_termo = lazy(lambda o: f"{(o.s.nth('consentimento', o.cidadao_id) - 1) // 4 + 1}.0")
    created_at = lazy(lambda o: o.concedido_em)
    updated_at = lazy(lambda o: o.created_at)
