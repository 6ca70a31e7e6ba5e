"""The systems at which the tests sign in, and the service that sends people there; all speak real HTTP on loopback."""

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from flask import Flask
from making import new_student
from serving import Browser, WebService
from sqlalchemy import insert
from werkzeug.serving import WSGIRequestHandler, make_server

from usosapi_mleg import create_app
from usosapi_mleg.demo.visitor import read_page
from usosapi_mleg.extensions import db, transaction
from usosapi_mleg.models import Account, Role
from usosapi_mleg.settings import Settings

HOME = "/kontroler.php"
OIDC_CLIENT = {
    "MLEG_OIDC_CLIENT_ID": "mleg: test",
    "MLEG_OIDC_CLIENT_SECRET": "secret of the service: 100% + odd/characters",
}


class QuietHandler(WSGIRequestHandler):
    """Writes no line for each request."""

    def log(self, *_: Any) -> None:
        """Write nothing."""


def free_port() -> int:
    """Give a port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(application: Callable[..., Any], port: int) -> Iterator[str]:
    """Serve a WSGI application in a thread of this process; give its address, ending in a slash."""
    server = make_server("127.0.0.1", port, application, threaded=True, request_handler=QuietHandler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serving(
    service: WebService, port: int, settings: Mapping[str, str], base_url: str | None = None
) -> Iterator[WebService]:
    """Run the service with other settings, in this process, on the database of the running one."""
    base_url = base_url or f"http://127.0.0.1:{port}/"
    environment = {**service.environment, "MLEG_BASE_URL": base_url, **settings}
    app = create_app(Settings.from_environment(environment))
    try:
        with served(app, port):
            yield WebService(base_url, app, environment, service.filled, service.log)
    finally:
        with app.app_context():
            db.engine.dispose()


def new_account(app: Flask, role: Role = Role.STUDENT, *, named: str = "student.{}") -> str:
    """Make a person whose account has no password; give the user name."""
    person_id = new_student(app)
    username = named.format(person_id)
    values = {"username": username, "person_id": person_id, "password_hash": None, "role": role}
    with app.app_context(), transaction():
        db.session.execute(insert(Account).values(values))
    return username


def sign_in_at_openid_provider(browser: Browser, response: httpx.Response, login: str = "") -> httpx.Response:
    """Go where the service sends, sign in there and consent if asked; give the redirect that leads back to the service."""
    response = browser.follow(response)
    while True:
        if response.is_redirect:
            if "/sign-in/oidc/callback" in response.headers["Location"]:
                return response
            response = browser.follow(response)
            continue
        form = read_page(response).forms[0]
        values = {"login": login, "password": "any"} if "login" in form.names else {}
        response = browser.send(form, **values)


def sign_in_at_cas(browser: Browser, response: httpx.Response, login: str) -> httpx.Response:
    """Go where the service sends and sign in there if asked; give the redirect that leads back to the service."""
    response = browser.follow(response)
    if not response.is_redirect:
        response = browser.send(read_page(response).form("password"), username=login, password="any")
    assert response.is_redirect, response.text
    return response


def parameters(address: str) -> dict[str, str]:
    """Give the query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def is_signed_in(browser: Browser) -> bool:
    """Tell whether the student's page lets the browser in."""
    return not browser.open(HOME).is_redirect
