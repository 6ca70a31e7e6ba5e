"""Puts the application together: this file reads like a table of contents."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select
from werkzeug.middleware.proxy_fix import ProxyFix

from usosapi_mleg import clock
from usosapi_mleg.blueprints import limiting, problems
from usosapi_mleg.blueprints.account import account
from usosapi_mleg.blueprints.administration import administration
from usosapi_mleg.blueprints.apiref import apiref
from usosapi_mleg.blueprints.apisrv import apisrv
from usosapi_mleg.blueprints.cards import cards
from usosapi_mleg.blueprints.console import console
from usosapi_mleg.blueprints.developers import developers
from usosapi_mleg.blueprints.events import events
from usosapi_mleg.blueprints.external_sign_in import external_sign_in
from usosapi_mleg.blueprints.help import help_pages
from usosapi_mleg.blueprints.ministry import ministry
from usosapi_mleg.blueprints.mlegitymacja import mlegitymacja
from usosapi_mleg.blueprints.my_apps import my_apps
from usosapi_mleg.blueprints.oauth import oauth
from usosapi_mleg.blueprints.oauth2 import oauth2_doors
from usosapi_mleg.blueprints.oauth2_device import device_page
from usosapi_mleg.blueprints.oauth2_module import oauth2
from usosapi_mleg.blueprints.openapi import openapi
from usosapi_mleg.blueprints.pages import pages, template_values
from usosapi_mleg.blueprints.passwords import passwords
from usosapi_mleg.blueprints.permissions import permissions
from usosapi_mleg.blueprints.photos import photo_links, photos
from usosapi_mleg.blueprints.registration import registration
from usosapi_mleg.blueprints.studies import progs, terms
from usosapi_mleg.blueprints.users import users
from usosapi_mleg.blueprints.usosweb import usosweb
from usosapi_mleg.crypto import KeyRing
from usosapi_mleg.extensions import db, reading
from usosapi_mleg.models import ServiceState
from usosapi_mleg.settings import Environment, Settings

_MODULES = (mlegitymacja, cards, oauth, oauth2, permissions, apisrv, apiref, users, photos, terms, progs, events)
_PAGES = (
    pages,
    passwords,
    account,
    external_sign_in,
    usosweb,
    oauth2_doors,
    device_page,
    my_apps,
    administration,
    registration,
    developers,
    console,
    openapi,
    help_pages,
    photo_links,
    ministry,
)
_SERVER_SIDE = "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3 -c client_connection_check_interval=5000"
"""PostgreSQL notices within a minute that a machine is gone, and frees its locks: the dispatcher's above all."""
_LARGEST_BODY = 1024 * 1024


def create_app(settings: Settings) -> Flask:
    """Make the application from its settings."""
    app = Flask(__name__)
    app.config.from_mapping(
        SQLALCHEMY_DATABASE_URI=settings.sqlalchemy_url,
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_size": 4,
            "max_overflow": 4,
            "hide_parameters": True,  # an error message must not carry names and keys into the log
            "connect_args": {"application_name": "usosapi_mleg", "options": _SERVER_SIDE},
        },
        MAX_CONTENT_LENGTH=_LARGEST_BODY,
        MAX_FORM_MEMORY_SIZE=_LARGEST_BODY,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined] # Flask's own provider has it
    app.json.sort_keys = False  # type: ignore[attr-defined] # Flask's own provider has it
    app.url_map.merge_slashes = False
    app.extensions["mleg_settings"] = settings
    app.extensions["mleg_keyring"] = KeyRing.from_file(settings.keys_file)
    db.init_app(app)
    for blueprint in (*_MODULES, *_PAGES):
        app.register_blueprint(blueprint)
    app.context_processor(template_values)
    problems.register(app)
    limiting.register(app, settings)
    if settings.environment is not Environment.PRODUCTION:
        clock.follow(_read_clock_offset)
    if count := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count, x_prefix=count)  # type: ignore[method-assign] # the documented way
    return app


def _read_clock_offset() -> timedelta:
    """Read the offset that the demo and the tests move the time by."""
    with reading() as connection:
        value = connection.execute(
            select(ServiceState.value).where(ServiceState.name == "clock_offset")
        ).scalar_one_or_none()
    return timedelta(seconds=value["seconds"]) if value else timedelta()
