"""Takes in submissions: at most one document for a key, for ever, and at most one live document for a person."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from usosapi_mleg.sandbox.controls import Controls, polish_date, use_up
from usosapi_mleg.sandbox.documents import find_document, refusal, settle, view
from usosapi_mleg.sandbox.store import Store
from usosapi_mleg.sandbox.submissions import InvalidDocumentError, Submission


@dataclass(frozen=True)
class Checked:
    """A submission after the rules: with a stamped photo, or with what is wrong. Known keys are not checked again."""

    submission: Submission
    photo: bytes | None = None
    fault: str | None = None


def submit(store: Store, submissions: Sequence[Submission]) -> list[dict[str, Any]]:
    """Make the documents of one call and return a Document or a Refusal for each, in order.

    Photos are worked on before the transaction, so that it stays short; inside, everything is decided anew.
    """
    with store.reading() as db:
        today = polish_date(Controls.read(db).now())
        known = {item.key for item in submissions if find_document(db, item.key) is not None}
    checked = [check(item, today) if item.key not in known else Checked(item) for item in submissions]
    with store.writing() as db:
        return [take_in(db, item) for item in checked]


def check(submission: Submission, today: date) -> Checked:
    """Apply the rules to one submission."""
    try:
        return Checked(submission, photo=submission.check(today))
    except InvalidDocumentError as error:
        return Checked(submission, fault=str(error))


def take_in(db: sqlite3.Connection, checked: Checked) -> dict[str, Any]:
    """Decide about one submission inside the transaction, and make the document when there is to be one."""
    submission, controls = checked.submission, Controls.read(db)
    count_arrival(db, submission.key)
    if controls.busy_next > 0:
        use_up(db, controls, "busy_next")
        return refusal(submission.key, "busy", "This item cannot be served now.")
    row = find_document(db, submission.key)
    if row is not None:
        if row["fingerprint"] not in {None, submission.fingerprint()}:
            return refusal(submission.key, "key_conflict", "This key was used for other data.")
        return view(settle(db, row, controls))
    if controls.reject_next > 0:
        use_up(db, controls, "reject_next")
        return refusal(submission.key, "invalid_document", "Refused because the control panel says so.")
    if checked.photo is None:
        return refusal(submission.key, "invalid_document", checked.fault or "The data break a rule.")
    return make(db, submission, checked.photo, controls)


def count_arrival(db: sqlite3.Connection, key: str) -> None:
    """Count that a submission with this key has come in."""
    db.execute(
        "INSERT INTO arrivals (key, submissions) VALUES (?, 1) "
        "ON CONFLICT (key) DO UPDATE SET submissions = submissions + 1",
        (key,),
    )


def make(db: sqlite3.Connection, submission: Submission, photo: bytes, controls: Controls) -> dict[str, Any]:
    """Begin to make a document, unless the person already holds a live one."""
    now = controls.now()
    release_person(db, submission.pesel, controls)
    cursor = db.execute(
        "INSERT INTO documents (key, state, live, next_change_at, fingerprint, pesel, first_names, last_name, "
        "birth_date, student_number, valid_until, photo, will_fail) "
        "VALUES (?, 'making', 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (pesel) WHERE live = 1 DO NOTHING",
        (
            submission.key,
            now + controls.making_delay_seconds,
            submission.fingerprint(),
            submission.pesel,
            submission.first_names,
            submission.last_name,
            submission.birth_date,
            submission.student_number,
            submission.valid_until,
            photo,
            int(controls.fail_making_next > 0),
        ),
    )
    if cursor.rowcount == 0:
        return refusal(submission.key, "person_has_document", "The person already holds a live document.")
    if controls.fail_making_next > 0:
        use_up(db, controls, "fail_making_next")
    db.execute("INSERT INTO makings (key, made_at) VALUES (?, ?)", (submission.key, now))
    row = find_document(db, submission.key)
    assert row is not None  # noqa: S101 - inserted above
    return view(row)


def release_person(db: sqlite3.Connection, pesel: str, controls: Controls) -> None:
    """Carry out what is due for a person's live document, and let go of one whose validity has ended."""
    row = db.execute("SELECT * FROM documents WHERE pesel = ? AND live = 1", (pesel,)).fetchone()
    if row is None:
        return
    settle(db, row, controls)
    db.execute(
        "UPDATE documents SET live = 0 WHERE number = ? AND state = 'collected' AND valid_until < ?",
        (row["number"], polish_date(controls.now()).isoformat()),
    )
