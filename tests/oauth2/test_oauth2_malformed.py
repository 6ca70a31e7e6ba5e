"""Whatever is sent to the doors of OAuth 2.0, it is answered with an error of the caller, never of the server, and no secret is logged."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from codeflow import Client, get_code, get_tokens, new_account, new_client, new_pkce, post
from hypothesis import given
from hypothesis import strategies as st
from serving import Browser, WebService
from wild import MANY, SOME, LogWatch, Sender, Wild, header_bytes, many, requests

DOORS = (
    "oauth2/token",
    "oauth2/revoke",
    "oauth2/introspect",
    "oauth2/device_authorization",
    "oauth2/authorize",
    "oauth2/device",
    ".well-known/oauth-authorization-server",
    "services/users/user",
    "services/oauth2/impersonated_token",
)
NAMES = (
    "grant_type",
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "code",
    "code_verifier",
    "code_challenge",
    "code_challenge_method",
    "redirect_uri",
    "refresh_token",
    "device_code",
    "user_code",
    "scope",
    "scopes",
    "state",
    "response_type",
    "token",
    "token_type_hint",
    "access_token",
    "oauth_signature",
    "prompt",
    "user_id",
    "as_user_id",
    "_csrftoken_",
    "allow",
)
WORDS = (
    "authorization_code",
    "refresh_token",
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "code",
    "code token",
    "S256",
    "plain",
    "mlegitymacja",
    "offline_access mlegitymacja",
    "e30.e30.e30",
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.AA",
    "eyJhbGciOiJub25lIn0.eyJzdWIiOlsxXX0.",
    "https://app.example.edu.pl/callback",
    "mlegr_" + "x" * 43,
)


@dataclass(frozen=True)
class Credentials:
    """What real callers would have."""

    clients: tuple[Client, ...]
    secrets: tuple[str, ...]
    """What must be in no log."""
    session: str


@pytest.fixture(scope="module")
def credentials(service: WebService) -> Iterator[Credentials]:
    """Apps of every kind, what one of them was given, and a student who is signed in."""
    clients = (
        new_client(service.app, administrative=True, kiosk=True),
        new_client(service.app, public=True),
        new_client(service.app, public=True, kiosk=True),
        new_client(service.app, public=True, jwks={"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}),
    )
    app = clients[0]
    with Browser(service.base_url) as browser:
        browser.sign_in(new_account(service.app))
        tokens = get_tokens(service, browser, app, "mlegitymacja offline_access")
        code, verifier = get_code(service, browser, app, pkce := new_pkce(), "mlegitymacja"), pkce.verifier
        device = post(service, "device_authorization", scope="mlegitymacja", **app.credentials).json()
        secrets = (
            str(app.secret),
            app.oauth1_secret,
            tokens["access_token"],
            tokens["refresh_token"],
            code,
            verifier,
            device["device_code"],
            device["user_code"],
            browser.session,
        )
        yield Credentials(clients, secrets, browser.session)


def authorizations(found: Credentials) -> st.SearchStrategy[bytes]:
    """Give Authorization headers: real ones, and what is none."""
    app = found.clients[0]
    basic = b"Basic " + b64encode(f"{app.id}:{app.secret}".encode())
    bearer = b"Bearer " + found.secrets[2].encode()
    scheme = st.sampled_from(
        [b"Basic ", b"Bearer ", b"OAuth ", b"basic", b"", b"Bearer mlegb_", b"Digest ", bearer, basic]
    )
    return st.one_of(st.just(basic), st.just(bearer), st.tuples(scheme, header_bytes()).map(b"".join))


@pytest.mark.parametrize(
    "examples", [pytest.param(SOME, id="some"), pytest.param(MANY, id="many", marks=pytest.mark.long)]
)
def test_no_request_makes_the_server_fail_and_no_secret_is_logged(
    service: WebService, credentials: Credentials, tmp_path_factory: pytest.TempPathFactory, examples: int
) -> None:
    watch = LogWatch([service.log, *tmp_path_factory.getbasetemp().glob("postgres*/log")])
    sender = Sender(service.base_url)
    apps = [app.id.encode() for app in credentials.clients]
    known = st.one_of(st.just(b""), st.sampled_from(apps).map(lambda key: b"client_id=" + key + b"&"))
    cookie = ((b"Cookie", b"PHPSESSID=" + credentials.session.encode()),)

    @many(examples)
    @given(
        request=requests(DOORS, NAMES, (*WORDS, *credentials.secrets), authorizations(credentials)),
        client=known,
        cookies=st.sampled_from([(), cookie]),
    )
    def sent(request: Wild, client: bytes, cookies: tuple[tuple[bytes, bytes], ...]) -> None:
        query, body = client + request.query, client + request.body
        assert sender.status_of(Wild(request.verb, request.door, query, request.headers + cookies, body)) < 500

    sent()
    sender.close()
    print(f"{sender.statuses.total()} requests: {dict(sorted(sender.statuses.items()))}")  # noqa: T201
    watch.check(credentials.secrets)
