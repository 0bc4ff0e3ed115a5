"""Lists PGBen's factories by the names that a test asks for, in the order in which their tables are filled."""

from __future__ import annotations

from pgben_testkit.factories.engine.catalog import Catalog

_PLACES = {
    "unidade": ("office", "UnidadeFactory"),
    "setor": ("office", "SetorFactory"),
    "role": ("office", "RoleFactory"),
    "usuario": ("office", "UsuarioFactory"),
    "cidadao": ("citizens", "CidadaoFactory"),
    "endereco": ("citizens", "EnderecoFactory"),
    "contato": ("citizens", "ContatoFactory"),
    "composicao_familiar": ("citizens", "ComposicaoFamiliarFactory"),
    "info_bancaria": ("bank", "InfoBancariaFactory"),
    "dados_sociais": ("social", "DadosSociaisFactory"),
    "situacao_moradia": ("social", "SituacaoMoradiaFactory"),
    "consentimento_lgpd": ("citizens", "ConsentimentoLgpdFactory"),
    "tipo_beneficio": ("benefits", "TipoBeneficioFactory"),
    "requisito_documento": ("benefits", "RequisitoDocumentoFactory"),
    "processo_judicial": ("courts", "ProcessoJudicialFactory"),
    "determinacao_judicial": ("courts", "DeterminacaoJudicialFactory"),
    "solicitacao": ("requests", "SolicitacaoFactory"),
    "historico_solicitacao": ("requests", "HistoricoSolicitacaoFactory"),
    "pendencia": ("analysis", "PendenciaFactory"),
    "parecer_social": ("analysis", "ParecerSocialFactory"),
    "visita_domiciliar": ("analysis", "VisitaDomiciliarFactory"),
    "recurso": ("analysis", "RecursoFactory"),
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
CATALOG = Catalog(
    __name__.rpartition(".")[0], _PLACES, aliases={"documentos": "documento", "logs_auditoria": "log_auditoria"}
)
NAMES = CATALOG.names
factory_of = CATALOG.factory_of
