"""People who ask for benefits and their families: cidadao, endereco, contato, composicao_familiar and what is known
of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from factory import Trait

from pgben_testkit.errors import OURS_HIDDEN, UsageProblem
from pgben_testkit.factories import documents, people
from pgben_testkit.factories.base import PGBenFactory, Spec
from pgben_testkit.factories.declarations import Relacao, de, lazy, registro, status_params
from pgben_testkit.factories.vocabulary import MEMBERS

JOBS = ("Diarista", "Pedreiro", "Vendedora ambulante", "Pescador", "Costureira", "Auxiliar de cozinha", "Sem ocupação")
SCHOOLING = MEMBERS["escolaridade"]


def _before_today(o: Any, name: str, least: int, most: int) -> date:
    today: date = o.s.maker.hoje
    return today - timedelta(days=o.s.between(name, least, most))


OLD_FROM = 60
"""Lei 10.741/2003, art. 1."""
CHILD_UNTIL = 12
"""Lei 8.069/1990, art. 2."""


class CidadaoFactory(PGBenFactory):
    """A citizen, marked in `nome_social` and `metadados`. `com_endereco`, `com_contatos`, `com_familia` take a number
    or True; `completo=True` is all of them, with bank account and social data."""

    class Meta:
        model = registro("cidadao")

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
        from pgben_testkit.factories.maker import current

        super()._check_agreement(spec, fields, active)
        born, age = fields.get("data_nascimento"), fields.get("idade")
        today = current().hoje
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

    unidade = Relacao("unidade", shared=True)
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
    metadados = lazy(lambda o: {people.MARK_KEY: True})
    unidade_id = de("unidade")
    criado_por_id = de("criado_por")
    created_at = lazy(lambda o: o.s.days_ago("cadastro", 400, 1400))
    updated_at = lazy(lambda o: o.created_at)
    removed_at = None


class EnderecoFactory(PGBenFactory):
    """Where a citizen lives; given `data_fim_vigencia`, where they lived: only one address is without."""

    class Meta:
        model = registro("endereco")

    _days = frozenset({"data_inicio_vigencia", "data_fim_vigencia"})
    _enums = {"tipo": "tipo_endereco"}

    cidadao = Relacao("cidadao")

    id = lazy(lambda o: o.s.uuid())
    cidadao_id = de("cidadao")
    logradouro = lazy(lambda o: people.street(o.s))
    numero = lazy(lambda o: str(o.s.between("numero", 1, 4000)))
    complemento = None
    bairro = lazy(lambda o: people.district(o.s))
    cidade = "Natal"
    estado = "RN"
    cep = lazy(lambda o: people.cep(o.s))
    ponto_referencia = None
    tipo = "residencial"
    tempo_residencia_meses = lazy(lambda o: (o.s.maker.hoje - o.data_inicio_vigencia).days // 30)
    data_inicio_vigencia = lazy(lambda o: _before_today(o, "vigencia", 400, 3000))
    data_fim_vigencia = lazy(
        lambda o: None if o.s.nth("endereco", o.cidadao_id) == 1 else o.data_inicio_vigencia + timedelta(days=300)
    )
    created_at = lazy(lambda o: o.s.moment("hora", o.data_inicio_vigencia))
    updated_at = lazy(lambda o: o.created_at)


class ContatoFactory(PGBenFactory):
    class Meta:
        model = registro("contato")

    _enums = {"tipo": "tipo_contato"}

    cidadao = Relacao("cidadao")

    id = lazy(lambda o: o.s.uuid())
    cidadao_id = de("cidadao")
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
    nome_contato = lazy(lambda o: people.MARK)
    created_at = lazy(lambda o: o.s.days_ago("cadastro", 30, 390))
    updated_at = lazy(lambda o: o.created_at)


class ComposicaoFamiliarFactory(PGBenFactory):
    """Somebody of the family; the mark is in `observacoes`."""

    class Meta:
        model = registro("composicao_familiar")

    _days = frozenset({"data_nascimento"})
    _enums = {"parentesco": "parentesco", "escolaridade": "escolaridade"}
    _hidden = ("idade",)

    cidadao = Relacao("cidadao")
    idade = lazy(
        lambda o: (
            o.s.between("idade", 0, 17)
            if o.parentesco in ("filho", "enteado", "neto")
            else o.s.between("idade", 25, 80)
        )
    )

    id = lazy(lambda o: o.s.uuid())
    cidadao_id = de("cidadao")
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
    observacoes = lazy(lambda o: people.MARK)
    created_at = lazy(lambda o: o.s.days_ago("cadastro", 30, 390))
    updated_at = lazy(lambda o: o.created_at)
    removed_at = None


def pix_key(o: Any, kind: str) -> str:
    """A PIX key in the form of the Central Bank's manual (DICT): bare CPF or CNPJ, +55 telephone, e-mail, UUID."""
    if kind == "cpf":
        return documents.cpf(people.cpf_base(o.s))
    if kind == "cnpj":
        return documents.cnpj(people.cnpj_base(o.s))
    if kind == "telefone":
        return "+55" + people.mobile(o.s)
    return people.email(o.s, "pix") if kind == "email" else str(o.s.other_uuid("pix"))


