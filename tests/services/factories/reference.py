"""The reference schema, and a look into its tables."""

from pathlib import Path

PGBEN = Path(__file__).parents[3] / "fixtures" / "pgben"


def one(connection, query, *values):
    return connection.execute(query, values or None).fetchone()[0]
