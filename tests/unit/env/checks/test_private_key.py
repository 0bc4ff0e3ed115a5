"""env/private-key: a private key is in a committed file."""

import base64
import subprocess

import pytest

KEY = (
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
    "-----END PRIVATE KEY-----\n"
)
CONTRACT = "[variables.JWT_KEY]\n"
IN_BASE64 = base64.b64encode(KEY.encode()).decode()


def found(project, files, contract=CONTRACT):
    return [(f.subject, str(f.place)) for f in project(files, contract) if f.check == "env/private-key"]


@pytest.fixture
def committed(project, tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)

    def look(files):
        project(files, CONTRACT)
        subprocess.run(["git", "-C", str(tmp_path), "add", "-A"], check=True)
        return found(project, files)

    return look


def test_a_key_file_is_found_and_public_and_test_keys_are_not(project):
    assert found(project, {"certs/api.key": KEY}) == [("api.key", "certs/api.key:1")]
    assert found(project, {"deploy/id_rsa": KEY.replace("PRIVATE", "OPENSSH PRIVATE")}) == [
        ("id_rsa", "deploy/id_rsa:1")
    ]
    assert not found(project, {"certs/ca.pem": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"})
    assert not found(project, {"tests/keys/api.key": KEY, "certs/api.key": KEY.replace("MC4", "<paste the key here>")})


@pytest.mark.parametrize("value", ['"' + KEY.replace("\n", "\\n") + '"', "'" + KEY + "'", IN_BASE64])
def test_a_key_in_a_value_counts_where_git_says_that_the_file_is_committed(project, committed, value):
    assert committed({".env": f"A=1\nJWT_KEY={value}\n"}) == [("JWT_KEY", ".env:2")]


def test_a_file_that_git_does_not_have_or_nobody_knows_of_is_left_alone(project, tmp_path):
    files = {".env": f"JWT_KEY={IN_BASE64}\n", "api.key": KEY}
    assert found(project, files) == [("api.key", "api.key:1")]
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    assert found(project, files) == []


def test_base64_of_something_else_is_no_key(committed):
    public = base64.b64encode(KEY.replace("PRIVATE", "PUBLIC").encode()).decode()
    assert committed({".env": f"JWT_KEY={public}\nB=LS0tLS1CRUdJTi\n"}) == []
