"""Applying for a consumer key, and the administrator's approval where it is needed."""

from urllib.parse import urlsplit

from flask import Blueprint, abort, make_response, redirect, request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response as AnyResponse

from usosapi_mleg.blueprints.pages import problem_page, render_page, require_csrf, sign_in_first, signed_in
from usosapi_mleg.domain.text import Text
from usosapi_mleg.errors import ParameterInvalidError, TooManyRequestsError
from usosapi_mleg.extensions import settings, transaction
from usosapi_mleg.oauth import consumers
from usosapi_mleg.oauth.consumers import NewConsumer
from usosapi_mleg.oauth.sessions import SignedIn
from usosapi_mleg.schemas.developers import PROBLEMS, RegistrationSchema

_FIELDS = ("name", "url", "email", "callbacks", "terms")
_TITLE = Text("Nie udało się", "That did not work")
_OTHER_SITE = Text(
    "Ten formularz przyszedł z innej strony, więc go nie przyjęto. Otwórz stronę rejestracji i wypełnij ją tam.",
    "This form came from another site, so it was not accepted. Open the registration page and fill it in there.",
)
_NOT_FOR_YOU = Text("Tę stronę widzą tylko administratorzy.", "Only administrators see this page.")
_FORBIDDEN = 403
_TOO_MANY = 429
_INVALID = 400

registration = Blueprint("registration", __name__, url_prefix="/developers")


@registration.route("/")
def form() -> str:
    """Show the form, and to somebody who is signed in the keys that they have."""
    return _form_page({}, {})


def _form_page(values: dict[str, str], problems: dict[str, Text]) -> str:
    person = signed_in()
    return render_page(
        "developers/registration.html",
        values=values,
        problems=problems,
        own=consumers.owned(person.person_id) if person else [],
        callbacks_required=settings().callbacks_required,
        needs_approval=settings().consumers_need_approval,
    )


@registration.route("/", methods=["POST"])
def apply() -> AnyResponse:
    """Register a consumer and show its key and secret, this once."""
    person = signed_in()
    _require_own_form(person)
    values = {name: request.form.get(name, "") for name in _FIELDS}
    try:
        checked = RegistrationSchema(callbacks_required=settings().callbacks_required).load(values)
        made = _register(checked, person)
    except ValidationError as error:
        found = error.normalized_messages()  # type: ignore[no-untyped-call] # marshmallow leaves it untyped
        problems = {name: PROBLEMS[codes[0]] for name, codes in found.items()}
        return make_response(_form_page(values, problems), _INVALID)
    except ParameterInvalidError:
        return make_response(_form_page(values, {"name": PROBLEMS["already_exists"]}), _INVALID)
    except TooManyRequestsError as error:
        response = problem_page(_TITLE, error.user_message or _TITLE, _TOO_MANY)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    return make_response(
        render_page(
            "developers/registered.html",
            made=made,
            name=checked["name"],
            callbacks=checked["callbacks"],
            needs_approval=settings().consumers_need_approval,
        )
    )


def _register(checked: dict[str, object], person: SignedIn | None) -> NewConsumer:
    with transaction():
        return consumers.register(
            **checked,  # type: ignore[arg-type] # the schema has seen to the types
            owner_id=person.person_id if person else None,
            needs_approval=settings().consumers_need_approval,
        )


def _require_own_form(person: SignedIn | None) -> None:
    """Refuse a form that another site made the browser send.

    Somebody who is signed in has a token to prove it. For others the browser tells where the form came from: `Sec-Fetch-Site`, or
    `Origin` from older ones. A program sends neither, and has nobody's cookies to misuse.
    """
    if person:
        require_csrf(person)
        return
    if not _from_here():
        abort(problem_page(_TITLE, _OTHER_SITE, _FORBIDDEN))


def _from_here() -> bool:
    if site := request.headers.get("Sec-Fetch-Site"):
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


@registration.route("/approval/", methods=["GET", "POST"])
def approval() -> AnyResponse:
    """Let an administrator approve or refuse the consumers that wait."""
    person = signed_in()
    if person is None:
        return sign_in_first()
    if person.role != "admin":
        return problem_page(_TITLE, _NOT_FOR_YOU, _FORBIDDEN)
    if request.method == "GET":
        return make_response(render_page("developers/approval.html", waiting=consumers.waiting()))
    require_csrf(person)
    with transaction():
        consumers.decide(request.form.get("key", "").replace("\0", ""), approved="approve" in request.form)
    return redirect(url_for("registration.approval"), code=303)