class InfoBancariaFactory(PGBenFactory):
    """Where the money goes: a PIX key, or bank, branch and account with `tipo_chave_pix=None`. A key of kind cpf is
    the citizen's own."""

    class Meta:
        model = registro("info_bancaria")

    _enums = {"tipo_conta": "tipo_conta_bancaria", "tipo_chave_pix": "tipo_chave_pix"}
    _rules = (
        lambda o: (
            "a chave_pix needs its tipo_chave_pix, and the other way round"
            if (o.chave_pix is None) != (o.tipo_chave_pix is None)
            else None
        ),
    )

    cidadao = Relacao("cidadao")

    id = lazy(lambda o: o.s.uuid())
    cidadao_id = de("cidadao")
    banco = "001"
    nome_banco = "Banco do Brasil"
    agencia = lazy(lambda o: f"{o.s.between('agencia', 1, 9999):04d}")
    conta = lazy(lambda o: f"{o.s.between('conta', 1, 99_999_999):08d}-{o.s.between('dv', 0, 9)}")
    tipo_conta = "poupanca"
    tipo_chave_pix = lazy(lambda o: o.s.pick("tipo pix", ("cpf", "email", "telefone", "aleatoria")))
    chave_pix = lazy(
        lambda o: (
            None
            if o.tipo_chave_pix is None
            else o.cidadao.cpf
            if o.tipo_chave_pix == "cpf" and o.cidadao is not None
            else pix_key(o, o.tipo_chave_pix)
        )
    )
    ativo = True
    created_at = lazy(lambda o: o.s.days_ago("cadastro", 30, 390))
    updated_at = lazy(lambda o: o.created_at)
    removed_at = None


def _said(o: Any, name: str) -> bool:
    """Whether the call gave this attribute a value."""
    return name in o.s.given and getattr(o, name) is not None


class DadosSociaisFactory(PGBenFactory):
    class Meta:
        model = registro("dados_sociais")

    _enums = {"escolaridade": "escolaridade", "situacao_trabalho": "situacao_trabalho", "tipo_bpc": "tipo_bpc"}
    _rules = (
        lambda o: "a valor_pbf without recebe_pbf" if o.valor_pbf is not None and not o.recebe_pbf else None,
        lambda o: "a tipo_bpc without recebe_bpc" if o.tipo_bpc is not None and not o.recebe_bpc else None,
    )

    cidadao = Relacao("cidadao")

    id = lazy(lambda o: o.s.uuid())
    cidadao_id = de("cidadao")
    escolaridade = lazy(lambda o: o.s.pick("escolaridade", SCHOOLING))
    ocupacao = lazy(lambda o: o.s.pick("ocupacao", JOBS))
    situacao_trabalho = lazy(lambda o: o.s.pick("trabalho", MEMBERS["situacao_trabalho"]))
    renda_familiar = lazy(lambda o: Decimal(o.s.between("renda", 0, 2200)))
    publico_prioritario = lazy(lambda o: o.s.chance("prioritario", 30))
    recebe_pbf = lazy(lambda o: _said(o, "valor_pbf") or o.s.chance("pbf", 60))
    valor_pbf = lazy(lambda o: Decimal(o.s.between("valor pbf", 600, 900)) if o.recebe_pbf else None)
    recebe_bpc = lazy(lambda o: _said(o, "tipo_bpc") or o.s.chance("bpc", 10))
    tipo_bpc = lazy(lambda o: o.s.pick("tipo bpc", MEMBERS["tipo_bpc"]) if o.recebe_bpc else None)
    created_at = lazy(lambda o: o.s.days_ago("cadastro", 30, 390))
    updated_at = lazy(lambda o: o.created_at)


class SituacaoMoradiaFactory(PGBenFactory):
    class Meta:
        model = registro("situacao_moradia")

    _enums = {"tipo_moradia": "tipo_moradia", "material_construcao": "material_construcao"}
    _rules = (
        lambda o: (
            "a valor_aluguel, and a home that is not alugada"
            if o.valor_aluguel is not None and o.tipo_moradia != "alugada"
            else None
        ),
    )

    cidadao = Relacao("cidadao")

    id = lazy(lambda o: o.s.uuid())
    cidadao_id = de("cidadao")
    tipo_moradia = lazy(
        lambda o: (
            "alugada"
            if _said(o, "valor_aluguel")
            else o.s.weighted("moradia", {"alugada": 45, "propria": 30, "cedida": 25})
        )
    )
    material_construcao = "alvenaria"
    numero_comodos = lazy(lambda o: o.s.between("comodos", 1, 7))
    valor_aluguel = lazy(lambda o: Decimal(o.s.between("aluguel", 250, 900)) if o.tipo_moradia == "alugada" else None)
    possui_energia = True
    possui_agua = lazy(lambda o: o.s.chance("agua", 92))
    area_risco = lazy(lambda o: o.s.chance("risco", 8))
    created_at = lazy(lambda o: o.s.days_ago("cadastro", 30, 390))
    updated_at = lazy(lambda o: o.created_at)


class ConsentimentoLgpdFactory(PGBenFactory):
    class Meta:
        model = registro("consentimento_lgpd")

    _enums = {"finalidade": "finalidade_tratamento", "base_legal": "base_legal_lgpd"}

    cidadao = Relacao("cidadao")

    id = lazy(lambda o: o.s.uuid())
    cidadao_id = de("cidadao")
    finalidade = lazy(lambda o: MEMBERS["finalidade_tratamento"][(o.s.nth("consentimento", o.cidadao_id) - 1) % 4])
    base_legal = "politica_publica"
    concedido_em = lazy(lambda o: o.s.days_ago("concessao", 30, 390))
    revogado_em = None
    versao_termo = lazy(lambda o: f"{(o.s.nth('consentimento', o.cidadao_id) - 1) // 4 + 1}.0")
    created_at = lazy(lambda o: o.concedido_em)
    updated_at = lazy(lambda o: o.created_at)
