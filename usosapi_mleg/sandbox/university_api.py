"""The interface for universities: docs/ministry-protocol.md served over HTTP."""

import hmac
import time
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from usosapi_mleg.sandbox import documents, intake
from usosapi_mleg.sandbox.context import sandbox
from usosapi_mleg.sandbox.controls import Controls, use_up
from usosapi_mleg.sandbox.json_bodies import read_json_object
from usosapi_mleg.sandbox.store import Store
from usosapi_mleg.sandbox.submissions import MalformedError, Submission, read_key, read_text

LARGEST_BATCH = 100
LONGEST_REASON = 500
DOWN_RETRY_AFTER_SECONDS = 2

T = TypeVar("T")

api = Blueprint("university_api", __name__, url_prefix="/api/v1")


def error(status: int, code: str, message: str) -> Response:
    """Return the answer for a call that failed as a whole."""
    response = jsonify(error={"code": code, "message": message})
    response.status_code = status
    return response


@api.before_request
def admit() -> ResponseReturnValue | None:
    """Let in who knows the key, unless the control panel says that the system is down or that this call fails."""
    if not has_university_key(request.headers.get("Authorization", "")):
        response = error(401, "unauthorized", "The university key is missing or wrong.")
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    with sandbox().store.reading() as db:
        controls = Controls.read(db)
    g.answer_delay = controls.answer_delay_seconds
    if controls.down:
        response = error(503, "unavailable", "The system is down.")
        response.headers["Retry-After"] = str(DOWN_RETRY_AFTER_SECONDS)
        return response
    if request.method != "POST":
        return None
    g.fails = controls.fail_next > 0 and take_fault(sandbox().store)
    return fault() if g.fails == "before" else None


def has_university_key(authorization: str) -> bool:
    """Say whether an Authorization header holds the university key; takes the same time for every wrong one."""
    scheme, _, key = authorization.partition(" ")
    expected = sandbox().settings.university_key
    return scheme.lower() == "bearer" and hmac.compare_digest(key.strip().encode(), expected.encode())


def take_fault(store: Store) -> str | None:
    """Use up one of the faults that were ordered, and say when in the call it strikes; None when none is left."""
    with store.writing() as db:
        controls = Controls.read(db)
        if controls.fail_next <= 0:
            return None
        use_up(db, controls, "fail_next")
        return controls.fail_when


def fault() -> Response:
    """Return the answer of an ordered fault."""
    return error(500, "internal", "Failed because the control panel says so.")


@api.after_request
def delay_and_wake(response: Response) -> Response:
    """Answer late or wrongly when that is ordered: the work is done and committed by now."""
    if g.get("fails") == "after":
        response = fault()
    if g.get("answer_delay"):
        time.sleep(g.answer_delay)
    # Only then, so that a document made without delay becomes ready after its submission was answered.
    response.call_on_close(sandbox().worker.wake)
    return response


@api.errorhandler(MalformedError)
def answer_malformed(fault: MalformedError) -> Response:
    """Answer a call of the wrong shape."""
    return error(400, "malformed", str(fault))


@api.errorhandler(HTTPException)
def answer_http_error(fault: HTTPException) -> Response:
    """Answer what Flask itself refuses (size, method) as JSON."""
    return error(fault.code or 500, fault.name.lower().replace(" ", "_"), fault.description or fault.name)


def read_batch(body: dict[str, Any], name: str, read: Callable[[object], T]) -> list[T]:
    """Return the 1 to 100 items of a call.

    Raises:
        MalformedError: not a list of that length, or an item of the wrong shape.
    """
    items = body.get(name)
    if not isinstance(items, list) or not 1 <= len(items) <= LARGEST_BATCH:
        raise MalformedError(f"{name} is not a list of 1 to {LARGEST_BATCH} items.")
    return [read(item) for item in items]


@api.post("/documents")
def submit_documents() -> Response:
    """Make documents."""
    submissions = read_batch(read_json_object(), "documents", Submission.read)
    return jsonify(documents=intake.submit(sandbox().store, submissions))


@api.post("/documents/fetch")
def fetch_documents() -> Response:
    """Tell the present state of documents."""
    keys = read_batch(read_json_object(), "keys", read_key)
    return jsonify(documents=documents.fetch(sandbox().store, keys))


@api.post("/documents/revoke")
def revoke_documents() -> Response:
    """Revoke documents."""
    body = read_json_object()
    keys = read_batch(body, "keys", read_key)
    reason = read_text(body, "reason")
    if len(reason) > LONGEST_REASON:
        raise MalformedError(f"reason is longer than {LONGEST_REASON} characters.")
    return jsonify(documents=documents.revoke(sandbox().store, keys, reason))


@api.get("/health")
def health() -> Response:
    """Say that the system is up."""
    return jsonify(status="ok")
