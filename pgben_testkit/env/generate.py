"""Generate a complete environment for tests: values that satisfy the contract, with keys that really sign."""

from __future__ import annotations

import base64
import re
import secrets
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pgben_testkit import extras
from pgben_testkit.env.conditions import Condition
from pgben_testkit.env.contract import Contract
from pgben_testkit.env.environment import as_text
from pgben_testkit.env.kinds import KINDS, parse
from pgben_testkit.env.nearest import same_words
from pgben_testkit.env.variable import Variable
from pgben_testkit.errors import EnvironmentNotAble, UsageProblem

STAGE = "test"
RSA_BITS = 2048
SECRET_BYTES = 32
MOST_ROUNDS = 20
"""Conditions that ask for variables whose conditions ask for others."""


@dataclass
class Generated:
    """Hold the values by name, and the files that values name: path -> text. None of it may be printed."""

    values: dict[str, str] = field(default_factory=dict, repr=False)
    files: dict[Path, str] = field(default_factory=dict, repr=False)
    given: frozenset[str] = frozenset()


def generate(
    contract: Contract, *, given: Mapping[str, str], examples: Mapping[str, str], folder: Path, stage: str = STAGE
) -> Generated:
    """Return an environment at `stage` that satisfies `contract`.

    `given` are values of servers that run, under the names that the kit uses; `examples` those of an example file.
    Both are used where they fit and are no secrets of an example. Files that values name lie in `folder`.

    Raises:
        UsageProblem: no value for a variable can be found.
    """
    maker = _Maker(contract, given, examples, folder, stage)
    for name in contract.stage_from:
        variable = contract.variables.get(name)
        if variable is not None and _fits(stage, variable):
            maker.made.values[name] = stage
    for variable in contract.variables.values():
        if maker.is_wanted(variable):
            maker.make(variable.name)
    for _ in range(MOST_ROUNDS):
        names = [name for condition in contract.conditions for name in maker.asked_by(condition)]
        if not names:
            break
        for name in names:
            maker.make(name)
    return Generated(maker.made.values, maker.made.files, frozenset(maker.from_servers))


