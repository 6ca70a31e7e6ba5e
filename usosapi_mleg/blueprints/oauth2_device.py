"""`/oauth2/device`: the page on which a person types the code that a kiosk shows, and allows it what it asks for."""

from flask import Blueprint, make_response, request
from werkzeug.wrappers import Response as AnyResponse

from usosapi_mleg.blueprints import consent
from usosapi_mleg.blueprints.consent import Question
from usosapi_mleg.blueprints.pages import render_page, require_csrf, sign_in_first, signed_in
from usosapi_mleg.errors import TooManyRequestsError
from usosapi_mleg.extensions import transaction
from usosapi_mleg.oauth import tokens
from usosapi_mleg.oauth.oauth2 import device
from usosapi_mleg.oauth.sessions import SignedIn

_LONGEST_CODE = 40

device_page = Blueprint("device_page", __name__)


@device_page.route("/oauth2/device", methods=["GET", "POST"])
def enter() -> AnyResponse:
    """Ask for the code, then whether the device may do what it asks for."""
    person = signed_in()
    if person is None:
        return sign_in_first()
    if request.method == "GET":
        return _code_page(request.args.get("user_code", "")[:_LONGEST_CODE])
    require_csrf(person)
    return _go_on(person, request.form.get("user_code", "")[:_LONGEST_CODE])


def _go_on(person: SignedIn, typed: str) -> AnyResponse:
    """Find the device that waits with the code, and ask or write down what the person wants."""
    try:
        with transaction():
            wish = device.find_wish(typed, person.person_id, request.remote_addr)
    except TooManyRequestsError as error:
        response = _code_page(typed, refusal=error, status=429)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    if wish is None:
        return _code_page(typed, wrong=True, status=400)
    question = _question(wish, person, typed)
    if not request.form.keys() & {"allow", "deny"}:
        return consent.ask(question)
    allowed = consent.chosen(question) if "allow" in request.form else None
    with transaction():
        answered = device.answer(wish, person.person_id, allowed)
    if not answered:
        return _code_page(typed, wrong=True, status=400)
    return make_response(render_page("oauth2/device_answered.html", allowed=allowed is not None))


def _question(wish: device.DeviceWish, person: SignedIn, typed: str) -> Question:
    granted = tokens.granted_scopes(wish.consumer_key, person.person_id) or frozenset()
    return Question(consumer_key=wish.consumer_key, scopes=wish.scopes, granted=granted, device_code=typed)


def _code_page(
    typed: str, *, wrong: bool = False, refusal: TooManyRequestsError | None = None, status: int = 200
) -> AnyResponse:
    page = render_page("oauth2/device_code.html", typed=typed, wrong=wrong, refusal=refusal)
    return make_response(page, status)
