"""The stand-in ministry: makes specimen documents over HTTP, with a simulated phone and a control panel."""

from datetime import timedelta

from flask import Flask

from usosapi_mleg.sandbox import control, pages, phone, university_api
from usosapi_mleg.sandbox.context import EXTENSION, Sandbox
from usosapi_mleg.sandbox.settings import SandboxSettings
from usosapi_mleg.sandbox.store import Store
from usosapi_mleg.sandbox.worker import Worker

PHONE_LIFETIME = timedelta(days=400)
LARGEST_BODY = 8 * 1024 * 1024


def create_app(settings: SandboxSettings | None = None) -> Flask:
    """Make the app and start its background thread; without settings they come from the environment.

    Raises:
        SandboxSettingsError: a setting is missing or wrong.
    """
    settings = settings or SandboxSettings.from_environment()
    store = Store(settings.data)
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=store.session_key(),
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        TRUSTED_HOSTS=list(settings.hosts),
        SESSION_COOKIE_NAME="mleg_sandbox",
        SESSION_COOKIE_HTTPONLY=True,
        # Not Strict: a link from another site to the phone would find it without its cookie, and make it a new one.
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=PHONE_LIFETIME,
        SESSION_COOKIE_SECURE=settings.secure_cookies,
    )
    worker = Worker(store, settings)
    app.extensions[EXTENSION] = Sandbox(settings, store, worker)
    for blueprint in (university_api.api, control.control, phone.phone):
        app.register_blueprint(blueprint)
    pages.prepare(app)
    worker.start()
    return app
