"""The simulated phone: add a document step by step, and look at it."""

import hashlib
import secrets

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from usosapi_mleg.sandbox.activation import Attempt, Outcome, activate, look_up
from usosapi_mleg.sandbox.cards import Card, device_card, device_cards, device_photo
from usosapi_mleg.sandbox.context import sandbox
from usosapi_mleg.sandbox.pages import check_form, language
from usosapi_mleg.sandbox.qr_reading import PictureError, read_qr
from usosapi_mleg.sandbox.texts import translate

LONGEST_INPUT = 200
LARGEST_PICTURE = 16 * 1024 * 1024
# What the phone remembers while a document is being added.
STEPS = ("terms", "camera", "token")

phone = Blueprint("phone", __name__, url_prefix="/phone")


def device() -> str:
    """Return the name of this phone in the ministry's data: a digest of the random id in its cookie."""
    if "device" not in session:
        session["device"] = secrets.token_hex(32)
        session.permanent = True
    return hashlib.sha256(str(session["device"]).encode()).hexdigest()


@phone.before_request
def admit_form() -> None:
    """Let only the phone's own forms through; a picture may be larger than other bodies."""
    if request.endpoint == "phone.scan":
        request.max_content_length = LARGEST_PICTURE
    check_form()


@phone.after_request
def wake_worker(response: Response) -> Response:
    """Let the background thread tell of what this request has changed."""
    response.call_on_close(sandbox().worker.wake)
    return response


@phone.get("/")
def home() -> str:
    """Show the documents on this phone."""
    return render_template("home.html", cards=device_cards(sandbox().store, device()))


@phone.get("/add")
def choose() -> str:
    """Show which documents can be added."""
    for step in STEPS:
        session.pop(step, None)
    return render_template("choose.html")


@phone.get("/add/student")
def describe() -> str:
    """Tell in short how the student card is added."""
    return render_template("describe.html")


@phone.get("/add/terms")
def terms() -> str:
    """Show the terms."""
    return render_template("terms.html")


@phone.post("/add/terms")
def accept_terms() -> ResponseReturnValue:
    """Remember that the terms were accepted."""
    session["terms"] = True
    return redirect(url_for("phone.camera"), 303)


@phone.get("/add/camera")
def camera() -> ResponseReturnValue:
    """Ask for consent to use the camera."""
    if not session.get("terms"):
        return redirect(url_for("phone.terms"))
    return render_template("camera.html")


@phone.post("/add/camera")
def answer_camera() -> ResponseReturnValue:
    """Remember whether the camera may be used."""
    session["camera"] = request.form.get("camera") == "yes"
    return redirect(url_for("phone.qr"), 303)


@phone.get("/add/qr")
def qr() -> ResponseReturnValue:
    """Ask for the QR code: by camera, as a picture, or as text."""
    if not session.get("terms"):
        return redirect(url_for("phone.terms"))
    if "camera" not in session:
        return redirect(url_for("phone.camera"))
    return show_qr()


@phone.post("/add/qr")
def type_qr() -> ResponseReturnValue:
    """Take the text of the QR code."""
    return take_token(request.form.get("token", "").strip()[:LONGEST_INPUT])


@phone.post("/scan")
def scan() -> ResponseReturnValue:
    """Read a QR code from a picture: a frame of the camera (answered in JSON) or a picked file (answered by a page)."""
    picture = request.files.get("picture")
    for_program = request.accept_mimetypes.best == "application/json"
    try:
        text = read_qr(picture.read() if picture is not None else b"")
    except PictureError as error:
        message = translate(str(error), language())
        return jsonify(text=None, message=message) if for_program else (show_qr(picture_problem=str(error)), 422)
    return jsonify(text=text) if for_program else take_token(text[:LONGEST_INPUT])


def take_token(token: str) -> ResponseReturnValue:
    """Go on to the activation code with this token, or say what is wrong with it."""
    if not session.get("terms"):
        return redirect(url_for("phone.terms"), 303)
    if not token:
        return show_qr(problem="token_missing"), 422
    attempt = look_up(sandbox().store, device(), token)
    if attempt.outcome not in {Outcome.USABLE, Outcome.LOCKED}:
        return show_qr(token=token, attempt=attempt), 422
    session["token"] = token
    return redirect(url_for("phone.code"), 303)


def show_qr(*, token: str = "", problem: str = "", picture_problem: str = "", attempt: Attempt | None = None) -> str:
    """Return the page of the QR step, with what was typed and what is wrong with it."""
    return render_template("qr.html", token=token, problem=problem, picture_problem=picture_problem, attempt=attempt)


@phone.get("/add/code")
def code() -> ResponseReturnValue:
    """Ask for the activation code."""
    token = session.get("token")
    if not token:
        return redirect(url_for("phone.qr"))
    attempt = look_up(sandbox().store, device(), token)
    return show_code(None if attempt.outcome is Outcome.USABLE else attempt)


@phone.post("/add/code")
def type_code() -> ResponseReturnValue:
    """Try the activation code; the right one brings the card."""
    token = session.get("token")
    if not token:
        return redirect(url_for("phone.qr"), 303)
    typed = request.form.get("code", "").strip()[:LONGEST_INPUT]
    if not typed:
        return show_code(problem="code_missing"), 422
    attempt = activate(sandbox().store, device(), token, typed)
    if attempt.outcome is not Outcome.ACTIVE:
        return show_code(attempt, typed=typed), 422
    for step in STEPS:
        session.pop(step, None)
    session["added"] = attempt.number
    return redirect(url_for("phone.card", number=attempt.number), 303)


def show_code(attempt: Attempt | None = None, *, typed: str = "", problem: str = "") -> str:
    """Return the page of the activation code, with what was typed and what is wrong with it."""
    return render_template("code.html", attempt=attempt, typed=typed, problem=problem)


@phone.get("/documents/<int:number>")
def card(number: int) -> str:
    """Show a document that lives on this phone."""
    shown = own_card(number)
    settings = sandbox().settings
    university = settings.university_name_en if language() == "en" else settings.university_name_pl
    added = session.pop("added", None) == number
    return render_template("card.html", card=shown, university=university, added=added)


@phone.get("/documents/<int:number>/photo.jpg")
def photo(number: int) -> Response:
    """Return the photo of a document that lives on this phone."""
    data = device_photo(sandbox().store, device(), number)
    if data is None:
        abort(404)
    return Response(data, mimetype="image/jpeg")


def own_card(number: int) -> Card:
    """Return a document of this phone; any other is not found."""
    found = device_card(sandbox().store, device(), number)
    if found is None:
        abort(404)
    return found
