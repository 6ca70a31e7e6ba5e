"""Who may call what: scopes, administrative apps that act for somebody, and TLS."""

from typing import Any

import pytest
from making import (
    ALL_SCOPES,
    QR_TEXT,
    Key,
    count,
    make_ready,
    new_consumer,
    new_student,
    new_token,
)
from serving import WebService
from signing import Answer, Caller

NEEDED = {
    "order": "mlegitymacja_order",
    "status": "mlegitymacja",
    "activation": "mlegitymacja_activation",
    "activation_qr": "mlegitymacja_activation",
    "cancel": "mlegitymacja_order",
}
CODES = ("activation", "activation_qr")
SECRETS = ("pesel", "photo", "birth_date", "token", "activation_code", "distribution_pass")


@pytest.fixture(scope="module")
def consumer(service: WebService) -> Key:
    """An app."""
    return new_consumer(service.app)


@pytest.fixture
def ready(service: WebService, consumer: Key) -> tuple[int, str]:
    """A student whose card is ready, and the order's id."""
    student = new_student(service.app)
    token = new_token(service.app, consumer, student, *ALL_SCOPES)
    order_id = Caller(service.base_url, consumer, token).post("mlegitymacja/order").json["id"]
    make_ready(service.app, order_id)
    return student, order_id


def with_scopes(service: WebService, consumer: Key, student: int, *scopes: str) -> Caller:
    """Give the app with a token of some scopes."""
    return Caller(service.base_url, consumer, new_token(service.app, consumer, student, *scopes))


@pytest.mark.parametrize("method", NEEDED)
def test_every_scope_but_the_right_one_is_not_enough(
    service: WebService, consumer: Key, ready: tuple[int, str], method: str
) -> None:
    student, order_id = ready
    others = [scope for scope in (*ALL_SCOPES, "personal", "photo", "offline_access") if scope != NEEDED[method]]
    refused = with_scopes(service, consumer, student, *others).post(f"mlegitymacja/{method}", order_id=order_id)
    assert (refused.status, refused.json["error"], refused.json["reason"]) == (403, "method_forbidden", "scope_missing")
    assert NEEDED[method] in refused.json["message"]
    assert QR_TEXT not in refused.text


def test_an_app_with_the_basic_scope_sees_the_state_and_nothing_secret(
    service: WebService, consumer: Key, ready: tuple[int, str]
) -> None:
    caller = with_scopes(service, consumer, ready[0], "mlegitymacja")
    state = caller.get("mlegitymacja/status")
    assert state.json["status"] == "ready"
    assert not set(SECRETS) & set(state.json)
    assert QR_TEXT not in state.text
    for field in SECRETS:
        refused = caller.get("mlegitymacja/status", fields=f"id|{field}")
        assert (refused.status, refused.json["error"]) == (400, "field_not_found")
        assert refused.json["field_name"] == field
    for method in CODES:
        assert caller.get(f"mlegitymacja/{method}").status == 403


@pytest.mark.parametrize("method", NEEDED)
def test_an_app_without_a_token_must_have_one(service: WebService, consumer: Key, method: str) -> None:
    refused = Caller(service.base_url, consumer).post(f"mlegitymacja/{method}")
    assert (refused.status, refused.json["reason"]) == (401, "token_missing")


@pytest.mark.parametrize("method", NEEDED)
def test_an_ordinary_app_cannot_act_for_somebody(service: WebService, consumer: Key, method: str) -> None:
    for app in (consumer, new_consumer(service.app, student_front_end=True)):
        refused = Caller(service.base_url, app).post(f"mlegitymacja/{method}", as_user_id="20101")
        assert (refused.status, refused.json["reason"]) == (403, "not_administrative")


def test_an_administrative_app_orders_and_cancels_for_somebody_and_is_written_down(service: WebService) -> None:
    student = new_student(service.app)
    office = new_consumer(service.app, administrative=True)
    caller = Caller(service.base_url, office)
    order_id = caller.post("mlegitymacja/order", as_user_id=str(student)).json["id"]
    assert caller.get("mlegitymacja/status", as_user_id=str(student)).json["id"] == order_id
    cancelled = caller.post("mlegitymacja/cancel", as_user_id=str(student), order_id=order_id)
    assert cancelled.json["status"] == "cancelled"
    history = "order_history WHERE order_id = CAST(:id AS uuid) AND actor = :actor"
    assert count(service.app, history, id=order_id, actor=f"consumer:{office.key}") == 2


