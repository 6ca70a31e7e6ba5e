"""Documents: their states and what changes them, and how they look to the university."""

import sqlite3
from collections.abc import Iterable
from datetime import date
from typing import Any

from usosapi_mleg.sandbox import codes
from usosapi_mleg.sandbox.controls import DAY, Controls, end_of_day, iso_time, polish_date
from usosapi_mleg.sandbox.outbox import queue_callback
from usosapi_mleg.sandbox.store import Store

SETTLED_AT_ONCE = 100
# Whatever ends a document takes its secrets and its photo away; the digest of the token stays, so that the phone can
# tell a used code from a wrong one.
WIPED: dict[str, Any] = {"token": None, "code": None, "codes_expire_at": None, "next_change_at": None}
ENDED: dict[str, Any] = {**WIPED, "photo": None, "live": 0}


def find_document(db: sqlite3.Connection, key: str) -> sqlite3.Row | None:
    """Return the row of the document with this key, or None when the key was never seen."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM documents WHERE key = ?", (key,)).fetchone()
    return row


def change_state(db: sqlite3.Connection, row: sqlite3.Row, state: str, now: float, values: dict[str, Any]) -> None:
    """Put a document into another state, with the columns that change with it, and queue the callback."""
    version = row["version"] + 1
    columns = {"state": state, "version": version, **values}
    assignments = ", ".join(f"{name} = :{name}" for name in columns)
    # The names come from this package; the values are bound.
    db.execute(f"UPDATE documents SET {assignments} WHERE number = :number", {**columns, "number": row["number"]})  # noqa: S608
    queue_callback(db, key=row["key"], state=state, version=version, changed_at=now)


def finish_making(db: sqlite3.Connection, row: sqlite3.Row, controls: Controls) -> None:
    """End the making of a document: with new codes, or with a failure when that was asked for at the control panel."""
    now = controls.now()
    if row["will_fail"]:
        failure = {"failure_code": "making_failed", "failure_message": "The document could not be made."}
        change_state(db, row, "failed", now, {**ENDED, **failure})
        return
    token = codes.make_token()
    # Codes are of no use after the document's own last day.
    valid_until = date.fromisoformat(row["valid_until"])
    expire_at = min(now + controls.codes_valid_days * DAY, end_of_day(valid_until))
    values = {
        "token": token,
        "token_digest": codes.digest_token(token),
        "code": codes.make_code(),
        "codes_expire_at": expire_at,
        "next_change_at": expire_at,
        "card_number": f"WZ{row['number']:08d}",
        "issued_on": polish_date(now).isoformat(),
    }
    change_state(db, row, "ready", now, values)


def settle(db: sqlite3.Connection, row: sqlite3.Row, controls: Controls) -> sqlite3.Row:
    """Carry out what has become due for one document, and return its row as it is then."""
    while row["next_change_at"] is not None and row["next_change_at"] <= controls.now():
        if row["state"] == "making":
            finish_making(db, row, controls)
        else:
            change_state(db, row, "lapsed", controls.now(), ENDED)
        row = db.execute("SELECT * FROM documents WHERE number = ?", (row["number"],)).fetchone()
    return row


def settle_due(store: Store) -> bool:
    """Carry out what has become due, for a limited number of documents; say whether there was anything."""
    with store.reading() as db:
        # Most looks find nothing; they need not keep others from writing.
        if seconds_to_next_change(db) != 0:
            return False
    with store.writing() as db:
        controls = Controls.read(db)
        rows = db.execute(
            "SELECT * FROM documents WHERE next_change_at <= ? ORDER BY next_change_at LIMIT ?",
            (controls.now(), SETTLED_AT_ONCE),
        ).fetchall()
        for row in rows:
            settle(db, row, controls)
    return bool(rows)


def seconds_to_next_change(db: sqlite3.Connection) -> float | None:
    """Return how long until the ministry itself changes a document (0 when now), or None when it will not."""
    due_at = db.execute("SELECT min(next_change_at) AS due_at FROM documents").fetchone()["due_at"]
    return None if due_at is None else max(0.0, due_at - Controls.read(db).now())


def fetch(store: Store, keys: Iterable[str]) -> list[dict[str, Any]]:
    """Return what the university is told of these keys, as of now even when the background thread is late."""
    with store.reading() as db:
        now = Controls.read(db).now()
        rows = [(key, find_document(db, key)) for key in keys]
    if any(row is not None and row["next_change_at"] is not None and row["next_change_at"] <= now for _, row in rows):
        rows = settled_rows(store, [key for key, _ in rows])
    return [refusal(key, "unknown_key", "No such document.") if row is None else view(row) for key, row in rows]


def settled_rows(store: Store, keys: Iterable[str]) -> list[tuple[str, sqlite3.Row | None]]:
    """Return the rows of these keys after what was due has been carried out."""
    with store.writing() as db:
        controls = Controls.read(db)
        rows = [(key, find_document(db, key)) for key in keys]
        return [(key, None if row is None else settle(db, row, controls)) for key, row in rows]


def revoke(store: Store, keys: Iterable[str], reason: str) -> list[dict[str, Any]]:
    """Revoke documents; a key never seen is remembered as revoked, a revoked one stays as it is."""
    with store.writing() as db:
        now = Controls.read(db).now()
        return [view(revoke_one(db, key, reason, now)) for key in keys]


def revoke_one(db: sqlite3.Connection, key: str, reason: str, now: float) -> sqlite3.Row:
    """Revoke one document, or leave a tombstone for its key, and return the row."""
    row = find_document(db, key)
    if row is None:
        db.execute(
            "INSERT INTO documents (key, state, live, revoke_reason) VALUES (?, 'revoked', 0, ?)",
            (key, reason),
        )
    elif row["state"] != "revoked":
        change_state(db, row, "revoked", now, {**ENDED, "revoke_reason": reason})
    revoked = find_document(db, key)
    assert revoked is not None  # noqa: S101 - inserted or found above, in this transaction
    return revoked


def view(row: sqlite3.Row) -> dict[str, Any]:
    """Return the Document of the protocol."""
    ready = row["state"] == "ready"
    failed = row["state"] == "failed"
    return {
        "key": row["key"],
        "id": document_id(row),
        "state": row["state"],
        "version": row["version"],
        "token": row["token"] if ready else None,
        "code": row["code"] if ready else None,
        "codes_expire_at": iso_time(row["codes_expire_at"]) if ready else None,
        "card_number": row["card_number"],
        "issued_on": row["issued_on"],
        "valid_until": row["valid_until"],
        "collected_at": None if row["collected_at"] is None else iso_time(row["collected_at"]),
        "failure": {"code": row["failure_code"], "message": row["failure_message"]} if failed else None,
    }


def document_id(row: sqlite3.Row) -> str | None:
    """Return the ministry's own name of a document; a tombstone, which names no document, has none."""
    return None if row["fingerprint"] is None else f"M{row['number']:010d}"


def refusal(key: str, code: str, message: str) -> dict[str, Any]:
    """Return the Refusal of the protocol."""
    return {"key": key, "error": {"code": code, "message": message}}
