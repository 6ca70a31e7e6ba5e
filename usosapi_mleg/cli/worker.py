"""`usosapi-mleg worker`: do the background work."""

import logging

import click

from usosapi_mleg import create_app
from usosapi_mleg.issuers.http import HttpIssuer
from usosapi_mleg.settings import Settings
from usosapi_mleg.tasks import create_worker_app


@click.command()
def worker() -> None:
    """Do the background work until stopped; run as many workers as you like."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for noisy in ("procrastinate", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    settings = Settings.from_environment()
    app = create_app(settings)
    issuer = HttpIssuer(settings.ministry_url, settings.ministry_key, settings.ministry_timeout_seconds)
    background = create_worker_app(app, issuer, settings.database_url)
    background.run_worker()
