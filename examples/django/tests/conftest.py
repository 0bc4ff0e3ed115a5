import pytest
from django.db import connections


@pytest.fixture(scope="session")
def django_db_setup(pgben_session_database):
    """Use the database that the kit has migrated, one for each worker, instead of creating and migrating test_NAME."""
    where = pgben_session_database
    settings = {"HOST": where.host, "PORT": where.port, "USER": where.user, "PASSWORD": where.password}
    connections["default"].close()
    connections["default"].settings_dict.update(settings, NAME=where.name)
