"""A real CAS server (django-cas-server) with a fresh database: `python cas_program.py PORT DATABASE`.

Whoever signs in as `net-NAME`, with any password but "wrong", has the account NAME; whoever has "boss" in the name is an administrator.
"""

import sys
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import include, path

urlpatterns = [path("cas/", include("cas_server.urls", namespace="cas_server"))] if settings.configured else []


class Everybody:
    """Who may sign in: the form that django-cas-server asks for."""

    def __init__(self, username: str) -> None:
        self.username = username

    def test_password(self, password: str) -> bool:
        """Tell whether the password is right."""
        return password != "wrong"

    def attributs(self) -> dict[str, Any]:
        """Give what the server tells of the person; the name is the library's."""
        roles = ["student", "pracownik-bos"] if "boss" in self.username else ["student"]
        return {"konto": self.username.lower().removeprefix("net-"), "rola": roles}


class QuietHandler(WSGIRequestHandler):
    """Writes no line for each request: the tests look for tickets in logs."""

    def log_message(self, *_: Any) -> None:
        """Write nothing."""


def run(port: int, database: Path) -> None:
    """Serve until the process is ended."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    apps = ["auth", "contenttypes", "sessions", "messages"]
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        CAS_AUTH_CLASS="cas_program.Everybody",
        CAS_NEW_VERSION_EMAIL_WARNING=False,
        CAS_NEW_VERSION_HTML_WARNING=False,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(database)}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=[*(f"django.contrib.{app}" for app in apps), "django.contrib.staticfiles", "cas_server"],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        # The tables come from the models: quicker than the whole history.
        MIGRATION_MODULES=dict.fromkeys([*apps, "cas_server"]),
        ROOT_URLCONF="cas_program",
        SECRET_KEY="only for tests",
        SESSION_COOKIE_NAME="cas_session",
        STATIC_URL="/static/",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
            }
        ],
        USE_TZ=True,
    )
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    from cas_server.models import ServicePattern

    ServicePattern.objects.create(name="test", pattern=r"^http://127\.0\.0\.1:\d+/sign-in/cas/.*$", single_log_out=True)
    # Each attribute has to be let through by name.
    for attribute in ("konto", "rola"):
        ServicePattern.objects.get().attributs.create(name=attribute)
    with make_server("127.0.0.1", port, get_wsgi_application(), handler_class=QuietHandler) as server:
        server.serve_forever()


if __name__ == "__main__":
    run(int(sys.argv[1]), Path(sys.argv[2]))
