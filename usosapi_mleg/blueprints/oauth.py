"""`services/oauth`: request tokens, authorization by a person in the browser, access tokens."""

from urllib.parse import quote, urlsplit

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from usosapi_mleg.blueprints.pages import render_page, require_csrf, sign_in_first, signed_in
from usosapi_mleg.domain.scopes import SCOPES
from usosapi_mleg.errors import ParameterMissingError
from usosapi_mleg.extensions import settings, transaction
from usosapi_mleg.oauth import sessions, tokens
from usosapi_mleg.oauth.sessions import SignedIn
from usosapi_mleg.oauth.tokens import OUT_OF_BAND, Asked
from usosapi_mleg.protocol.method import IGNORED, REQUIRED, Binary, Call
from usosapi_mleg.protocol.module import Module
from usosapi_mleg.schemas.oauth import RequestTokenArguments

_FORM_ENCODED = "text/plain; charset=utf-8"
"""RFC 5849 asks for a form-encoded body; this type can be read by every client that was seen."""

oauth = Module(
    "oauth",
    title="OAuth 1.0a authorization",
    description="How an app is allowed to act for a person (RFC 5849).",
)


@oauth.method(
    consumer=REQUIRED,
    token=IGNORED,
    ssl=True,
    arguments=RequestTokenArguments,
    reasons={"signature_method_unsupported": "Use HMAC-SHA1, or PLAINTEXT over TLS."},
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
)
def access_token(call: Call) -> Binary:
    """Exchange an authorized request token for an access token.

    The standard argument `oauth_verifier` is what came back with the person, or the PIN that they were shown. The access token covers all
    that the person has ever allowed this app; without `offline_access` it lives for a short time only.
    """
    if not (verifier := call.oauth.get("oauth_verifier")):
        raise ParameterMissingError("oauth_verifier")
    try:
        with transaction():
            token = tokens.exchange(
                str(call.caller.token_key),
                str(call.caller.consumer_key),
                verifier,
                settings().access_token_minutes,
            )
    except tokens.WrongVerifierError as error:
        with transaction():
            tokens.count_wrong_verifier(error.token_key)
        raise
    return Binary(token.as_form().encode(), _FORM_ENCODED)


@oauth.route("/authorize", methods=["GET", "POST"])
def authorize() -> AnyResponse:
    """Ask the person at the browser whether the app may do what it asks for."""
    wish = tokens.asked(request.args.get("oauth_token", "")[:64].replace("\0", ""))
    if wish is None:
        return make_response(render_page("oauth_expired.html"), 400)
    person = signed_in()
    if person is None:
        return sign_in_first()
    if request.method == "POST":
        require_csrf(person)
        return _answer(wish, person, allowed="allow" in request.form)
    granted = tokens.granted_scopes(wish.consumer_key, person.person_id)
    minimal = request.args.get("interactivity", "minimal") == "minimal"
    if minimal and granted is not None and granted >= set(wish.scopes):
        return _answer(wish, person, allowed=True)
    return _consent_page(wish, person)


def _consent_page(wish: Asked, person: SignedIn) -> Response:
    page = make_response(
        render_page(
            "oauth_consent.html",
            wish=wish,
            scopes=[SCOPES[key] for key in wish.scopes if key in SCOPES],
            csrf_token=sessions.csrf_token(person.secret),
            switch_user_url=url_for("pages.sign_out"),
        ),
    )
    if wish.callback != OUT_OF_BAND:
        # A browser also checks where the answer to the form redirects to.
        page.headers["X-Form-Action"] = f"{urlsplit(wish.callback).scheme}:"
    return page


def _answer(wish: Asked, person: SignedIn, *, allowed: bool) -> AnyResponse:
    if not allowed:
        with transaction():
            tokens.deny(wish)
        if wish.callback == OUT_OF_BAND:
            return make_response(render_template("oauth_denied.html", wish=wish))
        return _back(wish, error="access_denied")
    with transaction():
        verifier = tokens.authorize(wish, person.person_id)
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
