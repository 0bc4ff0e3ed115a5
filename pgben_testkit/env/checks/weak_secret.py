"""Find a secret in a committed file that anybody can guess, or that an example gave."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.env import images
from pgben_testkit.env.ground import Ground
from pgben_testkit.env.secret import looks_secret, safe_name
from pgben_testkit.env.sources.base import Declared, Source

RULE = Rule("env/weak-secret", "error", "A committed file holds a weak or example secret")
PLACEHOLDER = re.compile(r"<[^<>]*>|\{\{.*\}\}|\[[^\[\]]*\]|\*+|\.{3,}|-+")
LONGEST_WORDS = 64
LIVE = ("production", "staging")
"""Stages whose secrets are real. What a developer's machine starts may have a password that everybody knows."""
WAYS = frozenset({"AUTH", "COOKIE", "PRIVATE", "SIGNATURE"})
"""Names that alone tell a way of doing (`AUTH=jwt`), not a secret."""
PASSWORD_NAME = re.compile(r"(?:PASS|PASSWORD|PASSWD|PWD|SENHA|SECRET|SEGREDO)$", re.IGNORECASE)


def check(ground: Ground) -> Iterator[Finding]:
    examples = _example_values(ground)
    for source in ground.sources:
        if source.example or source.kind == "process" or ground.stage(source) == "test":
            continue
        if images.known(source.image) and ground.stage(source) not in LIVE:
            continue  # the password of a database that only a developer's machine starts
        weak = []
        for declared in source.declared:
            if _counts(ground, declared) and ground.committed(declared.place.path):
                why = _why(declared.value or "", examples.get(declared.name, set()))
                weak += [(declared, why)] if why else []
        stage = ground.stage(source)
        if stage in LIVE or (ground.contract is not None and stage != "development"):
            yield from (_finding(ground, source, *each) for each in weak)
        elif weak:
            yield _together(source, weak)


def _finding(ground: Ground, source: Source, declared: Declared, why: str) -> Finding:
    name = safe_name(declared.name)
    return finding(
        RULE,
        name,
        declared.place,
        f"{name} has {why} in a committed file",
        reason=f"{source.title} gives {ground.shown.value(declared.value or '', secret=True)}, "
        "and everybody who has the repository has it",
        remedy="make a new one (openssl rand -base64 32), keep it in a secret store, and take it out here",
    )


def _together(source: Source, weak: list[tuple[Declared, str]]) -> Finding:
    """One finding for a file of no stage that no contract speaks of: it may well be for a developer's machine alone."""
    names = [safe_name(declared.name) for declared, _ in weak]
    first, *others = (declared.place for declared, _ in weak)
    is_are = "is a secret that everybody tries first" if len(names) == 1 else "are secrets that everybody tries first"
    return finding(
        RULE,
        names[0],
        first,
        f"{', '.join(names)} {is_are}, in a committed file",
        reason=f"{source.title} is in the repository; what starts from it can be entered by anybody",
        remedy="commit a .env.example with empty values instead, or make sure that production sets others",
        severity="warning",
        related=tuple(others),
    )


def _counts(ground: Ground, declared: Declared) -> bool:
    if not declared.value or declared.refused:
        return False
    variable = ground.contract.variable(declared.name) if ground.contract else None
    if variable is not None:
        return variable.is_secret
    return looks_secret(declared.name) and declared.name.upper() not in WAYS and not _is_setting(declared)


def _is_setting(declared: Declared) -> bool:
    """A name like a secret's with a value that can be none: a time, a number, a path; a password may be a number."""
    value = declared.value or ""
    if PASSWORD_NAME.search(declared.name):
        return value in ("true", "false")
    return re.fullmatch(r"\d+\s*(?:ms|s|m|h|d|w)?|true|false|/[\w./-]+|\./[\w./-]+", value) is not None


def _why(value: str, examples: set[str]) -> str:
    bare = value.strip().strip("\"'")
    if PLACEHOLDER.fullmatch(bare):
        return "a placeholder"
    if bare in examples:
        return "the example's value"
    if len(bare) > 3 and len(set(bare)) <= 2:
        return "one character over and over"
    if len(bare) <= LONGEST_WORDS and _is_words(bare):
        return "a value that everybody tries first"
    return ""


def _is_words(bare: str) -> bool:
    words = [word for word in re.split(r"[\W_]+|(?<=[a-z])(?=[A-Z])", bare) if word]
    return bool(words) and all(word.casefold() in COMMON or (word.isdigit() and len(word) <= 9) for word in words)


_WORDS = """
    my your the super some a an dev development test testing teste local default prod production jwt db database app
    application pgben very really change changeme changeit changethis me it this in secret secrets secretkey pass
    passwd password passphrase pwd senha senha123 admin admin123 root postgres postgresql minio minioadmin minio123
    letmein qwerty example sample placeholder todo fixme dummy fake foo bar baz redis user username guest key keys
    token replace replaceme insert here xxx xxxx xxxxx abc abc123 troque mude altere isto aqui value please now only
    for at least characters character chars char long bytes byte and or to of with by new strong random access
    refresh session cookie csrf encryption signing private public api whatsapp smtp mail email password1 password123
    pass123 welcome hello world p4ssw0rd s3cr3t passw0rd segredo chave chaves padrao mudar trocar alterar minha meu
    teste123 senha1234 s3nha apikey secreta secreto usuario banco dados
"""
COMMON = frozenset(_WORDS.split())
"""Words that guessers try; a value that is made of them alone is no secret."""


def _example_values(ground: Ground) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    sources: list[Source] = [each for each in ground.sources if each.example]
    for source in sources:
        for declared in source.declared:
            if declared.value and len(declared.value) > 2:
                found.setdefault(declared.name, set()).add(declared.value.strip())
    return found
