"""`usosapi-mleg migrate`: bring the database to the version of the code."""

import logging

import click
import flask_migrate
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from usosapi_mleg.application import MIGRATIONS, create_app
from usosapi_mleg.extensions import db
from usosapi_mleg.settings import Settings


class NewerDatabaseError(Exception):
    """The database was made by a newer version of this program."""


def upgrade(app: Flask) -> None:
    """Bring the database of `app` to the newest version that this code knows; raise `NewerDatabaseError` when it is beyond that."""
    with app.app_context():
        with db.engine.connect() as connection:
            present = MigrationContext.configure(connection).get_current_heads()
        known = {revision.revision for revision in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
        if unknown := sorted(set(present) - known):
            raise NewerDatabaseError(
                f"The database is of a newer version ({', '.join(unknown)}) than this program: use the newer program.",
            )
        flask_migrate.upgrade(directory=str(MIGRATIONS))


@click.command()
def migrate() -> None:
    """Bring the database to the version of this program."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    app = create_app(Settings.from_environment())
    try:
        upgrade(app)
    except NewerDatabaseError as error:
        raise click.ClickException(str(error)) from None
    click.echo("The database is up to date.")
