"""The callbacks still to be delivered: queued with the change they tell of, kept until delivered or too old."""

import json
import secrets
import sqlite3
import time
from dataclasses import dataclass

from usosapi_mleg.sandbox.controls import DAY, iso_time

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 300.0
GIVEN_UP_AFTER_SECONDS = 3 * DAY


@dataclass(frozen=True)
class Callback:
    """One callback as it is sent; `body` is the exact text that is signed."""

    id: int
    message_id: str
    body: str
    queued_at: float
    attempts: int


def queue_callback(db: sqlite3.Connection, *, key: str, state: str, version: int, changed_at: float) -> None:
    """Queue the news of a change, to be delivered once the running transaction is committed."""
    data = {"key": key, "state": state, "version": version}
    body = json.dumps({"type": "document.changed", "timestamp": iso_time(changed_at), "data": data})
    now = time.time()
    db.execute(
        "INSERT INTO callbacks (message_id, body, queued_at, due_at) VALUES (?, ?, ?, ?)",
        (f"msg_{secrets.token_hex(12)}", body, now, now),
    )


def due_callback(db: sqlite3.Connection) -> Callback | None:
    """Return the callback that has been due for longest, or None when none is due."""
    row = db.execute(
        "SELECT id, message_id, body, queued_at, attempts FROM callbacks WHERE due_at <= ? ORDER BY due_at, id LIMIT 1",
        (time.time(),),
    ).fetchone()
    return None if row is None else Callback(**row)


def seconds_to_next(db: sqlite3.Connection) -> float | None:
    """Return how long until a callback is due (0 when one is), or None when none is queued."""
    due_at = db.execute("SELECT min(due_at) AS due_at FROM callbacks").fetchone()["due_at"]
    return None if due_at is None else max(0.0, due_at - time.time())


def record_delivery(db: sqlite3.Connection, callback: Callback) -> None:
    """Forget a callback that the university has taken."""
    db.execute("DELETE FROM callbacks WHERE id = ?", (callback.id,))


def drop_callbacks(db: sqlite3.Connection) -> None:
    """Forget all callbacks: nobody wants to be told."""
    db.execute("DELETE FROM callbacks")


def record_failure(db: sqlite3.Connection, callback: Callback) -> None:
    """Put a callback off by its next pause, or drop it when it has been tried for three days."""
    now = time.time()
    if now - callback.queued_at > GIVEN_UP_AFTER_SECONDS:
        record_delivery(db, callback)
        return
    due_at = now + pause_seconds(callback.attempts)
    db.execute("UPDATE callbacks SET attempts = attempts + 1, due_at = ? WHERE id = ?", (due_at, callback.id))


def pause_seconds(attempts: int) -> float:
    """Return the pause after a failed delivery that had `attempts` failed ones before it."""
    doublings = min(attempts, 10)
    return min(FIRST_PAUSE_SECONDS * 2.0**doublings, LONGEST_PAUSE_SECONDS)
