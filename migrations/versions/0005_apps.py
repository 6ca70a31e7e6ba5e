"""What people see of their apps and administrators of consumers: last use, first consent, waiting for approval, reasons in the audit trail.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("access_tokens", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("access_tokens", sa.Column("last_used_from", sa.String(), nullable=True))
    op.create_index(op.f("ix_access_tokens_revoked_at"), "access_tokens", ["revoked_at"], unique=False)
    op.add_column("grants", sa.Column("first_granted_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE grants SET first_granted_at = granted_at")
    op.alter_column("grants", "first_granted_at", nullable=False)
    op.add_column("grants", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE grants SET told_at = granted_at")
    op.create_index(
        "ix_grants_untold", "grants", ["person_id"], unique=False, postgresql_where=sa.text("told_at IS NULL")
    )
    op.add_column("audit_events", sa.Column("reason", sa.String(), nullable=True))
    op.create_index(op.f("ix_audit_events_subject"), "audit_events", ["subject"], unique=False)
    op.add_column(
        "consumers", sa.Column("awaits_approval", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    # Until now a consumer that was disabled since the moment of its registration was one that waited.
    op.execute("UPDATE consumers SET awaits_approval = true WHERE disabled_at = registered_at")
    op.create_check_constraint(
        op.f("ck_consumers_awaits_approval"), "consumers", "NOT awaits_approval OR disabled_at IS NOT NULL"
    )
    op.create_index(
        "ix_consumers_awaiting",
        "consumers",
        ["registered_at"],
        unique=False,
        postgresql_where=sa.text("awaits_approval"),
    )
    op.create_index("ix_consumers_registered_at", "consumers", ["registered_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_consumers_registered_at", table_name="consumers")
    op.drop_index("ix_consumers_awaiting", table_name="consumers", postgresql_where=sa.text("awaits_approval"))
    op.drop_constraint(op.f("ck_consumers_awaits_approval"), "consumers", type_="check")
    op.execute("UPDATE consumers SET disabled_at = registered_at WHERE awaits_approval")
    op.drop_column("consumers", "awaits_approval")
    op.drop_index(op.f("ix_audit_events_subject"), table_name="audit_events")
    op.drop_column("audit_events", "reason")
    op.drop_index("ix_grants_untold", table_name="grants", postgresql_where=sa.text("told_at IS NULL"))
    op.drop_column("grants", "told_at")
    op.drop_column("grants", "first_granted_at")
    op.drop_index(op.f("ix_access_tokens_revoked_at"), table_name="access_tokens")
    op.drop_column("access_tokens", "last_used_from")
    op.drop_column("access_tokens", "last_used_at")
