"""What the ministry says of single documents, and what becomes of their orders."""

import pytest
from exchange.dispatcher import Dispatcher
from exchange.gate import Held
from exchange.stack import Placed, Stack
from exchange.students import small_photo

from usosapi_mleg.extensions import keyring
from usosapi_mleg.services import issuing


def failure(stack: Stack, order: Placed) -> str | None:
    """The code with which the order failed."""
    return stack.rows("SELECT failure_code FROM orders WHERE id = %s", order.id)[0][0]


def test_a_document_becomes_ready_with_the_codes_of_the_ministry(stack: Stack, dispatcher: Dispatcher) -> None:
    placed = stack.place_new(2)
    dispatcher.run()
    dispatcher.run_later(2)
    assert stack.are("ready", *placed)
    at_ministry = stack.fetch(*[order.key for order in placed])
    assert stack.codes() == {key: (found["token"], found["code"]) for key, found in at_ministry.items()}
    assert [stack.history(order) for order in placed] == [["waiting", "processing", "ready"]] * 2


def test_a_rejected_document_makes_its_order_failed_with_the_code_and_the_others_go_on(
    stack: Stack, dispatcher: Dispatcher
) -> None:
    rejected, *others = stack.place_new(3)
    stack.set_ministry(reject_next=1)
    dispatcher.run()
    assert stack.are("failed", rejected)
    assert failure(stack, rejected) == "invalid_document"
    assert stack.statuses(*others) <= {"processing", "ready"}


def test_a_document_that_could_not_be_made_makes_its_order_failed_with_the_code(
    stack: Stack, dispatcher: Dispatcher
) -> None:
    placed = stack.place_new()
    stack.set_ministry(fail_making_next=1)
    dispatcher.run()
    dispatcher.run_later(2)
    assert stack.are("failed", *placed)
    assert failure(stack, placed[0]) == "making_failed"


def test_a_busy_item_is_sent_again_later_and_the_others_go_on(stack: Stack, dispatcher: Dispatcher) -> None:
    busy, *others = stack.place_new(3)
    stack.set_ministry(busy_next=1)
    dispatcher.run()
    assert stack.are("waiting", busy)
    assert stack.statuses(*others) <= {"processing", "ready"}
    dispatcher.run_later(2)
    assert stack.statuses(busy) <= {"processing", "ready"}
    assert stack.keys_made_more_than_once() == []


def test_an_order_of_a_person_who_has_a_document_is_sent_again_until_that_is_revoked(
    stack: Stack, dispatcher: Dispatcher
) -> None:
    (first,) = stack.place_new()
    dispatcher.run()
    dispatcher.run_later(2)
    stack.execute("UPDATE orders SET status = 'cancelled' WHERE id = %s", first.id)  # and the ministry is not told
    (second,) = stack.place(first.person_id)
    for _ in range(3):
        dispatcher.run_later(10)
    assert stack.are("waiting", second)
    assert stack.documents()[second.key]["submissions"] >= 3
    stack.execute(
        "INSERT INTO revocations (order_id, issue_number, person_id, requested_at, reason) "
        "VALUES (%s, 1, %s, now(), 'cancelled')",
        first.id,
        first.person_id,
    )
    dispatcher.run_later(600)
    dispatcher.run_later(2)
    assert stack.are("ready", second)


def test_data_changed_while_the_answer_was_lost_do_not_lose_the_document(stack: Stack, impatient: Dispatcher) -> None:
    (order,) = stack.place_new()
    hold = stack.gate.hold("documents", Held.AFTER)
    impatient.run()
    hold.release()
    with stack.app.app_context():
        photo = keyring().seal(small_photo(90), f"photos.jpeg:{order.person_id}")
    stack.execute("UPDATE photos SET jpeg = %s WHERE person_id = %s", photo, order.person_id)
    impatient.run_later()
    impatient.run_later(2)
    assert stack.are("ready", order)
    assert stack.codes()[order.key] == tuple(stack.fetch(order.key)[order.key][name] for name in ("token", "code"))
    assert stack.documents()[order.key]["made_count"] == 1


@pytest.mark.parametrize(
    "missing", ["UPDATE persons SET pesel = NULL WHERE id = %s", "DELETE FROM photos WHERE person_id = %s"]
)
def test_an_order_whose_data_have_gone_missing_fails_without_troubling_the_ministry(
    stack: Stack, dispatcher: Dispatcher, missing: str
) -> None:
    bare, other = stack.place_new(2)
    stack.execute(missing, bare.person_id)
    dispatcher.run()
    assert stack.are("failed", bare)
    assert failure(stack, bare) == "data_missing"
    assert bare.key not in stack.documents()
    assert stack.statuses(other) <= {"processing", "ready"}


def test_data_that_cannot_be_decrypted_do_not_hold_up_the_orders_of_others(
    stack: Stack, dispatcher: Dispatcher
) -> None:
    damaged, other = stack.place_new(2)
    sealed = stack.rows("SELECT pesel FROM persons WHERE id = %s", damaged.person_id)[0][0]
    stack.execute(
        "UPDATE persons SET pesel = %s WHERE id = %s", sealed[:-1] + bytes([sealed[-1] ^ 1]), damaged.person_id
    )
    dispatcher.run()
    assert stack.are("waiting", damaged)
    assert stack.statuses(other) <= {"processing", "ready"}
    stack.execute("UPDATE persons SET pesel = %s WHERE id = %s", sealed, damaged.person_id)
    dispatcher.run_later(10)
    assert stack.statuses(damaged) <= {"processing", "ready"}


def test_a_document_that_the_ministry_has_forgotten_is_submitted_again(stack: Stack, dispatcher: Dispatcher) -> None:
    (order,) = stack.place_new()
    stack.execute("UPDATE orders SET status = 'processing', claimed_at = now(), next_check_at = now()")
    dispatcher.run()
    dispatcher.run_later(2)
    assert stack.are("ready", order)
    assert stack.history(order) == ["waiting", "waiting", "processing", "ready"]


def test_a_hint_that_comes_while_the_ministry_is_being_asked_is_not_lost(stack: Stack, dispatcher: Dispatcher) -> None:
    (order,) = stack.place_new()
    stack.set_ministry(making_delay_seconds=600)
    dispatcher.run()
    dispatcher.run_later(40)
    hold = stack.gate.hold("documents/fetch", Held.AFTER)
    stack.execute("UPDATE orders SET next_check_at = now()")
    with dispatcher.running():
        stack.wait(hold.caught.is_set)
        stack.set_ministry(clock_offset_seconds=3600)
        with stack.transaction():
            issuing.hint(order.key)
        hold.release()
    assert stack.are("ready", order)


def test_the_first_of_many_orders_is_asked_about_before_the_last_one_is_submitted(
    stack: Stack, dispatcher: Dispatcher
) -> None:
    early = stack.place_new(2)
    dispatcher.run()
    stack.execute("UPDATE orders SET next_check_at = now() - interval '1 second'")
    stack.place_new(45)
    stack.gate.forget()
    dispatcher.run()
    paths = [call.path for call in stack.gate.calls]
    assert paths.index("documents/fetch") < len(paths) - 1 - paths[::-1].index("documents")
    assert stack.are("ready", *early)
