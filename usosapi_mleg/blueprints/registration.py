"""Applying for a consumer key, also for OAuth 2.0, and new secrets for keys of one's own."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, abort, make_response, request
from marshmallow import ValidationError
from werkzeug.wrappers import Response as AnyResponse

from usosapi_mleg.blueprints.pages import problem_page, render_page, require_csrf, sign_in_first, signed_in
from usosapi_mleg.blueprints.usosweb import caller_of
from usosapi_mleg.domain.text import Text
from usosapi_mleg.errors import ParameterInvalidError, TooManyRequestsError
from usosapi_mleg.extensions import settings, transaction
from usosapi_mleg.oauth import consumers, rotation
from usosapi_mleg.oauth.consumers import NewConsumer
from usosapi_mleg.oauth.oauth2.registration import set_up
from usosapi_mleg.oauth.rotation import Secret
from usosapi_mleg.oauth.sessions import SignedIn
from usosapi_mleg.schemas.developers import PROBLEMS, PUBLIC, RegistrationSchema

_FIELDS = ("name", "url", "email", "callbacks", "redirect_uris", "client_kind", "terms")
_TITLE = Text("Nie udało się", "That did not work")
_OTHER_SITE = Text(
    "Ten formularz przyszedł z innej strony, więc go nie przyjęto. Otwórz stronę rejestracji i wypełnij ją tam.",
    "This form came from another site, so it was not accepted. Open the registration page and fill it in there.",
)
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
        made, client_secret = _register(checked, person)
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
            client_secret=client_secret,
            callbacks=checked["callbacks"],
            redirect_uris=checked["redirect_uris"],
            needs_approval=settings().consumers_need_approval,
        )
    )


def _register(checked: dict[str, Any], person: SignedIn | None) -> tuple[NewConsumer, str | None]:
    """Register the app; give its key and secret, and the client secret of OAuth 2.0 if it is to have one."""
    redirect_uris, public = checked["redirect_uris"], checked["client_kind"] == PUBLIC
    with transaction():
        made = consumers.register(
            name=checked["name"],
            url=checked["url"],
            email=checked["email"],
            callbacks=checked["callbacks"],
            owner_id=person.person_id if person else None,
            needs_approval=settings().consumers_need_approval,
        )
        if not redirect_uris:
            return made, None
        return made, set_up(made.key, redirect_uris=redirect_uris, public=public)


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


@registration.route("/keys/<key>/<name>", methods=["GET", "POST"])
def rotate(key: str, name: str) -> AnyResponse:
    """Give somebody a new secret for an app that they have registered, once they have confirmed it."""
    person = signed_in()
    if person is None:
        return sign_in_first()
    which = Secret(name) if name in set(Secret) else abort(404)
    mine = next((one for one in consumers.owned(person.person_id) if one.key == key), None)
    if mine is None or (which is Secret.CLIENT and not mine.has_client_secret):
        abort(404)
    if request.method == "GET":
        return make_response(render_page("developers/rotate.html", one=mine, which=which))
    require_csrf(person)
    with transaction():
        secret = rotation.rotate(key, which, caller_of(person).actor, owner_id=person.person_id)
    return make_response(render_page("developers/new_secret.html", name=mine.name, which=which, secret=secret))
