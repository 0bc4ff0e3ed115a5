"""Gives strategies of Hypothesis for the same objects, for property tests.

    from hypothesis import given
    from pgben_testkit.factories.strategies import st_cidadao

    @given(st_cidadao())
    def test_idade(cidadao): ...

Objects are built, not stored. Every enum that was not given is drawn, so that all of its members occur. Two objects of
one example never share a unique value.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.factories.maker import Maker
from pgben_testkit.factories.pgben.catalog import NAMES, factory_of
from pgben_testkit.factories.pgben.vocabulary import MEMBERS
from pgben_testkit.lgpd import documents, faults

try:
    from hypothesis import strategies as st
except ModuleNotFoundError:
    raise EnvironmentNotAble(
        "the strategies can't be used", why="hypothesis is not installed", remedy="pip install hypothesis"
    ) from None

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

DRAWN = (
    "status",
    "categoria",
    "sexo",
    "estado_civil",
    "raca_cor",
    "prioridade",
    "metodo_pagamento",
    "tipo_chave_pix",
    "tipo_operacao",
    "resultado",
    "scope",
    "tribunal",
    "urgencia",
    "parentesco",
    "situacao_trabalho",
)
"""Enums of which an object may have any member, because everything else is made to fit it."""


def st_object(name: str, **given: Any) -> SearchStrategy[Any]:
    """Draw objects of the factory `name`. `given` are arguments as for `build`; a value may be a strategy.

    Raises:
        UsageProblem: there is no such factory or argument. It is raised at once, not when the test runs.
    """
    cls = factory_of(name)
    Maker(test="strategy").build(name, **{key: value for key, value in given.items() if not _is_strategy(value)})
    enums = {key: enum for key, enum in cls._enums.items() if key in DRAWN and key not in given}

    @st.composite
    def objects(draw: Callable[[SearchStrategy[Any]], Any]) -> Any:
        seed = draw(st.integers(0, 2**32 - 1))
        chosen = {key: draw(st.sampled_from(MEMBERS[enum])) for key, enum in enums.items()}
        chosen |= {key: draw(value) if _is_strategy(value) else value for key, value in given.items()}
        return Maker(seed=str(seed), test="hypothesis").build(name, **chosen)

    return objects()


def _is_strategy(value: Any) -> bool:
    return isinstance(value, st.SearchStrategy)


def st_cpf(*, formatted: bool = False) -> SearchStrategy[str]:
    """Draw valid CPFs out of all that exist."""
    return _documents("cpf", 9, documents.cpf, formatted)


def st_nis(*, formatted: bool = False) -> SearchStrategy[str]:
    """Draw valid NIS."""
    return _documents("nis", 10, documents.nis, formatted)


def st_cnpj(*, formatted: bool = False, alphanumeric: bool = False) -> SearchStrategy[str]:
    """Draw valid CNPJs; `alphanumeric`: with capital letters too, as they are issued from July 2026 on."""
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" if alphanumeric else "0123456789"
    return _documents("cnpj", 12, documents.cnpj, formatted, alphabet)


def st_invalid(kind: str) -> SearchStrategy[tuple[str, str]]:
    """Draw `(fault, document)`: documents of `kind` that are wrong in the way that `fault` names."""
    makers: dict[str, Callable[[], SearchStrategy[str]]] = {
        "cpf": st_cpf,
        "nis": st_nis,
        "cnpj": st_cnpj,
        "rg": lambda: _documents("rg", 8, documents.rg, False),
        "cep": lambda: st.integers(59_000_000, 59_139_999).map(str),
        "telefone": lambda: st.integers(84_900_000_000, 84_909_999_999).map(str),
    }
    faults.check_kind(kind)
    names = st.sampled_from([fault.name for fault in faults.FAULTS[kind]])
    return st.tuples(names, makers[kind]()).map(lambda pair: (pair[0], faults.invalid(kind, pair[1], pair[0])))


def _documents(
    kind: str, width: int, complete: Callable[[str], str], formatted: bool, alphabet: str = "0123456789"
) -> SearchStrategy[str]:
    bases = st.text(alphabet, min_size=width, max_size=width).filter(lambda base: len(set(base)) > 1)
    return bases.map(complete).map(lambda bare: documents.formatted(kind, bare) if formatted else bare)


def __getattr__(name: str) -> Any:
    """Return the strategy of a factory: `st_cidadao`, `st_pagamento`, one for each."""
    if name == "st_objeto":
        warnings.warn("st_objeto is now called st_object", DeprecationWarning, stacklevel=2)
        return st_object
    factory = name.removeprefix("st_")
    if name.startswith("st_") and factory in NAMES:
        return lambda **given: st_object(factory, **given)
    raise AttributeError(
        f"module {__name__!r} has no attribute {name!r}; strategies: st_ and one of {', '.join(NAMES)}"
    )
