"""What tests share: one real PostgreSQL per session and fresh migrated databases in it, so that tests really commit."""

import base64
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright
from serving import WebService, running_web
from xdist.scheduler import LoadScopeScheduling

from usosapi_mleg.crypto import create_keys_file
from usosapi_mleg.demo.postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parent.parent


TOGETHER = ("accounts", "admin", "developers", "events", "pages", "sandbox", "sign_in")
"""Folders with services of their own, which are started once when one process has all their tests."""
SLOWEST = (
    "pages",
    "exchange",
    "demo",
    "developers",
    "events",
    "crash",
    "admin",
    "interoperability",
    "accounts",
    "sign_in",
    "sandbox",
)
"""Folders to begin with, so that no slow one is left at the end while other processes have nothing more to do."""


class Folders(LoadScopeScheduling):
    """Hands out whole files, or whole folders."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        folder = path.rpartition("/")[0]
        return folder if folder.rpartition("/")[2] in TOGETHER else path


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Folders:
    """Say how xdist shares the tests out among its processes."""
    return Folders(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slowest."""
    items.sort(key=lambda item: SLOWEST.index(name) if (name := item.path.parent.name) in SLOWEST else len(SLOWEST))


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The libpq URL of an empty database in a server that lives as long as the test session."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), fsync=False)
    yield server.start()
    server.stop()


@pytest.fixture(scope="session")
def service_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment variables of a service under test, except `DATABASE_URL`."""
    keys_file = tmp_path_factory.mktemp("keys") / "keys"
    create_keys_file(keys_file)
    return {
        "MLEG_ENVIRONMENT": "test",
        "MLEG_KEYS_FILE": str(keys_file),
        "MLEG_BASE_URL": "http://localhost/",
        "MLEG_MINISTRY_URL": "http://127.0.0.1:9",
        # All tests come from one address; the tests of the limits have settings of their own.
        "MLEG_LIMIT_ADDRESS": "1000000",
        "MLEG_LIMIT_NEW_TOKENS": "1000000",
        "MLEG_LIMIT_CONSUMER": "1000000",
        "MLEG_LIMIT_PERSON": "1000000",
        "MLEG_MINISTRY_KEY": "key-of-the-university",
        "MLEG_MINISTRY_CALLBACK_SECRET": "whsec_" + base64.b64encode(os.urandom(32)).decode(),
    }


@pytest.fixture(scope="session")
def migrated_template(postgres_url: str, service_environment: dict[str, str]) -> str:
    """The name of a database with all migrations and no rows, to make others from."""
    name = "migrated"
    _execute(postgres_url, f"CREATE DATABASE {name}")
    environment = os.environ | service_environment | {"DATABASE_URL": _in_database(postgres_url, name)}
    command = [sys.executable, "-m", "usosapi_mleg.cli", "migrate"]
    done = subprocess.run(command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return name


@pytest.fixture(scope="session")
def new_database(postgres_url: str, migrated_template: str) -> Callable[[], str]:
    """A function that makes a fresh migrated database and returns its libpq URL (about 0.1 s)."""

    def make() -> str:
        name = f"test_{uuid.uuid4().hex}"
        _execute(postgres_url, f"CREATE DATABASE {name} TEMPLATE {migrated_template}")
        return _in_database(postgres_url, name)

    return make


@pytest.fixture(scope="module")
def database_url(new_database: Callable[[], str]) -> str:
    """The libpq URL of a fresh migrated database of this test module."""
    return new_database()


def _in_database(url: str, name: str) -> str:
    server, query = url.split("?", 1)
    return f"{server.rsplit('/', 1)[0]}/{name}?{query}"


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """The one Playwright of this process: it cannot have two, nor another event loop beside it, so it ends with the module."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Where the browser is: script/test says so."""
    return os.environ.get("MLEG_TEST_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"


@pytest.fixture(scope="module")
def chromium(playwright: Playwright, chromium_path: str) -> Iterator[Browser]:
    """One real browser for all tests of a module that need nothing special of it."""
    browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox", "--disable-gpu"])
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def service(
    new_database: Callable[[], str],
    service_environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[WebService]:
    """The web part with its usual settings, for all tests that need no worker; each makes its own people and apps."""
    with running_web(new_database(), service_environment, tmp_path_factory.mktemp("web")) as running:
        yield running
