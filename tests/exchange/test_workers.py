"""Real workers: how fast an order is ready, how several work side by side, and how they end."""

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from exchange.gate import Held
from exchange.stack import Stack

PERIODIC_TASKS = 4
"""sweep, telling, recovery, tidying: each keeps the row of its last time."""
ENDING_SECONDS = 6.0
READY_SECONDS = 2.0


@pytest.fixture(scope="module")
def shared_stack(shared_stack: Stack) -> Stack:
    """Ministry and web part for all tests; each starts its own workers."""
    shared_stack.start_web()
    return shared_stack


@pytest.fixture
def stack(stack: Stack) -> Iterator[Stack]:
    """No worker, and nothing left of former ones."""
    stack.execute("TRUNCATE procrastinate_workers, procrastinate_periodic_defers CASCADE")
    yield stack
    stack.end_workers()


def wait_until_working(stack: Stack, workers: int = 1) -> None:
    """Wait until so many workers have begun."""
    stack.wait(lambda: stack.count("procrastinate_workers") == workers)
    stack.wait(lambda: stack.count("procrastinate_periodic_defers") >= 2)


def test_an_order_is_ready_within_two_seconds(stack: Stack) -> None:
    stack.start_worker()
    wait_until_working(stack)
    seconds = []
    for student in stack.add_students(10):
        began = time.monotonic()
        placed = stack.place(student)
        stack.wait_until("ready", *placed)
        seconds.append(time.monotonic() - began)
    low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
    print(f"order to ready: {low:.2f} / {middle:.2f} / {high:.2f} s (min/median/max of 10)")  # noqa: T201
    assert middle < READY_SECONDS


def test_without_callbacks_the_worker_asks_by_itself(stack: Stack) -> None:
    stack.set_ministry(callbacks_enabled=False, making_delay_seconds=1)
    stack.start_worker()
    placed = stack.place_new(3)
    stack.wait_until("ready", *placed)


def test_an_order_whose_wake_up_was_lost_is_found(stack: Stack) -> None:
    stack.start_worker()
    wait_until_working(stack)
    placed = stack.place(*stack.add_students(1), wake_up=False)
    stack.wait_until("ready", *placed)


def test_two_workers_make_each_of_eight_concurrent_orders_once(stack: Stack) -> None:
    for _ in range(2):
        stack.start_worker()
    wait_until_working(stack, workers=2)
    students = stack.add_students(8)
    with ThreadPoolExecutor(8) as pool:
        placed = [order for orders in pool.map(stack.place, students) for order in orders]
    stack.wait_until("ready", *placed)
    assert stack.keys_made_more_than_once() == []
    assert {stack.documents()[order.key]["submissions"] for order in placed} == {1}


@pytest.mark.long
def test_of_two_workers_only_one_calls_the_ministry_at_a_time(stack: Stack) -> None:
    for _ in range(2):
        stack.start_worker()
    wait_until_working(stack, workers=2)
    stack.set_ministry(answer_delay_seconds=0.2)
    placed = [stack.place(student)[0] for student in stack.add_students(30)]
    stack.wait_until("ready", *placed, seconds=40)
    calls = sorted(stack.gate.calls, key=lambda call: call.began)
    assert len(calls) >= 4
    assert all(earlier.answered and earlier.answered <= later.began + 0.01 for earlier, later in pairwise(calls))


@pytest.mark.parametrize("place", [pytest.param(Held.BEFORE, marks=pytest.mark.long), Held.AFTER])
def test_a_worker_ends_in_time_during_a_call_that_hangs_and_another_one_goes_on(stack: Stack, place: Held) -> None:
    worker = stack.start_worker()
    hold = stack.gate.hold("documents", place)
    placed = stack.place_new(3)
    stack.wait(hold.caught.is_set)
    assert worker.terminate(ENDING_SECONDS) == 0
    stack.start_worker()
    stack.wait_until("ready", *placed)
    hold.release()
    stack.wait(lambda: hold.call and hold.call.answered)
    assert stack.keys_made_more_than_once() == []


@pytest.mark.long
def test_a_worker_ends_in_time_in_the_middle_of_much_work_after_the_step_it_is_at(stack: Stack) -> None:
    stack.set_ministry(answer_delay_seconds=1)
    placed = stack.place_new(150)
    worker = stack.start_worker()
    stack.wait(lambda: len(stack.gate.calls) >= 2)
    assert worker.terminate(ENDING_SECONDS) == 0
    last = stack.gate.calls[-1]
    assert last.answered
    assert stack.count("orders WHERE status = 'waiting'") > 20
    assert stack.count("orders WHERE status = 'waiting' AND claimed_at IS NOT NULL") == 0
    stack.set_ministry(answer_delay_seconds=0)
    stack.start_worker()
    stack.wait_until("ready", *placed, seconds=60)
    assert {stack.documents()[order.key]["submissions"] for order in placed} == {1}


@pytest.mark.long
def test_an_idle_worker_leaves_no_rows_behind(stack: Stack) -> None:
    worker = stack.start_worker()
    wait_until_working(stack)
    placed = stack.place_new(5)
    stack.wait_until("ready", *placed)
    time.sleep(3)
    worker.terminate(ENDING_SECONDS)
    assert stack.count("procrastinate_jobs") <= 3
    assert stack.count("procrastinate_events") <= 6
    assert stack.count("procrastinate_periodic_defers") <= PERIODIC_TASKS
    assert stack.count("procrastinate_workers") == 0
