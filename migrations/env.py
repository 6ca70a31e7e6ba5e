"""Runs migrations in the context of the Flask application, one node at a time, and never waits long for a lock."""

from typing import Any

from alembic import context
from sqlalchemy import text

from usosapi_mleg.extensions import Base, db

_ONE_AT_A_TIME = 0x6D4C656D
_PROCRASTINATE = "procrastinate_"


def _ours(_object: Any, name: str | None, _kind: str, _reflected: bool, _compare_to: Any) -> bool:  # noqa: FBT001 - Alembic calls it so
    """Leave out the tables that Procrastinate owns."""
    return not (name or "").startswith(_PROCRASTINATE)


with db.engine.connect() as connection:
    connection.execute(text(f"SELECT pg_advisory_lock({_ONE_AT_A_TIME})"))
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=_ours,
        compare_server_default=True,
        transaction_per_migration=True,
    )
    try:
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text(f"SELECT pg_advisory_unlock({_ONE_AT_A_TIME})"))
        connection.execute(text("RESET lock_timeout"))
        connection.commit()
