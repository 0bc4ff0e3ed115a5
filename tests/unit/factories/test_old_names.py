"""The names that the factories had until 0.1 still work for one release, with a warning that says the new name."""

import subprocess
import sys
from datetime import date

import pytest

from pgben_testkit import factories
from pgben_testkit.factories import Maker, maker, strategies


@pytest.mark.parametrize(
    ("old", "new"), [("Fabrica", "Maker"), ("Registro", "Record"), ("Relacao", "Relation"), ("Cenario", "Scenario")]
)
def test_an_old_class_name_is_the_new_class_with_a_warning(old, new):
    with pytest.warns(DeprecationWarning, match=f"{old} is now called {new}") as caught:
        assert getattr(factories, old) is getattr(factories, new)
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("old", "new", "call"),
    [
        ("hoje", "today", lambda make: make.hoje == make.today),
        ("em", "with_today", lambda make: make.em(date(2030, 1, 1)).today == date(2030, 1, 1)),
        (
            "cenario",
            "scenario",
            lambda make: make.cenario("arquivo", solicitacoes=5, store=False).counts["solicitacao"] == 5,
        ),
    ],
)
def test_an_old_method_does_what_the_new_one_does_with_a_warning(old, new, call):
    with pytest.warns(DeprecationWarning, match=rf"pgben_factory\.{old} is now called {new}") as caught:
        assert call(Maker(test="old"))
    assert caught[0].filename == __file__


def test_a_subclass_declared_with_the_old_relation_works():
    with pytest.warns(DeprecationWarning, match="Relacao is now called Relation"):
        from pgben_testkit.factories import Relacao

    class Vizinho(factories.CidadaoFactory):
        unidade = Relacao("unidade", shared=True)

    assert Maker(test="old").build(Vizinho).unidade.table == "unidade"


def test_the_old_names_of_modules_that_stay_warn_too():
    with pytest.warns(DeprecationWarning, match="Fabrica is now called Maker"):
        assert maker.Fabrica is Maker
    with pytest.warns(DeprecationWarning, match="st_objeto is now called st_object"):
        assert strategies.st_objeto is strategies.st_object


def test_the_list_of_names_has_the_new_ones_only():
    assert {"Maker", "Record", "Relation", "Scenario", "CidadaoFactory", "audit"} <= set(factories.__all__)
    assert not {"Fabrica", "Registro", "Relacao", "Cenario"} & set(factories.__all__)
    for name in factories.__all__:
        assert getattr(factories, name).__name__ == name


def test_the_kit_itself_uses_no_old_name():
    code = (
        "from pgben_testkit.factories import Maker, CidadaoFactory\n"
        "from pgben_testkit.factories.strategies import st_cidadao\n"
        "made = Maker(test='new').scenario('arquivo', solicitacoes=5, store=False)\n"
        "CidadaoFactory.build(completo=True); st_cidadao()"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:pgben_testkit", "-c", code], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
