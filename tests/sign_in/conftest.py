"""A real OpenID provider, a real CAS server, and the service that lets people in from there."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nodejs
import pytest
from elsewhere import OIDC_CLIENT, free_port, serving
from running import START_SECONDS, STOP_SECONDS
from serving import Browser, WebService
from waiting import wait_for

from usosapi_mleg.demo.parts import Part, RunningPart

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def provider_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the provider and what it needs, as the lock file has it."""
    folder = tmp_path_factory.mktemp("openid")
    nodejs.install(HERE / "node", folder)
    return folder


@pytest.fixture(scope="session")
def by_oidc(service: WebService, provider_program: Path) -> Iterator[WebService]:
    """The service with an OpenID provider beside local accounts."""
    port, own_port = free_port(), free_port()
    issuer = f"http://127.0.0.1:{port}"
    command = [nodejs.NODE, "provider.mjs", str(port), f"http://127.0.0.1:{own_port}/"]
    settings = {
        "MLEG_OIDC_ISSUER": issuer,
        **OIDC_CLIENT,
        "MLEG_OIDC_ROLES_CLAIM": "realm_access.roles",
        "MLEG_OIDC_ADMIN_ROLE": "mleg-admin",
        "MLEG_SIGN_IN_NAME_EN": "Campus ID",
    }
    part = Part(
        name="openid",
        command=command,
        environment=os.environ,
        ready_url=f"{issuer}/.well-known/openid-configuration",
    )
    with _running(part, provider_program), serving(service, own_port, settings) as running:
        yield running


@pytest.fixture(scope="session")
def by_cas(service: WebService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebService]:
    """The service with a CAS server and no local accounts."""
    folder, port = tmp_path_factory.mktemp("cas"), free_port()
    url = f"http://127.0.0.1:{port}/cas"
    command = [sys.executable, str(HERE / "cas_program.py"), str(port), str(folder / "cas.sqlite")]
    settings = {
        "MLEG_CAS_URL": url,
        "MLEG_CAS_PERSON_ATTRIBUTE": "konto",
        "MLEG_CAS_ROLES_ATTRIBUTE": "rola",
        "MLEG_CAS_HELPDESK_ROLE": "pracownik-bos",
        "MLEG_LOCAL_ACCOUNTS": "false",
    }
    part = Part(name="cas", command=command, environment=os.environ, ready_url=f"{url}/login")
    with _running(part, folder), serving(service, free_port(), settings) as running:
        yield running


@pytest.fixture
def browser(by_oidc: WebService) -> Iterator[Browser]:
    """A browser in which nobody is signed in, at the service with the OpenID provider."""
    with Browser(by_oidc.base_url) as fresh:
        yield fresh


@pytest.fixture
def cas_browser(by_cas: WebService) -> Iterator[Browser]:
    """A browser in which nobody is signed in, at the service with the CAS server."""
    with Browser(by_cas.base_url) as fresh:
        yield fresh


@contextmanager
def _running(part: Part, folder: Path) -> Iterator[None]:
    """Run a part while the block lasts."""
    process = RunningPart(part, folder=folder, logs=folder)
    try:
        wait_for(lambda: process.ready, START_SECONDS)
        yield
    finally:
        process.stop(STOP_SECONDS)
