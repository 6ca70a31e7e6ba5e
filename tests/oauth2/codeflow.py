"""The steps of OAuth 2.0 one by one, made with plain HTTP, so that each can also be made wrongly."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from flask import Flask
from making import new_consumer, new_student
from serving import Browser, WebService
from sqlalchemy import insert

from usosapi_mleg.crypto import digest
from usosapi_mleg.demo.fill import PASSWORD
from usosapi_mleg.extensions import db, transaction
from usosapi_mleg.models import Account, Role
from usosapi_mleg.oauth.accounts import hash_password
from usosapi_mleg.oauth.oauth2.given import Kind, generate

FIRST_NAME = "Łucja"
"""The first name of every student that a test makes."""
CALLBACK = "https://app.example.edu.pl/callback"
SCOPES = "mlegitymacja mlegitymacja_order"


@dataclass(frozen=True)
class Client:
    """An app that uses OAuth 2.0."""

    id: str
    oauth1_secret: str
    secret: str | None
    callback: str

    @property
    def credentials(self) -> dict[str, str]:
        """What it sends in the form to prove its name, or to tell it."""
        return {"client_id": self.id} | ({"client_secret": self.secret} if self.secret else {})


def new_client(app: Flask, *, public: bool = False, callback: str = CALLBACK, **flags: Any) -> Client:
    """Register an app."""
    secret = None if public else generate(Kind.CLIENT_SECRET)
    values = {"oauth2_secret": digest(secret) if secret else None, "redirect_uris": [callback]} | flags
    consumer = new_consumer(app, **values)
    return Client(consumer.key, consumer.secret, secret, callback)


def new_account(app: Flask) -> str:
    """Make a student who has ordered nothing and can sign in; give the user name."""
    person_id = new_student(app)
    username = f"student.{person_id}"
    values = {
        "username": username,
        "person_id": person_id,
        "password_hash": hash_password(PASSWORD),
        "role": Role.STUDENT,
    }
    with app.app_context(), transaction():
        db.session.execute(insert(Account).values(values))
    return username


@dataclass(frozen=True)
class Pkce:
    """A verifier and its S256 challenge."""

    verifier: str
    challenge: str


def new_pkce() -> Pkce:
    """Make a verifier."""
    verifier = secrets.token_urlsafe(32)
    return Pkce(verifier, urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode())


def question(service: WebService, client: Client, pkce: Pkce, scope: str = SCOPES, **changes: str | None) -> str:
    """Give the address to send a person to; a parameter that is changed to None is left out."""
    parameters = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": client.callback,
        "scope": scope,
        "state": "état & more",
        "code_challenge": pkce.challenge,
        "code_challenge_method": "S256",
    } | changes
    sent = {name: value for name, value in parameters.items() if value is not None}
    return service.url(f"oauth2/authorize?{urlencode(sent)}")


def sent_back(response: httpx.Response) -> dict[str, str]:
    """Give the parameters with which the person was sent back to the app."""
    assert response.is_redirect, response.text
    parameters = parse_qs(urlsplit(response.headers["Location"]).query, strict_parsing=True)
    return {name: values[0] for name, values in parameters.items()}


def answered(browser: Browser, address: str) -> dict[str, str]:
    """Allow what is asked at the address, unless it was allowed before; give what the app is told."""
    page = browser.open(address)
    return sent_back(page if page.is_redirect else browser.consent(address))


def get_code(service: WebService, browser: Browser, client: Client, pkce: Pkce, scope: str = SCOPES) -> str:
    """Have the person who is signed in allow the app what it asks for."""
    return answered(browser, question(service, client, pkce, scope))["code"]


def post(service: WebService, door: str, **form: str) -> httpx.Response:
    """Send a form to one of the doors."""
    return httpx.post(service.url(f"oauth2/{door}"), data=form, trust_env=False, verify=False, timeout=30)


def redeem(service: WebService, client: Client, code: str, pkce: Pkce, **changes: str) -> httpx.Response:
    """Exchange a code."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.callback,
        "code_verifier": pkce.verifier,
    }
    return post(service, "token", **form | client.credentials | changes)


def refresh(service: WebService, client: Client, token: str, **changes: str) -> httpx.Response:
    """Exchange a refresh token."""
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return post(service, "token", **form | client.credentials | changes)


def tokens_of(response: httpx.Response) -> dict[str, Any]:
    """Give the tokens that came."""
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def get_tokens(service: WebService, browser: Browser, client: Client, scope: str = SCOPES) -> dict[str, Any]:
    """Go all the way with the person who is signed in."""
    pkce = new_pkce()
    return tokens_of(redeem(service, client, get_code(service, browser, client, pkce, scope), pkce))


def call(
    service: WebService, token: str, method: str = "users/user", http_method: str = "GET", **arguments: str
) -> httpx.Response:
    """Call an API method with a bearer token."""
    return httpx.request(
        http_method,
        service.url(f"services/{method}"),
        params=arguments,
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
        verify=False,
        timeout=30,
    )


def works(service: WebService, token: str) -> bool:
    """Tell whether a token opens anything."""
    answer = call(service, token)
    assert answer.status_code in {200, 401}, answer.text
    return answer.status_code == 200


def refused(response: httpx.Response) -> tuple[int, str]:
    """Give the status and the error of a refusal."""
    return response.status_code, response.json()["error"]
