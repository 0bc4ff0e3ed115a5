"""The courts: processo_judicial, determinacao_judicial."""

from __future__ import annotations

from datetime import timedelta

from pgben_testkit.factories import documents
from pgben_testkit.factories.base import PGBenFactory
from pgben_testkit.factories.declarations import Relacao, de, lazy, registro, status_params
from pgben_testkit.factories.requests import belongs, ordered


class ProcessoJudicialFactory(PGBenFactory):
    class Meta:
        model = registro("processo_judicial")

    _days = frozenset({"data_distribuicao", "data_arquivamento"})
    Params = status_params("status_processo_judicial")
    _enums = {"tribunal": "tribunal", "status": "status_processo_judicial"}
    _rules = (belongs(("arquivado",), "data_arquivamento"), ordered("data_distribuicao", "data_arquivamento"))

    cidadao = Relacao("cidadao")

    id = lazy(lambda o: o.s.uuid())
    numero_processo = lazy(
        lambda o: documents.processo(
            f"{o.s.between('processo', 0, 9_999_999):07d}",
            o.data_distribuicao.year,
            origin=f"{o.s.between('origem', 5000, 9999):04d}",
        )
    )
    tribunal = "tjrn"
    vara = lazy(lambda o: f"{o.s.between('vara', 1, 6)}a Vara da Fazenda Publica")
    comarca = "Natal"
    classe = "Procedimento do Juizado Especial"
    assunto = "Beneficio eventual"
    status = "em_andamento"
    data_distribuicao = lazy(lambda o: o.s.maker.hoje - timedelta(days=o.s.between("distribuicao", 400, 900)))
    data_arquivamento = lazy(
        lambda o: (
            o.data_distribuicao + timedelta(days=o.s.between("arquivamento", 60, 390))
            if o.status == "arquivado"
            else None
        )
    )
    cidadao_id = de("cidadao")
    created_at = lazy(lambda o: o.s.moment("hora", o.data_distribuicao))
    updated_at = lazy(lambda o: o.created_at)
    removed_at = None


class DeterminacaoJudicialFactory(PGBenFactory):
    class Meta:
        model = registro("determinacao_judicial")

    _days = frozenset({"data_determinacao", "data_cumprimento"})
    Params = status_params("status_determinacao")
    _enums = {
        "tipo": "tipo_determinacao",
        "status": "status_determinacao",
        "urgencia": "urgencia_determinacao",
    }
    _rules = (belongs(("cumprida",), "data_cumprimento"), ordered("data_determinacao", "data_cumprimento"))

    processo_judicial = Relacao("processo_judicial")

    id = lazy(lambda o: o.s.uuid())
    processo_judicial_id = de("processo_judicial")
    tipo = "liminar"
    status = "pendente"
    urgencia = "normal"
    descricao = "Conceder o beneficio no prazo fixado"
    data_determinacao = lazy(
        lambda o: o.processo_judicial.data_distribuicao + timedelta(days=o.s.between("determinacao", 5, 60))
    )
    prazo_dias = 15
    data_cumprimento = lazy(
        lambda o: (
            o.data_determinacao + timedelta(days=o.s.between("cumprimento", 1, 15)) if o.status == "cumprida" else None
        )
    )
    cidadao_id = lazy(lambda o: getattr(o.processo_judicial, "cidadao_id", None))
    created_at = lazy(lambda o: o.s.moment("hora", o.data_determinacao))
    updated_at = lazy(lambda o: o.created_at)
    removed_at = None
