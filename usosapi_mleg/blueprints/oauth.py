"""`services/oauth`: request tokens, authorization by a person in the browser, access tokens."""

from dataclasses import replace
from urllib.parse import quote

from flask import Response, make_response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from usosapi_mleg.blueprints import consent
from usosapi_mleg.blueprints.consent import Question
from usosapi_mleg.blueprints.pages import render_page, require_csrf, sign_in_first, signed_in
from usosapi_mleg.errors import (
    MethodForbiddenError,
    ObjectNotFoundError,
    ParameterMissingError,
    UnauthenticatedError,
)
from usosapi_mleg.extensions import settings, transaction
from usosapi_mleg.oauth import attempts, consumers, interactivity, permissions, tokens
from usosapi_mleg.oauth.interactivity import Interactivity
from usosapi_mleg.oauth.oauth2 import store
from usosapi_mleg.oauth.sessions import SignedIn
from usosapi_mleg.oauth.tokens import OUT_OF_BAND, Asked
from usosapi_mleg.protocol.dispatch import check_transport, perform
from usosapi_mleg.protocol.method import IGNORED, OPTIONAL, REQUIRED, Binary, Call
from usosapi_mleg.protocol.module import METHODS, Module
from usosapi_mleg.schemas.oauth import (
    AuthorizeArguments,
    ProxyArguments,
    RequestTokenArguments,
    RevokeConsumerArguments,
    RevokeTokenArguments,
)

_RETURNS_SUCCESS = 'A dictionary: `{"success": true}`.'
_FORM_ENCODED = "text/plain; charset=utf-8"
"""RFC 5849 asks for a form-encoded body; this type can be read by every client that was seen."""

oauth = Module(
    "oauth",
    title="OAuth 1.0a authorization",
    brief="How an app is allowed to act for a person",
    description="How an app is allowed to act for a person (RFC 5849).",
)


@oauth.method(
    consumer=REQUIRED,
    token=IGNORED,
    ssl=True,
    arguments=RequestTokenArguments,
    reasons={"signature_method_unsupported": "Use HMAC-SHA1 or HMAC-SHA256, or PLAINTEXT over TLS."},
    content_types=("text/plain",),
    returns="Form-encoded: `oauth_token`, `oauth_token_secret`, `oauth_callback_confirmed=true`; ignore further keys.",
)
def request_token(call: Call, *, scopes: str) -> Binary:
    """Get a request token to send a person to `services/oauth/authorize` with.

    The standard argument `oauth_callback` says where the person is sent afterwards; with `oob` they are shown a PIN to type into the app.
    """
    if not (callback := call.oauth.get("oauth_callback")):
        raise ParameterMissingError("oauth_callback")
    with transaction():
        token = tokens.request_token(
            str(call.caller.consumer_key),
            callback,
            tokens.checked_scopes(scopes),
            settings().request_token_minutes,
        )
    return Binary(token.as_form(oauth_callback_confirmed="true").encode(), _FORM_ENCODED)


@oauth.method(
    consumer=REQUIRED,
    token=REQUIRED,
    ssl=True,
    request_token=True,
    reasons={
        "verifier_invalid": "The verifier (PIN) is wrong; after five wrong ones the request token is useless.",
        "request_token_not_authorized": "Nobody has allowed this request yet.",
    },
    content_types=("text/plain",),
    returns="Form-encoded: `oauth_token`, `oauth_token_secret`; ignore further keys.",
)
def access_token(call: Call) -> Binary:
    """Exchange an authorized request token for an access token.

    The standard argument `oauth_verifier` is what came back with the person, or the PIN that they were shown. The access token covers all
    that the person has ever allowed this app; without `offline_access` it lives for a short time only.
    """
    if not (verifier := call.oauth.get("oauth_verifier")):
        raise ParameterMissingError("oauth_verifier")
    subject = attempts.of_verifier(str(call.caller.consumer_key), request.remote_addr)
    attempts.refuse_locked(subject)
    with transaction():
        token = tokens.exchange(
            str(call.caller.token_key),
            str(call.caller.consumer_key),
            verifier,
            settings().access_token_minutes,
        )
    attempts.note_outcome(subject, right=token is not None)
    if token is None:
        raise tokens.WrongVerifierError
    return Binary(token.as_form().encode(), _FORM_ENCODED)


@oauth.method(
    consumer=IGNORED,
    token=IGNORED,
    page=True,
    arguments=AuthorizeArguments,
    returns="Pages for the person at the browser, and at the end a redirect to the callback address with `oauth_token` and "
    "`oauth_verifier`, or with `error=access_denied`. With `oob` the verifier is shown as a PIN.",
)
def authorize() -> AnyResponse:
    """Ask the person at the browser whether the app may do what it asks for."""
    wanted = interactivity.checked(request.args.get("interactivity", Interactivity.MINIMAL))
    wish = tokens.asked(request.args.get("oauth_token", "")[:64].replace("\0", ""))
    if wish is None:
        return make_response(render_page("oauth_expired.html"), 400)
    person = signed_in()
    if person is None:
        return sign_in_first()
    granted = tokens.granted_scopes(wish.consumer_key, person.person_id)
    question = _question(wish, granted or frozenset())
    if request.method == "POST":
        require_csrf(person)
        return _answer(wish, person, consent.chosen(question) if "allow" in request.form else None)
    if interactivity.needs_no_page(wish, granted, wanted, any_callback=settings().remember_any_callback):
        return _answer(wish, person, wish.scopes)
    return consent.ask(question)


