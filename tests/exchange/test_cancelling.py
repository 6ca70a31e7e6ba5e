"""Cancelling at every stage: the student is believed at once, and the ministry is told until it knows."""

from types import SimpleNamespace
from typing import cast

import pytest
from exchange.dispatcher import Dispatcher
from exchange.gate import Held
from exchange.stack import Placed, Stack
from sandbox.running_sandbox import Phone, RunningSandbox

CODES_LEFT = "SELECT 1 FROM offers WHERE order_id = %s AND (token IS NOT NULL OR activation_code IS NOT NULL)"


def make_ready(stack: Stack, dispatcher: Dispatcher) -> Placed:
    """Place an order and take it to `ready`."""
    (order,) = stack.place_new()
    dispatcher.run()
    dispatcher.run_later(2)
    assert stack.are("ready", order)
    return order


def expect_revoked(stack: Stack, order: Placed) -> None:
    """The order is cancelled, its codes are gone, and its document is revoked."""
    assert stack.are("cancelled", order)
    assert stack.rows(CODES_LEFT, order.id) == []
    assert stack.fetch(order.key)[order.key]["state"] == "revoked"
    assert stack.count("revocations WHERE carried_at IS NULL") == 0


def test_the_ministry_never_hears_of_an_order_cancelled_before_it_was_claimed(
    stack: Stack, dispatcher: Dispatcher
) -> None:
    (order,) = stack.place_new()
    stack.cancel(order)
    dispatcher.run()
    assert stack.are("cancelled", order)
    assert stack.gate.calls == []


@pytest.mark.parametrize("place", list(Held))
def test_an_order_cancelled_while_it_is_being_submitted_is_revoked(
    stack: Stack, dispatcher: Dispatcher, place: Held
) -> None:
    (order,) = stack.place_new()
    hold = stack.gate.hold("documents", place)
    with dispatcher.running():
        stack.wait(hold.caught.is_set)
        stack.cancel(order)
        hold.release()
    expect_revoked(stack, order)
    assert stack.history(order) == ["waiting", "cancelled"]


def test_an_order_cancelled_while_it_is_being_made_is_revoked(stack: Stack, dispatcher: Dispatcher) -> None:
    stack.set_ministry(making_delay_seconds=600)
    (order,) = stack.place_new()
    dispatcher.run()
    assert stack.are("processing", order)
    stack.cancel(order)
    dispatcher.run()
    expect_revoked(stack, order)


def test_an_order_cancelled_while_its_codes_are_being_fetched_keeps_no_codes(
    stack: Stack, dispatcher: Dispatcher
) -> None:
    (order,) = stack.place_new()
    dispatcher.run()
    stack.execute("UPDATE orders SET next_check_at = now()")
    hold = stack.gate.hold("documents/fetch", Held.AFTER)
    with dispatcher.running():
        stack.wait(hold.caught.is_set)
        stack.cancel(order)
        hold.release()
    expect_revoked(stack, order)


def test_an_order_cancelled_when_ready_loses_its_codes_at_once_and_is_revoked(
    stack: Stack, dispatcher: Dispatcher
) -> None:
    order = make_ready(stack, dispatcher)
    stack.cancel(order)
    assert stack.rows(CODES_LEFT, order.id) == []
    dispatcher.run()
    expect_revoked(stack, order)


def test_an_order_cancelled_after_it_was_collected_is_revoked(stack: Stack, dispatcher: Dispatcher) -> None:
    order = make_ready(stack, dispatcher)
    phone = Phone(cast("RunningSandbox", SimpleNamespace(url=stack.ports.sandbox_url)))
    phone.add(stack.fetch(order.key)[order.key])
    phone.close()
    dispatcher.run_later(3600)
    assert stack.are("collected", order)
    assert stack.rows(CODES_LEFT, order.id) == []
    stack.cancel(order)
    dispatcher.run()
    expect_revoked(stack, order)


def test_a_submission_that_arrives_after_the_revocation_makes_nothing(stack: Stack, impatient: Dispatcher) -> None:
    (order,) = stack.place_new()
    hold = stack.gate.hold("documents", Held.BEFORE)
    impatient.run()
    stack.cancel(order)
    impatient.run_later()
    hold.release()
    stack.wait(lambda: hold.call and hold.call.answered)
    expect_revoked(stack, order)
    assert stack.documents()[order.key]["made_count"] == 0


def test_a_new_order_is_submitted_only_after_the_old_document_is_revoked(stack: Stack, impatient: Dispatcher) -> None:
    old = make_ready(stack, impatient)
    stack.cancel(old)
    (new,) = stack.place(old.person_id)
    stack.gate.forget()
    hold = stack.gate.hold("documents/revoke", Held.BEFORE)
    impatient.run()
    assert [call.path for call in stack.gate.calls] == ["documents/revoke"]
    impatient.run_later()
    hold.release()
    assert [call.path for call in stack.gate.calls[:3]] == ["documents/revoke", "documents/revoke", "documents"]
    assert stack.gate.sent("documents") == [(new.key,)]
    impatient.run_later(2)
    assert stack.are("ready", new)
    assert stack.documents()[new.key]["submissions"] == 1


def test_a_revocation_that_is_put_off_holds_up_the_same_person_only(stack: Stack, dispatcher: Dispatcher) -> None:
    old = make_ready(stack, dispatcher)
    stack.cancel(old)
    (new,) = stack.place(old.person_id)
    (other,) = stack.place_new()
    stack.execute("UPDATE revocations SET not_before = now() + interval '1 hour'")
    dispatcher.run()
    assert stack.are("waiting", new)
    assert stack.statuses(other) <= {"processing", "ready"}
    dispatcher.run_later(3700)
    dispatcher.run_later(2)
    expect_revoked(stack, old)
    assert stack.are("ready", new)


def test_revocations_go_before_submissions(stack: Stack, dispatcher: Dispatcher) -> None:
    old = make_ready(stack, dispatcher)
    stack.place_new(3)
    stack.cancel(old)
    stack.gate.forget()
    dispatcher.run()
    assert stack.gate.calls[0].path == "documents/revoke"
