"""The command line `usosapi-mleg` for administrators."""

import sys

import click

from usosapi_mleg.cli.migrate import migrate
from usosapi_mleg.cli.oauth2_client import oauth2_client
from usosapi_mleg.cli.worker import worker
from usosapi_mleg.crypto import KeysError
from usosapi_mleg.settings import SettingsError


@click.group()
def commands() -> None:
    """Run and look after the mLegitymacja service."""


commands.add_command(migrate)
commands.add_command(oauth2_client)
commands.add_command(worker)


def main() -> None:
    """Run the command line; errors of configuration are one sentence."""
    try:
        commands()
    except (SettingsError, KeysError) as error:
        click.echo(f"usosapi-mleg: {error}", err=True)
        sys.exit(2)
