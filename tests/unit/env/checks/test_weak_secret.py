"""env/weak-secret: a committed file holds a weak or example secret."""

import subprocess

import pytest

CONTRACT = """\
[variables.COOKIE_SECRET]
kind = "secret"
"""
BROKEN = {
    ".env": "COOKIE_SECRET=my-super-secret-key\n",
}
SOUND = {
    ".env": "COOKIE_SECRET=pZ8vQ2xLr5TnYw7KdB1c\n",
    ".env.example": "COOKIE_SECRET=change-me\n",
}


def test_broken_is_found_and_sound_is_not(project):
    found = [(f.check, f.subject, str(f.place)) for f in project(BROKEN, CONTRACT)]
    assert found == [("env/weak-secret", "COOKIE_SECRET", ".env:1")]
    assert not project(SOUND, CONTRACT)


@pytest.mark.parametrize("value", ["changeme", "<fill in>", "admin123", "s3cr3t", "xxxxxxxx", "troque-isto"])
def test_values_that_everybody_tries_first(project, value):
    [found] = project({".env": f"COOKIE_SECRET={value}\n"}, CONTRACT)
    assert found.check == "env/weak-secret"
    assert value not in str(found)


def test_the_value_of_the_example_is_no_secret(project):
    tree = {".env.example": "COOKIE_SECRET=pZ8vQ2xLr5TnYw7KdB1c\n", ".env": "COOKIE_SECRET=pZ8vQ2xLr5TnYw7KdB1c\n"}
    [found] = project(tree, CONTRACT)
    assert found.summary == "COOKIE_SECRET has the example's value in a committed file"


def test_a_file_that_git_does_not_have_is_nobodys_business(project, tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    assert not project(BROKEN, CONTRACT)
    subprocess.run(["git", "-C", str(tmp_path), "add", ".env"], check=True)
    assert [f.check for f in project(BROKEN, CONTRACT)] == ["env/weak-secret"]


@pytest.mark.parametrize(
    "line",
    [
        "PASSWORD=changeme",
        "SECRET=changeme",
        "TOKEN=changeme",
        "APIKEY=changeme",
        "PGPASSWORD=changeme",
        "DB_SENHA=senha123",
        "SENHA=123456",
        "CHAVE_API=troque",
        "JWT_SEGREDO=meu-segredo",
        "dbPassword=admin",
    ],
)
def test_names_that_no_contract_knows(project, line):
    [found] = [each for each in project({".env": line + "\n"}, CONTRACT) if each.check == "env/weak-secret"]
    assert found.subject == line.partition("=")[0]
    assert line.partition("=")[2] not in found.reason


@pytest.mark.parametrize(
    "line",
    [
        "AUTH=jwt",
        "TOKEN_EXPIRATION=3600",
        "PASSWORD_MIN_LENGTH=8",
        "TOKEN=3600",
        "CHAVE_PIX_TIPO=email",
        "PUBLIC_KEY=default",
        "SECRETARIA=dev",
        "SENHA=zH7kQ2pLx9vTr4",
    ],
)
def test_names_and_values_that_only_look_like_one(project, line):
    assert "env/weak-secret" not in {each.check for each in project({".env": line + "\n"}, CONTRACT)}
