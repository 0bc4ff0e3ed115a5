"""The page of an inbox, or of one delivery: complete in itself, with nothing of a message running or loading."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from pgben_testkit.observability.receivers.delivery import Attempt, Delivery, Email, Slack, Sms
from pgben_testkit.observability.receivers.render import slack

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
)
"""Holds for the frames of e-mails too: a `srcdoc` inherits it (CSP Level 3, 4.2.3)."""
STYLE = """
body { font: 14px/1.4 system-ui, "DejaVu Sans", sans-serif; margin: 1.5em auto; max-width: 860px; color: #1d1c1d }
article { border: 1px solid #ddd; border-radius: 6px; margin: 0 0 1.2em; overflow: hidden }
article > header { background: #f4f4f4; padding: .4em .8em; color: #555 }
article > div, article > pre { margin: 0; padding: .8em; white-space: pre-wrap; overflow-wrap: anywhere }
article > .slack { white-space: normal }
iframe { border: 0; width: 100%; height: 640px; display: block }
.to { color: #888 } .bar { border-left: 4px solid; padding: .1em .8em; margin: .5em 0 }
.fields { display: flex; flex-wrap: wrap } .field { flex: 1 0 100%; margin: .3em 0 } .field.short { flex-basis: 45% }
.button { display: inline-block; border: 1px solid #bbb; border-radius: 4px; padding: .2em .8em; margin: .3em .4em 0 0 }
code, .slack pre { background: #f4f4f4; border: 1px solid #ddd; border-radius: 3px; padding: 0 .3em }
.part { background: #e9e9eb; border-radius: 16px; padding: .5em .9em; margin: .3em 0; max-width: 24em }
.failed { color: #a30200 } td, th { text-align: left; padding: .1em 1em .1em 0 }
"""


def inbox(deliveries: Sequence[Delivery], attempts: Sequence[Attempt] = ()) -> str:
    """All of it, in order, and a table of the attempts."""
    rows = "".join(
        f'<tr class="{"" if each.delivered else "failed"}"><td>{each.at:%Y-%m-%d %H:%M:%S}</td>'
        f"<td>{escape(each.channel)}</td><td>{escape(each.receiver)}</td><td>{escape(each.why)}</td>"
        f"<td>{each.status or ''}</td></tr>"
        for each in attempts
    )
    table = (
        f"<table><tr><th>UTC</th><th>channel</th><th>receiver</th><th>outcome</th><th>status</th></tr>{rows}</table>"
    )
    return _page(f"<h1>Inbox: {len(deliveries)}</h1>{''.join(map(_article, deliveries))}{table if rows else ''}")


def one(delivery: Delivery) -> str:
    """A delivery alone."""
    return _page(_article(delivery))


def _page(body: str) -> str:
    return (
        f'<!doctype html><html lang="pt-BR"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" '
        f'content="{POLICY}"><meta name="referrer" content="no-referrer"><title>Inbox</title>'
        f"<style>{STYLE}</style></head><body>{body}</body></html>\n"
    )


def _article(delivery: Delivery) -> str:
    return f"<article><header>{escape(delivery.head())}{_more(delivery)}</header>{_body(delivery)}</article>"


def _more(delivery: Delivery) -> str:
    if isinstance(delivery, Email):
        return f"<br>From: {escape(delivery.from_)}<br><b>{escape(delivery.subject)}</b>"
    if isinstance(delivery, Sms):
        return f"<br>{delivery.encoding}, {delivery.split.units} units, parts: {len(delivery.parts)}"
    return f"<br>{escape(delivery.status)}" if delivery.status else ""


def _body(delivery: Delivery) -> str:
    if isinstance(delivery, Email) and delivery.html:
        return f'<iframe sandbox="" title="e-mail" srcdoc="{escape(delivery.html)}"></iframe>'
    if isinstance(delivery, Slack):
        return slack.html(delivery)
    if isinstance(delivery, Sms):
        return "<div>" + "".join(f'<div class="part">{escape(each)}</div>' for each in delivery.parts) + "</div>"
    return f"<pre>{escape(delivery.text)}</pre>"
