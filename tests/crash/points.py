"""The three points at which a worker is killed; each stops the worker there from outside, with nothing changed in it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

import psycopg
from exchange.gate import Held
from exchange.program import Program
from exchange.stack import Placed, Stack

RECORDING = "SELECT orders.%"
"""How the statement begins with which the worker locks the orders of a batch that was answered."""
ENDING = "SELECT procrastinate_finish_job%"
"""How the statement begins that ends a job."""


class Point(StrEnum):
    """Where in its work the worker is killed."""

    CLAIMED = "after the claim"
    ANSWERED = "after the ministry answered, before recording"
    RECORDED = "after recording, before the job ended"


@dataclass(frozen=True)
class Death:
    """A killed worker and what it left behind."""

    at: float
    """When, on the monotonic clock."""
    placed: list[Placed]
    """The orders that it was working on."""
    jobs: list[int]
    """The jobs that it was doing."""
    worker_id: int
    """Its number in the queue."""


@contextmanager
def killed(stack: Stack, worker: Program, point: Point, students: list[int], held: Held) -> Iterator[Death]:
    """Place orders in one batch and kill the worker at the point of its work on them; inside, it is dead.

    `held` tells for `Point.CLAIMED` whether the ministry has heard of the batch. If it has not, it does so when this is over.
    """
    hold = stack.gate.hold("documents", Held.AFTER if point is not Point.CLAIMED else held)
    placed = stack.place(*students)
    stack.wait(hold.caught.is_set)
    assert sorted(hold.keys) == sorted(order.key for order in placed)
    assert stack.are("waiting", *placed)
    assert not stack.rows("SELECT id FROM orders WHERE claimed_at IS NULL")
    assert (placed[0].key in stack.documents()) is (hold.place is Held.AFTER)
    if point is Point.CLAIMED:
        killed_at = _kill(worker)
    else:
        with psycopg.connect(stack.database_url) as blocker:
            stuck, count = _block(blocker, stack, point, placed)
            hold.release()
            blocked = stack.wait(lambda: found if len(found := _waiting(stack, stuck)) == count else None)
            assert (stack.statuses(*placed) == {"waiting"}) is (point is Point.ANSWERED)
            killed_at = _kill(worker)
            for pid in blocked:  # what it has sent must not be carried out after its death
                blocker.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
            blocker.rollback()
    try:
        jobs = stack.rows("SELECT id, worker_id FROM procrastinate_jobs WHERE status = 'doing'")
        (worker_id,) = {job[1] for job in jobs}
        yield Death(killed_at, placed, [job[0] for job in jobs], worker_id)
    finally:
        hold.release()
    stack.wait(lambda: hold.call and hold.call.answered)


def _kill(worker: Program) -> float:
    worker.kill()
    return time.monotonic()


def _block(blocker: psycopg.Connection, stack: Stack, point: Point, placed: list[Placed]) -> tuple[str, int]:
    """Lock the rows that the worker needs next; tell which of its statements will wait for them, and in how many sessions."""
    if point is Point.ANSWERED:
        blocker.execute("SELECT FROM orders WHERE id = ANY(%s) FOR UPDATE", [[order.id for order in placed]])
        return RECORDING, 1
    locked = blocker.execute("SELECT FROM procrastinate_jobs WHERE status = 'doing' FOR UPDATE").rowcount
    assert locked > 0
    return ENDING, locked


def _waiting(stack: Stack, statement: str) -> list[int]:
    """The sessions that wait for a lock with this statement."""
    query = (
        "SELECT pid FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE %s"
    )
    return [pid for (pid,) in stack.rows(query, statement)]
