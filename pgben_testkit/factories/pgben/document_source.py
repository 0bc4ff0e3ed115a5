"""Gives single documents of people and firms who don't exist: `pgben_factory.cpf()` and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgben_testkit.errors import UsageProblem
from pgben_testkit.factories.pgben import people
from pgben_testkit.lgpd import documents, faults

if TYPE_CHECKING:
    from pgben_testkit.factories.engine.identity import Draw


class DocumentSource:
    """Makes documents that differ from each other, by the draws of the class that inherits from it."""

    def next_draw(self, name: str) -> Draw:
        """Return the draws of the next document `name`."""
        raise NotImplementedError

    def cpf(self, *, formatted: bool = False) -> str:
        """Return a valid CPF that nobody else in this test has."""
        return _shown("cpf", documents.cpf(people.cpf_base(self.next_draw("#cpf"))), formatted)

    def nis(self, *, formatted: bool = False) -> str:
        """Return a valid NIS that nobody else in this test has."""
        return _shown("nis", documents.nis(people.nis_base(self.next_draw("#nis"))), formatted)

    def cnpj(self, *, formatted: bool = False, alphanumeric: bool = False) -> str:
        """Return a valid CNPJ; `alphanumeric`: with letters, as they are issued from July 2026 on."""
        draw = self.next_draw("#cnpj")
        base = people.cnpj_base(draw)
        if alphanumeric:
            base = (
                f"{draw.pick('a', 'ABCDEFGHJKLMNPQRSTUVWXYZ')}{draw.pick('b', 'ABCDEFGHJKLMNPQRSTUVWXYZ')}" + base[2:]
            )
        return _shown("cnpj", documents.cnpj(base), formatted)

    def rg(self, *, formatted: bool = False) -> str:
        """Return an RG as São Paulo issues them."""
        return _shown("rg", documents.rg(f"{self.next_draw('#rg').between('rg', 10_000_000, 59_999_999)}"), formatted)

    def cep(self, *, formatted: bool = False) -> str:
        """Return a CEP of Natal."""
        return _shown("cep", people.cep(self.next_draw("#cep")), formatted)

    def telefone(self, *, formatted: bool = False, fixo: bool = False) -> str:
        """Return a mobile number, or a landline number if `fixo`."""
        draw = self.next_draw("#telefone")
        return _shown("telefone", people.landline(draw) if fixo else people.mobile(draw), formatted)

    def email(self) -> str:
        """Return an e-mail address that no mail reaches."""
        return people.email(self.next_draw("#email"), "pessoa sintetica")

    def pix(self, kind: str) -> str:
        """Return a PIX key of `kind`: cpf, cnpj, email, telefone, aleatoria."""
        from types import SimpleNamespace

        from pgben_testkit.factories.pgben.bank import pix_key
        from pgben_testkit.factories.pgben.vocabulary import MEMBERS

        if kind not in MEMBERS["tipo_chave_pix"]:
            raise UsageProblem(f"no PIX key {kind!r}", why=f"the kinds are {', '.join(MEMBERS['tipo_chave_pix'])}")
        return str(pix_key(SimpleNamespace(s=self.next_draw("#pix")), kind))

    def invalid(self, kind: str, fault: str) -> str:
        """Return a document of `kind` that is wrong in the way that `fault` names; `lgpd.faults.FAULTS` lists both."""
        faults.check_kind(kind)
        return faults.invalid(kind, getattr(self, kind)(), fault)


def _shown(kind: str, bare: str, formatted: bool) -> str:
    return documents.formatted(kind, bare) if formatted else bare
