"""Define the kinds of value: what each accepts, in words and in code, and the typed value that results."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pgben_testkit.env.secret import Secret
from pgben_testkit.env.variable import Variable

LARGEST_PORT = 65535
UNITS_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31557600}
"""As the npm package `ms` reads them, which jsonwebtoken uses; a year there has 365.25 days."""
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w|y)?")
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_EMAIL = re.compile(r"(?:[^<>@]*<)?[^\s@<>\"(),:;]+@(?P<domain>[^\s@<>]+?)>?")
_PEM = re.compile(r"\s*-----BEGIN ([A-Z0-9 ]+)-----\s(.*?)\s?-----END \1-----\s*", re.DOTALL)
_LOOKS_TRUE = frozenset({"1", "true", "t", "yes", "y", "on", "enable", "enabled", "sim", "s", "verdadeiro"})
_LOOKS_FALSE = frozenset(
    {"0", "false", "f", "no", "n", "off", "disable", "disabled", "nao", "não", "falso", "none", "null", "undefined"}
)


@dataclass(frozen=True)
class Kind:
    """Describe a kind. `parse` returns the typed value or raises ValueError, whose text never shows the value.

    `options` are the fields of a Variable that mean something to it.
    """

    name: str
    summary: str
    parse: Callable[[str, Variable], Any]
    options: frozenset[str] = frozenset()
    expected: Callable[[Variable], str] | None = None

    def expects(self, variable: Variable) -> str:
        """Return in words what a value of `variable` must be."""
        text = self.expected(variable) if self.expected else self.summary
        return f"{text} that matches {variable.pattern}" if variable.pattern else text


def parse(text: str, variable: Variable) -> Any:
    """The typed value of `text`.

    Raises:
        ValueError: it is none of this kind; the message says why without showing it.
    """
    value = KINDS[variable.kind].parse(text, variable)
    if variable.pattern and not re.search(variable.pattern, text):
        raise ValueError("it does not match the pattern")
    if variable.is_secret and isinstance(value, str):
        return Secret(value)
    return value


def looks_like(text: str) -> bool | None:
    """Return what a person takes the word `text` for: true, false, or None for neither."""
    word = text.strip().strip("\"'").strip().casefold()
    return True if word in _LOOKS_TRUE else False if word in _LOOKS_FALSE else None


def _measured(text: str, variable: Variable) -> None:
    size = len(text.encode("utf-8", "surrogateescape"))
    if variable.bytes is not None and size != variable.bytes:
        raise ValueError(f"it has {size} bytes")
    if variable.min_bytes is not None and size < variable.min_bytes:
        raise ValueError(f"it has {size} bytes")


def _size(variable: Variable) -> str:
    if variable.bytes is not None:
        return f" of exactly {variable.bytes} bytes"
    return f" of at least {variable.min_bytes} bytes" if variable.min_bytes is not None else ""


def _string(text: str, variable: Variable) -> str:
    _measured(text, variable)
    return text


def _in_range(number: float, variable: Variable) -> None:
    if variable.min is not None and number < variable.min:
        raise ValueError(f"it is below {variable.min:g}")
    if variable.max is not None and number > variable.max:
        raise ValueError(f"it is above {variable.max:g}")


def _range(variable: Variable) -> str:
    if variable.min is not None and variable.max is not None:
        return f" from {variable.min:g} to {variable.max:g}"
    if variable.min is not None:
        return f" of {variable.min:g} or more"
    return f" of {variable.max:g} or less" if variable.max is not None else ""


def _int(text: str, variable: Variable) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,30}", text):
        raise ValueError("it is not a whole number")
    number = int(text)
    _in_range(number, variable)
    return number


def _float(text: str, variable: Variable) -> float:
    if not re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", text):
        raise ValueError("it is not a number")
    number = float(text)
    _in_range(number, variable)
    return number


def _port(text: str, variable: Variable) -> int:
    if not re.fullmatch(r"[0-9]{1,30}", text):
        raise ValueError("it is not a whole number")
    number = int(text)
    if not 1 <= number <= LARGEST_PORT:
        raise ValueError(f"it is not within 1 to {LARGEST_PORT}")
    _in_range(number, variable)
    return number


def _bool(text: str, variable: Variable) -> bool:
    if text in variable.true:
        return True
    if text in variable.false:
        return False
    if variable.otherwise == "error":
        raise ValueError("it is neither a true nor a false word")
    return variable.otherwise == "true"


def _bool_expects(variable: Variable) -> str:
    text = f"{' or '.join(variable.true)}; {' or '.join(variable.false)}"
    return text if variable.otherwise == "error" else f"{text}; any other word reads as {variable.otherwise}"


def _enum(text: str, variable: Variable) -> str:
    if text not in variable.values:
        raise ValueError("it is none of these")
    return text


def _url(text: str, variable: Variable) -> str:
    if re.search(r"[\s\x00-\x1f]", text):
        raise ValueError("it has a space or a control character in it")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise ValueError("its host or port can't be read") from None
    if not parts.scheme or "://" not in text:
        raise ValueError("it has no scheme")
    if not parts.hostname and parts.scheme not in ("file", "unix", "sqlite"):
        raise ValueError("it has no host")
    if variable.schemes and parts.scheme not in variable.schemes:
        raise ValueError("its scheme is none of these")
    return text


def _url_expects(variable: Variable) -> str:
    return f"a URL ({', '.join(each + '://' for each in variable.schemes)})" if variable.schemes else "a URL"


def _host(text: str, _: Variable) -> str:
    if "://" in text:
        raise ValueError("it has a scheme, and a host has none")
    if "/" in text:
        raise ValueError("it has a path")
    if text.startswith("[") or text.count(":") > 1:
        import ipaddress

        try:
            ipaddress.IPv6Address(text.strip("[]"))
        except ValueError:
            raise ValueError("it is not an IPv6 address") from None
        return text
    if ":" in text:
        raise ValueError("it has a port")
    if len(text) > 253 or not all(_LABEL.fullmatch(label) for label in text.removesuffix(".").split(".")):
        raise ValueError("it is not a host name")
    if re.fullmatch(r"[0-9.]+", text):
        import ipaddress

        try:
            ipaddress.IPv4Address(text)
        except ValueError:
            raise ValueError("it is not an IPv4 address") from None
    return text


def _duration(text: str, variable: Variable) -> timedelta:
    match = _DURATION.fullmatch(text)
    if not match or len(text) > 20:
        raise ValueError("it is not a number with a unit")
    if not match[2] and not variable.bare:
        raise ValueError("it has no unit")
    try:
        length = timedelta(seconds=float(match[1]) * UNITS_S[match[2] or "s"])
    except OverflowError:
        raise ValueError("it is too long") from None
    _in_range(length.total_seconds(), variable)
    return length


def _pem_text(text: str, wanted: str) -> str:
    found = _PEM.fullmatch(text.replace("\\n", "\n").replace("\r", ""))
    if not found:
        raise ValueError("it has no BEGIN and END line, or its line breaks are lost")
    body = re.sub(r"^[A-Za-z-]+:.*$", "", found[2], flags=re.MULTILINE)
    try:
        data = base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("what is between BEGIN and END is not base64") from None
    if not data:
        raise ValueError("there is nothing between BEGIN and END")
    label = found[1]
    if wanted == "private" and "PRIVATE" not in label:
        raise ValueError(f"it holds a {label}, not a private key")
    if wanted == "public" and not ("PUBLIC" in label or "CERTIFICATE" in label):
        raise ValueError(f"it holds a {label}, not a public key")
    return text


def _pem(text: str, variable: Variable) -> Any:
    checked = _pem_text(text, variable.pem)
    return Secret(checked) if variable.is_secret else checked


def _base64(text: str, variable: Variable) -> bytes | Secret:
    joined = "".join(text.split())
    try:
        data = base64.b64decode(joined.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("it can't be decoded") from None
    if variable.bytes is not None and len(data) != variable.bytes:
        raise ValueError(f"it decodes to {len(data)} bytes")
    if variable.min_bytes is not None and len(data) < variable.min_bytes:
        raise ValueError(f"it decodes to {len(data)} bytes")
    if variable.holds == "pem":
        try:
            inner = data.decode("ascii")
        except UnicodeDecodeError:
            raise ValueError("it decodes to something that is not PEM") from None
        try:
            _pem_text(inner, variable.pem)
        except ValueError as error:
            raise ValueError(f"decoded, {error}") from None
    return Secret(text) if variable.is_secret else data


def _path(text: str, _: Variable) -> Path:
    if "\0" in text:
        raise ValueError("it has a NUL byte")
    return Path(text)


def _list(text: str, variable: Variable) -> tuple[Any, ...]:
    parts = [part.strip() for part in text.split(variable.separator)]
    if not all(parts):
        raise ValueError("an item of it is empty")
    if variable.values and not set(parts) <= set(variable.values):
        raise ValueError("an item is none of these")
    if not variable.items:
        return tuple(parts)
    inner = Variable(variable.name, kind=variable.items, schemes=variable.schemes, secret=False)
    found = []
    for number, part in enumerate(parts, 1):
        try:
            found.append(KINDS[variable.items].parse(part, inner))
        except ValueError as error:
            raise ValueError(f"item {number}: {error}") from None
    return tuple(found)


def _list_expects(variable: Variable) -> str:
    of = f", each {KINDS[variable.items].summary}" if variable.items else ""
    of += f", each of {', '.join(variable.values)}" if variable.values else ""
    return f"items between {variable.separator!r}{of}"


def _email(text: str, _: Variable) -> str:
    match = _EMAIL.fullmatch(text)
    if not match or ("<" in text) != ("<" in text and text.endswith(">")):
        raise ValueError("it is not an e-mail address")
    domain = match["domain"]
    if not all(_LABEL.fullmatch(label) for label in domain.split(".")):
        raise ValueError("what follows its @ is not a domain")
    return text


def _timezone(text: str, _: Variable) -> str:
    import zoneinfo

    try:
        zoneinfo.ZoneInfo(text)
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise ValueError("no time zone has this name") from None
    return text


_SIZES = frozenset({"bytes", "min_bytes"})
_NUMBERS = frozenset({"min", "max"})
KINDS: dict[str, Kind] = {
    each.name: each
    for each in (
        Kind("string", "any text", _string, _SIZES, lambda v: "text" + _size(v)),
        Kind("int", "a whole number", _int, _NUMBERS, lambda v: "a whole number" + _range(v)),
        Kind("float", "a number", _float, _NUMBERS, lambda v: "a number" + _range(v)),
        Kind("port", f"a port: a whole number from 1 to {LARGEST_PORT}", _port, _NUMBERS),
        Kind("bool", "a true or a false word", _bool, frozenset({"true", "false", "otherwise"}), _bool_expects),
        Kind("enum", "one of a list", _enum, frozenset({"values"}), lambda v: "one of " + ", ".join(v.values)),
        Kind("url", "a URL", _url, frozenset({"schemes"}), _url_expects),
        Kind("host", "a host name or address, with no scheme, port or path", _host),
        Kind("duration", "a number with a unit, as 30m or 7d", _duration, frozenset({"bare"}) | _NUMBERS),
        Kind("secret", "a secret", _string, _SIZES, lambda v: "a secret" + _size(v)),
        Kind(
            "pem",
            "a PEM block with its BEGIN and END lines",
            _pem,
            frozenset({"pem"}),
            lambda v: f"a {v.pem + ' ' if v.pem else ''}key as PEM, with its BEGIN and END lines",
        ),
        Kind(
            "base64",
            "base64",
            _base64,
            frozenset({"holds", "pem"}) | _SIZES,
            lambda v: "base64" + (f" of a {v.pem + ' ' if v.pem else ''}key as PEM" if v.holds else _size(v)),
        ),
        Kind(
            "path",
            "a path that exists",
            _path,
            frozenset({"exists"}),
            lambda v: "a path that exists" if v.exists else "a path",
        ),
        Kind(
            "list", "items between commas", _list, frozenset({"separator", "items", "values", "schemes"}), _list_expects
        ),
        Kind("email", "an e-mail address", _email),
        Kind("timezone", "a zone of the tz database, as America/Sao_Paulo", _timezone),
    )
}
