"""Brings a database to the version of the code. Imported only by those who migrate: Alembic costs every other start a third of a second."""

from pathlib import Path

import flask_migrate
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from usosapi_mleg.extensions import db

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


class NewerDatabaseError(Exception):
    """The database was made by a newer version of this program."""


def upgrade(app: Flask) -> None:
    """Bring the database of `app` to the newest version that this code knows; raise `NewerDatabaseError` when it is beyond that."""
    flask_migrate.Migrate(app, db, directory=str(MIGRATIONS))
    with app.app_context():
        with db.engine.connect() as connection:
            present = MigrationContext.configure(connection).get_current_heads()
        known = {revision.revision for revision in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
        if unknown := sorted(set(present) - known):
            raise NewerDatabaseError(
                f"The database is of a newer version ({', '.join(unknown)}) than this program: use the newer program.",
            )
        flask_migrate.upgrade()


def downgrade(app: Flask, revision: str) -> None:
    """Take the database of `app` back to an older version ("base": to nothing)."""
    flask_migrate.Migrate(app, db, directory=str(MIGRATIONS))
    with app.app_context():
        flask_migrate.downgrade(revision=revision)
