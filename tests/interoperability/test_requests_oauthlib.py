"""The client library requests-oauthlib works unchanged."""

import pytest
import requests
from interoperability.conftest import SCOPES
from making import Key
from oauth.dance import pin_on
from oauthlib.oauth1 import SIGNATURE_PLAINTEXT
from requests_oauthlib import OAuth1, OAuth1Session
from requests_oauthlib.oauth1_session import TokenRequestDenied
from serving import Browser, WebService


@pytest.fixture(scope="module")
def session(service: WebService, consumer: Key, browser: Browser) -> OAuth1Session:
    """A session that has gone all the way by itself, with a callback address."""
    fresh = OAuth1Session(consumer.key, client_secret=consumer.secret, callback_uri="https://app.example/back?a=1")
    fresh.trust_env = False
    fresh.fetch_request_token(service.url("services/oauth/request_token"), params={"scopes": SCOPES})
    question = fresh.authorization_url(service.url("services/oauth/authorize"), interactivity="confirm_user")
    fresh.parse_authorization_response(browser.consent(question).headers["Location"])
    fresh.fetch_access_token(service.url("services/oauth/access_token"))
    return fresh


@pytest.mark.parametrize("http_method", ["GET", "POST"])
def test_a_session_calls_methods(
    session: OAuth1Session, service: WebService, http_method: str, student_id: str
) -> None:
    where = "params" if http_method == "GET" else "data"
    arguments = {"fields": "id|first_name|student_programmes[programme[name]]", "lang": "zażółć"}
    answer = session.request(http_method, service.url("services/users/user"), **{where: arguments})
    assert answer.status_code == 200, answer.text
    user = answer.json()
    assert (user["id"], user["first_name"]) == (student_id, "Anna")
    assert set(user["student_programmes"][0]["programme"]["name"]) == {"pl", "en"}


def test_arguments_may_stand_in_the_query_of_a_post(session: OAuth1Session, service: WebService) -> None:
    answer = session.post(service.url("services/terms/search"), params={"query": "zimowy 2026", "fields": "items[id]"})
    assert answer.json() == {"items": [{"id": "2026Z"}]}


def test_a_file_beside_the_arguments_does_not_break_the_signature(session: OAuth1Session, service: WebService) -> None:
    answer = session.post(service.url("services/users/user"), data={"fields": "last_name"}, files={"file": b"\x00\xff"})
    assert answer.json() == {"last_name": "Nowak"}


@pytest.mark.parametrize("place", ["AUTH_HEADER", "QUERY", "BODY"])
@pytest.mark.parametrize("signature_method", ["HMAC-SHA1", SIGNATURE_PLAINTEXT])
def test_the_signature_may_stand_anywhere(
    session: OAuth1Session, service: WebService, consumer: Key, place: str, signature_method: str
) -> None:
    token = session.token
    auth = OAuth1(
        consumer.key,
        consumer.secret,
        token["oauth_token"],
        token["oauth_token_secret"],
        signature_method=signature_method,
        signature_type=place,
        realm="USOS",
    )
    with requests.Session() as plain:
        plain.trust_env = False
        answer = plain.post(service.url("services/users/user"), data={"fields": "last_name"}, auth=auth)
    assert answer.json() == {"last_name": "Nowak"}


def test_the_library_says_why_a_token_is_denied(service: WebService, consumer: Key, browser: Browser) -> None:
    with OAuth1Session(consumer.key, client_secret="wrong" * 8, callback_uri="oob") as stranger:
        stranger.trust_env = False
        with pytest.raises(TokenRequestDenied, match=r"Invalid signature\.") as denied:
            stranger.fetch_request_token(service.url("services/oauth/request_token"))
    assert denied.value.status_code == 401
    with OAuth1Session(consumer.key, client_secret=consumer.secret, callback_uri="oob") as app:
        app.trust_env = False
        app.fetch_request_token(service.url("services/oauth/request_token"))
        question = app.authorization_url(service.url("services/oauth/authorize"), interactivity="confirm_user")
        pin = pin_on(browser.consent(question))
        with pytest.raises(TokenRequestDenied, match=r"Invalid verifier\."):
            app.fetch_access_token(service.url("services/oauth/access_token"), verifier=f"{(int(pin) + 1) % 10**8:08}")


def test_the_card_is_ordered_and_revoked(session: OAuth1Session, service: WebService) -> None:
    assert session.get(service.url("services/cards/make_mcard_order")).json() == {"success": True}
    (order,) = session.get(service.url("services/cards/mcard"), params={"fields": "orders"}).json()["orders"]
    revoke = session.post(service.url("services/cards/revoke_mcard"), data={"order_id": order["id"]})
    assert revoke.json() == {"success": True}
