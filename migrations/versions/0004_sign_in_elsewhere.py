"""Signing in at another system: who they are here, where a session comes from, and accounts without a password.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ROLE = sa.Enum("student", "helpdesk", "admin", name="role", native_enum=False, length=32)


def upgrade() -> None:
    op.alter_column("accounts", "password_hash", existing_type=sa.String(), nullable=True)
    op.add_column("web_sessions", sa.Column("way", sa.String(), nullable=True))
    op.add_column("web_sessions", sa.Column("reference", sa.LargeBinary(), nullable=True))
    op.add_column("web_sessions", sa.Column("role", _ROLE, nullable=True))
    op.create_check_constraint(op.f("ck_web_sessions_role"), "web_sessions", "role IN ('student', 'helpdesk', 'admin')")
    op.create_index(op.f("ix_web_sessions_reference"), "web_sessions", ["reference"], unique=False)
    op.create_table(
        "identities",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["username"], ["accounts.username"], name=op.f("fk_identities_username_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("provider", "subject", name=op.f("pk_identities")),
        sa.UniqueConstraint("provider", "username", name=op.f("uq_identities_provider")),
    )
    op.create_index(op.f("ix_identities_username"), "identities", ["username"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_identities_username"), table_name="identities")
    op.drop_table("identities")
    op.drop_index(op.f("ix_web_sessions_reference"), table_name="web_sessions")
    op.drop_constraint(op.f("ck_web_sessions_role"), "web_sessions", type_="check")
    for column in ("role", "reference", "way"):
        op.drop_column("web_sessions", column)
    # Whoever had no password has none after this either: no password gives this hash.
    op.execute("UPDATE accounts SET password_hash = '' WHERE password_hash IS NULL")
    op.alter_column("accounts", "password_hash", existing_type=sa.String(), nullable=False)
