"""The student's page as USOSweb has it, its plain forms, and the AJAX proxy `usosapiProxy.php`."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, abort, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from usosapi_mleg import qr
from usosapi_mleg.blueprints.pages import render_page, require_csrf, sign_in_first, signed_in
from usosapi_mleg.domain.eligibility import Reason, reasons_against
from usosapi_mleg.domain.order import LABELS, LIVE
from usosapi_mleg.domain.text import Text
from usosapi_mleg.errors import MlegError, ObjectNotFoundError
from usosapi_mleg.extensions import settings, transaction
from usosapi_mleg.oauth import permissions, sessions
from usosapi_mleg.oauth.caller import Caller
from usosapi_mleg.oauth.sessions import SignedIn
from usosapi_mleg.protocol.dispatch import perform
from usosapi_mleg.protocol.errors import response_to
from usosapi_mleg.protocol.method import Call
from usosapi_mleg.protocol.module import METHODS
from usosapi_mleg.services import activation, orders, registry
from usosapi_mleg.services.activation import Codes

usosweb = Blueprint("usosweb", __name__)

INDEX = "dla_stud/studia/mlegitymacja/index"


@dataclass(frozen=True, slots=True)
class CodesBox:
    """What the add-box shows: the codes and the picture of the QR code as a data address."""

    codes: Codes
    picture: str


def caller_of(person: SignedIn) -> Caller:
    """Give the caller that a signed-in person is on our own page."""
    return Caller(person_id=person.person_id, web_session=True)


@usosweb.route("/kontroler.php", methods=["GET", "POST"])
def page() -> AnyResponse:
    """Dispatch on `_action`, as USOSweb does: the page itself by GET, its forms by POST."""
    action = request.args.get("_action", INDEX)
    person = signed_in()
    if person is None:
        return sign_in_first()
    if request.method == "GET":
        if action != INDEX:
            return redirect(url_for(".page", _action=INDEX))
        return make_response(_render(person))
    require_csrf(person)
    act = _ACTS.get(action)
    if act is None:
        abort(404)
    try:
        return act(person)
    except MlegError as error:
        problem = error.user_message or Text("Nie udało się tego zrobić.", "This could not be done.")
        return make_response(_render(person, problem=problem), 409)


def _render(person: SignedIn, *, box: CodesBox | None = None, problem: Text | None = None) -> str:
    order = _latest(person.person_id)
    reasons: tuple[Reason, ...] = ()
    if order is None or order.status not in LIVE:
        reasons = reasons_against(registry.application(person.person_id).applicant)
    return render_page(
        "mlegitymacja.html",
        order=order,
        live=order is not None and order.status in LIVE,
        label=LABELS[order.status] if order else None,
        reasons=reasons,
        box=box,
        problem=problem,
        index=INDEX,
        new_apps=permissions.untold(person.person_id),
    )


def _latest(person_id: int) -> orders.OrderView | None:
    try:
        return orders.view(person_id)
    except ObjectNotFoundError:
        return None


def _back_to_index() -> AnyResponse:
    return redirect(url_for(".page", _action=INDEX), code=303)


def _order(person: SignedIn) -> AnyResponse:
    with transaction():
        orders.place(person.person_id, actor=caller_of(person).actor)
    return _back_to_index()


def _cancel(person: SignedIn) -> AnyResponse:
    with transaction():
        orders.cancel(person.person_id, _order_id(), actor=caller_of(person).actor)
    return _back_to_index()


def _show_codes(person: SignedIn) -> AnyResponse:
    with transaction():
        codes = activation.reveal(person.person_id, _order_id(), actor=caller_of(person).actor)
    return make_response(_render(person, box=CodesBox(codes, qr.data_address(codes.token))))


def _order_id() -> uuid.UUID:
    return orders.parse_order_id(request.form.get("order_id", ""))


_ACTS: dict[str, Callable[[SignedIn], AnyResponse]] = {
    "dla_stud/studia/mlegitymacja/zamow": _order,
    "dla_stud/studia/mlegitymacja/anuluj": _cancel,
    "dla_stud/studia/mlegitymacja/kody": _show_codes,
}


@usosweb.route("/usosapiProxy.php", methods=["POST"])
def proxy() -> Response:
    """Call an API method for the person at the browser: the page's AJAX, same origin, session cookie and CSRF token."""
    person = signed_in()
    if person is None:
        return _plain("Missing session CSRF token.")
    parameters = request.form.to_dict()
    if not sessions.csrf_token_holds(person.secret, parameters.pop("_csrftoken_", "")):
        return _plain("Invalid CSRF token")
    name = request.args.get("_method_", request.args.get("method", ""))
    if not name:
        return _plain("Missing _method_ parameter.")
    method = METHODS.get(name)
    try:
        if method is None:
            raise ObjectNotFoundError(f"There is no method {name[:100]!r}.", reason="method_not_found")
        return perform(method, Call(caller_of(person)), parameters)
    except MlegError as error:
        return response_to(error)


def _plain(text: str) -> Response:
    return Response(text, status=400, content_type="text/plain; charset=utf-8")


@usosweb.after_request
def keep_private(response: Response) -> Response:
    """Nothing about a person may be kept by others."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Cookie"
    return response


@usosweb.app_context_processor
def contact() -> dict[str, str]:
    """Give the pages the address for problems."""
    return {"contact_email": settings().contact_email}
