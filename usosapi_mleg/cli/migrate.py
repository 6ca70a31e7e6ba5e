"""`usosapi-mleg migrate`: bring the database to the version of the code."""

import logging

import click

from usosapi_mleg import create_app
from usosapi_mleg.settings import Settings


@click.command()
def migrate() -> None:
    """Bring the database to the version of this program."""
    from usosapi_mleg.migrating import NewerDatabaseError, upgrade

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    app = create_app(Settings.from_environment())
    try:
        upgrade(app)
    except NewerDatabaseError as error:
        raise click.ClickException(str(error)) from None
    click.echo("The database is up to date.")
