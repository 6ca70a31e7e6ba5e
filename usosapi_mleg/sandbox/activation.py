"""Activation on the phone: a token and a code move one document onto one phone."""

import hmac
import math
import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from usosapi_mleg.sandbox.codes import digest_token, tidy
from usosapi_mleg.sandbox.controls import Controls
from usosapi_mleg.sandbox.documents import WIPED, change_state, settle
from usosapi_mleg.sandbox.store import Store

TRIES = 5
LOCKED_SECONDS = 15 * 60


class Outcome(StrEnum):
    """How an attempt ended; also the names of the messages shown."""

    ACTIVE = "active"
    USABLE = "usable"
    UNKNOWN_TOKEN = "unknown_token"  # noqa: S105 - the name of an outcome
    WRONG_CODE = "wrong_code"
    LOCKED = "locked"
    ALREADY_HERE = "already_here"
    ON_ANOTHER_PHONE = "on_another_phone"
    LAPSED = "lapsed"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Attempt:
    """The outcome, the document concerned, and what the message needs: tries left, or minutes until the lock ends."""

    outcome: Outcome
    number: int | None = None
    tries_left: int = TRIES
    minutes: int = 0


def look_up(store: Store, device: str, token: str) -> Attempt:
    """Say whether a scanned token can be activated on this phone, without doing it."""
    with store.writing() as db:
        controls = Controls.read(db)
        row = find_by_token(db, token, controls)
        return judge(row, device, controls.now())


def activate(store: Store, device: str, token: str, code: str) -> Attempt:
    """Move the document of `token` onto the phone `device` if the code is right.

    The whole decision is one writing transaction, so of two phones at the same moment one wins.
    """
    with store.writing() as db:
        controls = Controls.read(db)
        now = controls.now()
        row = find_by_token(db, token, controls)
        attempt = judge(row, device, now)
        if attempt.outcome is not Outcome.USABLE or row is None:
            return attempt
        if not hmac.compare_digest(tidy(code).encode(), row["code"].encode()):
            return count_wrong_code(db, row, now)
        change_state(db, row, "collected", now, {**WIPED, "device": device, "collected_at": now})
        return Attempt(Outcome.ACTIVE, row["number"])


def find_by_token(db: sqlite3.Connection, token: str, controls: Controls) -> sqlite3.Row | None:
    """Return the document that has, or had, this token, after what was due for it has been carried out."""
    row = db.execute("SELECT * FROM documents WHERE token_digest = ?", (digest_token(token),)).fetchone()
    return None if row is None else settle(db, row, controls)


def judge(row: sqlite3.Row | None, device: str, now: float) -> Attempt:
    """Say what stands between a phone and a document, before any code is compared."""
    if row is None:
        return Attempt(Outcome.UNKNOWN_TOKEN)
    if row["state"] == "collected":
        here = row["device"] == device
        return Attempt(Outcome.ALREADY_HERE if here else Outcome.ON_ANOTHER_PHONE, row["number"])
    if row["state"] != "ready":
        return Attempt(Outcome.LAPSED if row["state"] == "lapsed" else Outcome.REVOKED, row["number"])
    if row["locked_until"] is not None and row["locked_until"] > now:
        return Attempt(Outcome.LOCKED, row["number"], 0, math.ceil((row["locked_until"] - now) / 60))
    return Attempt(Outcome.USABLE, row["number"], TRIES - row["wrong_codes"])


def count_wrong_code(db: sqlite3.Connection, row: sqlite3.Row, now: float) -> Attempt:
    """Count a wrong code; the fifth locks the activation for a quarter of an hour."""
    wrong_codes = row["wrong_codes"] + 1
    if wrong_codes < TRIES:
        db.execute("UPDATE documents SET wrong_codes = ? WHERE number = ?", (wrong_codes, row["number"]))
        return Attempt(Outcome.WRONG_CODE, row["number"], TRIES - wrong_codes)
    db.execute(
        "UPDATE documents SET wrong_codes = 0, locked_until = ? WHERE number = ?",
        (now + LOCKED_SECONDS, row["number"]),
    )
    return Attempt(Outcome.LOCKED, row["number"], 0, LOCKED_SECONDS // 60)
