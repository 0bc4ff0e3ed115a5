"""env/default-secret: `${PASSWORD:-word}` in a committed file."""

CONTRACT = "[variables.DB_PASSWORD]\nkind = 'secret'\n"
COMPOSE = "services:\n  db:\n    image: postgres:16\n    environment:\n      POSTGRES_PASSWORD: ${DB_PASSWORD:-%s}\n"


def found(project, files):
    return [(f.subject, str(f.place), f.severity) for f in project(files, CONTRACT) if f.check == "env/default-secret"]


def test_a_default_is_found_whether_or_not_it_is_filled(project):
    one = [("DB_PASSWORD", "compose.yml:5", "warning")]
    assert found(project, {"compose.yml": COMPOSE % "kitchen"}) == one
    assert found(project, {"compose.yml": COMPOSE % "kitchen", ".env": "DB_PASSWORD=zH7kQ2pLx9vTr4\n"}) == one
    assert not found(project, {"compose.yml": COMPOSE.replace(":-%s", ":?set it")})
    assert not found(project, {"compose.yml": COMPOSE % ""})


def test_in_a_file_for_production_it_is_an_error(project):
    assert found(project, {"docker-compose.prod.yml": COMPOSE % "kitchen"})[0][2] == "error"


def test_several_in_one_file_are_one_finding_that_names_them(project):
    more = COMPOSE % "kitchen" + "      JWT_SECRET: ${JWT_SECRET:-table}\n      PORT: ${PORT:-80}\n"
    [one] = [f for f in project({"compose.yml": more}, CONTRACT) if f.check == "env/default-secret"]
    assert one.summary.startswith("DB_PASSWORD, JWT_SECRET have a default")
    assert [str(each) for each in one.related] == ["compose.yml:6"]
    assert "kitchen" not in str(one) and "table" not in str(one)
