"""Projects that are as they should be: no false error, and next to nothing to read. With a drafted contract too."""

import shutil
import subprocess
from pathlib import Path

import pytest

from pgben_testkit.env import assess, contract_file, draft

PROJECTS = Path(__file__).parents[2] / "fixtures" / "healthy"
MOST = 3
WORTH_IT = {
    "nest": {"env/default-secret"},
    "fastapi": {"env/weak-secret"},
    "django": {"env/default-secret"},
    "monorepo": {"env/refused"},
}
"""What is true of each, and no error: passwords that are in the repository, a boolean that older composes refuse."""
each_project = pytest.mark.parametrize("name", sorted(WORTH_IT))


@pytest.fixture(params=["in git", "without git"])
def project(request, name, tmp_path):
    root = Path(shutil.copytree(PROJECTS / name, tmp_path / name))
    if request.param == "in git":
        subprocess.run(["git", "init", "-q", str(root)], check=True)
        subprocess.run(["git", "-C", str(root), "add", "-A"], check=True)
    return root


def test_each_project_is_here():
    assert {path.name for path in PROJECTS.iterdir()} == set(WORTH_IT)


@each_project
def test_a_healthy_project_has_no_error_and_at_most_three_findings(project, name):
    found = assess.of_project(project, None).findings
    assert [each for each in found if each.severity == "error"] == []
    assert {each.check for each in found} == WORTH_IT[name]
    assert len(found) <= MOST


@each_project
def test_a_drafted_contract_brings_no_error(project, name):
    rows = draft.rows(assess.of_project(project, None).ground)
    (project / "pgben.env.toml").write_text(draft.toml(rows, name))
    found = assess.of_project(project, contract_file.load("pgben.env.toml", project)).findings
    assert [each for each in found if each.severity == "error"] == []
    assert len([each for each in found if each.severity == "warning"]) <= MOST


def required(name, tmp_path):
    root = Path(shutil.copytree(PROJECTS / name, tmp_path / name))
    rows = draft.rows(assess.of_project(root, None).ground)
    return {row.name for row in rows if row.required}, {row.name: dict(row.extra) for row in rows}


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("nest", {"DATABASE_HOST", "DATABASE_USER", "DATABASE_PASSWORD", "DATABASE_NAME", "JWT_SECRET"}),
        (
            "fastapi",
            {"PROJECT_NAME", "POSTGRES_SERVER", "POSTGRES_USER", "FIRST_SUPERUSER", "FIRST_SUPERUSER_PASSWORD"},
        ),
        ("monorepo", {"DATABASE_URL"}),
    ],
)
def test_what_a_schema_requires_is_required_in_the_draft(name, names, tmp_path):
    assert required(name, tmp_path)[0] == names


def test_what_one_service_needs_is_asked_of_that_service_alone(tmp_path):
    extra = required("monorepo", tmp_path)[1]
    assert extra["DATABASE_URL"]["applications"] == ["orders"]
    root = tmp_path / "monorepo"
    (root / "pgben.env.toml").write_text(
        "[variables.DATABASE_URL]\nrequired = true\n[variables.ORDERS_URL]\n[variables.REDIS_URL]\n"
    )
    compose = root / "docker-compose.yml"
    compose.write_text(compose.read_text().replace("      DATABASE_URL: postgres://loja:loja@postgres:5432/loja\n", ""))
    found = assess.of_project(root, contract_file.load("pgben.env.toml", root)).findings
    assert [each.summary for each in found if each.check == "env/missing"] == [
        "DATABASE_URL is missing in docker-compose.yml: orders"
    ]
