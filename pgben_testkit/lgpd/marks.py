"""The marks that say that a person is synthetic: the factories write them, the audit of dumps looks for them."""

from __future__ import annotations

DOMAIN = "sintetico.example"
"""The domain of every synthetic e-mail address. RFC 2606 reserves `.example`: no mail to it reaches anybody."""
MARK = "Pessoa Sintetica"
"""Written into `nome_social`, or into a text column where a table has none. It has only letters and a space, so that
it passes validations of names."""
MARK_KEY = "sintetico"
"""The key that is `true` in the JSON metadata of a synthetic person."""
