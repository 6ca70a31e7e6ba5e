"""OAuth 2.0: what consumers need for it, and tables of tokens, codes and waiting devices.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_GIVEN = ("consumer_key", "expires_at", "family_id", "person_id")
"""The columns by which rows of the four tables are looked for."""
_INDEXED = {
    "bearer_tokens": _GIVEN,
    "refresh_tokens": _GIVEN,
    "authorization_codes": _GIVEN,
    "device_grants": _GIVEN,
    "user_code_tries": ("since",),
}


def upgrade() -> None:
    op.add_column("consumers", sa.Column("oauth2_secret", sa.LargeBinary(), nullable=True))
    op.add_column(
        "consumers",
        sa.Column("redirect_uris", sa.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column("consumers", sa.Column("jwks", postgresql.JSONB(), nullable=True))
    op.add_column("consumers", sa.Column("kiosk", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_table(
        "bearer_tokens",
        *_given("bearer_tokens", person_required=False),
        sa.Column("impersonated", sa.Boolean(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_from", sa.String(), nullable=True),
    )
    op.create_table(
        "refresh_tokens",
        *_given("refresh_tokens"),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_table(
        "authorization_codes",
        *_given("authorization_codes"),
        sa.Column("redirect_uri", sa.String(), nullable=True),
        sa.Column("code_challenge", sa.String(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_table(
        "device_grants",
        *_given("device_grants", person_required=False),
        sa.Column("user_code", sa.LargeBinary(), nullable=False),
        sa.Column("interval_seconds", sa.BigInteger(), nullable=False),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("allowed", sa.Boolean(), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("user_code", name=op.f("uq_device_grants_user_code")),
    )
    op.create_table(
        "user_code_tries",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        _person_key("user_code_tries"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_user_code_tries")),
    )
    for table, columns in _INDEXED.items():
        for column in columns:
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def _given(table: str, *, person_required: bool = True) -> list[sa.schema.SchemaItem]:
    """Give the columns and constraints that the four tables have in common."""
    return [
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("consumer_key", sa.String(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=not person_required),
        sa.ForeignKeyConstraint(
            ["consumer_key"],
            ["consumers.key"],
            name=op.f(f"fk_{table}_consumer_key_consumers"),
            ondelete="CASCADE",
        ),
        _person_key(table),
        sa.PrimaryKeyConstraint("hash", name=op.f(f"pk_{table}")),
    ]


def _person_key(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_person_id_persons")
    return sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=name, ondelete="RESTRICT")


def downgrade() -> None:
    for table, columns in reversed(_INDEXED.items()):
        for column in columns:
            op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)
        op.drop_table(table)
    for column in ("kiosk", "jwks", "redirect_uris", "oauth2_secret"):
        op.drop_column("consumers", column)