class _Maker:
    def __init__(
        self, contract: Contract, given: Mapping[str, str], examples: Mapping[str, str], folder: Path, stage: str
    ) -> None:
        self._contract = contract
        self._given = given
        self._examples = examples
        self._folder = folder
        self._stage = stage
        self._pairs: dict[str, tuple[str, str]] = {}
        self.made = Generated()
        self.from_servers: set[str] = set()

    def is_wanted(self, variable: Variable) -> bool:
        if self._is_forbidden(variable):
            return False
        if variable.is_required(self._stage):
            return True
        return self._from_server(variable) is not None

    def _is_forbidden(self, variable: Variable) -> bool:
        return self._stage in variable.forbidden_in or bool(variable.only and variable.only != self._stage)

    def asked_by(self, condition: Condition) -> list[str]:
        """The variables that a condition still asks for: all of `require`, or the first group of `one_of`."""
        values: dict[str, str | None] = {
            name: variable.default
            for name, variable in self._contract.variables.items()
            if variable.default is not None
        }
        values |= self.made.values
        if not condition.broken(values):
            return []
        groups = [condition.require] if condition.require else []
        if condition.one_of:
            groups.append(min(condition.one_of, key=lambda group: sum(name not in values for name in group)))
        return [name for group in groups for name in group if name not in self.made.values]

    def make(self, name: str) -> None:
        variable = self._contract.variables[name]
        if name in self.made.values:
            return
        for value in self._candidates(variable):
            if value is not None and _fits(value, variable):
                self.made.values[name] = value
                return
        raise UsageProblem(
            f"no value for {name} can be made",
            why=f"it has to be {KINDS[variable.kind].expects(variable)}",
            remedy=f"give the contract a default for {name}, or set it in .env.example",
        )

    def _candidates(self, variable: Variable) -> Sequence[str | None]:
        server = self._from_server(variable)
        if server is not None and _fits(server, variable):
            self.from_servers.add(variable.name)
        example = None if variable.is_secret else self._examples.get(variable.name)
        local = example if example and not _is_elsewhere(example, variable) else None
        made = [*self._by_kind(variable), *self._by_pattern(variable)]
        return [server, self._port(variable), variable.default, local, *made]

    def _from_server(self, variable: Variable) -> str | None:
        names = [variable.name, *(alias.name for alias in variable.aliases)]
        for name in names:
            if name in self._given:
                return self._given[name]
        return next((value for known, value in self._given.items() if same_words(known, variable.name)), None)

    def _port(self, variable: Variable) -> str | None:
        """A free port for what the application itself listens on; that of a service is its default."""
        own = variable.kind == "port" and re.fullmatch(r"(?:APP_|API_|HTTP_|SERVER_|WEB_)?PORT", variable.name.upper())
        return str(_free_port()) if own else None

    def _by_kind(self, variable: Variable) -> list[str | None]:
        kind = variable.kind
        if kind in ("int", "float"):
            return [_number(variable)]
        if kind == "port":
            return [str(_free_port())]
        if kind == "bool":
            return [*variable.false[:1], *variable.true[:1]]
        if kind == "enum":
            return [self._stage, *variable.values]
        if kind == "url":
            scheme = variable.schemes[0] if variable.schemes else "http"
            return [f"{scheme}://127.0.0.1:{_free_port()}"]
        if kind == "host":
            return ["127.0.0.1"]
        if kind == "duration":
            seconds = max(variable.min or 0, 1)
            return ["15m", f"{seconds:g}s", as_text(variable.max, None) + "s" if variable.max else None]
        if kind == "email":
            return ["tests@example.com"]
        if kind == "timezone":
            return ["America/Sao_Paulo", "UTC"]
        if kind == "list":
            return [variable.separator.join(variable.values[:1]) or None, "127.0.0.1", "http://127.0.0.1", "1", "test"]
        if kind == "pem":
            return [self._key(variable)]
        if kind == "base64":
            return [self._base64(variable)]
        if kind == "path":
            return [self._path(variable)]
        return [_text(variable), f"{variable.name.lower().replace('_', '-')}-test"]

    def _by_pattern(self, variable: Variable) -> list[str | None]:
        if not variable.pattern:
            return []
        try:
            rstr = extras.need("rstr", "rstr", what="a value for a pattern can't be made", extra="factories")
        except EnvironmentNotAble:
            return []
        return [rstr.xeger(variable.pattern) for _ in range(5)]

    def _key(self, variable: Variable) -> str:
        private, public = self._pair(variable.name)
        if variable.pem == "public" or "PUBLIC" in variable.name.upper():
            return public
        passphrase = self._passphrase(variable.name)
        return encrypted(private, passphrase) if passphrase else private

    def _passphrase(self, name: str) -> str:
        """The passphrase of a private key, where the contract has a variable for it beside the key."""
        stem = re.sub(r"_?PRIVATE_KEY.*$", "", name.upper())
        for other in self._contract.variables.values():
            beside = other.name.upper().startswith(f"{stem}_") if stem else True
            if beside and "PASSPHRASE" in other.name.upper() and not self._is_forbidden(other):
                self.make(other.name)
                return self.made.values[other.name]
        return ""

    def _pair(self, name: str) -> tuple[str, str]:
        """The key pair that a name belongs to: its private and its public name differ in that word alone."""
        stem = re.sub(r"_(?:BASE64|B64|PATH|FILE|PEM)$", "", re.sub(r"PRIVATE|PUBLIC", "", name.upper()))
        if stem not in self._pairs:
            self._pairs[stem] = key_pair("ec" if self._is_elliptic(name) else "rsa")
        return self._pairs[stem]

    def _is_elliptic(self, name: str) -> bool:
        """Whether the algorithm beside a key is an elliptic one: ES256, or EC in a name."""
        if re.search(r"(?:^|_)(?:EC|ECDSA|ES256|ES384)(?:_|$)", name.upper()):
            return True
        prefix = name.partition("_")[0]
        for other in self._contract.variables.values():
            if other.name.startswith(prefix) and "ALG" in other.name.upper():
                chosen = self.made.values.get(other.name) or other.default or "".join(other.values[:1])
                return chosen.upper().startswith("ES")
        return False

    def _base64(self, variable: Variable) -> str:
        if variable.holds == "pem" or variable.pem:
            return base64.b64encode(self._key(variable).encode("ascii")).decode("ascii")
        size = variable.bytes if variable.bytes is not None else max(variable.min_bytes or 0, SECRET_BYTES)
        return base64.b64encode(secrets.token_bytes(size)).decode("ascii")

    def _path(self, variable: Variable) -> str:
        upper = variable.name.upper()
        if re.search(r"KEY|CERT|PEM", upper):
            path = self._folder / f"{variable.name.lower()}.pem"
            self.made.files[path] = self._key(variable)
        elif re.search(r"DIR|FOLDER|PASTA|UPLOAD|STORAGE", upper):
            path = self._folder / variable.name.lower()
            self.made.files[path / ".keep"] = ""
        else:
            path = self._folder / variable.name.lower()
            self.made.files[path] = ""
        return str(path)