def _question(wish: Asked, granted: frozenset[str]) -> Question:
    return Question(
        consumer_key=wish.consumer_key,
        scopes=wish.scopes,
        granted=granted,
        gathered=True,
        callback=None if wish.callback == OUT_OF_BAND else wish.callback,
        any_callback=not wish.callbacks_registered,
    )


def _answer(wish: Asked, person: SignedIn, allowed: tuple[str, ...] | None) -> AnyResponse:
    """Write down what the person allows, None for a denial, and tell the app."""
    if allowed is None:
        with transaction():
            tokens.deny(wish)
        if wish.callback == OUT_OF_BAND:
            return make_response(render_page("oauth_denied.html", wish=wish))
        return _back(wish, error="access_denied")
    with transaction():
        verifier = tokens.authorize(wish, person.person_id, allowed)
    if wish.callback == OUT_OF_BAND:
        return make_response(render_page("oauth_pin.html", wish=wish, verifier=verifier))
    return _back(wish, oauth_verifier=verifier)


def _back(wish: Asked, **parameters: str) -> AnyResponse:
    """Send the browser back to the app."""
    joint = "&" if "?" in wish.callback else "?"
    query = "&".join(
        f"{name}={quote(value, safe='')}" for name, value in {"oauth_token": wish.token_key, **parameters}.items()
    )
    return redirect(f"{wish.callback}{joint}{query}")


@oauth.method(
    consumer=REQUIRED,
    token=REQUIRED,
    arguments=RevokeTokenArguments,
    returns=_RETURNS_SUCCESS,
)
def revoke_token(call: Call, *, deauthorize: bool) -> dict[str, bool]:
    """Revoke the access token that signs the call.

    With `deauthorize` your app's permissions are forgotten too, and all its tokens of this user with them.
    """
    with transaction():
        if deauthorize:
            permissions.take_back(str(call.caller.consumer_key), call.user_id, call.caller.actor)
        if call.caller.bearer:
            store.revoke_access_token(call.caller.bearer)
        elif call.caller.token_key:
            tokens.revoke(call.caller.token_key)
    return {"success": True}


@oauth.method(
    consumer=OPTIONAL,
    token=IGNORED,
    ssl=True,
    arguments=RevokeConsumerArguments,
    returns=_RETURNS_SUCCESS,
    reasons={
        "consumer_unknown": "There is no such consumer, or its secret is another one.",
        "own_name_needed": "A bearer token about a user does not prove that the app itself wants this.",
    },
)
def revoke_consumer_key(call: Call, *, consumer_key: str | None, consumer_secret: str | None) -> dict[str, bool]:
    """Make a consumer key useless, with all its tokens: for when its secret has leaked.

    Sign the call with the key, or give key and secret as arguments.
    """
    if call.caller.bearer is not None and call.caller.person_id is not None:
        raise MethodForbiddenError(
            "A bearer token about a user does not prove that the app itself wants this: sign the call, or send key and secret.",
            reason="own_name_needed",
        )
    if call.caller.consumer_key is not None:
        key = call.caller.consumer_key
    elif consumer_key is None:
        raise ParameterMissingError("consumer_key")
    elif not consumers.has_secret(consumer_key, consumer_secret or "", request.remote_addr):
        raise UnauthenticatedError(
            "There is no such consumer, or its secret is another one.", reason="consumer_unknown"
        )
    else:
        key = consumer_key
    with transaction():
        consumers.disable(key)
    return {"success": True}


@oauth.method(
    consumer=REQUIRED,
    token=OPTIONAL,
    fleeting=True,
    arguments=ProxyArguments,
    returns="Whatever the called method answers with.",
    reasons={
        "method_not_found": "There is no such method.",
        "proxy_forbidden": "This method cannot be called through the proxy.",
    },
)
def proxy(call: Call, *, method: str, parameters: dict[str, str], scopes: str | None) -> Response:
    """Call another method with weakened permissions.

    For programs that pass on what somebody else asks for: `scopes` is the ceiling for this call, and administrative methods cannot
    be called.
    """
    wanted = METHODS.get(method)
    if wanted is None:
        raise ObjectNotFoundError(f"There is no method {method[:100]!r}.", reason="method_not_found")
    if wanted.administrative or wanted.request_token or wanted.page or wanted.module_name == oauth.full_name:
        raise MethodForbiddenError("This method cannot be called through the proxy.", reason="proxy_forbidden")
    check_transport(wanted)
    caller = call.caller
    if scopes is not None and scopes != "all":
        caller = caller.weakened(frozenset(tokens.checked_scopes(scopes)))
    return perform(wanted, Call(replace(caller, administrative=False), through_proxy=True), parameters)
