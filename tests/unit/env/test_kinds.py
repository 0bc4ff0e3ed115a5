"""Each kind of value: what it accepts, what it makes of it, what it refuses and in which words."""

import base64
from datetime import timedelta
from pathlib import Path

import pytest

from pgben_testkit.env.kinds import KINDS, parse
from pgben_testkit.env.secret import Secret
from pgben_testkit.env.variable import Variable

DOCS = Path(__file__).parents[3] / "docs" / "env-kinds.md"
PEM = "-----BEGIN PRIVATE KEY-----\nc2VncmVkbw==\n-----END PRIVATE KEY-----"
PUBLIC = PEM.replace("PRIVATE", "PUBLIC")

GOOD = [
    ("string", {}, "any", "any"),
    ("int", {"min": 0}, "42", 42),
    ("float", {}, "0.5", 0.5),
    ("port", {}, "5432", 5432),
    ("bool", {}, "yes", True),
    ("bool", {"true": ("true",), "false": ("false",), "otherwise": "false"}, "perhaps", False),
    ("enum", {"values": ("a", "b")}, "b", "b"),
    ("url", {}, "https://a.example/x?y", "https://a.example/x?y"),
    ("url", {"schemes": ("postgresql",)}, "postgresql://u@h:1/db", "postgresql://u@h:1/db"),
    ("host", {}, "minio", "minio"),
    ("host", {}, "10.0.0.1", "10.0.0.1"),
    ("host", {}, "::1", "::1"),
    ("duration", {}, "30m", timedelta(minutes=30)),
    ("duration", {}, "7d", timedelta(days=7)),
    ("duration", {"bare": True}, "90", timedelta(seconds=90)),
    ("secret", {"bytes": 4}, "ábc", Secret("ábc")),
    ("pem", {"pem": "private"}, PEM, Secret(PEM)),
    ("pem", {"pem": "private"}, PEM.replace("\n", "\\n"), Secret(PEM.replace("\n", "\\n"))),
    ("base64", {"secret": False, "bytes": 3}, "YWJj", b"abc"),
    ("base64", {"holds": "pem", "pem": "public"}, base64.b64encode(PUBLIC.encode()).decode(), PUBLIC.encode()),
    ("path", {"exists": False}, "keys/a.pem", Path("keys/a.pem")),
    ("list", {}, "a, b", ("a", "b")),
    ("list", {"items": "port"}, "1,2", (1, 2)),
    ("email", {}, "PGBen <nao-responda@example.org>", "PGBen <nao-responda@example.org>"),
    ("timezone", {}, "America/Sao_Paulo", "America/Sao_Paulo"),
]
BAD = [
    ("string", {"pattern": "^/"}, "api", "does not match"),
    ("int", {}, "4.2", "not a whole number"),
    ("int", {"max": 3}, "4", "above 3"),
    ("float", {}, "NaN", "not a number"),
    ("port", {}, "0", "not within 1 to 65535"),
    ("port", {}, "٣", "not a whole number"),
    ("bool", {}, "perhaps", "neither"),
    ("enum", {"values": ("a",)}, "A", "none of these"),
    ("url", {}, "localhost:80/x", "no scheme"),
    ("url", {}, "http://", "no host"),
    ("url", {"schemes": ("https",)}, "http://a", "scheme is none"),
    ("url", {}, "http://a:b", "port can't be read"),
    ("host", {}, "http://minio", "has a scheme"),
    ("host", {}, "minio:9000", "has a port"),
    ("host", {}, "minio/x", "has a path"),
    ("host", {}, "-minio-.x", "not a host name"),
    ("host", {}, "300.1.1.1", "not an IPv4"),
    ("duration", {}, "30", "has no unit"),
    ("duration", {}, "soon", "not a number with a unit"),
    ("secret", {"bytes": 32}, "é" * 31, "it has 62 bytes"),
    ("secret", {"min_bytes": 16}, "short", "it has 5 bytes"),
    ("pem", {}, "-----BEGIN X-----abc", "line breaks are lost"),
    ("pem", {"pem": "private"}, PUBLIC, "it holds a PUBLIC KEY, not a private key"),
    ("pem", {}, PEM.replace("c2VncmVkbw==", "***"), "not base64"),
    ("base64", {}, "a", "can't be decoded"),
    ("base64", {"bytes": 32}, "YWJj", "decodes to 3 bytes"),
    ("base64", {"holds": "pem"}, "YWJj", "decoded, it has no BEGIN"),
    ("path", {}, "a\0b", "NUL"),
    ("list", {}, "a,,b", "an item of it is empty"),
    ("list", {"items": "url"}, "http://a,b", "item 2: it has no scheme"),
    ("email", {}, "nao-responda", "not an e-mail address"),
    ("email", {}, "a@b@c", "not an e-mail address"),
    ("timezone", {}, "America/SaoPaulo", "no time zone"),
    ("timezone", {}, "../../etc/passwd", "no time zone"),
]


@pytest.mark.parametrize(("kind", "options", "text", "value"), GOOD)
def test_a_good_value_is_read_to_what_it_means(kind, options, text, value):
    found = parse(text, Variable("X", kind=kind, **options))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(("kind", "options", "text", "told"), BAD)
def test_a_bad_value_is_refused_with_the_reason(kind, options, text, told):
    with pytest.raises(ValueError, match=told):
        parse(text, Variable("X", kind=kind, **options))


def test_every_kind_has_a_good_and_a_bad_example_and_a_section_in_the_docs():
    assert {row[0] for row in GOOD} == set(KINDS)
    assert {row[0] for row in BAD} == set(KINDS) - {"none"}
    headings = {line.removeprefix("## ") for line in DOCS.read_text("utf-8").splitlines() if line.startswith("## ")}
    assert set(KINDS) <= headings


def test_a_secret_shows_itself_to_reveal_alone():
    secret = parse("hunter2-hunter2", Variable("DB_PASS", kind="secret"))
    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == "hunter2-hunter2"
    assert secret == "hunter2-hunter2" and secret != "other" and len(secret) == 15
