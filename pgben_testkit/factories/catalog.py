"""Which factories there are: the names by which a test asks, in the order in which their tables are filled."""

from __future__ import annotations

import difflib
import importlib
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

from pgben_testkit.errors import OURS_HIDDEN, UsageProblem
from pgben_testkit.factories.extra import missing_extra

if TYPE_CHECKING:
    from pgben_testkit.factories.base import PGBenFactory

_PLACES = {
    "unidade": ("office", "UnidadeFactory"),
    "setor": ("office", "SetorFactory"),
    "role": ("office", "RoleFactory"),
    "usuario": ("office", "UsuarioFactory"),
    "cidadao": ("citizens", "CidadaoFactory"),
    "endereco": ("citizens", "EnderecoFactory"),
    "contato": ("citizens", "ContatoFactory"),
    "composicao_familiar": ("citizens", "ComposicaoFamiliarFactory"),
    "info_bancaria": ("citizens", "InfoBancariaFactory"),
    "dados_sociais": ("citizens", "DadosSociaisFactory"),
    "situacao_moradia": ("citizens", "SituacaoMoradiaFactory"),
    "consentimento_lgpd": ("citizens", "ConsentimentoLgpdFactory"),
    "tipo_beneficio": ("benefits", "TipoBeneficioFactory"),
    "requisito_documento": ("benefits", "RequisitoDocumentoFactory"),
    "processo_judicial": ("courts", "ProcessoJudicialFactory"),
    "determinacao_judicial": ("courts", "DeterminacaoJudicialFactory"),
    "solicitacao": ("requests", "SolicitacaoFactory"),
    "historico_solicitacao": ("requests", "HistoricoSolicitacaoFactory"),
    "pendencia": ("requests", "PendenciaFactory"),
    "parecer_social": ("requests", "ParecerSocialFactory"),
    "visita_domiciliar": ("requests", "VisitaDomiciliarFactory"),
    "recurso": ("requests", "RecursoFactory"),
    "concessao": ("payments", "ConcessaoFactory"),
    "historico_concessao": ("payments", "HistoricoConcessaoFactory"),
    "pagamento": ("payments", "PagamentoFactory"),
    "comprovante_pagamento": ("payments", "ComprovantePagamentoFactory"),
    "confirmacao_recebimento": ("payments", "ConfirmacaoRecebimentoFactory"),
    "documento": ("papers", "DocumentoFactory"),
    "validacao_documento": ("papers", "ValidacaoDocumentoFactory"),
    "log_auditoria": ("papers", "LogAuditoriaFactory"),
    "notificacao": ("papers", "NotificacaoFactory"),
}
"""name -> (module, class); a table stands after those that it refers to."""
ALIASES = {"documentos": "documento", "logs_auditoria": "log_auditoria"}
"""Tables whose names are not those of their factories."""
TABLE_OF = {name: alias for alias, name in ALIASES.items()}

NAMES = tuple(_PLACES)
CLASSES = {class_name: module for module, class_name in _PLACES.values()}
"""class -> module"""
ORDER = {TABLE_OF.get(name, name): place for place, name in enumerate(_PLACES)}
"""table -> its place among the tables"""


def factory_of(what: str | type[PGBenFactory]) -> type[PGBenFactory]:
    """The factory of a name, a table, or a class itself (a user's subclass too).

    Raises:
        UsageProblem: no such factory, with those that there are.
    """
    __tracebackhide__ = OURS_HIDDEN
    if isinstance(what, str):
        return _named(what)
    from pgben_testkit.factories.base import PGBenFactory

    if isinstance(what, type) and issubclass(what, PGBenFactory):
        return what
    raise UsageProblem(
        f"{what!r} is no factory", why="a factory is asked for by its name, or by a class made from one of ours"
    )


@cache
def _named(name: str) -> type[PGBenFactory]:
    __tracebackhide__ = OURS_HIDDEN
    found = _PLACES.get(ALIASES.get(name, name))
    if found is None:
        close = difflib.get_close_matches(name, NAMES, 1)
        raise UsageProblem(
            f"there is no factory {name!r}" + (f"; did you mean {close[0]!r}?" if close else ""),
            why=f"factories: {', '.join(NAMES)}",
            remedy="for a table of your own: pgben_factory.for_table(...)",
        )
    module, class_name = found
    return getattr(imported(module), class_name)  # type: ignore[no-any-return]


def imported(module: str) -> ModuleType:
    """A module of the factories.

    Raises:
        EnvironmentNotAble: the extra is not installed.
    """
    try:
        return importlib.import_module(f"pgben_testkit.factories.{module}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("factory", "faker"):
            raise missing_extra("factory-boy") from None
        raise
