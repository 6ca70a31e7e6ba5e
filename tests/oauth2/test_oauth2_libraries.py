"""Real clients go all the way: requests-oauthlib, Authlib's httpx clients, and oauth4webapi in Node.js."""

import asyncio
import json
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import nodejs
import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from codeflow import CALLBACK, FIRST_NAME, SCOPES, Client, new_client
from joserfc import jwk
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session
from serving import Browser, WebService

HERE = Path(__file__).resolve().parent
LOCKS = sorted(HERE.parent.glob("*/node/package-lock.json"))
AWAY = f"{SCOPES} offline_access"


@pytest.fixture(params=[False, True], ids=["confidential", "public"])
def client(request: pytest.FixtureRequest, service: WebService) -> Client:
    """An app, once with a secret and once without."""
    return new_client(service.app, public=request.param)


@pytest.fixture
def without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let oauthlib's client, which is strict, speak to this machine without TLS."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


def allowed(student: Browser, address: str) -> str:
    """Have the person allow what is asked; give the address that the browser is sent to."""
    return student.consent(address).headers["Location"].replace("https://app.example.edu.pl", "https://localhost")


@pytest.mark.usefixtures("without_tls")
def test_requests_oauthlib_goes_all_the_way(service: WebService, student: Browser, client: Client) -> None:
    token_url = service.url("oauth2/token")
    with OAuth2Session(client.id, redirect_uri=CALLBACK, scope=AWAY.split(), pkce="S256") as app:
        app.trust_env = False
        address, _ = app.authorization_url(service.url("oauth2/authorize"))
        include = {"client_secret": client.secret} if client.secret else {"include_client_id": True}
        token = app.fetch_token(token_url, authorization_response=allowed(student, address), **include)
        assert app.get(service.url("services/users/user")).json()["first_name"] == FIRST_NAME
        again = app.refresh_token(token_url, **client.credentials)
        assert again["access_token"] != token["access_token"]
        assert app.get(service.url("services/users/user")).status_code == 200


@pytest.mark.usefixtures("without_tls")
def test_requests_oauthlib_acts_in_the_name_of_an_administrative_app(service: WebService) -> None:
    office = new_client(service.app, administrative=True)
    with OAuth2Session(client=BackendApplicationClient(client_id=office.id, scope="mlegitymacja")) as app:
        app.trust_env = False
        app.fetch_token(service.url("oauth2/token"), client_id=office.id, client_secret=office.secret)
        assert app.get(service.url("services/apisrv/consumer"), params={"fields": "name"}).status_code == 200


def test_authlibs_httpx_client_goes_all_the_way(service: WebService, student: Browser, client: Client) -> None:
    how = "client_secret_basic" if client.secret else "none"
    with OAuth2Client(
        client.id,
        client.secret,
        token_endpoint_auth_method=how,
        revocation_endpoint_auth_method=how,
        redirect_uri=CALLBACK,
        scope=AWAY,
        code_challenge_method="S256",
        trust_env=False,
    ) as app:
        address, state = app.create_authorization_url(service.url("oauth2/authorize"), code_verifier="v" * 48)
        back = allowed(student, address)
        token = app.fetch_token(
            service.url("oauth2/token"), authorization_response=back, code_verifier="v" * 48, state=state
        )
        assert app.get(service.url("services/users/user")).json()["first_name"] == FIRST_NAME
        again = app.refresh_token(service.url("oauth2/token"), refresh_token=token["refresh_token"])
        assert again["refresh_token"] != token["refresh_token"]
        revoked = app.revoke_token(service.url("oauth2/revoke"), token=again["refresh_token"])
        assert revoked.status_code == 200
        assert app.get(service.url("services/users/user")).status_code == 401


def test_authlibs_asynchronous_client_signs_with_its_own_key(service: WebService) -> None:
    key = jwk.RSAKey.generate_key(2048)
    office = new_client(service.app, public=True, administrative=True, jwks={"keys": [key.as_dict(private=False)]})
    token_url = service.url("oauth2/token")

    async def call() -> int:
        async with AsyncOAuth2Client(
            office.id, key, token_endpoint_auth_method="private_key_jwt", scope="mlegitymacja", trust_env=False
        ) as app:
            app.register_client_auth_method(PrivateKeyJWT(token_url))
            await app.fetch_token(token_url, grant_type="client_credentials")
            answer = await app.get(service.url("services/apisrv/consumer"), params={"fields": "name"})
            return answer.status_code

    assert asyncio.run(call()) == 200


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Node.js, and a folder with the client and what it needs, as the lock file has it."""
    folder = tmp_path_factory.mktemp("node")
    nodejs.install(HERE / "node", folder)
    return nodejs.NODE, folder


def test_oauth4webapi_goes_all_the_way(
    service: WebService, student: Browser, client: Client, node: tuple[str, Path]
) -> None:
    program, folder = node
    arguments = [service.base_url.rstrip("/"), client.id, client.secret or "", CALLBACK, AWAY]
    with subprocess.Popen(
        [program, "client.mjs", *arguments],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as app:
        assert app.stdin is not None
        assert app.stdout is not None
        address = app.stdout.readline().strip()
        assert parse_qs(urlsplit(address).query)["code_challenge_method"] == ["S256"]
        back = student.consent(address).headers["Location"]
        output, errors = app.communicate(f"{back}\n", timeout=60)
    assert app.returncode == 0, errors
    seen = json.loads(output)
    assert (seen["before"], seen["after"]) == ([200, FIRST_NAME], [200, FIRST_NAME])
    assert seen["revoked"] == [401, "invalid_token"]
    assert seen["active"] == (True if client.secret else None)
    assert set(seen["scope"].split()) == set(AWAY.split())


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.parent.name)
def test_a_lock_file_names_versions_and_digests_and_no_registry(lock: Path) -> None:
    packages = json.loads(lock.read_text())["packages"]
    installed = {name: package for name, package in packages.items() if name}
    assert installed
    assert all(package["integrity"].startswith("sha512-") for package in installed.values())
    assert not any("resolved" in package for package in installed.values())
