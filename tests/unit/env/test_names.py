"""Near names, secret names, and what may be shown."""

import pytest

from pgben_testkit.env.nearest import nearest
from pgben_testkit.env.secret import Shown, looks_secret, safe_name
from pgben_testkit.files.problem import parser_words

KNOWN = ["DB_USER", "DB_PASS", "DB_HOST", "SMTP_PASS", "MINIO_BUCKET_NAME", "LOG_LEVEL", "PORT", "JWT_SECRET"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("DATABASE_USER", "DB_USER"),
        ("POSTGRES_PASSWORD", "DB_PASS"),
        ("SMTP_PASSWORD", "SMTP_PASS"),
        ("USER_DB", "DB_USER"),
        ("MINIO_BUCKETNAME", "MINIO_BUCKET_NAME"),
        ("LOGLEVEL", "LOG_LEVEL"),
        ("JWT_SECERT", "JWT_SECRET"),
        ("DB_HOTS", "DB_HOST"),
        ("dbUser", "DB_USER"),
        ("HOSTNAME", ""),
        ("PATH", ""),
        ("POST", ""),
        ("FOO", ""),
        ("", ""),
        ("A" * 5000, ""),
        ("DB_USER", ""),
    ],
)
def test_the_name_that_was_meant(name, meant):
    assert nearest(name, KNOWN) == meant


@pytest.mark.parametrize(
    "name",
    [
        "DB_PASS",
        "JWT_SECRET",
        "API_TOKEN",
        "AWS_ACCESS_KEY_ID",
        "SENTRY_DSN",
        "smtp_password",
        "DB_SENHA",
        "SENHA",
        "SENHA_DO_BANCO",
        "CHAVE",
        "CHAVE_API",
        "JWT_SEGREDO",
        "SEGREDO",
        "PGPASSWORD",
        "PASSWORD",
        "SECRET",
        "TOKEN",
        "APIKEY",
        "DBPASS",
        "JWTSECRET",
        "dbPassword",
        "apiKey",
        "jwtSecret",
        "GITHUB_TOKENS",
        "PRIVATE_KEY",
        "PUBLIC_PRIVATE_KEY",
        "DB_PASSWORDS",
        "SMTP_CRED",
        "ENCRYPTIONKEY",
        "POSTGRES_PASSWORD",
    ],
)
def test_names_of_secrets(name):
    assert looks_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "DB_HOST",
        "KEYBOARD",
        "MONKEY",
        "PASSAGEIRO",
        "AUTHOR",
        "TOKENS_PER",
        "SECRETARIA_NOME",
        "SECRETARIA",
        "CHAVE_PIX_TIPO",
        "PUBLIC_KEY",
        "JWT_PUBLIC_KEY",
        "CHAVE_PUBLICA",
        "TOKEN_EXPIRATION",
        "JWT_TOKEN_EXPIRES_IN",
        "PASSWORD_MIN_LENGTH",
        "SESSION_COOKIE_SAMESITE",
        "JWT_PRIVATE_KEY_PATH",
        "RESENHA_URL",
        "COMPASS_URL",
        "CHAVEIRO",
    ],
)
def test_names_that_only_look_alike(name):
    assert not looks_secret(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("localhost", "'localhost'"),
        ("http://me:geheim@host/x", "'http://****@host/x'"),
        ("postgres://me:a/b@c@host/x", "'postgres://****@host/x'"),
        ("me:geheim@host", "'****@host'"),
        ("https://h/x?api_key=geheim&y=1", "'https://h/x?api_key=****&y=1'"),
        ("Sup3rS3cret", "**** (11 bytes)"),
        ("senha!2024", "**** (10 bytes)"),
        ("America/SaoPaulo", "'America/SaoPaulo'"),
        ("54x32", "'54x32'"),
        ("x" * 50, "'" + "x" * 39 + "…'"),
        ("aGVsbG8gd29ybGQgMTIzNDU2", "**** (24 bytes)"),
        ("-----BEGIN X-----", "**** (17 bytes)"),
        ("prefix-correct-horse-suffix", "**** (27 bytes)"),
        ("a\nb", "'a\\nb'"),
    ],
)
def test_what_is_shown_of_a_value(text, shown):
    assert Shown.knowing(["correct-horse"]).value(text, secret=False) == shown


def test_a_parsers_message_loses_what_it_quotes():
    assert parser_words("found undefined alias 'hunter2'") == "found undefined alias …"
    assert parser_words("couldn't read " + repr("A=hun'ter\"2")) == "couldn't read …"


def test_a_line_of_a_key_is_no_name():
    assert safe_name("DB_HOST") == "DB_HOST"
    assert "MIIEow" not in safe_name("MIIEowIBAAKCAQEA7bq9aGVsbG8")