def key_pair(kind: str) -> tuple[str, str]:
    """Make a private and a public key as PEM; `kind` is `rsa` (2048 bits) or `ec` (P-256)."""
    what = "keys can't be made"
    serialization = extras.need("cryptography.hazmat.primitives.serialization", "cryptography", what=what, extra="env")
    kinds = "cryptography.hazmat.primitives.asymmetric"
    if kind == "ec":
        ec = extras.need(f"{kinds}.ec", "cryptography", what=what, extra="env")
        private = ec.generate_private_key(ec.SECP256R1())
    else:
        rsa = extras.need(f"{kinds}.rsa", "cryptography", what=what, extra="env")
        private = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    pem = serialization.Encoding.PEM
    private_text = private.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public_text = private.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private_text.decode("ascii"), public_text.decode("ascii")


def encrypted(private: str, passphrase: str) -> str:
    """Return the PEM of the key `private` encrypted with `passphrase`."""
    serialization = extras.need(
        "cryptography.hazmat.primitives.serialization", "cryptography", what="keys can't be made", extra="env"
    )
    key = serialization.load_pem_private_key(private.encode("ascii"), None)
    how = serialization.BestAvailableEncryption(passphrase.encode("utf-8"))
    data: bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)
    return data.decode("ascii")


def _text(variable: Variable) -> str:
    """Random text of the length that the variable asks for; without one a secret has 43 characters, 32 bytes' worth."""
    if variable.bytes is not None:
        return secrets.token_hex(variable.bytes)[: variable.bytes]
    size = max(variable.min_bytes or 0, SECRET_BYTES if variable.is_secret else 0)
    if not size:
        return f"{variable.name.lower().replace('_', '-')}-test"
    return secrets.token_urlsafe(size)


def _number(variable: Variable) -> str:
    low = variable.min if variable.min is not None else (min(1, variable.max) if variable.max is not None else 1)
    return f"{low:g}"


def _is_elsewhere(value: str, variable: Variable) -> bool:
    """Whether an example's value names a server of somebody: a test environment reaches this machine alone."""
    if variable.kind not in ("url", "host"):
        return False
    host = re.sub(r"^[a-z+]+://(?:[^@/]*@)?", "", value).partition("/")[0].partition(":")[0]
    return host not in ("localhost", "127.0.0.1", "")


def _fits(value: str, variable: Variable) -> bool:
    try:
        parse(value, variable)
    except ValueError:
        return False
    return not (variable.kind == "path" and "\0" in value)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def as_dotenv(values: Mapping[str, str]) -> str:
    """Return `values` as the text of a `.env` file that python-dotenv and Node's dotenv read alike."""
    lines = [f"{name}={_quoted(value)}" for name, value in values.items()]
    return "\n".join(["# Made by `pgben-testkit doctor --write-env`. Do not commit it.", *lines, ""])


def _quoted(value: str) -> str:
    if re.fullmatch(r"[\w./:@%+=,?&~-]*", value):
        return value
    if "\n" in value:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return "'" + value + "'" if "'" not in value else '"' + value.replace('"', '\\"') + '"'
