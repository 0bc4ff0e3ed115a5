"""Single documents of people and firms who don't exist: what `pgben_factory.cpf()` and its like give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgben_testkit.errors import UsageProblem
from pgben_testkit.factories import documents, people

if TYPE_CHECKING:
    from pgben_testkit.factories.identity import Draw


class DocumentSource:
    """Documents, each another one, from the draws of whoever inherits it."""

    def _draw(self, name: str) -> Draw:
        raise NotImplementedError

    def cpf(self, *, formatted: bool = False) -> str:
        """A valid CPF that nobody else of this test has."""
        return _shown("cpf", documents.cpf(people.cpf_base(self._draw("#cpf"))), formatted)

    def nis(self, *, formatted: bool = False) -> str:
        return _shown("nis", documents.nis(people.nis_base(self._draw("#nis"))), formatted)

    def cnpj(self, *, formatted: bool = False, alphanumeric: bool = False) -> str:
        """A valid CNPJ; `alphanumeric` as issued from July 2026 on."""
        draw = self._draw("#cnpj")
        base = people.cnpj_base(draw)
        if alphanumeric:
            base = (
                f"{draw.pick('a', 'ABCDEFGHJKLMNPQRSTUVWXYZ')}{draw.pick('b', 'ABCDEFGHJKLMNPQRSTUVWXYZ')}" + base[2:]
            )
        return _shown("cnpj", documents.cnpj(base), formatted)

    def rg(self, *, formatted: bool = False) -> str:
        """An RG as São Paulo issues them."""
        return _shown("rg", documents.rg(f"{self._draw('#rg').between('rg', 10_000_000, 59_999_999)}"), formatted)

    def cep(self, *, formatted: bool = False) -> str:
        return _shown("cep", people.cep(self._draw("#cep")), formatted)

    def telefone(self, *, formatted: bool = False, fixo: bool = False) -> str:
        draw = self._draw("#telefone")
        return _shown("telefone", people.landline(draw) if fixo else people.mobile(draw), formatted)

    def email(self) -> str:
        """An address that no mail reaches."""
        return people.email(self._draw("#email"), "pessoa sintetica")

    def pix(self, kind: str) -> str:
        """A PIX key: cpf, cnpj, email, telefone, aleatoria."""
        from types import SimpleNamespace

        from pgben_testkit.factories.citizens import pix_key
        from pgben_testkit.factories.vocabulary import MEMBERS

        if kind not in MEMBERS["tipo_chave_pix"]:
            raise UsageProblem(f"no PIX key {kind!r}", why=f"there are {', '.join(MEMBERS['tipo_chave_pix'])}")
        return str(pix_key(SimpleNamespace(s=self._draw("#pix")), kind))

    def invalid(self, kind: str, fault: str) -> str:
        """A CPF, NIS, CNPJ, RG, CEP or mobile number that is wrong in one named way; `documents.FAULTS` lists them."""
        if kind not in documents.FAULTS:
            raise UsageProblem(f"no invalid {kind!r} can be made", why=f"there are {', '.join(documents.FAULTS)}")
        return documents.invalid(kind, getattr(self, kind)(), fault)


def _shown(kind: str, bare: str, formatted: bool) -> str:
    return documents.formatted(kind, bare) if formatted else bare
