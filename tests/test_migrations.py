"""The migrations make what the models describe, and can be undone; background jobs have tasks."""

from collections.abc import Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask
from sqlalchemy import text

from usosapi_mleg import create_app, jobs, migrating
from usosapi_mleg.extensions import Base, db
from usosapi_mleg.issuers.http import HttpIssuer
from usosapi_mleg.settings import Settings
from usosapi_mleg.tasks import create_worker_app

OBJECTS = """
SELECT 'relation ' || relkind::text || ' ' || relpersistence::text || ' ' || relname
  FROM pg_class WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT 'function ' || oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'type ' || typname FROM pg_type WHERE typnamespace = 'public'::regnamespace
UNION ALL SELECT 'constraint ' || conrelid::regclass::text || ' ' || conname || ' ' || pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
  FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal
"""


@pytest.fixture
def app(database_url: str, service_environment: dict[str, str]) -> Iterator[Flask]:
    """The application on a fresh migrated database."""
    app = create_app(Settings.from_environment(service_environment | {"DATABASE_URL": database_url}))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def objects() -> set[str]:
    """Give all that is in the database, as text."""
    with db.engine.connect() as connection:
        return set(connection.execute(text(OBJECTS)).scalars())


def ours(_object: Any, name: str | None, _kind: str, _reflected: bool, _compare_to: Any) -> bool:
    """Leave out what Procrastinate owns."""
    return not (name or "").startswith("procrastinate_")


def test_the_newest_migration_makes_what_the_models_describe(app: Flask) -> None:
    options = {"compare_server_default": True, "include_object": ours}
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_the_migrations_can_be_undone_and_done_again(app: Flask) -> None:
    before = objects()
    assert any("procrastinate_jobs" in name for name in before)
    migrating.downgrade(app, "base")
    left = {name for name in objects() if "alembic_version" not in name}
    assert left == set()
    migrating.upgrade(app)
    assert objects() == before


def test_consumers_that_waited_for_approval_still_do_after_the_upgrade_and_after_the_way_back(app: Flask) -> None:
    insert = (
        "INSERT INTO consumers (key, secret, name, administrative, student_front_end, callbacks, registered_at, disabled_at)"
        " SELECT key, '', key, false, false, '{}', '2026-01-01', disabled_at::timestamptz"
        " FROM (VALUES ('works', NULL), ('waits', '2026-01-01'), ('off', '2026-02-01')) AS one (key, disabled_at)"
    )
    migrating.downgrade(app, "0002")
    with db.engine.begin() as connection:
        connection.execute(text(insert))
    migrating.upgrade(app)
    with db.engine.begin() as connection:
        assert connection.execute(text("SELECT key FROM consumers WHERE awaits_approval")).scalars().all() == ["waits"]
        connection.execute(text("UPDATE consumers SET disabled_at = '2026-03-01' WHERE key = 'waits'"))
    migrating.downgrade(app, "0002")
    with db.engine.begin() as connection:
        waiting = "SELECT key FROM consumers WHERE disabled_at = registered_at"
        assert connection.execute(text(waiting)).scalars().all() == ["waits"]
        connection.execute(text("DELETE FROM consumers"))
    migrating.upgrade(app)


def test_what_a_crash_may_empty_is_only_what_is_worth_nothing_then(app: Flask) -> None:
    with db.engine.connect() as connection:
        query = "SELECT relname FROM pg_class WHERE relpersistence = 'u' AND relkind = 'r'"
        assert set(connection.execute(text(query)).scalars()) == {"nonces", "nonce_epoch"}


def test_every_job_that_is_deferred_has_a_task(app: Flask, database_url: str) -> None:
    issuer = HttpIssuer("http://127.0.0.1:9", "key", 1.0)
    tasks = set(create_worker_app(app, issuer, database_url).tasks)
    names = {value for name, value in vars(jobs).items() if name.isupper() and isinstance(value, str)}
    assert len(names) >= 1
    assert names <= tasks
