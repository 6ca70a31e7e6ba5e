"""The steps by which an app gets a token, made with requests-oauthlib and a browser."""

from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
from making import Key
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1
from requests_oauthlib import OAuth1Session
from serving import Browser, WebService

from usosapi_mleg.demo.visitor import read_page

STUDENT = "anna.nowak"
OTHER_STUDENT = "jan.kowalski"
CALLBACK = "https://kampus.example.edu.pl/back"


def session(consumer: Key, token: Key | None = None, **options: Any) -> OAuth1Session:
    """Open a session of requests-oauthlib; to be used in a `with` statement."""
    fresh = OAuth1Session(
        consumer.key,
        client_secret=consumer.secret,
        resource_owner_key=token.key if token else None,
        resource_owner_secret=token.secret if token else None,
        **{"signature_method": SIGNATURE_HMAC_SHA1} | options,
    )
    fresh.trust_env = False
    return fresh


def request_token(
    service: WebService, consumer: Key, scopes: str = "mlegitymacja", callback: str = "oob", **options: Any
) -> Key:
    """Get a request token."""
    with session(consumer, callback_uri=callback, **options) as app:
        answer = app.fetch_request_token(service.url(f"services/oauth/request_token?scopes={quote(scopes)}"))
    assert answer["oauth_callback_confirmed"] == "true"
    return Key(answer["oauth_token"], answer["oauth_token_secret"])


def question(service: WebService, token: Key, **parameters: str) -> str:
    """Give the address to send the person to."""
    more = "".join(f"&{name}={value}" for name, value in parameters.items())
    return service.url(f"services/oauth/authorize?oauth_token={token.key}{more}")


def pin_on(page: httpx.Response) -> str:
    """Read the PIN off the page, as clients do: by the class `local-pin`."""
    assert page.status_code == 200, page.text
    return read_page(page).text_of("local-pin")


def sent_back(response: httpx.Response) -> dict[str, str]:
    """Give the parameters with which the person was sent back to the app."""
    assert response.is_redirect, response.text
    parameters = parse_qs(urlsplit(response.headers["Location"]).query, strict_parsing=True)
    return {name: values[0] for name, values in parameters.items()}


def access_token(service: WebService, consumer: Key, token: Key, verifier: str, **options: Any) -> Key:
    """Exchange the request token."""
    with session(consumer, token, verifier=verifier, **options) as app:
        answer = app.fetch_access_token(service.url("services/oauth/access_token"))
    assert set(answer) == {"oauth_token", "oauth_token_secret"}
    return Key(answer["oauth_token"], answer["oauth_token_secret"])


def dance(service: WebService, browser: Browser, consumer: Key, scopes: str = "mlegitymacja") -> Key:
    """Go all the way with the person who is signed in at the browser; give the access token."""
    token = request_token(service, consumer, scopes)
    return access_token(service, consumer, token, pin_on(browser.consent(question(service, token))))
