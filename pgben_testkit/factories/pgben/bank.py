"""Makes bank accounts and PIX keys: info_bancaria."""

from __future__ import annotations

from typing import Any

from pgben_testkit.factories.engine.declarations import Relation, id_of, lazy, record_of
from pgben_testkit.factories.pgben import people
from pgben_testkit.factories.pgben.base import PGBenFactory
from pgben_testkit.lgpd import documents


def pix_key(o: Any, kind: str) -> str:
    """Draw a PIX key of `kind` for `o`, in the form of the Central Bank's manual (DICT).

    That is a CPF or CNPJ without punctuation, a telephone number with +55, an e-mail address, or a UUID.
    """
    if kind == "cpf":
        return documents.cpf(people.cpf_base(o.s))
    if kind == "cnpj":
        return documents.cnpj(people.cnpj_base(o.s))
    if kind == "telefone":
        return "+55" + people.mobile(o.s)
    return people.email(o.s, "pix") if kind == "email" else str(o.s.other_uuid("pix"))


class InfoBancariaFactory(PGBenFactory):
    """Makes the account that is paid into: a PIX key, or bank, branch and account with `tipo_chave_pix=None`.

    A key of the kind cpf is the CPF of the citizen.
    """

    class Meta:
        model = record_of("info_bancaria")

    _enums = {"tipo_conta": "tipo_conta_bancaria", "tipo_chave_pix": "tipo_chave_pix"}
    _rules = (
        lambda o: (
            "a chave_pix needs its tipo_chave_pix, and the other way round"
            if (o.chave_pix is None) != (o.tipo_chave_pix is None)
            else None
        ),
    )

    cidadao = Relation("cidadao")

    id = lazy(lambda o: o.s.uuid())
    cidadao_id = id_of("cidadao")
    banco = "001"
    nome_banco = "Banco do Brasil"
    agencia = lazy(lambda o: f"{o.s.between('agencia', 1, 9999):04d}")
    conta = lazy(lambda o: f"{o.s.between('conta', 1, 99_999_999):08d}-{o.s.between('dv', 0, 9)}")
    tipo_conta = "poupanca"
    tipo_chave_pix = lazy(lambda o: o.s.pick("tipo pix", ("cpf", "email", "telefone", "aleatoria")))
    chave_pix = lazy(
        lambda o: (
            None
            if o.tipo_chave_pix is None
            else o.cidadao.cpf
            if o.tipo_chave_pix == "cpf" and o.cidadao is not None
            else pix_key(o, o.tipo_chave_pix)
        )
    )
    ativo = True
    created_at = lazy(lambda o: o.s.days_ago("cadastro", 30, 390))
    updated_at = lazy(lambda o: o.created_at)
    removed_at = None
