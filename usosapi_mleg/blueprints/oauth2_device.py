"""`/oauth2/device`: the page on which a person types the code that a kiosk shows, and allows it what it asks for."""

from flask import Blueprint, make_response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from usosapi_mleg.blueprints.pages import render_page, require_csrf, sign_in_first, signed_in
from usosapi_mleg.domain.scopes import SCOPES
from usosapi_mleg.errors import TooManyRequestsError
from usosapi_mleg.extensions import transaction
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
    if wish is not None and not request.form.keys() & {"allow", "deny"}:
        return _consent_page(wish, typed)
    allowed = "allow" in request.form
    with transaction():
        answered = wish is not None and device.answer(wish, person.person_id, allowed=allowed)
    if not answered:
        return _code_page(typed, wrong=True, status=400)
    return make_response(render_page("oauth2/device_answered.html", allowed=allowed))


def _code_page(
    typed: str, *, wrong: bool = False, refusal: TooManyRequestsError | None = None, status: int = 200
) -> AnyResponse:
    page = render_page("oauth2/device_code.html", typed=typed, wrong=wrong, refusal=refusal)
    return make_response(page, status)


def _consent_page(wish: device.DeviceWish, typed: str) -> AnyResponse:
    scopes = [SCOPES[key] for key in wish.scopes]
    page = render_page(
        "oauth2/device_consent.html", wish=wish, typed=typed, scopes=scopes, switch_user_url=url_for("pages.sign_out")
    )
    return make_response(page)
