"""`services/oauth`: giving up tokens and keys."""

import pytest
from making import Key, change, count, new_consumer, new_token
from modules.conftest import allowed
from serving import WebService
from signing import FORM, Answer, Caller, send


def state(caller: Caller) -> tuple[int, object]:
    """Call something with the token."""
    answer = caller.get("apisrv/consumer", fields="token_scopes")
    return answer.status, answer.json.get("reason")


@pytest.mark.parametrize("verb", ["get", "post"])
def test_a_token_is_revoked_and_others_are_not(service: WebService, consumer: Key, student: int, verb: str) -> None:
    one, other = (allowed(service, consumer, student, "cards") for _ in range(2))
    assert getattr(one, verb)("oauth/revoke_token").json == {"success": True}
    assert state(one) == (401, "token_revoked")
    assert state(other) == (200, None)


@pytest.mark.parametrize("spelling", ["true", "True"])
def test_with_deauthorize_the_permission_and_all_tokens_are_forgotten(
    service: WebService, consumer: Key, student: int, anna: int, spelling: str
) -> None:
    change(
        service.app,
        "INSERT INTO grants (consumer_key, person_id, scopes, first_granted_at, granted_at)"
        " VALUES (:consumer, :person, '{cards}', now(), now())",
        consumer=consumer.key,
        person=student,
    )
    one, other = (allowed(service, consumer, student, "cards") for _ in range(2))
    elsewhere = allowed(service, new_consumer(service.app), student, "cards")
    somebody = allowed(service, consumer, anna, "cards")
    assert one.post("oauth/revoke_token", deauthorize=spelling).json == {"success": True}
    assert state(one) == state(other) == (401, "token_revoked")
    assert state(elsewhere) == state(somebody) == (200, None)
    grants = "grants WHERE consumer_key = :consumer AND person_id = :person"
    assert count(service.app, grants, consumer=consumer.key, person=student) == 0


def test_a_token_is_needed_to_revoke_one(service: WebService, consumer: Key) -> None:
    refused = Caller(service.base_url, consumer).post("oauth/revoke_token")
    assert (refused.status, refused.json["reason"]) == (401, "token_missing")


def test_a_key_that_signs_is_made_useless_with_its_tokens(service: WebService, student: int) -> None:
    consumer = new_consumer(service.app)
    token = new_token(service.app, consumer, student, "cards")
    app = Caller(service.base_url, consumer)
    assert app.post("oauth/revoke_consumer_key").json == {"success": True}
    assert state(app) == (401, "consumer_unknown")
    assert state(Caller(service.base_url, consumer, token)) == (401, "consumer_unknown")


def unsigned(service: WebService, **arguments: str) -> Answer:
    """Ask without a signature."""
    body = "&".join(f"{name}={value}" for name, value in arguments.items())
    return send(service.url("services/oauth/revoke_consumer_key"), "POST", FORM, body)


def test_a_key_is_made_useless_by_whoever_has_its_secret(service: WebService) -> None:
    consumer = new_consumer(service.app)
    answer = unsigned(service, consumer_key=consumer.key, consumer_secret=consumer.secret)
    assert answer.json == {"success": True}
    assert state(Caller(service.base_url, consumer)) == (401, "consumer_unknown")


def test_a_key_is_not_made_useless_by_others(service: WebService) -> None:
    consumer, other = new_consumer(service.app), new_consumer(service.app)
    wrong = (
        {"consumer_key": consumer.key, "consumer_secret": other.secret},
        {"consumer_key": consumer.key},
        {"consumer_key": "nobody", "consumer_secret": consumer.secret},
    )
    for arguments in wrong:
        refused = unsigned(service, **arguments)
        assert (refused.status, refused.json["reason"]) == (401, "consumer_unknown")
    missing = unsigned(service)
    assert (missing.status, missing.json["param_name"]) == (400, "consumer_key")
    assert state(Caller(service.base_url, consumer)) == (200, None)


def test_the_key_that_signs_counts_and_not_the_one_that_is_named(service: WebService) -> None:
    consumer, other = new_consumer(service.app), new_consumer(service.app)
    app = Caller(service.base_url, consumer)
    assert app.post("oauth/revoke_consumer_key", consumer_key=other.key).json == {"success": True}
    assert state(app) == (401, "consumer_unknown")
    assert state(Caller(service.base_url, other)) == (200, None)