@pytest.mark.parametrize(("front_end", "status"), [(False, 403), (True, 200)])
@pytest.mark.parametrize("method", CODES)
def test_codes_are_shown_to_an_administrative_app_only_when_it_is_the_students_front_end(
    service: WebService, ready: tuple[int, str], method: str, front_end: bool, status: int
) -> None:
    office = new_consumer(service.app, administrative=True, student_front_end=front_end)
    answer = Caller(service.base_url, office).get(f"mlegitymacja/{method}", as_user_id=str(ready[0]))
    assert answer.status == status
    if not front_end:
        assert answer.json["reason"] == "student_only"
        assert QR_TEXT not in answer.text


@pytest.mark.parametrize("person", ["0", "999999999999", "x", "-1", "1" * 400, "٢٠١٠١", "20101|20102", " 20101", ""])
def test_nobody_can_be_acted_for_who_is_not_there(service: WebService, person: str) -> None:
    office = new_consumer(service.app, administrative=True)
    refused = Caller(service.base_url, office).get("mlegitymacja/status", as_user_id=person)
    assert refused.status == 400
    assert (refused.json["error"], refused.json["param_name"]) == ("param_invalid", "as_user_id")


def test_the_token_wins_over_as_user_id(service: WebService, ready: tuple[int, str]) -> None:
    office = new_consumer(service.app, administrative=True)
    caller = with_scopes(service, office, new_student(service.app), "mlegitymacja")
    answer = caller.get("mlegitymacja/status", as_user_id=str(ready[0]))
    assert answer.json["reason"] == "order_not_found"


@pytest.mark.parametrize("method", ["status", "cancel", "activation", "activation_qr"])
def test_the_order_of_somebody_else_is_as_unknown_as_one_that_never_was(
    service: WebService, consumer: Key, ready: tuple[int, str], method: str
) -> None:
    caller = with_scopes(service, consumer, new_student(service.app), *ALL_SCOPES)
    theirs = caller.post(f"mlegitymacja/{method}", order_id=ready[1])
    nobodys = caller.post(f"mlegitymacja/{method}", order_id="01993c9e8d5a7c3bb1f0c2d4e6f80123")
    assert (theirs.status, theirs.json["error"], theirs.json["reason"]) == (400, "object_not_found", "order_not_found")
    assert theirs.content == nobodys.content
    assert count(service.app, "orders WHERE id = CAST(:id AS uuid) AND status = 'ready'", id=ready[1]) == 1


def from_host(service: WebService, consumer: Key, host: str, method: str, **headers: str) -> Answer:
    """Call a method by another name of the server, over plain HTTP."""
    elsewhere = with_scopes(service, consumer, new_student(service.app), *ALL_SCOPES)
    signed = Caller(f"http://{host}/", consumer, elsewhere.token).prepare(f"mlegitymacja/{method}")
    own: dict[str, Any] = signed.headers | {"Host": host} | headers
    return signed.but(url=service.url(f"services/mlegitymacja/{method}"), headers=own).send()


@pytest.mark.parametrize("method", ["order", "activation", "activation_qr", "cancel"])
def test_methods_that_change_or_reveal_want_tls(service: WebService, consumer: Key, method: str) -> None:
    refused = from_host(service, consumer, "usosapps.example.edu.pl", method)
    assert (refused.status, refused.json["error"], refused.json["reason"]) == (403, "method_forbidden", "ssl_required")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "localhost:8080"])
def test_on_this_machine_tls_is_not_needed(service: WebService, consumer: Key, host: str) -> None:
    assert from_host(service, consumer, host, "order").status == 200


def test_a_proxy_that_is_not_trusted_makes_plain_http_not_private(service: WebService, consumer: Key) -> None:
    headers = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    assert from_host(service, consumer, "127.0.0.1", "order", **headers).json["reason"] == "ssl_required"


@pytest.mark.parametrize("host", ["127.0.0.1.evil.example", "localhost.evil.example", "x@127.0.0.1"])
def test_a_host_that_only_looks_local_is_not(service: WebService, consumer: Key, host: str) -> None:
    assert from_host(service, consumer, host, "order").status in {400, 401, 403}
