"""Makes court matters: processo_judicial, determinacao_judicial."""

from __future__ import annotations

from datetime import timedelta

from pgben_testkit.factories.engine.declarations import Relation, id_of, lazy, record_of
from pgben_testkit.factories.pgben.base import PGBenFactory, status_params
from pgben_testkit.factories.pgben.rules import belongs, ordered
from pgben_testkit.lgpd import documents


class ProcessoJudicialFactory(PGBenFactory):
    """Makes a lawsuit of a citizen."""

    class Meta:
        model = record_of("processo_judicial")

    _days = frozenset({"data_distribuicao", "data_arquivamento"})
    Params = status_params("status_processo_judicial")
    _enums = {"tribunal": "tribunal", "status": "status_processo_judicial"}
    _rules = (belongs(("arquivado",), "data_arquivamento"), ordered("data_distribuicao", "data_arquivamento"))

    cidadao = Relation("cidadao")

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
    data_distribuicao = lazy(lambda o: o.s.maker.today - timedelta(days=o.s.between("distribuicao", 400, 900)))
    data_arquivamento = lazy(
        lambda o: (
            o.data_distribuicao + timedelta(days=o.s.between("arquivamento", 60, 390))
            if o.status == "arquivado"
            else None
        )
    )
    cidadao_id = id_of("cidadao")
    created_at = lazy(lambda o: o.s.moment("hora", o.data_distribuicao))
    updated_at = lazy(lambda o: o.created_at)
    removed_at = None


class DeterminacaoJudicialFactory(PGBenFactory):
    """Makes the order of a court in a lawsuit."""

    class Meta:
        model = record_of("determinacao_judicial")

    _days = frozenset({"data_determinacao", "data_cumprimento"})
    Params = status_params("status_determinacao")
    _enums = {
        "tipo": "tipo_determinacao",
        "status": "status_determinacao",
        "urgencia": "urgencia_determinacao",
    }
    _rules = (belongs(("cumprida",), "data_cumprimento"), ordered("data_determinacao", "data_cumprimento"))

    processo_judicial = Relation("processo_judicial")

    id = lazy(lambda o: o.s.uuid())
    processo_judicial_id = id_of("processo_judicial")
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
