"""Orders that are sent twice, or at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from making import ALL_SCOPES, Key, count, make_ready, new_consumer, new_student, new_token
from serving import WebService
from signing import Answer, Caller

LIVE_OF = "orders WHERE person_id = :person"


@pytest.fixture
def student(service: WebService) -> int:
    """A student who may order."""
    return new_student(service.app)


@pytest.fixture(scope="module")
def consumer(service: WebService) -> Key:
    """An app."""
    return new_consumer(service.app)


@pytest.fixture
def caller(service: WebService, consumer: Key, student: int) -> Caller:
    """An app with all scopes of the student."""
    return Caller(service.base_url, consumer, new_token(service.app, consumer, student, *ALL_SCOPES))


def order(caller: Caller, header: str | None = None, **arguments: Any) -> Answer:
    """Place an order."""
    headers = {"Idempotency-Key": header} if header is not None else None
    return caller.prepare("mlegitymacja/order", "POST", headers, **arguments).send()


def test_of_eight_orders_at_once_one_is_taken(service: WebService, caller: Caller, student: int) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: order(caller), range(8)))
    assert sorted(answer.status for answer in answers) == [200] + [409] * 7
    assert {answer.json["reason"] for answer in answers if answer.status == 409} == {"already_ordered"}
    assert count(service.app, LIVE_OF, person=student) == 1


def test_eight_orders_at_once_with_one_key_get_one_answer(service: WebService, caller: Caller, student: int) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: order(caller, "the same"), range(8)))
    assert [answer.status for answer in answers] == [200] * 8
    assert len({answer.content for answer in answers}) == 1
    assert count(service.app, LIVE_OF, person=student) == 1


def test_the_key_may_be_a_header_or_an_argument(service: WebService, caller: Caller, student: int) -> None:
    first = order(caller, "klucz 1")
    assert order(caller, idempotency_key="klucz 1").content == first.content
    assert order(caller, "klucz 2").status == 409
    assert count(service.app, LIVE_OF, person=student) == 1


def test_the_first_answer_is_given_even_when_the_order_went_on(service: WebService, caller: Caller) -> None:
    first = order(caller, "early").json
    make_ready(service.app, first["id"])
    assert order(caller, "early").json == first
    assert caller.get("mlegitymacja/status").json["status"] == "ready"


def test_a_key_cannot_be_used_for_another_request(caller: Caller, student: int) -> None:
    order(caller, "mine")
    refused = order(caller, "mine", student_programme_id=str(student * 10))
    assert refused.status == 400
    assert (refused.json["param_name"], refused.json["reason"]) == ("idempotency_key", "idempotency_key_reused")


def test_a_key_of_a_refused_order_can_be_used_again(service: WebService, consumer: Key, caller: Caller) -> None:
    refused = order(caller, "again", student_programme_id="1")
    assert refused.json["param_name"] == "student_programme_id"
    assert order(caller, "again").status == 200


@pytest.mark.parametrize("key", ["x" * 201, "x" * 5000])
def test_a_key_that_is_too_long_is_refused(caller: Caller, key: str) -> None:
    for answer in (order(caller, key), order(caller, idempotency_key=key)):
        assert (answer.status, answer.json["param_name"]) == (400, "idempotency_key")


def test_an_empty_key_is_refused_as_argument(caller: Caller) -> None:
    assert order(caller, idempotency_key="").json["param_name"] == "idempotency_key"


def test_the_same_key_of_another_student_or_app_is_another_request(
    service: WebService, consumer: Key, caller: Caller, student: int
) -> None:
    assert order(caller, "shared").status == 200
    other = Caller(service.base_url, consumer, new_token(service.app, consumer, new_student(service.app), *ALL_SCOPES))
    assert order(other, "shared").status == 200
    second_app = new_consumer(service.app)
    same_student = Caller(service.base_url, second_app, new_token(service.app, second_app, student, *ALL_SCOPES))
    assert order(same_student, "shared").json["reason"] == "already_ordered"


def test_the_same_key_of_two_administrative_apps_is_two_requests(service: WebService, student: int) -> None:
    offices = [Caller(service.base_url, new_consumer(service.app, administrative=True)) for _ in range(2)]
    assert order(offices[0], "shared", as_user_id=str(student)).status == 200
    assert order(offices[1], "shared", as_user_id=str(student)).json["reason"] == "already_ordered"


def test_orders_and_cancellations_at_once_leave_at_most_one_order_and_a_true_history(
    service: WebService, caller: Caller, student: int
) -> None:
    first = order(caller).json["id"]
    with ThreadPoolExecutor(8) as pool:
        ends = [pool.submit(caller.post, "mlegitymacja/cancel", order_id=first) for _ in range(4)]
        starts = [pool.submit(order, caller) for _ in range(4)]
    assert sorted(end.result().status for end in ends) == [200, 409, 409, 409]
    assert sum(start.result().status == 200 for start in starts) <= 1
    assert count(service.app, f"{LIVE_OF} AND status = 'waiting'", person=student) <= 1
    history = "order_history WHERE order_id = CAST(:id AS uuid)"
    assert count(service.app, history, id=first) == 2
