"""From the request token to a signed call, as real client libraries do it."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from dance import CALLBACK, STUDENT, access_token, dance, pin_on, question, request_token, sent_back, session
from making import Key, count, new_consumer
from oauth2.codeflow import new_account
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, SIGNATURE_PLAINTEXT
from requests_oauthlib.oauth1_session import TokenRequestDenied
from serving import Browser, WebService
from signing import Caller

FAR_KEY = re.compile(r"[A-HJ-NP-Za-hj-kmnp-z2-9]{20}")


@pytest.fixture
def consumer(service: WebService) -> Key:
    """An app that nobody has allowed anything yet."""
    return new_consumer(service.app)


@pytest.fixture
def student(browser: Browser) -> Browser:
    """A browser in which a student is signed in."""
    browser.sign_in(STUDENT)
    return browser


def status_with(service: WebService, consumer: Key, token: Key, **options: str) -> int:
    """Make a call that the token allows, whatever was ordered; give the status of the answer."""
    with session(consumer, token, **options) as app:
        return int(app.get(service.url("services/mlegitymacja/eligibility")).status_code)


@pytest.mark.parametrize("method", [SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, SIGNATURE_PLAINTEXT])
def test_an_app_without_a_callback_gets_a_token_with_the_pin(
    service: WebService, student: Browser, consumer: Key, method: str
) -> None:
    token = request_token(service, consumer, signature_method=method)
    pin = pin_on(student.consent(question(service, token)))
    assert re.fullmatch(r"\d{8}", pin)
    access = access_token(service, consumer, token, pin, signature_method=method)
    assert FAR_KEY.fullmatch(access.key)
    assert len(access.secret) == 40
    assert status_with(service, consumer, access, signature_method=method) == 200


@pytest.mark.parametrize("method", [SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, SIGNATURE_PLAINTEXT])
def test_an_app_with_a_callback_gets_the_person_back_with_token_and_verifier(
    service: WebService, student: Browser, consumer: Key, method: str
) -> None:
    token = request_token(service, consumer, callback=CALLBACK, signature_method=method)
    back = student.consent(question(service, token))
    assert back.headers["Location"].startswith(f"{CALLBACK}?oauth_token=")
    parameters = sent_back(back)
    assert parameters["oauth_token"] == token.key
    access = access_token(service, consumer, token, parameters["oauth_verifier"], signature_method=method)
    assert status_with(service, consumer, access, signature_method=method) == 200


@pytest.mark.parametrize(
    ("callback", "kept"),
    [
        (f"{CALLBACK}?request_id=0", {"request_id": ["0"]}),
        (
            f"{CALLBACK}?next=%2Fa%3Fb%3D1%26c&word=za%C5%BC%C3%B3%C5%82%C4%87",
            {"next": ["/a?b=1&c"], "word": ["zażółć"]},
        ),
        ("pl.example.kampus://back?state=1%7C2", {"state": ["1|2"]}),
    ],
)
def test_a_callback_keeps_the_query_it_has(
    service: WebService, student: Browser, consumer: Key, callback: str, kept: dict[str, list[str]]
) -> None:
    token = request_token(service, consumer, callback=callback)
    location = student.consent(question(service, token)).headers["Location"]
    assert location.startswith(callback)
    parameters = parse_qs(urlsplit(location).query, strict_parsing=True)
    assert parameters.pop("oauth_token") == [token.key]
    assert len(parameters.pop("oauth_verifier")) == 1
    assert parameters == kept


@pytest.mark.parametrize(
    "callback",
    [
        "javascript://%0aalert(1)",
        "data://text",
        "kampus",
        "HTTP://upper.example",
        "http://[x",
        "https://a b",
        "//x",
        "x:y",
    ],
)
def test_a_callback_that_no_browser_can_be_sent_to_is_refused(
    service: WebService, consumer: Key, callback: str
) -> None:
    answer = Caller(service.base_url, consumer).prepare(
        "oauth/request_token", "POST", options={"callback_uri": callback}
    )
    refused = answer.send()
    assert refused.status == 400
    assert (refused.json["error"], refused.json["param_name"]) == ("param_invalid", "oauth_callback")


def test_tokens_are_answered_as_text_that_every_client_reads(service: WebService, consumer: Key) -> None:
    answer = Caller(service.base_url, consumer).prepare("oauth/request_token", "POST", options={"callback_uri": "oob"})
    got = answer.send()
    assert got.headers["content-type"] == "text/plain; charset=utf-8"
    assert set(parse_qs(got.text)) == {"oauth_token", "oauth_token_secret", "oauth_callback_confirmed"}


def test_a_denial_with_a_callback_goes_back_to_the_app(service: WebService, student: Browser, consumer: Key) -> None:
    token = request_token(service, consumer, callback=f"{CALLBACK}?request_id=7")
    back = student.consent(question(service, token), "deny")
    assert sent_back(back) == {"request_id": "7", "oauth_token": token.key, "error": "access_denied"}
    assert count(service.app, "grants WHERE consumer_key = :key", key=consumer.key) == 0
    with pytest.raises(TokenRequestDenied):
        access_token(service, consumer, token, "00000000")


def test_a_denial_without_a_callback_is_told_to_the_person(
    service: WebService, student: Browser, consumer: Key
) -> None:
    token = request_token(service, consumer)
    page = student.consent(question(service, token), "deny")
    assert page.status_code == 200
    assert "local-pin" not in page.text
    assert student.open(question(service, token)).status_code == 400


def test_grants_accumulate_and_a_new_token_covers_them_all(
    service: WebService, browser: Browser, consumer: Key
) -> None:
    browser.sign_in(new_account(service.app))
    first = dance(service, browser, consumer, "mlegitymacja")
    assert status_with(service, consumer, first) == 200
    second = dance(service, browser, consumer, "mlegitymacja_activation")
    assert status_with(service, consumer, second) == 200
    answer = Caller(service.base_url, consumer, second).get("mlegitymacja/activation")
    assert (answer.status, answer.json["reason"]) == (400, "order_not_found")
    forbidden = Caller(service.base_url, consumer, first).get("mlegitymacja/activation")
    assert (forbidden.status, forbidden.json["reason"]) == (403, "scope_missing")


def test_an_unknown_scope_is_refused(service: WebService, consumer: Key) -> None:
    request = Caller(service.base_url, consumer).prepare(
        "oauth/request_token", options={"callback_uri": "oob"}, scopes="mlegitymacja|everything"
    )
    refused = request.send()
    assert refused.status == 400
    assert (refused.json["error"], refused.json["param_name"]) == ("param_invalid", "scopes")


def test_a_request_without_a_callback_says_what_is_missing(service: WebService, consumer: Key) -> None:
    refused = Caller(service.base_url, consumer).post("oauth/request_token", scopes="mlegitymacja")
    assert refused.status == 400
    assert (refused.json["error"], refused.json["param_name"]) == ("param_missing", "oauth_callback")
