"""Makes documents, audit records and notifications: documentos, validacao_documento, logs_auditoria, notificacao."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from factory import Trait

from pgben_testkit.factories.engine.declarations import Relation, id_of, lazy, record_of
from pgben_testkit.factories.pgben.base import PGBenFactory, status_params
from pgben_testkit.factories.pgben.files import MIMETYPES, content
from pgben_testkit.factories.pgben.rules import after
from pgben_testkit.lgpd import marks


class DocumentoFactory(PGBenFactory):
    """Makes a document of a citizen. `conteudo` holds its bytes, which hash and size of the row belong to.

    `com_arquivo=True` puts the bytes into the test's bucket, encrypted, when the row is created.
    """

    class Meta:
        model = record_of("documentos")

    _days = frozenset({"data_validade"})
    Params = type(
        "Params",
        (),
        {
            "com_arquivo": False,
            "verificado_por_tecnico": Trait(verificado=True),
            "pdf": Trait(mimetype="application/pdf"),
            "png": Trait(mimetype="image/png"),
            "jpeg": Trait(mimetype="image/jpeg"),
            "geral": Trait(solicitacao=None),
        },
    )
    _enums = {"tipo": "tipo_documento"}
    _hidden = ("conteudo", "arquivo_no_bucket")
    _kept = _hidden
    _relations = {
        "cidadao": "cidadao",
        "usuario_upload": "usuario",
        "usuario_verificacao": "usuario",
        "solicitacao": "solicitacao",
    }
    _rules = (
        lambda o: (
            f"verificado={o.verificado} and data_verificacao don't fit"
            if bool(o.verificado) != (o.data_verificacao is not None)
            else None
        ),
        lambda o: (
            f"no file of the type {o.mimetype!r} can be made; the types are {', '.join(MIMETYPES)}, or give conteudo"
            if o.mimetype not in MIMETYPES and not isinstance(o.conteudo, bytes)
            else None
        ),
    )

    cidadao = lazy(lambda o: _owner(o))
    solicitacao = None
    usuario_upload = lazy(lambda o: _uploader(o))
    usuario_verificacao = lazy(lambda o: o.usuario_upload if o.verificado else None)
    conteudo = lazy(
        lambda o: content(o.mimetype, f"DOCUMENTO SINTETICO {o.tipo} {o.s.token('arquivo')}, sem valor legal")
    )
    arquivo_no_bucket = lazy(lambda o: bool(o.com_arquivo))

    id = lazy(lambda o: o.s.uuid())
    cidadao_id = id_of("cidadao")
    solicitacao_id = id_of("solicitacao")
    tipo = "comprovante_residencia"
    nome_arquivo = lazy(lambda o: o.caminho.rpartition("/")[2])
    nome_original = lazy(lambda o: f"{o.tipo}{MIMETYPES.get(o.mimetype, '.bin')}")
    caminho = lazy(lambda o: _path(o))
    tamanho = lazy(lambda o: len(o.conteudo))
    mimetype = "application/pdf"
    hash_arquivo = lazy(lambda o: hashlib.sha256(o.conteudo).hexdigest())
    criptografado = True
    thumbnail = lazy(lambda o: f"thumbnails/{o.id}.jpg" if o.mimetype.startswith("image/") else None)
    reutilizavel = lazy(lambda o: o.solicitacao_id is None)
    verificado = False
    data_verificacao = lazy(lambda o: after(o, o.data_upload, "verificacao", 1, 10) if o.verificado else None)
    usuario_verificacao_id = id_of("usuario_verificacao")
    data_upload = lazy(lambda o: _uploaded(o))
    data_validade = None
    usuario_upload_id = id_of("usuario_upload")
    metadados = lazy(lambda o: {marks.MARK_KEY: True})
    created_at = lazy(lambda o: o.data_upload)
    updated_at = lazy(lambda o: o.created_at)
    removed_at = None


def _owner(o: Any) -> Any:
    if "cidadao_id" in o.s.given:
        return o.s.maker.existing("cidadao", o.cidadao_id)
    if "solicitacao_id" in o.s.given and "solicitacao" not in o.s.given:
        return o.s.maker.existing("cidadao", o.s.maker.existing("solicitacao", o.solicitacao_id).beneficiario_id)
    request = o.solicitacao
    if request is None:
        return o.s.maker.related("cidadao", o.s.nested.get("cidadao", {}), shared=False)
    found = getattr(request, "beneficiario", None)
    return found if found is not None else o.s.maker.existing("cidadao", request.beneficiario_id)


def _uploader(o: Any) -> Any:
    if "usuario_upload_id" in o.s.given:
        return o.s.maker.existing("usuario", o.usuario_upload_id)
    found = getattr(o.solicitacao, "tecnico", None)
    if found is None and getattr(o.solicitacao, "tecnico_id", None) is not None:
        return o.s.maker.existing("usuario", o.solicitacao.tecnico_id)
    unit = getattr(o.cidadao, "unidade", None)
    return found or o.s.maker.related("usuario", {"unidade": unit} if unit is not None else {}, shared=True)


def _uploaded(o: Any) -> Any:
    opened = getattr(o.solicitacao, "data_abertura", None)
    if opened is not None:
        return after(o, opened, "upload", 0, 2)
    return o.s.days_ago("upload", 30, 390)


def _path(o: Any) -> str:
    """Return the key as the application writes it: by request, or by citizen if the document has no request."""
    suffix = MIMETYPES.get(o.mimetype, ".bin")
    name = f"{int(o.data_upload.timestamp() * 1000)}-{o.s.bits('caminho'):016x}{suffix}"
    if o.solicitacao_id is not None:
        return f"{o.solicitacao_id}/{o.tipo}/{name}"
    return f"{o.cidadao_id}/documentos-gerais/{o.tipo}/{name}"


class ValidacaoDocumentoFactory(PGBenFactory):
    """Makes the validation of a document."""

    class Meta:
        model = record_of("validacao_documento")

    _enums = {"resultado": "resultado_validacao"}
    _rules = (
        lambda o: (
            f"the resultado {o.resultado} needs a justificativa"
            if o.resultado != "aprovado" and not o.justificativa
            else None
        ),
    )

    documento = Relation("documento")

    id = lazy(lambda o: o.s.uuid())
    documento_id = id_of("documento")
    usuario_id = lazy(lambda o: o.documento.usuario_upload_id)
    resultado = "aprovado"
    justificativa = lazy(lambda o: None if o.resultado == "aprovado" else "Nao confere com o cadastro")
    validado_em = lazy(lambda o: after(o, o.documento.data_upload, "validacao", 1, 5))
    created_at = lazy(lambda o: o.validado_em)
    updated_at = lazy(lambda o: o.created_at)


METHOD_OF = {
    "create": "POST",
    "update": "PATCH",
    "delete": "DELETE",
    "login": "POST",
    "falha_login": "POST",
    "aprovar": "POST",
    "rejeitar": "POST",
    "liberar": "POST",
    "logout": "POST",
}
RISK_OF = {"delete": "alto", "export": "alto", "anonymize": "critico", "falha_login": "medio"}


class LogAuditoriaFactory(PGBenFactory):
    """Makes the record of what a user did; the states before and after fit the operation."""

    class Meta:
        model = record_of("logs_auditoria")

    _enums = {"tipo_operacao": "tipo_operacao", "metodo_http": "metodo_http", "nivel_risco": "nivel_risco"}
    _rules = (
        lambda o: (
            "a create has no dados_anteriores"
            if o.tipo_operacao == "create" and o.dados_anteriores is not None
            else None
        ),
        lambda o: "a delete has no dados_novos" if o.tipo_operacao == "delete" and o.dados_novos is not None else None,
    )

    usuario = Relation("usuario", shared=True)

    id = lazy(lambda o: o.s.uuid())
    tipo_operacao = "create"
    entidade_afetada = "cidadao"
    entidade_id = lazy(lambda o: o.s.other_uuid("entidade"))
    dados_anteriores = lazy(lambda o: {"status": "aberta"} if o.tipo_operacao in ("update", "delete") else None)
    dados_novos = lazy(lambda o: {"status": "em_analise"} if o.tipo_operacao in ("create", "update") else None)
    dados_sensiveis_acessados = lazy(
        lambda o: ["cpf", "nis"] if o.tipo_operacao in ("access", "read", "export") else None
    )
    usuario_id = id_of("usuario")
    ip_origem = lazy(lambda o: f"192.0.2.{o.s.between('ip', 1, 254)}")
    user_agent = "pgben-testkit"
    endpoint = lazy(lambda o: f"/api/v1/{o.entidade_afetada}")
    metodo_http = lazy(lambda o: METHOD_OF.get(o.tipo_operacao, "GET"))
    nivel_risco = lazy(lambda o: RISK_OF.get(o.tipo_operacao, "baixo"))
    descricao = lazy(lambda o: f"{o.tipo_operacao} em {o.entidade_afetada}")
    data_hora = lazy(lambda o: o.s.days_ago("hora", 0, 390))
    created_at = lazy(lambda o: o.data_hora)
    updated_at = lazy(lambda o: o.created_at)


class NotificacaoFactory(PGBenFactory):
    """Makes a notification of a user."""

    class Meta:
        model = record_of("notificacao")

    Params = status_params("status_notificacao")
    _enums = {"tipo": "tipo_notificacao", "status": "status_notificacao", "prioridade": "prioridade_notificacao"}
    _rules = (
        lambda o: (
            f"the status {o.status} and lida_em don't fit"
            if (o.status == "lida" and o.lida_em is None) or (o.status == "nao_lida" and o.lida_em is not None)
            else None
        ),
    )
    _relations = {"solicitacao": "solicitacao"}

    usuario = Relation("usuario", shared=True)
    solicitacao = None

    id = lazy(lambda o: o.s.uuid())
    usuario_id = id_of("usuario")
    solicitacao_id = id_of("solicitacao")
    tipo = "sistema"
    titulo = "Aviso"
    conteudo = "Ha um pedido novo na fila"
    status = "nao_lida"
    prioridade = "normal"
    lida_em = lazy(lambda o: o.created_at + timedelta(hours=2) if o.status == "lida" else None)
    created_at = lazy(lambda o: o.s.days_ago("hora", 1, 60))
    updated_at = lazy(lambda o: o.created_at)
    removed_at = None
