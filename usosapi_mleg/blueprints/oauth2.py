"""`/oauth2/`: the doors of OAuth 2.0 for programs, and the page on which a person allows an app what it asks for."""

import logging
from collections.abc import Callable
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError
from flask import Blueprint, Response, jsonify, redirect, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from usosapi_mleg.blueprints import consent
from usosapi_mleg.blueprints.consent import Question
from usosapi_mleg.blueprints.pages import problem_page, require_csrf, sign_in_first, signed_in
from usosapi_mleg.domain.text import Text
from usosapi_mleg.errors import TooManyRequestsError
from usosapi_mleg.extensions import settings, transaction
from usosapi_mleg.oauth import gate, permissions, tokens
from usosapi_mleg.oauth.oauth2 import metadata
from usosapi_mleg.oauth.oauth2.server import authorization_request, server
from usosapi_mleg.oauth.oauth2.store import Owner
from usosapi_mleg.oauth.sessions import SignedIn

logger = logging.getLogger(__name__)

_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Expose-Headers": "Retry-After, WWW-Authenticate",
    "Access-Control-Max-Age": "86400",
}
_FOR_PAGES_OF_OTHERS = {f"oauth2_doors.{door}" for door in ("token", "revoke", "well_known")}
_BAD_TITLE = Text("Aplikacja poprosiła o dostęp w zły sposób", "The app asked for access in a wrong way")
_BAD_TEXT = Text(
    "Adres, pod który wysłała Cię aplikacja, jest nieprawidłowy, więc nic jej nie przekazano. Zgłoś to autorom aplikacji.",
    "The address to which the app sent you is not right, so it was told nothing. Please tell the makers of the app.",
)

oauth2_doors = Blueprint("oauth2_doors", __name__)


def _answer(make: Callable[[], Response]) -> Response:
    """Let Authlib answer a program in one transaction; whatever it stumbles over is the fault of the request."""
    try:
        if not gate.is_private(request):
            raise InvalidRequestError("Only over TLS (https).")
        with transaction():
            response = make()
    except OAuth2Error as error:
        response = server.handle_error_response(None, error)
    except TooManyRequestsError as error:
        response = jsonify({"error": "temporarily_unavailable", "error_description": error.message})
        response.status_code = 429
        response.headers["Retry-After"] = str(error.retry_after)
    except HTTPException as problem:
        response = jsonify({"error": "invalid_request", "error_description": problem.name})
        response.status_code = problem.code or 400
    except (ValueError, TypeError) as error:
        logger.warning("a request of OAuth 2.0 could not be read: %s", type(error).__name__)
        response = jsonify({"error": "invalid_request", "error_description": "The request cannot be read."})
        response.status_code = 400
    response.headers.setdefault("Cache-Control", "no-store")
    return response


@oauth2_doors.route("/oauth2/token", methods=["POST"])
def token() -> Response:
    """Give tokens for a code, a refresh token, a device code, or the client's own name."""
    return _answer(server.create_token_response)


@oauth2_doors.route("/oauth2/revoke", methods=["POST"])
def revoke() -> Response:
    """End a token."""
    return _answer(lambda: server.create_endpoint_response("revocation"))


@oauth2_doors.route("/oauth2/introspect", methods=["POST"])
def introspect() -> Response:
    """Tell about a token."""
    return _answer(lambda: server.create_endpoint_response("introspection"))


@oauth2_doors.route("/oauth2/device_authorization", methods=["POST"])
def device_authorization() -> Response:
    """Give a device its codes."""
    return _answer(lambda: server.create_endpoint_response("device_authorization"))


@oauth2_doors.after_request
def allow_origins(response: Response) -> Response:
    """Let pages of every origin call what public clients need: no cookie counts there."""
    if request.endpoint in _FOR_PAGES_OF_OTHERS:
        response.headers.update(_CORS)
    return response


@oauth2_doors.route("/.well-known/oauth-authorization-server")
def well_known() -> Response:
    """Describe this server to programs."""
    described = metadata.describe(
        {
            "authorization_endpoint": _address("oauth2_doors.authorize"),
            "token_endpoint": _address("oauth2_doors.token"),
            "revocation_endpoint": _address("oauth2_doors.revoke"),
            "introspection_endpoint": _address("oauth2_doors.introspect"),
            "device_authorization_endpoint": _address("oauth2_doors.device_authorization"),
            "service_documentation": _address("developers.api_index"),
        }
    )
    response = jsonify(described)
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def _address(endpoint: str) -> str:
    """Give the public address of a door, wherever this application is mounted."""
    return settings().base_url + url_for(endpoint).removeprefix(f"{request.script_root}/")


@oauth2_doors.route("/oauth2/authorize", methods=["GET", "POST"])
def authorize() -> AnyResponse:
    """Ask the person at the browser whether the app may do what it asks for; the request is what stands in the address."""
    person = signed_in()
    try:
        asked = authorization_request()
        grant = server.get_consent_grant(asked, Owner(person.person_id) if person else None)
    except OAuth2Error as error:
        return _refuse(error)
    except ValueError:  # Authlib cannot even describe what is wrong with it
        return _bad_request_page()
    if person is None:
        return sign_in_first()
    granted = tokens.granted_scopes(grant.client.key, person.person_id)
    question = _question(grant, granted or frozenset())
    if request.method == "POST":
        require_csrf(person)
        return _decide(grant, person, consent.chosen(question) if "allow" in request.form else None)
    # Any program on somebody's machine can pretend to be a public client, so the person is asked each time (RFC 8252 section 8.6).
    if not grant.client.public and granted is not None and granted >= set(question.scopes):
        return _decide(grant, person, question.scopes)
    return consent.ask(question)


def _question(grant: Any, granted: frozenset[str]) -> Question:
    scopes = tuple((grant.request.scope or "").split())
    return Question(consumer_key=grant.client.key, scopes=scopes, granted=granted, callback=grant.redirect_uri)


def _refuse(error: OAuth2Error) -> Response:
    """Tell the app, if its address is known to be its own; else tell the person."""
    if error.redirect_uri:
        return _named(server.handle_error_response(None, error))
    return _bad_request_page(error.error)


def _bad_request_page(code: str = "invalid_request") -> Response:
    """Tell the person; of what stood in the address nothing is repeated, because anybody can have written it."""
    return problem_page(_BAD_TITLE, Text(f"{_BAD_TEXT.pl} ({code})", f"{_BAD_TEXT.en} ({code})"), 400)


def _named(response: Response) -> Response:
    """Add the name of this server to an answer that Authlib gives without it (RFC 9207)."""
    server.execute_hook("after_create_authorization_response", response)
    return response


def _decide(grant: Any, person: SignedIn, allowed: tuple[str, ...] | None) -> AnyResponse:
    """Send the person back to the app with a code for what they allow, or, when that is None, with the news that there is none."""
    owner = None if allowed is None else Owner(person.person_id, allowed)
    with transaction():
        if allowed is not None:
            permissions.allow(grant.client.key, person.person_id, allowed)
        response: Response = server.create_authorization_response(grant.request, grant_user=owner, grant=grant)
    # 303: the form must not be sent to the app (RFC 9700 section 4.12).
    back = redirect(response.headers["Location"], 303 if request.method == "POST" else 302)
    back.headers["Cache-Control"] = "no-store"
    return back
