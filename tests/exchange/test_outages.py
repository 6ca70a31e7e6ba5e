"""The ministry is away, slow, or answers after it is too late: orders wait, go out in order, and nothing is made twice."""

from exchange.dispatcher import Dispatcher, NewDispatcher
from exchange.gate import Held
from exchange.stack import Placed, Stack

LINK = "SELECT (value->>'failures')::int FROM service_state WHERE name = 'ministry_link'"


def expect_made_once(stack: Stack, *placed: Placed) -> None:
    """Every order is under way or ready, and each document was made once."""
    assert stack.statuses(*placed) <= {"processing", "ready"}
    documents = stack.documents()
    assert [documents[order.key]["made_count"] for order in placed] == [1] * len(placed)


def test_orders_wait_while_the_ministry_is_down_and_go_out_in_order_of_placement_afterwards(
    stack: Stack, dispatcher: Dispatcher
) -> None:
    students = stack.add_students(25)
    first = stack.place(students[7])
    stack.set_ministry(down=True)
    dispatcher.run()
    later = [stack.place(student)[0] for student in students if student != students[7]]
    for _ in range(3):
        dispatcher.run_later()
    assert stack.are("waiting", *first, *later)
    assert stack.rows(LINK) == [(4,)]
    stack.set_ministry(down=False)
    stack.gate.forget()
    dispatcher.run_later()
    sent = [key for keys in stack.gate.sent("documents") for key in keys]
    assert sent == [order.key for order in (*first, *later)]
    expect_made_once(stack, *first, *later)
    assert stack.rows(LINK) == []


def test_nothing_is_called_during_the_pause_after_a_failure(stack: Stack, dispatcher: Dispatcher) -> None:
    stack.place_new()
    stack.set_ministry(down=True)
    dispatcher.run()
    for _ in range(5):
        dispatcher.run()
    assert len(stack.gate.calls) == 1


def test_the_pause_grows_with_every_failure_up_to_a_minute_or_so(stack: Stack, dispatcher: Dispatcher) -> None:
    stack.place_new()
    stack.set_ministry(down=True)
    pauses = []
    for _ in range(9):
        dispatcher.run_later()
        query = "SELECT extract(epoch FROM (value->>'retry_at')::timestamptz) FROM service_state WHERE name = 'ministry_link'"
        offset = "SELECT (value->>'seconds')::float FROM service_state WHERE name = 'clock_offset'"
        pauses.append(
            float(stack.rows(query)[0][0]) - stack.rows(f"SELECT extract(epoch FROM now()) + ({offset})")[0][0]
        )
    assert pauses[0] < 3
    assert 20 < float(pauses[-1]) < 80


def test_a_ministry_whose_process_is_gone_is_waited_for(stack: Stack, dispatcher: Dispatcher) -> None:
    placed = stack.place_new(3)
    stack.ministry.kill()
    dispatcher.run()
    assert stack.are("waiting", *placed)
    stack.start_ministry()
    dispatcher.run_later()
    expect_made_once(stack, *placed)


def test_a_server_error_after_the_work_was_done_does_not_double_it(stack: Stack, dispatcher: Dispatcher) -> None:
    placed = stack.place_new(3)
    stack.set_ministry(fail_next=1, fail_when="after")
    dispatcher.run()
    assert stack.are("waiting", *placed)
    assert set(stack.documents()) >= {order.key for order in placed}
    dispatcher.run_later()
    expect_made_once(stack, *placed)
    assert {stack.documents()[order.key]["submissions"] for order in placed} == {2}


def test_an_answer_that_comes_too_late_does_not_double_the_work(stack: Stack, impatient: Dispatcher) -> None:
    placed = stack.place_new(3)
    hold = stack.gate.hold("documents", Held.AFTER)
    impatient.run()
    assert stack.are("waiting", *placed)
    hold.release()
    impatient.run_later()
    expect_made_once(stack, *placed)


def test_a_submission_that_arrives_after_its_repetition_makes_nothing_new(stack: Stack, impatient: Dispatcher) -> None:
    placed = stack.place_new(3)
    hold = stack.gate.hold("documents", Held.BEFORE)
    impatient.run()
    impatient.run_later()
    hold.release()
    stack.wait(lambda: hold.call and hold.call.answered)
    expect_made_once(stack, *placed)
    assert {stack.documents()[order.key]["submissions"] for order in placed} == {2}


def test_a_refused_university_key_leaves_the_orders_waiting_and_is_not_tried_again_for_a_minute(
    stack: Stack, dispatcher: Dispatcher, new_dispatcher: NewDispatcher
) -> None:
    placed = stack.place_new()
    stranger = new_dispatcher(key="another-key")
    stranger.run()
    stranger.run_later(50)
    assert len(stack.gate.calls) == 1
    assert stack.are("waiting", *placed)
    dispatcher.run_later(30)
    expect_made_once(stack, *placed)


def test_a_pause_noted_before_the_clock_was_moved_back_does_not_last(stack: Stack, dispatcher: Dispatcher) -> None:
    placed = stack.place_new()
    stack.set_ministry(down=True)
    dispatcher.run_later(90 * 86400)
    stack.set_ministry(down=False)
    dispatcher.run_later(-90 * 86400)
    expect_made_once(stack, *placed)
