"""The control panel: delays, faults and the clock of the stand-in ministry, for people and for programs."""

import sqlite3
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from usosapi_mleg.sandbox.context import sandbox
from usosapi_mleg.sandbox.controls import DAY, FLAGS, WHOLE, ControlError, Controls, iso_time
from usosapi_mleg.sandbox.documents import document_id
from usosapi_mleg.sandbox.json_bodies import read_json_object
from usosapi_mleg.sandbox.pages import check_form
from usosapi_mleg.sandbox.submissions import MalformedError

SHOWN_DOCUMENTS = 50
LONGEST_JUMP_DAYS = 400

control = Blueprint("control", __name__, url_prefix="/control")


def change(values: Mapping[str, Any]) -> Controls:
    """Set values of the control panel and return all.

    Raises:
        ControlError: a value was refused; nothing was changed.
    """
    with sandbox().store.writing() as db:
        controls = Controls.read(db).changed(values)
        controls.save(db)
    sandbox().worker.wake()
    return controls


@control.get("/api/settings")
def get_settings() -> Response:
    """Tell all settings, and what time the sandbox has."""
    with sandbox().store.reading() as db:
        controls = Controls.read(db)
    return jsonify(asdict(controls))


@control.put("/api/settings")
def put_settings() -> ResponseReturnValue:
    """Set those settings that the body names; the others stay."""
    try:
        return jsonify(asdict(change(read_json_object())))
    except (ControlError, MalformedError) as error:
        return jsonify(error={"code": "malformed", "message": str(error)}), 400


@control.get("/api/documents")
def list_documents() -> Response:
    """Tell what became of every key ever seen; never codes, never the data of persons."""
    with sandbox().store.reading() as db:
        return jsonify(documents=overview(db))


@control.get("/api/summary")
def get_summary() -> Response:
    """Tell the counts."""
    with sandbox().store.reading() as db:
        return jsonify(summary(db))


def overview(db: sqlite3.Connection, limit: int = -1) -> list[dict[str, Any]]:
    """Return every key with its document, how often that was made, and how often it was submitted; newest first."""
    made: dict[str, list[str]] = {}
    for row in db.execute("SELECT key, made_at FROM makings ORDER BY id"):
        made.setdefault(row["key"], []).append(iso_time(row["made_at"]))
    rows = db.execute(
        "SELECT keys.key, submissions, number, fingerprint, state, version FROM "
        "(SELECT key FROM documents UNION SELECT key FROM arrivals) AS keys "
        "LEFT JOIN documents USING (key) LEFT JOIN arrivals USING (key) "
        "ORDER BY number IS NULL, number DESC, keys.key LIMIT ?",
        (limit,),
    )
    return [
        {
            "key": row["key"],
            "id": document_id(row),
            "state": row["state"],
            "version": row["version"],
            "made_count": len(made.get(row["key"], [])),
            "made_at": made.get(row["key"], []),
            "submissions": row["submissions"] or 0,
        }
        for row in rows
    ]


def summary(db: sqlite3.Connection) -> dict[str, Any]:
    """Return the number of documents in each state, of makings, submissions and waiting callbacks, and the time."""
    states = dict.fromkeys(("making", "ready", "collected", "failed", "lapsed", "revoked"), 0)
    states |= {
        row["state"]: row["n"] for row in db.execute("SELECT state, count(*) AS n FROM documents GROUP BY state")
    }
    counts = db.execute(
        "SELECT (SELECT count(*) FROM makings) AS made, (SELECT total(submissions) FROM arrivals) AS submissions, "
        "(SELECT count(*) FROM callbacks) AS callbacks_waiting"
    ).fetchone()
    return {
        "documents": states,
        "made": counts["made"],
        "submissions": int(counts["submissions"]),
        "callbacks_waiting": counts["callbacks_waiting"],
        "now": iso_time(Controls.read(db).now()),
    }


@control.before_request
def admit_form() -> None:
    """Let only the panel's own forms through; the JSON interface is guarded by its content type."""
    if not request.path.startswith("/control/api/"):
        check_form()


@control.get("/")
def panel() -> str:
    """Show the control panel."""
    return show_panel()


def show_panel(problem: str = "") -> str:
    """Return the page of the control panel."""
    with sandbox().store.reading() as db:
        controls = Controls.read(db)
        return render_template(
            "control.html",
            controls=controls,
            values=asdict(controls),
            summary=summary(db),
            documents=overview(db, SHOWN_DOCUMENTS),
            shown=SHOWN_DOCUMENTS,
            problem=problem,
            saved="saved" in request.args,
        )


@control.post("/settings")
def change_settings() -> ResponseReturnValue:
    """Set what the form says."""
    try:
        change(read_form(request.form))
    except ControlError as error:
        return show_panel(str(error)), 422
    return redirect(url_for("control.panel", saved=1), 303)


@control.post("/clock")
def move_clock() -> ResponseReturnValue:
    """Move the sandbox's clock forward by days, or back to the real time (`days` is 0)."""
    try:
        days = int(request.form.get("days", ""))
        with sandbox().store.reading() as db:
            offset = Controls.read(db).clock_offset_seconds
        change({"clock_offset_seconds": offset + days * DAY if 0 < days <= LONGEST_JUMP_DAYS else 0})
    except (ValueError, ControlError) as error:
        return show_panel(str(error)), 422
    return redirect(url_for("control.panel", saved=1), 303)


def read_form(form: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings of a sent form: a box that is not ticked is not sent.

    Raises:
        ControlError: a number is not one.
    """
    values: dict[str, Any] = {name: name in form for name in FLAGS}
    for name, text in form.items():
        if name in {"csrf", *FLAGS}:
            continue
        values[name] = text if name == "fail_when" else read_number(name, text)
    return values


def read_number(name: str, text: str) -> float:
    """Return a typed number, with a comma or a point.

    Raises:
        ControlError: it is none.
    """
    try:
        return int(text) if name in WHOLE else float(text.replace(",", "."))
    except ValueError as error:
        raise ControlError(f"{name[:40]}: not a number") from error
