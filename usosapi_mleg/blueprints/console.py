"""The console: developers call methods with their own consumers and tokens, and see what goes over the wire.

The server signs and the browser sends, so no secret ever gets to the page.
"""

import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from marshmallow.validate import OneOf
from werkzeug.wrappers import Response as AnyResponse

from usosapi_mleg.blueprints.pages import render_page, require_csrf, sign_in_first, signed_in
from usosapi_mleg.domain.scopes import OFFLINE_ACCESS, SCOPES
from usosapi_mleg.extensions import transaction
from usosapi_mleg.oauth import consumers, signing, trying
from usosapi_mleg.oauth.consumers import KnownConsumer, State
from usosapi_mleg.oauth.sessions import SignedIn
from usosapi_mleg.oauth.signing import PreparedRequest
from usosapi_mleg.oauth.tokens import OUT_OF_BAND, checked_scopes
from usosapi_mleg.protocol import reference
from usosapi_mleg.protocol.formats import FORMATS
from usosapi_mleg.protocol.method import IGNORED, Method
from usosapi_mleg.protocol.selector import declared_fields
from usosapi_mleg.schemas.fields import UsosBoolean

CHANGING = frozenset(
    {
        "services/cards/make_mcard_order",
        "services/cards/mark_student_card_prologed",
        "services/cards/mark_student_card_prolonged",
        "services/cards/mcard_order",
        "services/cards/revoke_mcard",
        "services/events/subscribe_event",
        "services/events/unsubscribe",
        "services/mlegitymacja/activation",
        "services/mlegitymacja/activation_qr",
        "services/mlegitymacja/cancel",
        "services/mlegitymacja/order",
        "services/oauth/proxy",
        "services/oauth/request_token",
        "services/oauth/revoke_consumer_key",
        "services/oauth/revoke_token",
        "services/oauth2/impersonated_token",
        "services/permissions/revoke",
        "services/permissions/revoke_all",
    },
)
"""Methods that change or write down something; the proxy may call any of them."""
_REQUEST_TOKEN = "services/oauth/request_token"  # noqa: S105 - the name of a method
_ANONYMOUS = "anonymous"
_CONSUMER = "consumer"
_ARGUMENT = "arg."
"""What stands before the names of arguments in the form, to keep them apart from the console's own fields."""

console = Blueprint("console", __name__, url_prefix="/developers/console")


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to be called, with which consumer, and signed as whom."""

    method: Method | None
    own: list[KnownConsumer]
    """Consumers that could be chosen."""
    consumer: KnownConsumer | None
    signer: str
    """`anonymous`, `consumer`, or the key of a token."""


@console.route("/")
def start() -> AnyResponse | str:
    """Choose a method and a consumer; then show its arguments."""
    person = signed_in()
    if person is None:
        return sign_in_first()
    wish = _read_wish(request.args, person)
    return _page(person, wish, {f"{_ARGUMENT}format": FORMATS[0]})


@console.route("/", methods=["POST"])
def prepare() -> AnyResponse | str:
    """Sign a request anew, and show it."""
    person = signed_in()
    if person is None:
        return sign_in_first()
    require_csrf(person)
    wish = _read_wish(request.form, person)
    if wish.method is None:
        return redirect(url_for("console.start"), code=303)
    values = request.form.to_dict()
    return _page(person, wish, values, _prepared(person, wish.method, wish, values))


@console.route("/token", methods=["POST"])
def make_token() -> AnyResponse:
    """Give a consumer a short-lived token of the person who is here."""
    person = signed_in()
    if person is None:
        return sign_in_first()
    require_csrf(person)
    consumer = request.form.get("consumer", "").replace("\0", "")
    with transaction():
        key = trying.make_token(consumer, person.person_id, checked_scopes("|".join(request.form.getlist("scope"))))
    target = url_for("console.start", method=request.form.get("method"), consumer=consumer, signer=key)
    return redirect(target, code=303)


def _read_wish(values: Mapping[str, str], person: SignedIn) -> _Wish:
    """Read what is wanted; what is unknown, or not the person's own, counts as not chosen."""
    own = [one for one in consumers.owned(person.person_id) if one.state is State.WORKING]
    method = reference.find_method(values.get("method", ""))
    consumer = next((one for one in own if one.key == values.get("consumer")), None)
    usable = method if method and not (method.page or method.request_token) else None
    signer = values.get("signer", _CONSUMER if consumer else _ANONYMOUS)
    return _Wish(usable, own, consumer, signer if consumer else _ANONYMOUS)


def _prepared(person: SignedIn, method: Method, wish: _Wish, values: Mapping[str, str]) -> PreparedRequest:
    verb = values.get("verb", "POST")
    if verb not in signing.VERBS:
        abort(400)
    arguments = {
        name.removeprefix(_ARGUMENT): value
        for name, value in values.items()
        if name.startswith(_ARGUMENT) and value and (name, value) != (f"{_ARGUMENT}format", FORMATS[0])
    }
    credentials = None
    if wish.consumer and wish.signer != _ANONYMOUS:
        token = None if wish.signer == _CONSUMER else wish.signer
        credentials = trying.credentials(wish.consumer.key, person.person_id, token)
    callback = OUT_OF_BAND if method.name == _REQUEST_TOKEN else None
    return signing.prepare(verb, request.url_root + method.name, arguments, credentials, callback=callback)


def _page(person: SignedIn, wish: _Wish, values: Mapping[str, str], prepared: PreparedRequest | None = None) -> str:
    method = wish.method
    return render_page(
        "developers/console.html",
        modules=[(name, list(group)) for name, group in groupby(_callable(), lambda one: one.module_name)],
        wish=wish,
        values=values,
        arguments=_arguments(method, wish.consumer) if method else [],
        own_tokens=trying.own_tokens(wish.consumer.key, person.person_id) if wish.consumer else [],
        scopes=[scope for scope in SCOPES.values() if scope.offered and scope.key != OFFLINE_ACCESS],
        lifetime=trying.LIFETIME_MINUTES,
        changing=method is not None and method.name in CHANGING,
        verbs=signing.VERBS,
        formats=FORMATS,
        prepared=prepared,
        sendable=asdict(prepared) if prepared else None,
        curl=_curl(prepared) if prepared else "",
    )


def _callable() -> list[Method]:
    """List the methods that a program can call with what the console has to sign with."""
    return [one for one in reference.all_methods() if not (one.page or one.request_token)]


def _arguments(method: Method, consumer: KnownConsumer | None) -> list[dict[str, Any]]:
    """Describe the arguments for the form: those of the declaration, and whom an administrative consumer acts for."""
    declared = declared_fields(method.arguments) if method.arguments else {}
    described = []
    for one in reference.arguments_of(method):
        field = declared.get(one["name"])
        choices = next((check.choices for check in field.validators if isinstance(check, OneOf)), ()) if field else ()
        described.append(one | {"choices": ("true", "false") if isinstance(field, UsosBoolean) else choices})
    if consumer and consumer.administrative and method.token is not IGNORED:
        text = "Id of the user to act for, instead of a token."
        described.append({"name": "as_user_id", "is_required": False, "description": text, "choices": ()})
    return described


def _curl(prepared: PreparedRequest) -> str:
    """Write the request as a command for a shell."""
    words = ["curl", "--include", "--request", prepared.method, prepared.url]
    for name, value in prepared.headers.items():
        words += ["--header", f"{name}: {value}"]
    if prepared.body is not None:
        words += ["--data-raw", prepared.body]
    return shlex.join(words)
