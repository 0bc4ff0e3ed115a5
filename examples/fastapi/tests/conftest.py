from collections.abc import Iterator

import pytest
from app.main import app
from fastapi.testclient import TestClient


@pytest.fixture
def api(pgben_database, monkeypatch) -> Iterator[TestClient]:
    """The application on this test's own database."""
    for name, value in pgben_database.env().items():
        monkeypatch.setenv(name, value)
    with TestClient(app) as client:
        yield client
