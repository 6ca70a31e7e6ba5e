"""Credentials that were good once: expired and revoked tokens, apps that were switched off."""

from datetime import timedelta

import pytest
from dance import STUDENT, access_token, dance, pin_on, question, request_token
from making import Key, change, disable_consumer, moved_clock, new_consumer, new_student, new_token
from serving import Browser, WebService
from signing import Answer, Caller

from usosapi_mleg import clock


@pytest.fixture
def consumer(service: WebService) -> Key:
    """An app."""
    return new_consumer(service.app)


def refusal(answer: Answer) -> str | None:
    """Give the reason of a 401."""
    return str(answer.json["reason"]) if answer.status == 401 else None


def test_a_token_without_offline_access_expires_and_one_with_it_does_not(
    service: WebService, browser: Browser, consumer: Key
) -> None:
    browser.sign_in(STUDENT)
    short = Caller(service.base_url, consumer, dance(service, browser, consumer, "mlegitymacja"))
    other = new_consumer(service.app)
    long = Caller(service.base_url, other, dance(service, browser, other, "mlegitymacja|offline_access"))
    assert short.get("mlegitymacja/eligibility").status == 200
    with moved_clock(service.app, 2 * 3600 + 5):
        assert refusal(short.get("mlegitymacja/status")) == "token_expired"
        assert long.get("mlegitymacja/eligibility").status == 200


def test_an_expired_token_with_a_wrong_signature_is_told_nothing_of_its_end(service: WebService, consumer: Key) -> None:
    with service.app.app_context():
        past = clock.now() - timedelta(days=1)
    token = new_token(service.app, consumer, new_student(service.app), "mlegitymacja", expires_at=past)
    forged = Caller(service.base_url, consumer, Key(token.key, "x" * 40)).get("mlegitymacja/status")
    assert refusal(forged) == "invalid_signature"
    assert refusal(Caller(service.base_url, consumer, token).get("mlegitymacja/status")) == "token_expired"


def test_a_revoked_token_is_refused(service: WebService, consumer: Key) -> None:
    token = new_token(service.app, consumer, new_student(service.app), "mlegitymacja", revoked=True)
    answer = Caller(service.base_url, consumer, token).get("mlegitymacja/status")
    assert refusal(answer) == "token_revoked"
    assert answer.headers["www-authenticate"].startswith("OAuth ")


def test_an_app_that_was_switched_off_is_nobody(service: WebService, browser: Browser, consumer: Key) -> None:
    browser.sign_in(STUDENT)
    token = new_token(service.app, consumer, new_student(service.app), "mlegitymacja")
    asked, allowed = request_token(service, consumer), request_token(service, consumer)
    pin = pin_on(browser.consent(question(service, allowed)))
    disable_consumer(service.app, consumer)
    caller = Caller(service.base_url, consumer, token)
    assert refusal(caller.get("mlegitymacja/status")) == "consumer_unknown"
    exchange = Caller(service.base_url, consumer, allowed).prepare("oauth/access_token", options={"verifier": pin})
    assert refusal(exchange.send()) == "consumer_unknown"
    assert browser.open(question(service, asked)).status_code == 400


def test_a_token_of_another_app_is_unknown(service: WebService, consumer: Key) -> None:
    token = new_token(service.app, new_consumer(service.app), new_student(service.app), "mlegitymacja")
    assert refusal(Caller(service.base_url, consumer, token).get("mlegitymacja/status")) == "token_unknown"


def test_an_unknown_app_is_told_so(service: WebService) -> None:
    caller = Caller(service.base_url, Key("nobody", "x" * 40))
    assert refusal(caller.get("mlegitymacja/status")) == "consumer_unknown"


@pytest.mark.parametrize("key", ["x" * 65, "x" * 2000, "a\0b", "' OR 1=1 --", "ż"])
def test_a_key_of_any_form_is_at_worst_unknown(service: WebService, consumer: Key, key: str) -> None:
    assert refusal(Caller(service.base_url, Key(key, "s" * 40)).get("mlegitymacja/status")) == "consumer_unknown"
    caller = Caller(service.base_url, consumer, Key(key, "s" * 40))
    assert refusal(caller.get("mlegitymacja/status")) == "token_unknown"


def test_a_secret_that_was_copied_to_another_app_does_not_open(service: WebService, consumer: Key) -> None:
    other = new_consumer(service.app)
    change(
        service.app,
        "UPDATE consumers SET secret = (SELECT secret FROM consumers WHERE key = :source) WHERE key = :target",
        source=consumer.key,
        target=other.key,
    )
    answer = Caller(service.base_url, Key(other.key, consumer.secret)).get("mlegitymacja/status")
    assert answer.status == 500
    assert consumer.secret not in answer.text + service.log.read_text()


def test_an_access_token_can_be_got_again_after_the_first_was_revoked(
    service: WebService, browser: Browser, consumer: Key
) -> None:
    browser.sign_in(STUDENT)
    first = dance(service, browser, consumer)
    change(service.app, "UPDATE access_tokens SET revoked_at = now() WHERE key = :key", key=first.key)
    token = request_token(service, consumer)
    second = access_token(service, consumer, token, pin_on(browser.consent(question(service, token))))
    assert Caller(service.base_url, consumer, second).get("mlegitymacja/eligibility").status == 200
