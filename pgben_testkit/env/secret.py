"""Decide what may be shown of a value, and wrap secrets so that they do not show themselves."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

SECRET_NAME = re.compile(
    r"(?:^|_)(?:(?:[A-Z0-9]*(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|APIKEY)|(?:DB|PG|MYSQL|SMTP|REDIS|ADMIN|ROOT|USER)?"
    r"(?:PASS|PWD|SENHA))S?|PASSCODE|PW|KEYS?|(?:ACCESS|PRIVATE|ENCRYPTION|SIGNING|MASTER|AUTH)KEY|CRED|CREDS"
    r"|CREDENTIALS?|CREDENCIAL|CREDENCIAIS|PRIVATE|SALT|PEPPER|DSN|AUTH|BEARER|COOKIE|SIGNATURE|HMAC|OTP|TOTP"
    r"|CHAVES?|SEGREDOS?)(?:_|$)",
    re.IGNORECASE,
)
"""Names whose value is taken for a secret where no contract says what it is."""
_ABOUT_SECRETS = re.compile(
    r"_(?:EXPIRATION|EXPIRES|EXPIRES_IN|EXPIRY|EXPIRACAO|TTL|MAX_?AGE|TIMEOUT|LIFETIME|VALIDADE|LENGTH|SIZE|TAMANHO|MIN|MAX"
    r"|ROUNDS|COUNT|LIMIT|DAYS|HOURS|MINUTES|SECONDS|MS|TYPE|TIPO|ALGORITHM|ALGO|ENABLED|REQUIRED|SECURE|SAMESITE"
    r"|SAME_SITE|HTTP_?ONLY|DOMAIN|PREFIX|HEADER|NAME|NOME|MODE|METHOD|PROVIDER|PATH|FILE|DIR|PER|POR)$"
    r"|^(?!.*PRIVATE)(?:.*_)?(?:PUBLIC|PUBLICA|PRIMARY|FOREIGN|CACHE|SORT|PARTITION|IDEMPOTENCY)_(?:\w+_)?(?:KEYS?|CHAVES?)$"
    r"|^(?:.*_)?CHAVES?_PUBLICAS?$",
    re.IGNORECASE,
)
"""Names that say how long, how many, where or of which sort, and public keys: no secrets themselves."""
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
SHOWN_CHARACTERS = 40
LONGEST_LOOKED_AT = 400
"""A longer value is masked unseen: the patterns below take time by the square of its length."""
SHORTEST_MASKED = 5
"""Shorter secrets (`1`, `abc`) would mask half of all other values."""
_BEFORE_AT = re.compile(r"((?:[A-Za-z][A-Za-z0-9+.-]{0,20}://)?)[^\s<]*@")
"""User and password of an address, and the person in front of a mail server's name."""
_PARAMETER = re.compile(
    r"((?:pass|pwd|secret|token|key|sig|senha|chave|segredo|auth|cred)[a-z_]*=)[^&\s]+", re.IGNORECASE
)
_MIXED = re.compile(r"(?=\S*\d)(?:(?=\S*[a-z])(?=\S*[A-Z])|(?=\S*[!$%^&*?#~+]))\S{8,}")
"""What passwords look like and hosts, ports and words do not: digits with both cases, or with signs."""
_DENSE = re.compile(r"(?=[^\s]*[a-z])(?=[^\s]*[A-Z])(?=[^\s]*\d)[A-Za-z0-9+/_=.-]{20,}")
"""Twenty or more characters of one word with small, large and digits: a key in the wrong place, most likely."""
_PEM = "-----BEGIN"


def looks_secret(name: str) -> bool:
    """Return whether the name `name` alone says that its value is a secret."""
    words = _HUMP.sub("_", name)
    return SECRET_NAME.search(words) is not None and _ABOUT_SECRETS.search(words) is None


def masked(value: str) -> str:
    """Return how long `value` is, without a character of it."""
    size = len(value.encode("utf-8", "surrogateescape"))
    return f"**** ({size} byte{'s' * (size != 1)})"


class Secret:
    """Wrap a value so that no repr, log, traceback or assertion message shows it. `reveal()` gives the text.

    Not a `str`: pytest prints both sides of a failed comparison of strings.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({masked(self._text)})"

    __str__ = __repr__

    def __len__(self) -> int:
        """In bytes: what keys are measured in."""
        return len(self._text.encode("utf-8", "surrogateescape"))

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        text = other.reveal() if isinstance(other, Secret) else other
        if not isinstance(text, str):
            return NotImplemented
        return hmac.compare_digest(
            self._text.encode("utf-8", "surrogateescape"), text.encode("utf-8", "surrogateescape")
        )

    def __hash__(self) -> int:
        return hash(("Secret", self._text))


@dataclass(frozen=True)
class Shown:
    """Decide what of a value is shown. It knows all secrets, so that one in a wrong place stays hidden."""

    secrets: frozenset[str] = field(repr=False, default=frozenset())

    @classmethod
    def knowing(cls, secrets: Iterable[str]) -> Shown:
        """Make one that knows `secrets`."""
        return cls(frozenset(each.strip() for each in secrets if len(each.strip()) >= SHORTEST_MASKED))

    def value(self, text: str, *, secret: bool) -> str:
        """Return `text` as it may be printed: quoted and shortened, or masked."""
        if secret or len(text) > LONGEST_LOOKED_AT or _PEM in text or any(each in text for each in self.secrets):
            return masked(text)
        text = _PARAMETER.sub(r"\1****", _BEFORE_AT.sub(r"\1****@", text))
        if _DENSE.search(text) or ("://" not in text and _MIXED.search(text)):
            return masked(text)
        return repr(text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…")


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")


def safe_name(name: str) -> str:
    """Return `name` where it may be printed; else its length, since a key that lost its quotes may be in it."""
    if _NAME.fullmatch(name) and not _DENSE.search(name):
        return name
    return f"a name of {len(name)} characters"
