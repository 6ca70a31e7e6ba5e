"""The exchange of the request token: PINs, and whose token it is."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from dance import OTHER_STUDENT, STUDENT, access_token, pin_on, question, request_token
from making import Key, change, count, moved_clock, new_consumer
from serving import Browser, WebService
from signing import Answer, Caller

from usosapi_mleg.oauth import attempts


@pytest.fixture
def consumer(service: WebService) -> Key:
    """An app that nobody has allowed anything yet."""
    return new_consumer(service.app)


@pytest.fixture
def student(browser: Browser) -> Browser:
    """A browser in which a student is signed in."""
    browser.sign_in(STUDENT)
    return browser


def exchange(service: WebService, consumer: Key, token: Key, verifier: str) -> Answer:
    """Try to exchange a request token."""
    caller = Caller(service.base_url, consumer, token)
    return caller.prepare("oauth/access_token", "POST", options={"verifier": verifier}).send()


def wrong(pin: str) -> str:
    """Give another PIN."""
    return f"{(int(pin) + 1) % 10**8:08}"


def test_a_wrong_pin_is_told_and_the_right_one_still_works(
    service: WebService, student: Browser, consumer: Key
) -> None:
    token = request_token(service, consumer)
    pin = pin_on(student.consent(question(service, token)))
    refused = exchange(service, consumer, token, wrong(pin))
    assert (refused.status, refused.json["reason"]) == (400, "verifier_invalid")
    assert refused.json["message"] == "Invalid verifier."
    assert access_token(service, consumer, token, pin).key


def test_after_five_wrong_pins_the_right_one_is_of_no_use(service: WebService, student: Browser, consumer: Key) -> None:
    token = request_token(service, consumer)
    pin = pin_on(student.consent(question(service, token)))
    for _ in range(5):
        assert exchange(service, consumer, token, wrong(pin)).status == 400
    refused = exchange(service, consumer, token, pin)
    assert (refused.status, refused.json["reason"]) == (429, "too_many_requests")
    assert int(refused.headers["retry-after"]) > 0


def test_wrong_pins_sent_all_at_once_get_no_more_tries(service: WebService, student: Browser, consumer: Key) -> None:
    token = request_token(service, consumer)
    pin = pin_on(student.consent(question(service, token)))
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: exchange(service, consumer, token, wrong(pin)).status, range(16)))
    assert sorted(answers) == [400] * 5 + [429] * 11


def test_wrong_pins_for_many_request_tokens_lock_the_app_at_its_address(
    service: WebService, student: Browser, consumer: Key
) -> None:
    token = request_token(service, consumer)
    pin = pin_on(student.consent(question(service, token)))
    with service.app.app_context():
        for _ in range(20):
            attempts.take(attempts.of_verifier(consumer.key, "127.0.0.1"))
    refused = exchange(service, consumer, token, pin)
    assert (refused.status, refused.json["reason"]) == (429, "too_many_requests")
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert "generic_message" in refused.json["user_messages"]
    change(service.app, "UPDATE attempts SET locked_until = now() WHERE kind = 'verifier'")
    assert access_token(service, consumer, token, pin).key


def test_a_request_token_that_nobody_has_allowed_cannot_be_exchanged(service: WebService, consumer: Key) -> None:
    refused = exchange(service, consumer, request_token(service, consumer), "12345678")
    assert (refused.status, refused.json["reason"]) == (400, "request_token_not_authorized")


def test_a_request_token_is_consumed(service: WebService, student: Browser, consumer: Key) -> None:
    token = request_token(service, consumer)
    pin = pin_on(student.consent(question(service, token)))
    access_token(service, consumer, token, pin)
    refused = exchange(service, consumer, token, pin)
    assert (refused.status, refused.json["reason"]) == (401, "token_unknown")


def test_one_verifier_sent_many_times_at_once_gives_one_token(
    service: WebService, student: Browser, consumer: Key
) -> None:
    token = request_token(service, consumer)
    pin = pin_on(student.consent(question(service, token)))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: exchange(service, consumer, token, pin).status, range(8)))
    assert sorted(answers) == [200] + [401] * 7
    assert count(service.app, "access_tokens WHERE consumer_key = :key", key=consumer.key) == 1


def test_a_verifier_has_to_be_there(service: WebService, student: Browser, consumer: Key) -> None:
    token = request_token(service, consumer)
    student.consent(question(service, token))
    refused = Caller(service.base_url, consumer, token).post("oauth/access_token")
    assert (refused.status, refused.json["param_name"]) == (400, "oauth_verifier")


def test_an_administrative_app_cannot_exchange_for_somebody_without_a_request_token(service: WebService) -> None:
    office = new_consumer(service.app, administrative=True)
    request = Caller(service.base_url, office).prepare(
        "oauth/access_token", "POST", options={"verifier": "12345678"}, as_user_id="20101"
    )
    refused = request.send()
    assert (refused.status, refused.json["reason"]) == (401, "token_missing")


def test_a_request_token_opens_no_method(service: WebService, student: Browser, consumer: Key) -> None:
    token = request_token(service, consumer)
    student.consent(question(service, token))
    refused = Caller(service.base_url, consumer, token).get("mlegitymacja/status")
    assert (refused.status, refused.json["reason"]) == (401, "token_unknown")


def test_a_request_token_that_was_answered_cannot_be_answered_by_somebody_else(
    service: WebService, student: Browser, consumer: Key
) -> None:
    token = request_token(service, consumer)
    with Browser(service.base_url) as other:
        other.sign_in(OTHER_STUDENT)
        assert 'name="allow"' in other.open(question(service, token)).text
        pin_on(student.consent(question(service, token)))
        assert other.open(question(service, token)).status_code == 400


def test_a_request_token_lives_for_two_hours(service: WebService, student: Browser, consumer: Key) -> None:
    token = request_token(service, consumer)
    waiting = question(service, request_token(service, consumer), interactivity="confirm_user")
    pin = pin_on(student.consent(question(service, token)))
    with moved_clock(service.app, 2 * 3600 - 60):
        assert student.open(waiting).status_code == 200
    with moved_clock(service.app, 2 * 3600 + 5):
        assert student.open(waiting).status_code == 400
        expired = exchange(service, consumer, token, pin)
        assert (expired.status, expired.json["reason"]) == (401, "token_expired")
