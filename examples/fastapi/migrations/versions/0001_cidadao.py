"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "cidadao",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("nome", sa.String, nullable=False),
        sa.Column("cpf", sa.String(11), nullable=False, unique=True),
    )


def downgrade() -> None:
    op.drop_table("cidadao")
