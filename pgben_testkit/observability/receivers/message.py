"""An e-mail, read: subject, addresses, the texts of its parts, and what a person sees of its HTML."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser

UNSEEN = frozenset({"style", "script", "head", "title", "template"})
"""Elements whose text nobody reads."""
BREAKING = frozenset({"p", "div", "br", "tr", "table", "li", "ul", "h1", "h2", "h3", "h4", "h5", "h6", "hr"})
"""Elements that begin a line."""


@dataclass(frozen=True)
class Message:
    """`text`: what a person reads, of the HTML where there is one."""

    subject: str
    from_: str
    to: str
    html: str
    plain: str
    text: str
    parts: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]


def read(raw: bytes) -> Message:
    """Any bytes are some message: what is malformed comes as it is."""
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    parts = tuple(
        (each.get_content_type(), each.get_content().replace("\r\n", "\n"))
        for each in parsed.walk()
        if each.get_content_maintype() == "text"
    )
    html = next((text for kind, text in parts if kind == "text/html"), "")
    plain = next((text for kind, text in parts if kind == "text/plain"), "")
    headers = {name: str(value) for name, value in parsed.items()}
    return Message(
        subject=str(parsed.get("Subject", "")),
        from_=str(parsed.get("From", "")),
        to=str(parsed.get("To", "")),
        html=html,
        plain=plain,
        text=text_of(html) if html else plain,
        parts=parts,
        headers=headers,
    )


def text_of(html: str) -> str:
    """What a person reads of HTML, a line for each block; links with their address."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (re.sub(r"[ \t\r\f\v\xa0]+", " ", line).strip() for line in "".join(reader.said).split("\n"))
    return "\n".join(filter(None, lines))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._unseen = 0
        self._link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN:
            self._unseen += 1
        if tag in BREAKING:
            self.said.append("\n")
        elif tag in ("td", "th"):
            self.said.append(" ")
        if tag == "a":
            self._link = dict(attrs).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN and self._unseen:
            self._unseen -= 1
        if tag == "a" and self._link:
            self.said.append(f" <{self._link}>")
            self._link = ""
        if tag in BREAKING:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.said.append(data.replace("\n", " "))
