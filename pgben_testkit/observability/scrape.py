"""Fetching an exposition: from an endpoint as Prometheus would, or from a file."""

from __future__ import annotations

import base64
import http.client
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.observability.exposition import OPENMETRICS, Exposition, parse

ACCEPT = f"{OPENMETRICS};version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
"""As Prometheus 2.42 asks, without protobuf."""
TIMEOUT_S = 10.0
"""Prometheus' own default."""
LARGEST_BYTES = 50_000_000


@dataclass(frozen=True)
class Access:
    """What an endpoint wants before it answers. None of it is ever shown, and none goes along to another host.

    `bearer_token_file`: the token is read from it at each scrape, as Prometheus does. `ca_file`: certificates in PEM
    that the endpoint's is checked against.
    """

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    bearer_token_file: Path | str | None = None
    ca_file: Path | str | None = None


def is_url(named: str) -> bool:
    return named.startswith(("http://", "https://"))


def read(named: str, *, timeout_s: float = TIMEOUT_S, access: Access | None = None) -> Exposition:
    """What a URL or a file gives.

    Raises:
        UsageProblem: no such file, it is no exposition, or `access` can't be used.
        EnvironmentNotAble: the endpoint does not answer, or answers with an error.
    """
    return scrape(named, timeout_s=timeout_s, access=access) if is_url(named) else load(Path(named))


def load(path: Path) -> Exposition:
    """The exposition in a file; OpenMetrics where its last line says so."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise UsageProblem(f"{path} is larger than {LARGEST_BYTES} bytes", remedy="name the right file")
        text = path.read_text("utf-8")
    except OSError as error:
        raise UsageProblem(f"{path} can't be read", why=error.strerror or "", remedy="name a file or a URL") from None
    except UnicodeDecodeError:
        raise UsageProblem(f"{path} is no text in UTF-8", remedy="name the right file") from None
    return parse(text, source=str(path), openmetrics=text.rstrip().endswith("# EOF"))


def scrape(url: str, *, timeout_s: float = TIMEOUT_S, access: Access | None = None) -> Exposition:
    """The exposition of an endpoint, in the format that it chooses. A login in the URL goes as Basic, unseen."""
    access = access or Access()
    bare, shown, login = _split(url)
    headers = {"Accept": ACCEPT, "User-Agent": "pgben-testkit", **_headers(access, login)}
    opener = urllib.request.build_opener(_Redirects, urllib.request.HTTPSHandler(context=_trust(access.ca_file)))
    began = time.perf_counter()
    try:
        with opener.open(urllib.request.Request(bare, headers=headers), timeout=timeout_s) as answer:
            kind = answer.headers.get("Content-Type", "")
            data = answer.read(LARGEST_BYTES + 1)
    except urllib.error.HTTPError as error:
        raise EnvironmentNotAble(f"{shown} answers {error.code}", **_refusal(error, access, login)) from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        why = getattr(error, "reason", None) or error
        remedy = "start it, or mend the address"
        if isinstance(why, ssl.SSLCertVerificationError):
            remedy = "name the certificate of who signed its own: --ca-file, in a test ca_file="
        raise EnvironmentNotAble(
            f"{shown} does not answer", why=f"{type(error).__name__}: {why}", remedy=remedy
        ) from None
    took_s = time.perf_counter() - began
    if len(data) > LARGEST_BYTES:
        raise EnvironmentNotAble(f"{shown} gives more than {LARGEST_BYTES} bytes", remedy="name the right path")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise EnvironmentNotAble(f"{shown} gives no text in UTF-8", remedy="name the right path") from None
    found = parse(text, source=shown, openmetrics=kind.startswith(OPENMETRICS))
    return replace(found, took_s=took_s)


def _split(url: str) -> tuple[str, str, str]:
    """The URL without its login, the same as it may be shown, and the login as `user:password`."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise UsageProblem("the endpoint's address is no URL", why=str(error), remedy="mend the address") from None
    login, _, host = parts.netloc.rpartition("@")
    bare = urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
    return bare, urlunsplit((parts.scheme, host, parts.path, "", "")), login


def _headers(access: Access, login: str) -> dict[str, str]:
    """Raises UsageProblem: a header that HTTP can't carry, no such token, or two ways to log in."""
    found = dict(access.headers)
    for name, value in found.items():
        if not re.fullmatch(r"[\w!#$%&'*+.^`|~-]+", name, re.ASCII) or not re.fullmatch(r"[\t\x20-\x7e]*", value):
            raise UsageProblem(
                f"the header {name if name.isprintable() else '(not printable)'} can't be sent",
                why="its name or value holds what HTTP does not allow",
                remedy="give ASCII in one line",
            )
    ways = ["a header Authorization"] if any(name.lower() == "authorization" for name in found) else []
    if access.bearer_token_file is not None:
        ways.append("a bearer token")
        found["Authorization"] = f"Bearer {_token(Path(access.bearer_token_file))}"
    if login:
        ways.append("a login in the URL")
        user, _, password = login.partition(":")
        pair = f"{unquote(user)}:{unquote(password)}".encode()
        found["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    if len(ways) > 1:
        raise UsageProblem(f"the endpoint is given {' and '.join(ways)}", remedy="give one of them")
    return found


def _token(path: Path) -> str:
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", "") or "it is no text"
        raise UsageProblem(f"the token {path} can't be read", why=why, remedy="name the file with the token") from None
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        raise UsageProblem(f"{path} holds no token", why="a token is one word in ASCII", remedy="mend the file")
    return token


def _trust(ca_file: Path | str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ValueError) as error:
        raise UsageProblem(
            f"the certificates {ca_file} can't be used", why=str(error), remedy="give a file of certificates in PEM"
        ) from None


def _refusal(error: urllib.error.HTTPError, access: Access, login: str) -> dict[str, str]:
    if error.code not in (401, 403):
        return {"why": "metrics come with 200", "remedy": "name the path where the metrics are"}
    if login or access.headers or access.bearer_token_file is not None:
        return {"why": "it does not take the login that it was given", "remedy": "give one that may read metrics"}
    return {
        "why": "it wants a login",
        "remedy": "give --bearer-token-file, --header, or user:password@ in the URL; in a test bearer_token_file= or "
        "headers=",
    }


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Another host gets none of the headers that were given for this one."""

    def redirect_request(self, req: urllib.request.Request, *more: Any) -> urllib.request.Request | None:
        found = super().redirect_request(req, *more)
        if found is not None and (found.type, found.host) != (req.type, req.host):
            found.headers = {name: value for name, value in found.headers.items() if name in ("Accept", "User-agent")}
        return found
