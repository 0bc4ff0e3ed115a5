"""A Slack message as HTML that looks like it: colour bar, title, mrkdwn, fields, buttons.

Source: Slack API, "Formatting text for app surfaces" (mrkdwn) and "Reference: secondary attachments" (colours).
"""

from __future__ import annotations

import re
from html import escape, unescape

from pgben_testkit.observability.receivers.delivery import Slack, SlackAttachment

COLORS = {"good": "#2eb886", "warning": "#daa038", "danger": "#a30200", "": "#dddddd"}
_HEX = re.compile(r"#?[0-9a-fA-F]{6}")
_LINK = re.compile(r"&lt;((?:https?://|mailto:)[^|&]*(?:&amp;[^|&]*)*)(?:\|(.*?))?&gt;")
_SPAN = (
    (re.compile(r"(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])"), r"<b>\1</b>"),
    (re.compile(r"(?<![\w_])_(\S(?:[^_\n]*\S)?)_(?![\w_])"), r"<i>\1</i>"),
    (re.compile(r"(?<![\w~])~(\S(?:[^~\n]*\S)?)~(?![\w~])"), r"<s>\1</s>"),
)


def mrkdwn(text: str) -> str:
    """HTML of Slack's markup; everything else is escaped. Code and links are not looked into."""
    kept: list[str] = []

    def keep(html: str) -> str:
        kept.append(html)
        return f"\0{len(kept) - 1}\0"

    # Slack wants & < > escaped by who sends; who doesn't gets the same here.
    said = escape(_unescaped(text.replace("\0", "")), quote=False)
    said = re.sub(r"```(.*?)```", lambda found: keep(f"<pre>{found[1]}</pre>"), said, flags=re.DOTALL)
    said = re.sub(r"`([^`\n]+)`", lambda found: keep(f"<code>{found[1]}</code>"), said)
    said = _LINK.sub(lambda found: keep(f'<a href="{escape(unescape(found[1]))}">{found[2] or found[1]}</a>'), said)
    for pattern, html in _SPAN:
        said = pattern.sub(html, said)
    said = said.replace("\n", "<br>")
    while "\0" in said:
        said = re.sub(r"\0(\d+)\0", lambda found: kept[int(found[1])], said)
    return said


def html(message: Slack) -> str:
    """The message, without the page around it."""
    where = f' <span class="to">{escape(message.address)}</span>' if message.address else ""
    text = f"<div>{mrkdwn(message.message)}</div>" if message.message else ""
    bars = "".join(map(_attachment, message.attachments))
    return f'<div class="slack"><b>{escape(message.username or "Alertmanager")}</b>{where}{text}{bars}</div>'


def _attachment(each: SlackAttachment) -> str:
    color = COLORS.get(each.color) or ("#" + each.color.lstrip("#") if _HEX.fullmatch(each.color) else COLORS[""])
    title = f"<b>{mrkdwn(each.title)}</b>" if each.title else ""
    if title and each.title_link.startswith(("http://", "https://")):
        title = f'<a href="{escape(each.title_link)}">{title}</a>'
    fields = "".join(
        f'<div class="field{" short" if short else ""}"><b>{mrkdwn(name)}</b><br>{mrkdwn(value)}</div>'
        for name, value, short in each.fields
    )
    buttons = "".join(f'<span class="button">{escape(text)}</span>' for text, _ in each.actions)
    said = [
        title,
        mrkdwn(each.text),
        f'<div class="fields">{fields}</div>' if fields else "",
        buttons,
        f"<small>{mrkdwn(each.footer)}</small>" if each.footer else "",
    ]
    shown = "".join(f"<div>{part}</div>" for part in said if part)
    before = f"<div>{mrkdwn(each.pretext)}</div>" if each.pretext else ""
    return f'{before}<div class="bar" style="border-color:{color}">{shown}</div>'


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
