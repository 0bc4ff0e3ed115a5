"""Messages as a person sees them; and what a message can't do to who looks at it."""

import shutil
import subprocess
from datetime import UTC, datetime
from typing import Any

import pytest

from pgben_testkit.observability.receivers.delivery import Email, Slack, SlackAttachment, Sms, Webhook
from pgben_testkit.observability.receivers.inbox import Inbox
from pgben_testkit.observability.receivers.message import read, text_of
from pgben_testkit.observability.receivers.render import page, slack

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
COMMON: dict[str, Any] = {"at": AT, "received": AT, "raw": b"", "receiver": EVIL, "addresses": (EVIL,)}


def email(html):
    return Email(
        channel="email",
        text="a",
        subject=EVIL,
        sender="a",
        from_=EVIL,
        to=EVIL,
        html=html,
        plain="",
        parts=(),
        headers={},
        encrypted=True,
        **COMMON,
    )


def everything(html=EVIL):
    bar = SlackAttachment(
        color=EVIL,
        pretext=EVIL,
        title=EVIL,
        title_link="javascript:alert(3)",
        text=EVIL,
        footer=EVIL,
        fields=((EVIL, EVIL, True),),
        actions=((EVIL, "javascript:alert(4)"),),
    )
    return [
        email(html),
        Slack(channel="slack", text=EVIL, message=EVIL, username=EVIL, attachments=(bar,), **COMMON),
        Sms(channel="sms", text=EVIL * 5, via="sns", subject=EVIL, **COMMON),
        Webhook(
            channel="webhook",
            text=EVIL,
            status=EVIL,
            version="4",
            group_key=EVIL,
            alerts=(),
            group_labels={},
            common_labels={},
            common_annotations={},
            external_url="",
            **COMMON,
        ),
    ]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*a b* _c_ ~d~", "<b>a b</b> <i>c</i> <s>d</s>"),
        ("a*b*c", "a*b*c"),
        ("* a *", "* a *"),
        ("pg_stat_activity_count", "pg_stat_activity_count"),
        ("`*x* <y>`", "<code>*x* &lt;y&gt;</code>"),
        ("```a\nb```", "<pre>a\nb</pre>"),
        ("a\nb", "a<br>b"),
        ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
        ("&lt;a&gt;", "&lt;a&gt;"),
        ("<https://x.example/?a=1&b=2|ver *já*>", '<a href="https://x.example/?a=1&amp;b=2">ver *já*</a>'),
        ("<https://x.example/>", '<a href="https://x.example/">https://x.example/</a>'),
        ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"),
        ("\x000\x00", "0"),
        ('<https://x.example/"onclick="a|x>', '<a href="https://x.example/&quot;onclick=&quot;a">x</a>'),
    ],
)
def test_slacks_markup(text, html):
    assert slack.mrkdwn(text) == html


def test_nothing_of_a_message_becomes_markup_of_the_page():
    made = page.inbox(everything())
    assert "<script" not in made and "<img" not in made and "javascript:" not in made
    assert 'sandbox=""' in made and "default-src 'none'" in made


def test_a_page_loads_and_runs_nothing(tmp_path):
    """In a real browser: the e-mail's script would write, its image would ask a server of ours."""
    chromium = shutil.which("chromium")
    if not chromium:
        pytest.skip("chromium is not installed (Debian: apt-get install chromium)")
    from pgben_testkit.services.listener import Listener

    asked = []
    listener = Listener(lambda _: asked.append(1), name="asked")
    html = (
        f'<b>olá</b><img src="{listener.url}/a.png"><link rel=stylesheet href="{listener.url}/a.css">'
        '<script>top.document.title="ran"</script>'
    )
    path = tmp_path / "page.html"
    command = [
        chromium,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path}/profile",
        "--virtual-time-budget=2000",
        "--dump-dom",
        path.as_uri(),
    ]
    try:
        path.write_text(page.inbox(everything(html)), "utf-8")
        seen = subprocess.run(command, capture_output=True, text=True, timeout=90)
        assert "<title>Inbox</title>" in seen.stdout and not asked
        path.write_text(f"<title>x</title>{html}", "utf-8")
        assert "<title>ran</title>" in subprocess.run(command, capture_output=True, text=True, timeout=90).stdout
        assert asked, "the counter-proof: without our page around it, it loads"
    finally:
        listener.close()


def test_all_of_it_as_text_and_as_a_page(tmp_path):
    inbox = Inbox()
    assert inbox.as_text() == "(nothing was delivered)"
    inbox.deliver(everything("<p>Fila</p>"), status=200, message="")
    inbox.failed("slack", "failed", status=500)
    saved = inbox.save_html(tmp_path / "inbox.html").read_text("utf-8")
    assert "&lt;p&gt;Fila&lt;/p&gt;" in saved and "<td>500</td>" in saved and "parts: 2" in saved
    assert "  1/2 " in inbox.as_text() and "  2/2 " in inbox.as_text()


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<style>a{}</style><p>Um</p><p>dois&nbsp;&amp; três</p>", "Um\ndois & três"),
        ("<td>a</td><td>b</td>", "a b"),
        ("a<br>b", "a\nb"),
        ('<a href="https://x.example">ver</a>', "ver <https://x.example>"),
        ("a\n   b", "a b"),
        ("<p>sem fim", "sem fim"),
    ],
)
def test_what_a_person_reads_of_html(html, text):
    assert text_of(html) == text


def test_a_malformed_message_comes_as_it_is():
    assert read(b"\xff\xfe no header").text != "" and read(b"").text == ""


def test_personal_data_is_found_wherever_a_person_reads():
    bar = SlackAttachment(fields=(("Quem", "Maria da Silva", True),), footer="529.982.247-25")
    inbox = Inbox()
    inbox.deliver(
        [
            Slack(channel="slack", text="", attachments=(bar,), at=AT, received=AT, raw=b""),
            Sms(
                channel="sms",
                text="Ligue (84) 99912-3456",
                via="sns",
                addresses=("+5584999123456",),
                at=AT,
                received=AT,
                raw=b"",
            ),
            Sms(
                channel="sms",
                text="De +5584999123456",
                via="sns",
                addresses=("+5584999123456",),
                at=AT,
                received=AT,
                raw=b"",
            ),
            Sms(channel="sms", text="Escreva a plantao@semtas.example", via="sns", at=AT, received=AT, raw=b""),
        ],
        status=200,
        message="",
    )
    found = inbox.personal_data(allow=["plantao@semtas.example"])
    assert [(each.subject, each.summary.rpartition(": ")[2]) for each in found] == [
        ("slack 1, attachments[0].fields[0] value", "name"),
        ("slack 1, attachments[0].footer", "CPF"),
        ("sms 2, text", "telephone"),
    ]
    assert len(inbox.personal_data()) == 4
    assert not any(each in str(found) for each in ("Maria", "529", "99912"))
