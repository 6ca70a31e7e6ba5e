"""Authlib's clients for OAuth 1.0a (over httpx and over requests) work unchanged."""

import asyncio
from urllib.parse import urlencode

import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth1Client, OAuth1Client
from authlib.integrations.requests_client import OAuth1Session
from interoperability.conftest import SCOPES
from making import Key
from oauth.dance import pin_on
from serving import Browser, WebService

PLACES = ("HEADER", "QUERY", "BODY")
CALLBACK = "https://app.example/back"


def question(client: OAuth1Client, service: WebService) -> str:
    """Give the address to send the person to."""
    return str(client.create_authorization_url(service.url("services/oauth/authorize"), interactivity="confirm_user"))


@pytest.fixture(scope="module")
def token(service: WebService, consumer: Key, browser: Browser) -> Key:
    """An access token that the library got by itself."""
    with OAuth1Client(consumer.key, consumer.secret, redirect_uri="oob", trust_env=False) as client:
        client.fetch_request_token(service.url(f"services/oauth/request_token?{urlencode({'scopes': SCOPES})}"))
        pin = pin_on(browser.consent(question(client, service)))
        token = client.fetch_access_token(service.url("services/oauth/access_token"), verifier=pin)
    return Key(token["oauth_token"], token["oauth_token_secret"])


def test_a_callback_address_works_as_well_as_a_pin(service: WebService, consumer: Key, browser: Browser) -> None:
    with OAuth1Client(consumer.key, consumer.secret, redirect_uri=CALLBACK, trust_env=False) as client:
        client.fetch_request_token(service.url("services/oauth/request_token?scopes=studies"))
        client.parse_authorization_response(browser.consent(question(client, service)).headers["Location"])
        client.fetch_access_token(service.url("services/oauth/access_token"))
        assert client.get(service.url("services/users/user?fields=last_name")).json() == {"last_name": "Nowak"}


@pytest.mark.parametrize("place", PLACES)
def test_the_signature_may_stand_anywhere(service: WebService, consumer: Key, token: Key, place: str) -> None:
    with OAuth1Client(consumer.key, consumer.secret, *token, signature_type=place, trust_env=False) as client:
        answer = client.post(service.url("services/users/user"), data={"fields": "last_name"})
        assert answer.json() == {"last_name": "Nowak"}
        if place != "BODY":
            answer = client.get(service.url("services/users/user"), params={"fields": "id|last_name"})
            assert answer.json()["last_name"] == "Nowak"


@pytest.mark.parametrize("signature_method", ["HMAC-SHA1", "PLAINTEXT"])
def test_both_signature_methods_are_accepted(
    service: WebService, consumer: Key, token: Key, signature_method: str
) -> None:
    client = OAuth1Client(consumer.key, consumer.secret, *token, signature_method=signature_method, trust_env=False)
    with client:
        answer = client.post(service.url("services/terms/search"), data={"query": "Semestr zimowy", "lang": "łącznik"})
    assert answer.json()["items"]


def test_the_asynchronous_client_works_too(service: WebService, consumer: Key, token: Key) -> None:
    async def ask() -> object:
        async with AsyncOAuth1Client(consumer.key, consumer.secret, *token, trust_env=False) as client:
            answer = await client.get(
                service.url("services/users/user"), params={"fields": "last_name|titles[before|after]"}
            )
            return answer.json()

    assert asyncio.run(ask()) == {"last_name": "Nowak", "titles": {"before": None, "after": None}}


@pytest.mark.parametrize("place", PLACES)
def test_the_client_over_requests_works_too(
    service: WebService, consumer: Key, browser: Browser, token: Key, place: str
) -> None:
    with OAuth1Session(consumer.key, consumer.secret, redirect_uri="oob", signature_type=place) as session:
        session.trust_env = False
        session.fetch_request_token(service.url("services/oauth/request_token"))
        pin = pin_on(browser.consent(question(session, service)))
        session.fetch_access_token(service.url("services/oauth/access_token"), verifier=pin)
        answer = session.post(service.url("services/users/user"), data={"fields": "last_name"})
        assert answer.json() == {"last_name": "Nowak"}


def test_the_library_says_why_a_token_is_denied(service: WebService, consumer: Key) -> None:
    with (
        OAuth1Client(consumer.key, "wrong" * 8, redirect_uri="oob", trust_env=False) as client,
        pytest.raises(OAuthError, match=r"Invalid signature\."),
    ):
        client.fetch_request_token(service.url("services/oauth/request_token"))
