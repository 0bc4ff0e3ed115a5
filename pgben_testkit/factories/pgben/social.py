"""Makes what is known about the life of a citizen: dados_sociais, situacao_moradia."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pgben_testkit.factories.engine.declarations import Relation, id_of, lazy, record_of
from pgben_testkit.factories.pgben.base import PGBenFactory
from pgben_testkit.factories.pgben.citizens import JOBS, SCHOOLING
from pgben_testkit.factories.pgben.vocabulary import MEMBERS


def _said(o: Any, name: str) -> bool:
    """Tell whether the call gave the attribute `name` a value."""
    return name in o.s.given and getattr(o, name) is not None


class DadosSociaisFactory(PGBenFactory):
    """Makes the social data of a citizen: school, work, income, benefits of the federation."""

    class Meta:
        model = record_of("dados_sociais")

    _enums = {"escolaridade": "escolaridade", "situacao_trabalho": "situacao_trabalho", "tipo_bpc": "tipo_bpc"}
    _rules = (
        lambda o: "a valor_pbf without recebe_pbf" if o.valor_pbf is not None and not o.recebe_pbf else None,
        lambda o: "a tipo_bpc without recebe_bpc" if o.tipo_bpc is not None and not o.recebe_bpc else None,
    )

    cidadao = Relation("cidadao")

    id = lazy(lambda o: o.s.uuid())
    cidadao_id = id_of("cidadao")
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
    """Makes the description of the home of a citizen."""

    class Meta:
        model = record_of("situacao_moradia")

    _enums = {"tipo_moradia": "tipo_moradia", "material_construcao": "material_construcao"}
    _rules = (
        lambda o: (
            "a valor_aluguel, and a home that is not alugada"
            if o.valor_aluguel is not None and o.tipo_moradia != "alugada"
            else None
        ),
    )

    cidadao = Relation("cidadao")

    id = lazy(lambda o: o.s.uuid())
    cidadao_id = id_of("cidadao")
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
