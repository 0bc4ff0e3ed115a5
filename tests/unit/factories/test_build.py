"""Objects without a database: values, stories, arguments, errors."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import factory
import pytest
from factory import LazyAttribute
from hypothesis import given, settings
from hypothesis import strategies as st

from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.factories import CidadaoFactory, Maker, PagamentoFactory
from pgben_testkit.factories.engine.identity import Identity, Source
from pgben_testkit.factories.pgben.catalog import NAMES, factory_of
from pgben_testkit.factories.pgben.requests import APPROVED
from pgben_testkit.factories.strategies import st_cidadao, st_object, st_pagamento
from pgben_testkit.lgpd import documents
from pgben_testkit.lgpd.marks import DOMAIN, MARK


@pytest.fixture
def make():
    return Maker(seed="1", test="unit")


# -- identity


def test_the_same_seed_and_test_give_the_same_and_others_do_not():
    def story(seed, test):
        make = Maker(seed=seed, test=test)
        return [make.build(name).dict() for name in NAMES]

    assert story("1", "a") == story("1", "a")
    for other in (story("2", "a"), story("1", "b")):
        assert all(one["id"] != two["id"] for one, two in zip(story("1", "a"), other, strict=True))


def test_values_do_not_depend_on_the_hash_seed_of_the_process():
    code = "from pgben_testkit.factories import Maker; print(Maker(seed='1', test='t').build('pagamento').api())"
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_a_field_given_changes_no_other():
    plain = Maker(seed="1", test="x").build("cidadao").dict()
    named = Maker(seed="1", test="x").build("cidadao", naturalidade="Natal", orgao_emissor_rg="X").dict()
    assert {key for key in plain if plain[key] != named[key]} <= {"naturalidade", "orgao_emissor_rg"}


def test_a_hundred_thousand_numbers_of_a_test_never_repeat():
    source = Source(Identity("s", "t"))
    seen = {source.digits("cpf", 9, 1_000_000, index) for index in range(100_000)}
    assert len(seen) == 100_000
    assert all(len(set(documents.cpf(base))) > 1 for base in list(seen)[:2000])


@given(st.integers(0, 2**40), st.text(), st.text())
def test_identities_draw_valid_ids_and_numbers(number, seed, test):
    draw = Source(Identity(seed, test)).draw("t", number)
    assert draw.uuid().version == 4 and draw.uuid().variant == "specified in RFC 4122"
    assert len(draw.token()) == 12
    assert 3 <= draw.between("x", 3, 9) <= 9


# -- stories


@pytest.mark.parametrize("status", ["pago", "confirmado", "recebido"])
def test_a_status_by_trait_is_the_same_as_by_its_field(status):
    one = Maker(test="x").build("pagamento", **{status: True})
    two = Maker(test="x").build("pagamento", status=status)
    assert one == two
    assert one.solicitacao.data_aprovacao < one.data_liberacao <= one.data_pagamento


@settings(max_examples=60)
@given(st_pagamento())
def test_every_payment_has_a_story_in_order(paid):
    request, grant = paid.solicitacao, paid.concessao
    assert request.status in (*APPROVED, "cancelada")
    assert grant.data_inicio >= (request.data_aprovacao or request.data_abertura).date()
    dates = [paid.data_liberacao, paid.data_pagamento, paid.data_confirmacao]
    there = [each for each in dates if each]
    assert there == sorted(there)
    assert request.beneficiario.unidade_id == request.unidade_id == request.tecnico.unidade_id


@given(st_object("solicitacao", status=st.sampled_from(["aprovada", "indeferida"])))
def test_strategies_take_strategies_and_draw_what_is_not_given(request):
    assert (request.data_aprovacao is None) == (request.status == "indeferida")


@given(st_cidadao(), st_cidadao())
def test_every_citizen_is_marked_and_valid(one, two):
    for each in (one, two):
        assert each.nome_social.startswith(MARK)
        assert each.metadados == {"sintetico": True}
        assert documents.is_valid("cpf", each.cpf) and documents.is_valid("nis", each.nis)
        assert each.data_nascimento < each.created_at.date()


def test_strategies_refuse_bad_arguments_at_once():
    with pytest.raises(UsageProblem, match="no field or trait 'idad'"):
        st_cidadao(idad=3)
    with pytest.raises(UsageProblem, match="no factory 'cidadoa'"):
        st_object("cidadoa")


def test_parameters_make_families_and_ages(make):
    made = make.build("cidadao", completo=True, com_familia=3, idoso=True)
    assert [len(getattr(made, name)) for name in ("enderecos", "contatos", "composicao_familiar")] == [1, 2, 3]
    assert (make.today - made.data_nascimento).days // 365.25 >= 72
    assert all(each.observacoes == MARK for each in made.composicao_familiar)
    assert sum(each.data_fim_vigencia is None for each in make.build("cidadao", com_endereco=3).enderecos) == 1
    emails = [each.valor for each in made.contatos if each.tipo == "email"]
    assert emails and all(each.endswith("@" + DOMAIN) for each in emails)


def test_double_underscores_reach_into_relations(make):
    made = make.build("pagamento", concessao__solicitacao__prioridade="1", concessao__determinacao_judicial=True)
    assert made.solicitacao.prioridade == "1" and made.concessao.determinacao_judicial


def test_renewals_and_court_orders_bring_what_they_refer_to(make):
    renewal = make.build("solicitacao", renovacao=True, judicial=True)
    assert renewal.solicitacao_original.status == "concluida"
    assert renewal.solicitacao_original.beneficiario is renewal.beneficiario
    assert renewal.processo_judicial.cidadao_id == renewal.beneficiario_id


def test_a_batch_shares_its_office_and_single_objects_do_not(make):
    assert len({each.unidade_id for each in make.build_batch("cidadao", 20)}) == 1
    assert make.build("cidadao").unidade_id != make.build("cidadao").unidade_id


def test_a_day_does_for_a_moment_and_a_moment_for_a_day(make):
    made = make.build("pagamento", pago=True, data_pagamento=make.today, data_prevista=datetime(2025, 5, 5, tzinfo=UTC))
    assert made.data_pagamento == datetime(2025, 10, 31, 12, tzinfo=UTC)
    assert made.data_prevista == date(2025, 5, 5)


def test_stories_end_on_the_day_that_was_asked_for(make):
    late = make.with_today(date(2030, 1, 1)).build("solicitacao")
    assert late.data_abertura > datetime(2029, 1, 1, tzinfo=UTC) - timedelta(days=2)


# -- forms


def test_dict_is_what_a_client_sends_and_api_what_it_gets(make):
    sent = make.dict("cidadao", com_endereco=True)
    assert not {"id", "created_at", "updated_at", "removed_at", "criado_por_id", "metadados"} & set(sent)
    assert "cidadao_id" not in sent["enderecos"][0]
    assert json.loads(make.json("cidadao"))["cpf"]
    got = make.build("pagamento", pago=True).api()
    assert got["data_pagamento"].endswith("Z") and got["valor"] == 600.0
    assert json.loads(json.dumps(got)) == got


# -- errors


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda m: m.build("pagamneto"), "did you mean 'pagamento'"),
        (lambda m: m.build("pagamento", vallor=1), "did you mean 'valor'"),
        (lambda m: m.build("pagamento", pagoo=True), "traits: pendente, agendado"),
        (lambda m: m.build("pagamento", concesao__status="ativo"), "did you mean 'concessao'"),
        (lambda m: m.build("pagamento", status="quitado"), "the members of status_pagamento are pendente"),
        (lambda m: m.build("pagamento", pago="sim"), "a trait is True or False"),
        (lambda m: m.build("pagamento", pago=True, cancelado=True), "contradicts pago=True"),
        (lambda m: m.build("pagamento", pago=True, status="pendente"), "contradicts status='pendente'"),
        (lambda m: m.build("pagamento", status="pendente", data_pagamento=datetime.now(UTC)), "has no data_pagamento"),
        (lambda m: m.build("pagamento", pago=True, data_pagamento=None), "needs data_pagamento"),
        (lambda m: m.build("pagamento", pago=True, data_pagamento=datetime(2001, 1, 1, tzinfo=UTC)), "is before"),
        (lambda m: m.build("pagamento", pago=True, data_pagamento=datetime(2025, 1, 1)), "without a time zone"),
        (lambda m: m.build("pagamento", pago=True, data_pagamento="2025-01-01"), "got a str"),
        (lambda m: m.build("pagamento", pago=True, concessao__status="cancelado"), "concessao that is cancelado"),
        (lambda m: m.build("concessao", solicitacao=m.build("solicitacao")), "this one is aberta"),
        (lambda m: m.build("concessao", data_encerramento=date(2025, 1, 1)), "has no data_encerramento"),
        (
            lambda m: m.build("solicitacao", aberta=True, data_indeferimento=datetime.now(UTC)),
            "has no data_indeferimento",
        ),
        (lambda m: m.build("recurso", solicitacao=m.build("solicitacao", aprovada=True)), "solicitacao indeferida"),
        (lambda m: m.build("documento", mimetype="text/html"), "text/html"),
        (lambda m: m.build("endereco", cidadao="Maria"), "without an id"),
        (lambda m: m.build("solicitacao", unidade=m.build("usuario")), "unidade got a row of usuario"),
        (lambda m: m.build("solicitacao", aprovada=True, aprovador=m.build("cidadao")), "it refers to usuario"),
        (lambda m: m.build("cidadao", nome=None), "can't make an object of what it was given for nome"),
        (lambda m: m.build("cidadao", com_familia="duas"), "com_familia got str"),
        (lambda m: m.build("documento", conteudo="texto"), "given for conteudo"),
        (lambda m: m.with_today("hoje"), "with_today got a str"),
        (lambda m: m.build("endereco", cidadao=m.build("cidadao"), cidadao_id="x"), "name two objects"),
        (lambda m: m.build_batch("cidadao", -1), "a batch of -1"),
        (lambda m: m.build(int), "is not a factory"),
        (lambda m: m.create("cidadao"), "these factories have no database"),
        (lambda m: m.scenario("fila", store=False), "did you mean 'fila de analise'"),
        (lambda m: m.scenario("arquivo", solicitacoes=0, store=False), "from 1 to"),
    ],
)
def test_a_bad_argument_is_one_clear_error(make, call, said):
    with pytest.raises(UsageProblem) as caught:
        call(make)
    assert said in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_every_trait_of_every_factory_can_be_built(make, name):
    from pgben_testkit.factories.engine.spec import spec_of

    for trait in spec_of(factory_of(name)).traits:  # type: ignore[arg-type]  # hashed as any class is
        make.build(name, **{trait: True})


# -- classes


def test_subclasses_may_use_all_of_factory_boy(make):
    class Vizinho(CidadaoFactory):
        class Meta:
            model = CidadaoFactory._meta.model

        naturalidade = factory.Iterator(["Natal", "Caicó"])
        prontuario_suas = LazyAttribute(lambda o: f"{o.naturalidade}-{o.s.between('n', 1, 9)}")

    first, second = make.build_batch(Vizinho, 2, com_endereco=1)
    assert [first.naturalidade, second.naturalidade] == ["Natal", "Caicó"]
    assert first.prontuario_suas.startswith("Natal-") and len(first.enderecos) == 1
    assert documents.is_valid("cpf", first.cpf)
    assert make.build(Vizinho, unidade_id="u").unidade_id == "u"


def test_a_subclass_may_have_children_by_default(make):
    class Familia(CidadaoFactory):
        class Params:
            com_familia = 2

    assert len(make.build(Familia).composicao_familiar) == 2
    assert not make.build(Familia, com_familia=0).composicao_familiar


def test_the_lean_resolver_and_factory_boy_agree():
    class Same(PagamentoFactory):
        class Meta:
            model = PagamentoFactory._meta.model

        observacoes = factory.Iterator([None])

    lean = Maker(seed="1", test="x").build(PagamentoFactory, pago=True)
    full = Maker(seed="1", test="x").build(Same, pago=True)
    assert {key: value for key, value in lean.dict().items() if not key.endswith("_id")} == {
        key: value for key, value in full.dict().items() if not key.endswith("_id")
    }


def test_a_missing_package_is_one_error_that_names_the_extra():
    code = (
        "import sys; sys.modules['factory'] = None\nfrom pgben_testkit.factories import Maker\nMaker().build('cidadao')"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "pip install 'pgben-testkit[factories]'" in out.stderr
    assert EnvironmentNotAble.exit_code == 3


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"idoso": True, "data_nascimento": date(2020, 1, 1)}, "idoso=True contradicts data_nascimento=2020-01-01"),
        ({"crianca": True, "data_nascimento": date(1990, 1, 1)}, "crianca=True contradicts data_nascimento"),
        ({"idoso": True, "idade": 30}, "idoso=True contradicts idade=30"),
        ({"idoso": True, "crianca": True}, "idoso=True contradicts crianca=True"),
        ({"idade": 30, "data_nascimento": date(2020, 1, 1)}, "idade=30 contradicts data_nascimento"),
        ({"com_familia": -1}, "com_familia got -1"),
        ({"com_contatos": "x"}, "com_contatos got str"),
        ({"com_conta": 1.5}, "com_conta got float"),
    ],
)
def test_a_citizens_arguments_that_contradict_or_mean_nothing_are_named(given, said):
    with pytest.raises(UsageProblem, match=said):
        Maker(test="wrong").build("cidadao", **given)


def test_a_citizens_arguments_that_agree_are_fine():
    make = Maker(test="fine")
    assert make.build("cidadao", idoso=True, data_nascimento=date(1940, 1, 1)).data_nascimento == date(1940, 1, 1)
    assert make.build("cidadao", crianca=True, idade=3, com_familia=True, com_contatos=0).composicao_familiar
    old = make.build("cidadao", idade=30).data_nascimento
    assert make.build("cidadao", idade=30, data_nascimento=old)


def test_a_scenarios_unknown_argument_is_named():
    with pytest.raises(UsageProblem, match="takes no 'pedidos'"):
        Maker(test="x").scenario("arquivo", pedidos=3, store=False)
