"""The first tables, and those of Procrastinate (the version that pyproject.toml pins).

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_DROP_PROCRASTINATE = """
DO $$
DECLARE
    object record;
BEGIN
    FOR object IN SELECT tablename FROM pg_tables
                  WHERE schemaname = current_schema() AND tablename ~ '^procrastinate_' LOOP
        EXECUTE format('DROP TABLE %I CASCADE', object.tablename);
    END LOOP;
    FOR object IN SELECT oid::regprocedure AS signature FROM pg_proc
                  WHERE pronamespace = current_schema()::regnamespace AND proname ~ '^procrastinate_' LOOP
        EXECUTE format('DROP FUNCTION %s CASCADE', object.signature);
    END LOOP;
    FOR object IN SELECT typname FROM pg_type
                  WHERE typnamespace = current_schema()::regnamespace AND typname ~ '^procrastinate_' LOOP
        EXECUTE format('DROP TYPE IF EXISTS %I CASCADE', object.typname);
    END LOOP;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "audit_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("subject", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
    )
    op.create_index(op.f("ix_audit_events_at"), "audit_events", ["at"], unique=False)
    op.create_index(op.f("ix_audit_events_person_id"), "audit_events", ["person_id"], unique=False)
    op.create_table(
        "faculties",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name_pl", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faculties")),
    )
    op.create_table(
        "nonce_epoch",
        sa.Column("only", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("only", name=op.f("pk_nonce_epoch")),
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "nonces",
        sa.Column("consumer_key", sa.String(), nullable=False),
        sa.Column("token_key", sa.String(), nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("consumer_key", "token_key", "timestamp", "nonce", name=op.f("pk_nonces")),
        prefixes=["UNLOGGED"],
    )
    op.create_index(op.f("ix_nonces_timestamp"), "nonces", ["timestamp"], unique=False)
    op.create_table(
        "persons",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("middle_names", sa.String(), nullable=True),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column(
            "sex", sa.Enum("F", "M", name="sex", native_enum=False, create_constraint=True, length=32), nullable=True
        ),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("pesel", sa.LargeBinary(), nullable=True),
        sa.Column("pesel_index", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persons")),
        sa.UniqueConstraint("pesel_index", name=op.f("uq_persons_pesel_index")),
    )
    op.create_table(
        "remembered_answers",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("remembered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_remembered_answers")),
    )
    op.create_index(op.f("ix_remembered_answers_remembered_at"), "remembered_answers", ["remembered_at"], unique=False)
    op.create_table(
        "service_state",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_service_state")),
    )
    op.create_table(
        "terms",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name_pl", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=False),
        sa.Column("finish_date", sa.Date(), nullable=False),
        sa.Column("order_key", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms")),
    )
    op.create_table(
        "accounts",
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column(
            "role",
            sa.Enum("student", "helpdesk", "admin", name="role", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_accounts_person_id_persons"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("username", name=op.f("pk_accounts")),
        sa.UniqueConstraint("person_id", name=op.f("uq_accounts_person_id")),
    )
    op.create_table(
        "consumers",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("administrative", sa.Boolean(), nullable=False),
        sa.Column("student_front_end", sa.Boolean(), nullable=False),
        sa.Column("callbacks", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["persons.id"], name=op.f("fk_consumers_owner_id_persons"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_consumers")),
        sa.UniqueConstraint("name", name=op.f("uq_consumers_name")),
    )
    op.create_index(op.f("ix_consumers_owner_id"), "consumers", ["owner_id"], unique=False)
    op.create_table(
        "photos",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "approved",
                "pending",
                "rejected",
                name="photostate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("jpeg", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_photos_person_id_persons"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_photos")),
    )
    op.create_table(
        "plastic_cards",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "type",
            sa.Enum("student", "phd", "staff", name="cardtype", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("student_number", sa.String(), nullable=True),
        sa.Column("barcode_number", sa.String(), nullable=True),
        sa.Column("contact_chip_uid", sa.String(), nullable=True),
        sa.Column("contactless_chip_uid", sa.String(), nullable=True),
        sa.Column("date_of_issue", sa.Date(), nullable=True),
        sa.Column("expiration_date", sa.Date(), nullable=True),
        sa.Column("to_be_prolonged", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_plastic_cards_person_id_persons"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plastic_cards")),
        sa.UniqueConstraint("barcode_number", name=op.f("uq_plastic_cards_barcode_number")),
        sa.UniqueConstraint("contact_chip_uid", name=op.f("uq_plastic_cards_contact_chip_uid")),
        sa.UniqueConstraint("contactless_chip_uid", name=op.f("uq_plastic_cards_contactless_chip_uid")),
    )
    op.create_index(op.f("ix_plastic_cards_person_id"), "plastic_cards", ["person_id"], unique=False)
    op.create_table(
        "programmes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("faculty_id", sa.String(), nullable=False),
        sa.Column("name_pl", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "first_cycle",
                "second_cycle",
                "long_cycle",
                "third_cycle",
                "phd_school",
                name="programmelevel",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["faculty_id"], ["faculties.id"], name=op.f("fk_programmes_faculty_id_faculties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programmes")),
    )
    op.create_index(op.f("ix_programmes_faculty_id"), "programmes", ["faculty_id"], unique=False)
    op.create_table(
        "access_tokens",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("consumer_key", sa.String(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["consumer_key"],
            ["consumers.key"],
            name=op.f("fk_access_tokens_consumer_key_consumers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_access_tokens_person_id_persons"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_access_tokens")),
    )
    op.create_index(op.f("ix_access_tokens_consumer_key"), "access_tokens", ["consumer_key"], unique=False)
    op.create_index(
        "ix_access_tokens_person_id_consumer_key", "access_tokens", ["person_id", "consumer_key"], unique=False
    )
    op.create_table(
        "event_subscriptions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("consumer_key", sa.String(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("event_type", sa.String(), nullable=False),
        sa.Column("callback_url", sa.String(), nullable=False),
        sa.Column("verify_token", sa.LargeBinary(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "active",
                "refused",
                name="subscriptionstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["consumer_key"],
            ["consumers.key"],
            name=op.f("fk_event_subscriptions_consumer_key_consumers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_event_subscriptions_person_id_persons"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_subscriptions")),
        sa.UniqueConstraint("person_id", "event_type", "consumer_key", name=op.f("uq_event_subscriptions_person_id")),
    )
    op.create_index(op.f("ix_event_subscriptions_consumer_key"), "event_subscriptions", ["consumer_key"], unique=False)
    op.create_index(
        "ix_event_subscriptions_pending",
        "event_subscriptions",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "grants",
        sa.Column("consumer_key", sa.String(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["consumer_key"], ["consumers.key"], name=op.f("fk_grants_consumer_key_consumers"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_grants_person_id_persons"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("consumer_key", "person_id", name=op.f("pk_grants")),
    )
    op.create_index("ix_grants_person_id", "grants", ["person_id"], unique=False)
    op.create_table(
        "request_tokens",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("consumer_key", sa.String(), nullable=False),
        sa.Column("callback", sa.String(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("verifier", sa.LargeBinary(), nullable=True),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consumer_key"],
            ["consumers.key"],
            name=op.f("fk_request_tokens_consumer_key_consumers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_request_tokens_person_id_persons"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_request_tokens")),
    )
    op.create_index(op.f("ix_request_tokens_consumer_key"), "request_tokens", ["consumer_key"], unique=False)
    op.create_index(op.f("ix_request_tokens_expires_at"), "request_tokens", ["expires_at"], unique=False)
    op.create_table(
        "student_programmes",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("programme_id", sa.String(), nullable=False),
        sa.Column("student_number", sa.String(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "cancelled",
                "graduated_end_of_study",
                "graduated_before_diploma",
                "graduated_diploma",
                name="programmestatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("admission_date", sa.Date(), nullable=True),
        sa.Column("oath_taken_on", sa.Date(), nullable=True),
        sa.Column("suspended_since", sa.Date(), nullable=True),
        sa.Column("finished_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_student_programmes_person_id_persons"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes.id"], name=op.f("fk_student_programmes_programme_id_programmes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_student_programmes")),
    )
    op.create_index("ix_student_programmes_person_id", "student_programmes", ["person_id"], unique=False)
    op.create_index(op.f("ix_student_programmes_programme_id"), "student_programmes", ["programme_id"], unique=False)
    op.create_index(
        op.f("ix_student_programmes_student_number"), "student_programmes", ["student_number"], unique=False
    )
    op.create_index(
        "uq_student_programmes_primary",
        "student_programmes",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("is_primary"),
    )
    op.create_table(
        "web_sessions",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["username"], ["accounts.username"], name=op.f("fk_web_sessions_username_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_sessions")),
    )
    op.create_index(op.f("ix_web_sessions_expires_at"), "web_sessions", ["expires_at"], unique=False)
    op.create_index(op.f("ix_web_sessions_username"), "web_sessions", ["username"], unique=False)
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("student_programme_id", sa.BigInteger(), nullable=False),
        sa.Column("student_number", sa.String(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "waiting",
                "processing",
                "ready",
                "collected",
                "failed",
                "lapsed",
                "cancelled",
                "invalidated",
                "expired",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("status_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("issue_number", sa.BigInteger(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checks", sa.BigInteger(), nullable=False),
        sa.Column("card_number", sa.String(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure_code", sa.String(), nullable=True),
        sa.CheckConstraint("issue_number >= 1", name=op.f("ck_orders_issue_number")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_orders_person_id_persons"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["student_programme_id"],
            ["student_programmes.id"],
            name=op.f("fk_orders_student_programme_id_student_programmes"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
    )
    op.create_index(
        "ix_orders_next_check_at",
        "orders",
        ["next_check_at"],
        unique=False,
        postgresql_where=sa.text("next_check_at IS NOT NULL"),
    )
    op.create_index("ix_orders_person_id_ordered_at", "orders", ["person_id", "ordered_at"], unique=False)
    op.create_index(op.f("ix_orders_student_programme_id"), "orders", ["student_programme_id"], unique=False)
    op.create_index(
        "ix_orders_waiting",
        "orders",
        ["ordered_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_index(
        "uq_orders_live",
        "orders",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('collected', 'failed', 'lapsed', 'processing', 'ready', 'waiting')"),
    )
    op.create_table(
        "event_deliveries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_event_deliveries_order_id_orders"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["event_subscriptions.id"],
            name=op.f("fk_event_deliveries_subscription_id_event_subscriptions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_deliveries")),
    )
    op.create_index(
        "ix_event_deliveries_due",
        "event_deliveries",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_event_deliveries_order_id"), "event_deliveries", ["order_id"], unique=False)
    op.create_index(op.f("ix_event_deliveries_subscription_id"), "event_deliveries", ["subscription_id"], unique=False)
    op.create_table(
        "offers",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("issue_number", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.Column("activation_code", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reveals", sa.BigInteger(), nullable=False),
        sa.Column("last_reveal_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_offers_order_id_orders"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_offers")),
    )
    op.create_table(
        "order_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "event",
            sa.Enum(
                "submitted",
                "made",
                "collected",
                "failed",
                "lapsed",
                "returned",
                "renewed",
                "cancelled",
                "invalidated",
                "expired",
                name="event",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("from_status", sa.String(), nullable=True),
        sa.Column("to_status", sa.String(), nullable=False),
        sa.Column("issue_number", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_history_order_id_orders"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_history")),
    )
    op.create_index("ix_order_history_order_id_id", "order_history", ["order_id", "id"], unique=False)
    op.create_table(
        "revocations",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("issue_number", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("carried_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_revocations_order_id_orders"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_revocations_person_id_persons"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("order_id", "issue_number", name=op.f("pk_revocations")),
    )
    op.create_index(
        "ix_revocations_pending",
        "revocations",
        ["requested_at"],
        unique=False,
        postgresql_where=sa.text("carried_at IS NULL"),
    )
    op.create_index(
        "ix_revocations_pending_person",
        "revocations",
        ["person_id"],
        unique=False,
        postgresql_where=sa.text("carried_at IS NULL"),
    )
    op.execute("INSERT INTO nonce_epoch (since) VALUES (0)")
    op.execute(SchemaManager.get_schema())


def downgrade() -> None:
    op.execute(_DROP_PROCRASTINATE)
    op.drop_index(
        "ix_revocations_pending_person", table_name="revocations", postgresql_where=sa.text("carried_at IS NULL")
    )
    op.drop_index("ix_revocations_pending", table_name="revocations", postgresql_where=sa.text("carried_at IS NULL"))
    op.drop_table("revocations")
    op.drop_index("ix_order_history_order_id_id", table_name="order_history")
    op.drop_table("order_history")
    op.drop_table("offers")
    op.drop_index(op.f("ix_event_deliveries_subscription_id"), table_name="event_deliveries")
    op.drop_index(op.f("ix_event_deliveries_order_id"), table_name="event_deliveries")
    op.drop_index(
        "ix_event_deliveries_due", table_name="event_deliveries", postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.drop_table("event_deliveries")
    op.drop_index(
        "uq_orders_live",
        table_name="orders",
        postgresql_where=sa.text("status IN ('collected', 'failed', 'lapsed', 'processing', 'ready', 'waiting')"),
    )
    op.drop_index("ix_orders_waiting", table_name="orders", postgresql_where=sa.text("status = 'waiting'"))
    op.drop_index(op.f("ix_orders_student_programme_id"), table_name="orders")
    op.drop_index("ix_orders_person_id_ordered_at", table_name="orders")
    op.drop_index("ix_orders_next_check_at", table_name="orders", postgresql_where=sa.text("next_check_at IS NOT NULL"))
    op.drop_table("orders")
    op.drop_index(op.f("ix_web_sessions_username"), table_name="web_sessions")
    op.drop_index(op.f("ix_web_sessions_expires_at"), table_name="web_sessions")
    op.drop_table("web_sessions")
    op.drop_index(
        "uq_student_programmes_primary", table_name="student_programmes", postgresql_where=sa.text("is_primary")
    )
    op.drop_index(op.f("ix_student_programmes_student_number"), table_name="student_programmes")
    op.drop_index(op.f("ix_student_programmes_programme_id"), table_name="student_programmes")
    op.drop_index("ix_student_programmes_person_id", table_name="student_programmes")
    op.drop_table("student_programmes")
    op.drop_index(op.f("ix_request_tokens_expires_at"), table_name="request_tokens")
    op.drop_index(op.f("ix_request_tokens_consumer_key"), table_name="request_tokens")
    op.drop_table("request_tokens")
    op.drop_index("ix_grants_person_id", table_name="grants")
    op.drop_table("grants")
    op.drop_index(
        "ix_event_subscriptions_pending",
        table_name="event_subscriptions",
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.drop_index(op.f("ix_event_subscriptions_consumer_key"), table_name="event_subscriptions")
    op.drop_table("event_subscriptions")
    op.drop_index("ix_access_tokens_person_id_consumer_key", table_name="access_tokens")
    op.drop_index(op.f("ix_access_tokens_consumer_key"), table_name="access_tokens")
    op.drop_table("access_tokens")
    op.drop_index(op.f("ix_programmes_faculty_id"), table_name="programmes")
    op.drop_table("programmes")
    op.drop_index(op.f("ix_plastic_cards_person_id"), table_name="plastic_cards")
    op.drop_table("plastic_cards")
    op.drop_table("photos")
    op.drop_index(op.f("ix_consumers_owner_id"), table_name="consumers")
    op.drop_table("consumers")
    op.drop_table("accounts")
    op.drop_table("terms")
    op.drop_table("service_state")
    op.drop_index(op.f("ix_remembered_answers_remembered_at"), table_name="remembered_answers")
    op.drop_table("remembered_answers")
    op.drop_table("persons")
    op.drop_index(op.f("ix_nonces_timestamp"), table_name="nonces")
    op.drop_table("nonces")
    op.drop_table("nonce_epoch")
    op.drop_table("faculties")
    op.drop_index(op.f("ix_audit_events_person_id"), table_name="audit_events")
    op.drop_index(op.f("ix_audit_events_at"), table_name="audit_events")
    op.drop_table("audit_events")
