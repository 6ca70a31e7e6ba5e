"""The web part of the service as real processes on a filled database, and a browser to visit it with."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urljoin

import httpx
from flask import Flask
from running import START_SECONDS, STOP_SECONDS, begin_nonces
from waiting import wait_for

from usosapi_mleg import create_app
from usosapi_mleg.demo.fill import PASSWORD, fill
from usosapi_mleg.demo.layout import ROOT, free_ports, granian
from usosapi_mleg.demo.parts import Part, RunningPart
from usosapi_mleg.demo.visitor import Form, read_page
from usosapi_mleg.extensions import db
from usosapi_mleg.settings import Settings

TLS = httpx.create_ssl_context(trust_env=False)
"""One for all: to make it takes a tenth of a second, and no test needs it."""


@dataclass(frozen=True)
class WebService:
    """Where the service answers, and an application on the same database with which tests prepare and look."""

    base_url: str
    app: Flask
    environment: Mapping[str, str]
    filled: Mapping[str, Any]
    log: Path

    def url(self, method: str) -> str:
        """Give the address of a method or page."""
        return urljoin(self.base_url, method)


@contextmanager
def running_web(
    database_url: str, environment: Mapping[str, str], folder: Path, **settings: str
) -> Iterator[WebService]:
    """Fill the database, run the web part with two processes, and end it again."""
    port = free_ports().web
    base_url = f"http://127.0.0.1:{port}/"
    own = {**environment, "DATABASE_URL": database_url, "MLEG_BASE_URL": base_url, "PYTHONPATH": str(ROOT), **settings}
    app = create_app(Settings.from_environment(own))
    try:
        filled = fill(app)
        begin_nonces(app)
        with web_server(own, port, folder) as log:
            yield WebService(base_url, app, own, filled, log)
    finally:
        with app.app_context():
            db.engine.dispose()


@contextmanager
def app_with(service: WebService, **environment: str) -> Iterator[Flask]:
    """Make an application with other settings in this process, on the database of the service."""
    app = create_app(Settings.from_environment({**service.environment, **environment}))
    try:
        yield app
    finally:
        with app.app_context():
            db.engine.dispose()


@contextmanager
def web_server(environment: Mapping[str, str], port: int, folder: Path) -> Iterator[Path]:
    """Run the web part with two processes on a database that is filled; give the path of its log."""
    command = granian("wsgi:app", port=port, workers=2, threads=1)
    ready_url = f"http://127.0.0.1:{port}/kontroler.php"
    part = RunningPart(
        Part(name=f"web{port}", command=command, environment=environment, ready_url=ready_url), folder=ROOT, logs=folder
    )
    try:
        wait_for(lambda: part.ready, START_SECONDS)
        yield part.log
    finally:
        part.stop(STOP_SECONDS)


class Browser:
    """A browser with cookies of its own that goes nowhere unasked: redirects are looked at, not followed."""

    def __init__(self, base_url: str, address: str | None = None) -> None:
        """`address`: the network address to call from, one of this machine."""
        self.base_url = base_url
        transport = httpx.HTTPTransport(verify=False, local_address=address)
        self.client = httpx.Client(transport=transport, timeout=15, trust_env=False, headers={"Accept-Language": "en"})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def open(self, address: str) -> httpx.Response:
        """Open a page, given by its address or its path."""
        return self.client.get(urljoin(self.base_url, address))

    def follow(self, response: httpx.Response) -> httpx.Response:
        """Go where a redirect leads."""
        assert response.is_redirect, response.text
        return self.client.get(urljoin(str(response.url), response.headers["Location"]))

    def send(self, form: Form, **values: str) -> httpx.Response:
        """Send a form with what it holds and these values."""
        return self.client.post(form.action, data=form.values | values)

    def sign_in(self, username: str, address: str = "sign-in") -> httpx.Response:
        """Sign in at the form that is shown at the address; give the redirect that follows."""
        page = read_page(self.open(address))
        answer = self.send(page.form("password"), username=username, password=PASSWORD)
        assert answer.status_code == 303, answer.text
        return answer

    def consent(self, address: str, button: str = "allow") -> httpx.Response:
        """Answer the question that is shown at the address."""
        return self.send(read_page(self.open(address)).form(button), **{button: "1"})

    @property
    def session(self) -> str:
        """The value of the session cookie."""
        return str(self.client.cookies["PHPSESSID"])
