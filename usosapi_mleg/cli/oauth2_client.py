"""`usosapi-mleg oauth2-client`: make a consumer a client of OAuth 2.0."""

import json
from io import TextIOWrapper

import click

from usosapi_mleg import create_app
from usosapi_mleg.errors import MlegError
from usosapi_mleg.extensions import closing_database, transaction
from usosapi_mleg.oauth.oauth2 import registration
from usosapi_mleg.settings import Settings


@click.command()
@click.argument("consumer_key")
@click.option(
    "--redirect-uri", "redirect_uris", multiple=True, help="Where people may be sent back to; can be repeated."
)
@click.option("--public", is_flag=True, help="An app on people's own devices, which cannot keep a secret.")
@click.option("--kiosk", is_flag=True, help="It runs on devices without a keyboard.")
@click.option("--jwks", type=click.File("r", encoding="utf-8"), help="File with its public keys, instead of a secret.")
def oauth2_client(
    consumer_key: str, redirect_uris: tuple[str, ...], *, public: bool, kiosk: bool, jwks: TextIOWrapper | None
) -> None:
    """Set what OAuth 2.0 knows of the consumer CONSUMER_KEY, and print its new client secret if it has one.

    All of it is set anew: what is not given is taken away, and a former secret works no more.
    """
    try:
        keys = json.load(jwks) if jwks else None
    except ValueError:
        raise click.BadParameter("the file does not hold JSON", param_hint="--jwks") from None
    app = create_app(Settings.from_environment())
    try:
        with app.app_context(), closing_database(), transaction():
            secret = registration.set_up(
                consumer_key, redirect_uris=redirect_uris, public=public, jwks=keys, kiosk=kiosk
            )
    except MlegError as error:
        raise click.ClickException(error.message) from None
    click.echo(f"client_id      {consumer_key}")
    if secret:
        click.echo(f"client_secret  {secret}")
        click.echo("The secret is shown this once only.", err=True)
