"""The worker is killed again and again, at the worst moments: no order is lost and no document is made twice."""

import itertools
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from crash.points import Point, killed
from exchange.gate import Held
from exchange.program import Program
from exchange.stack import Placed, Stack, running_stack

HEALED_SECONDS = 10.0
HISTORY = ["waiting", "processing", "ready"]


class Healing(NamedTuple):
    """How long it took until all was well after a kill."""

    point: Point
    seconds: float
    started: float
    """Seconds until the next worker ran; the rest is ours to keep short, this depends on the machine."""


@pytest.fixture
def stack(new_database: Callable[[], str], service_environment: dict[str, str], tmp_path: Path) -> Iterator[Stack]:
    """Web part and ministry; the tests start the worker."""
    with running_stack(new_database(), service_environment, tmp_path) as stack:
        stack.start_web()
        yield stack


@pytest.mark.long
def test_forty_two_kills_lose_no_order_of_five_hundred_and_double_no_document(stack: Stack) -> None:
    kill_and_check(stack, kills_at_each_point=14, orders=500)


def test_a_kill_at_each_point_loses_no_order_and_doubles_no_document(stack: Stack) -> None:
    kill_and_check(stack, kills_at_each_point=1, orders=15)


def kill_and_check(stack: Stack, *, kills_at_each_point: int, orders: int) -> None:
    """Kill the worker in the middle of every batch of all these orders, then look at everything that was done."""
    worker = stack.start_worker(supervised=True)
    students = iter(stack.add_students(orders))
    points = [*Point] * kills_at_each_point
    placed: list[Placed] = []
    healings: list[Healing] = []
    for number, point in enumerate(points):
        share = orders * (number + 1) // len(points) - orders * number // len(points)
        held = Held.BEFORE if number % 2 else Held.AFTER
        batch, healing = kill_once(stack, worker, point, list(itertools.islice(students, share)), held)
        placed += batch
        healings.append(healing)
    report(healings)
    assert worker.starts == 1 + len(points)
    assert len(placed) == orders
    assert Counter(healing.point for healing in healings) == dict.fromkeys(Point, kills_at_each_point)
    assert max(healing.seconds for healing in healings) < HEALED_SECONDS
    check_orders(stack, placed)
    check_rows_of_the_queue(stack)


def kill_once(
    stack: Stack, worker: Program, point: Point, students: list[int], held: Held
) -> tuple[list[Placed], Healing]:
    """Kill the worker at a point of its work on orders of these students, and wait until all is well."""
    with killed(stack, worker, point, students, held) as death:

        def healed() -> bool:
            jobs = (
                "procrastinate_jobs WHERE status = 'doing' AND id = ANY(%s) AND (worker_id = %s OR worker_id IS NULL)"
            )
            return stack.are("ready", *death.placed) and not stack.count(jobs, death.jobs, death.worker_id)

        newer = "procrastinate_workers WHERE id > %s"
        stack.wait(lambda: stack.count(newer, death.worker_id), 3 * HEALED_SECONDS)
        started = time.monotonic() - death.at
        stack.wait(healed, 3 * HEALED_SECONDS)
        return death.placed, Healing(point, time.monotonic() - death.at, started)


def check_orders(stack: Stack, placed: list[Placed]) -> None:
    """Every order is ready with the ministry's codes, went its way once, and its one document was made once."""
    keys = [order.key for order in placed]
    assert stack.are("ready", *placed)
    at_ministry = stack.fetch(*keys)
    assert stack.codes() == {key: (at_ministry[key]["token"], at_ministry[key]["code"]) for key in keys}
    documents = stack.documents()
    assert sorted(documents) == sorted(keys)
    assert {document["made_count"] for document in documents.values()} == {1}
    assert min(document["submissions"] for document in documents.values()) >= 1
    assert all(stack.history(order) == HISTORY for order in placed)


def check_rows_of_the_queue(stack: Stack) -> None:
    """No job is left to a dead worker, and nothing piles up."""
    stack.wait(lambda: not stack.count("procrastinate_jobs WHERE status = 'doing' AND worker_id IS NULL"))
    workers = "SELECT max(id) FROM procrastinate_workers"
    assert not stack.count(f"procrastinate_jobs WHERE status = 'doing' AND worker_id <> ({workers})")
    assert not stack.count("procrastinate_jobs WHERE status NOT IN ('todo', 'doing')")
    stack.wait(lambda: stack.count("procrastinate_jobs") <= 5)
    assert stack.count("procrastinate_periodic_defers") <= 5
    assert stack.count("procrastinate_workers") <= 10
    stack.wait(lambda: stack.count("procrastinate_events") <= 20)


def report(healings: list[Healing]) -> None:
    """Print how long healing took, and how much of it passed before the next worker had started."""
    for point in Point:
        seconds = [healing.seconds for healing in healings if healing.point is point]
        low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
        print(f"{point}: {len(seconds)} kills, healed in {low:.1f} / {middle:.1f} / {high:.1f} s (min/median/max)")  # noqa: T201
    slowest = max(healings, key=lambda healing: healing.seconds)
    print(f"slowest: {slowest.seconds:.1f} s, of which {slowest.started:.1f} s until the next worker ran")  # noqa: T201
