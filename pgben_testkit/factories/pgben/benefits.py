"""Makes the benefits that can be requested: tipo_beneficio, requisito_documento."""

from __future__ import annotations

from decimal import Decimal

from pgben_testkit.factories.engine.declarations import Relation, id_of, lazy, record_of
from pgben_testkit.factories.pgben.base import PGBenFactory, status_params
from pgben_testkit.factories.pgben.vocabulary import MEMBERS

NAMES = {
    "natalidade": ("Auxilio natalidade", 500, "unico"),
    "morte": ("Auxilio funeral", 1200, "unico"),
    "vulnerabilidade_temporaria": ("Aluguel social", 600, "mensal"),
    "calamidade_publica": ("Auxilio calamidade", 1000, "unico"),
}
"""categoria -> name, value in reais, periodicidade"""


class TipoBeneficioFactory(PGBenFactory):
    """Makes a kind of benefit; its category decides name, value and period."""

    class Meta:
        model = record_of("tipo_beneficio")

    Params = status_params("status_tipo_beneficio")
    _enums = {
        "periodicidade": "periodicidade",
        "categoria": "categoria_beneficio",
        "status": "status_tipo_beneficio",
    }
    _rules = (
        lambda o: (
            f"periodicidade unico has 1 parcela, not {o.quantidade_parcelas}"
            if o.periodicidade == "unico" and o.quantidade_parcelas != 1
            else None
        ),
    )

    id = lazy(lambda o: o.s.uuid())
    codigo = lazy(lambda o: f"{o.categoria.upper()[:20]}_{o.s.token('codigo')}")
    nome = lazy(lambda o: f"{NAMES[o.categoria][0]} {o.s.token('codigo')}")
    descricao = lazy(lambda o: f"{NAMES[o.categoria][0]}, beneficio eventual da LOAS")
    valor = lazy(lambda o: Decimal(NAMES[o.categoria][1]))
    periodicidade = lazy(lambda o: NAMES[o.categoria][2])
    categoria = "vulnerabilidade_temporaria"
    status = "ativo"
    especificacoes = lazy(lambda o: {})
    base_juridica = "Lei 8.742/1993, art. 22"
    quantidade_parcelas = lazy(lambda o: 1 if o.periodicidade == "unico" else 6)
    renda_maxima = None
    permite_renovacao = lazy(lambda o: o.periodicidade != "unico")
    created_at = lazy(lambda o: o.s.days_ago("hora", 1500, 1500))
    updated_at = lazy(lambda o: o.created_at)
    removed_at = None


class RequisitoDocumentoFactory(PGBenFactory):
    """Makes a required document; each one of a benefit requires another kind."""

    class Meta:
        model = record_of("requisito_documento")

    _enums = {"tipo_documento": "tipo_documento", "fase": "fase_requisito"}

    tipo_beneficio = Relation("tipo_beneficio", shared=True)

    id = lazy(lambda o: o.s.uuid())
    tipo_beneficio_id = id_of("tipo_beneficio")
    tipo_documento = lazy(lambda o: MEMBERS["tipo_documento"][(o.s.nth("requisito", o.tipo_beneficio_id) - 1) % 75])
    fase = "solicitacao"
    obrigatorio = True
    observacoes = None
    created_at = lazy(lambda o: o.s.days_ago("hora", 1400, 1400))
    updated_at = lazy(lambda o: o.created_at)
