"""The parts that an SMS travels in: the GSM alphabet where all its characters are in it, else UCS-2.

Sources: 3GPP TS 23.038, 6.2.1 (default alphabet) and 6.2.1.1 (extension table); 3GPP TS 23.040, 9.2.3.24.1
(concatenation: a header of six octets in each part).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""One septet each. Of Portuguese letters: à é É Ç; not ã õ ç á â ê í ó ô ú, nor the other capitals."""
EXTENSION = frozenset("\f^{}\\[~]|€")
"""Two septets each: an escape before them."""
ALONE = {"GSM-7": 160, "UCS-2": 70}
"""Septets, or units of 16 bits, of a message in one part: 140 octets."""
JOINED = {"GSM-7": 153, "UCS-2": 67}
"""The same of each part where there are more."""

Encoding = Literal["GSM-7", "UCS-2"]


@dataclass(frozen=True)
class Parts:
    """How a text travels: `texts` as the telephone joins them again; `units` are septets, or 16-bit units."""

    encoding: Encoding
    units: int
    texts: tuple[str, ...]
    forced: frozenset[str]
    """The characters that made it UCS-2; empty under GSM-7."""


def split(text: str) -> Parts:
    """The parts of a text. A character is never cut in two, so a part may end one unit early."""
    forced = frozenset(text) - BASIC - EXTENSION
    encoding: Encoding = "UCS-2" if forced else "GSM-7"
    costs = [_cost(each, encoding) for each in text]
    if sum(costs) <= ALONE[encoding]:
        return Parts(encoding, sum(costs), (text,), forced)
    texts: list[str] = []
    began = used = 0
    for index, cost in enumerate(costs):
        if used + cost > JOINED[encoding]:
            texts.append(text[began:index])
            began, used = index, 0
        used += cost
    return Parts(encoding, sum(costs), (*texts, text[began:]), forced)


def _cost(character: str, encoding: Encoding) -> int:
    if encoding == "UCS-2":
        return 2 if ord(character) > 0xFFFF else 1
    return 2 if character in EXTENSION else 1
