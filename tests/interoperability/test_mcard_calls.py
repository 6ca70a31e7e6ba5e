"""The calls of `services/cards` about the mLegitymacja, sent as clients send them, have exactly the keys that clients read."""

from urllib.parse import quote

import pytest
from making import ACTIVATION_CODE, QR_TEXT, Key, count, make_ready, new_student, new_token
from serving import WebService
from signing import Answer, Caller

ORDER_FIELDS = "id|order_date|status|token|distribution_pass|student_number|expiration_date"
MCARD_FIELDS = "why_cannot_order|why_cannot_revoke|orders"


@pytest.fixture
def student(service: WebService) -> int:
    """A student who may order."""
    return new_student(service.app)


@pytest.fixture
def caller(service: WebService, consumer: Key, student: int) -> Caller:
    """The app with that student's token for cards."""
    return Caller(service.base_url, consumer, new_token(service.app, consumer, student, "cards"))


@pytest.fixture
def own_module(service: WebService, consumer: Key, student: int) -> Caller:
    """The app with that student's token for `services/mlegitymacja`."""
    scopes = ("mlegitymacja", "mlegitymacja_order", "mlegitymacja_activation")
    return Caller(service.base_url, consumer, new_token(service.app, consumer, student, *scopes))


def call(caller: Caller, target: str) -> Answer:
    """Send a request as the Java client does: by GET, with raw pipes and brackets, and a question mark even without arguments."""
    url = f"{caller.base_url}services/cards/{target}"
    signed = caller.sign(quote(url, safe=":/?&=").rstrip("?"))
    answer = signed.but(url=url).send()
    assert answer.status in {200, 400, 409}, answer
    return answer


def test_a_card_is_ordered_seen_and_revoked(
    service: WebService, caller: Caller, own_module: Caller, student: int
) -> None:
    before = call(caller, f"mcard?fields={MCARD_FIELDS}").json
    assert before["why_cannot_order"] is None
    assert set(before["why_cannot_revoke"]) == {"pl", "en"}
    assert before["orders"] == []

    assert call(caller, "make_mcard_order?").json == {"success": True}
    waiting = call(caller, f"mcard?fields={MCARD_FIELDS}").json
    assert set(waiting) == {"why_cannot_order", "why_cannot_revoke", "orders"}
    assert set(waiting["why_cannot_order"]) == {"pl", "en"}
    assert waiting["why_cannot_revoke"] is None
    (listed,) = waiting["orders"]

    order = call(caller, f"mcard_order?order_id={listed['id']}&fields={ORDER_FIELDS}").json
    assert list(order) == ORDER_FIELDS.split("|")
    assert (order["status"], order["token"], order["distribution_pass"]) == ("waiting", None, None)
    assert all(isinstance(order[name], str) for name in ("id", "order_date", "status", "student_number"))
    assert listed == {name: order[name] for name in listed}

    make_ready(service.app, order["id"])
    ready = call(caller, f"mcard_order?order_id={order['id']}&fields={ORDER_FIELDS}").json
    assert (ready["status"], ready["token"], ready["distribution_pass"]) == ("ready", QR_TEXT, ACTIVATION_CODE)
    assert call(caller, f"mcard_order?order_id={order['id']}").json == ready

    same = own_module.get("mlegitymacja/status").json
    assert {name: same[name] for name in ("id", "order_date", "status", "student_number", "expiration_date")} == {
        name: ready[name] for name in ("id", "order_date", "status", "student_number", "expiration_date")
    }
    codes = own_module.get("mlegitymacja/activation").json
    assert (codes["token"], codes["activation_code"]) == (ready["token"], ready["distribution_pass"])

    assert call(caller, f"revoke_mcard?order_id={order['id']}").json == {"success": True}
    assert own_module.get("mlegitymacja/status").json["status"] == "cancelled"
    after = call(caller, f"mcard_order?order_id={order['id']}&fields={ORDER_FIELDS}").json
    assert (after["status"], after["token"], after["distribution_pass"]) == ("cancelled", None, None)
    assert call(caller, "make_mcard_order?").json == {"success": True}
    assert len(call(caller, "mcard?fields=orders").json["orders"]) == 2


def test_an_order_of_our_own_module_is_seen_and_revoked_here(caller: Caller, own_module: Caller) -> None:
    placed = own_module.post("mlegitymacja/order").json
    (order,) = call(caller, "mcard?fields=orders[id|status]").json["orders"]
    assert order == {"id": placed["id"], "status": "waiting"}
    assert call(caller, f"revoke_mcard?order_id={order['id']}").json == {"success": True}
    assert own_module.get("mlegitymacja/status").json["status"] == "cancelled"


def test_a_refusal_is_an_error_with_words_for_the_student(caller: Caller) -> None:
    call(caller, "make_mcard_order?")
    twice = call(caller, "make_mcard_order?")
    assert (twice.status, twice.json["error"], twice.json["reason"]) == (409, "object_invalid", "already_ordered")
    assert set(twice.json["user_messages"]["generic_message"]) == {"pl", "en"}
    reason = call(caller, "mcard?fields=why_cannot_order").json["why_cannot_order"]
    assert reason == twice.json["user_messages"]["generic_message"]
    for method in ("mcard_order", "revoke_mcard"):
        for order_id in ("0" * 32, "nothing", "1"):
            unknown = call(caller, f"{method}?order_id={order_id}")
            assert (unknown.status, unknown.json["error"], unknown.json["reason"]) == (
                400,
                "object_not_found",
                "order_not_found",
            )
        missing = call(caller, f"{method}?")
        assert (missing.status, missing.json["param_name"]) == (400, "order_id")


def test_an_order_that_has_ended_cannot_be_revoked(caller: Caller) -> None:
    call(caller, "make_mcard_order?")
    (order,) = call(caller, "mcard?fields=orders").json["orders"]
    call(caller, f"revoke_mcard?order_id={order['id']}")
    again = call(caller, f"revoke_mcard?order_id={order['id']}")
    assert (again.status, again.json["error"], again.json["reason"]) == (409, "object_invalid", "order_not_live")


def test_codes_are_not_looked_at_when_they_are_not_asked_for(service: WebService, caller: Caller) -> None:
    call(caller, "make_mcard_order?")
    (order,) = call(caller, "mcard?fields=orders").json["orders"]
    make_ready(service.app, order["id"])
    assert call(caller, f"mcard_order?order_id={order['id']}&fields=id|status").json["status"] == "ready"
    assert reveals(service, order["id"]) == 0
    assert call(caller, f"mcard_order?order_id={order['id']}&fields=token").json == {"token": QR_TEXT}
    assert reveals(service, order["id"]) == 1


def reveals(service: WebService, order_id: str) -> int:
    """Tell how often the codes of an order were looked at."""
    query = "offers, generate_series(1, offers.reveals) WHERE order_id = CAST(:order_id AS uuid)"
    return count(service.app, query, order_id=order_id)
