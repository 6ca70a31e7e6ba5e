"""Sign-in at another system: the way there, the way back, and signing out on both sides."""

import logging
from collections.abc import Callable

from flask import Blueprint, Response, abort, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from usosapi_mleg.blueprints.external_problems import PROBLEMS
from usosapi_mleg.blueprints.pages import begin_session, language, local_target, render_page, signed_in
from usosapi_mleg.extensions import settings, transaction
from usosapi_mleg.oauth import sessions
from usosapi_mleg.oauth.external import cas, identities, oidc, round_trip
from usosapi_mleg.oauth.external.identities import ExternalPerson, session_reference
from usosapi_mleg.oauth.external.problems import ExternalSignInError, Problem
from usosapi_mleg.oauth.external.round_trip import RoundTrip
from usosapi_mleg.sign_in_settings import CasSettings, OidcSettings

logger = logging.getLogger(__name__)

_COOKIE = "mleg_round_trip"
_SIGN_OUT = "sign-out"
"""The kind of round trip that ends a session."""
_WAY = "/<any(oidc, cas):way>"

external_sign_in = Blueprint("external_sign_in", __name__, url_prefix="/sign-in")


@external_sign_in.route(_WAY)
def leave(way: str) -> AnyResponse:
    """Send the person to the other system."""
    target = local_target(request.args.get("next", ""))
    if signed_in():
        return redirect(target)
    trip = round_trip.begin(way, target)
    try:
        return _remember(redirect(_address_there(trip)), trip)
    except ExternalSignInError as error:
        return _problem(way, error, target)


def _address_there(trip: RoundTrip) -> str:
    if trip.way == oidc.WAY:
        return oidc.authorization_address(_oidc(), trip, _own("oidc/callback"), language())
    return cas.login_address(_cas(), cas.service_address(_own("cas/callback"), trip))


@external_sign_in.route("/oidc/callback")
def oidc_callback() -> AnyResponse:
    """Take the person back from the OpenID provider."""
    provider = _oidc()
    return _come_back(oidc.WAY, lambda trip: oidc.identify(provider, trip, request.args, _own("oidc/callback")))


@external_sign_in.route("/cas/callback", methods=["GET", "POST"])
def cas_callback() -> AnyResponse:
    """Take the person back from the CAS server; by POST the server tells that somebody signed out there."""
    server, ticket = _cas(), request.args.get("ticket", "")
    if request.method == "POST":
        return _end_cas_session(server)
    return _come_back(
        cas.WAY, lambda trip: cas.identify(server, cas.service_address(_own("cas/callback"), trip), ticket)
    )


def _come_back(way: str, identify: Callable[[RoundTrip], ExternalPerson]) -> AnyResponse:
    """Finish the attempt that began in this browser."""
    target = ""
    try:
        trip = round_trip.finish(request.cookies.get(_cookie_name(), ""), way, request.args.get("state", ""))
        target = trip.target
        person = identify(trip)
        with transaction():
            username = identities.find_account(person)
    except ExternalSignInError as error:
        return _problem(way, error, target)
    return _forget(begin_session(username, local_target(target), person.origin))


@external_sign_in.route("/oidc/logout", methods=["POST"])
def oidc_logout() -> Response:
    """End what the OpenID provider says was ended there (Back-Channel Logout 1.0)."""
    provider = _oidc()
    try:
        subject, session = oidc.ended_sessions(provider, request.form.get("logout_token", ""))
    except ExternalSignInError as error:
        logger.warning("a back-channel logout was refused: %s", error)
        unavailable = error.problem is Problem.UNAVAILABLE
        return _told_to_program(503 if unavailable else 400)
    with transaction():
        if session:
            sessions.end_from(oidc.WAY, session_reference(provider.issuer, session))
        elif subject and (username := identities.account_of(provider.issuer, subject)):
            sessions.end_all_from(oidc.WAY, username)
    return _told_to_program(200)


def _end_cas_session(server: CasSettings) -> Response:
    ticket = cas.ended_ticket(request.form.get("logoutRequest", ""))
    if ticket is None:
        return _told_to_program(400)
    with transaction():
        sessions.end_from(cas.WAY, session_reference(server.url, ticket))
    return _told_to_program(200)


def _told_to_program(status: int) -> Response:
    return Response(status=status, headers={"Cache-Control": "no-store"})


@external_sign_in.route(f"{_WAY}/sign-out")
def sign_out_there(way: str) -> AnyResponse:
    """Send the person, who is signed out here, to where they sign out at the other system."""
    trip = round_trip.begin(_SIGN_OUT, local_target(request.args.get("next", "")))
    if signed_in():
        return redirect(local_target(trip.target))
    back = _own(f"{way}/signed-out")
    try:
        there = (
            oidc.logout_address(_oidc(), back, trip.state, language())
            if way == oidc.WAY
            else cas.logout_address(_cas(), back)
        )
    except ExternalSignInError as error:
        logger.warning("nobody could be sent to sign out by %s: %s", way, error)
        there = None
    response = make_response(render_page("external/signed_out.html", there=there, target=trip.target))
    if there:
        # Not a redirect: browsers check where the answer to our form for signing out leads, and ours lead nowhere else.
        response.headers["Refresh"] = f"0; url={there}"
    return _remember(response, trip)


@external_sign_in.route(f"{_WAY}/signed-out")
def signed_out(way: str) -> AnyResponse:
    """Say that the person is signed out, and where they can sign in again."""
    _configured(way)
    try:
        target = round_trip.read(request.cookies.get(_cookie_name(), ""), _SIGN_OUT).target
    except ExternalSignInError:
        target = ""
    return _forget(make_response(render_page("external/signed_out.html", there=None, target=target)))


def _problem(way: str, error: ExternalSignInError, target: str) -> Response:
    logger.warning("nobody was signed in by %s: %s", way, error)
    told = PROBLEMS[error.problem]
    # Choosing a language must not come back here: this address holds a code, and it counts once.
    begin = url_for("pages.sign_in", next=target)
    page = render_page("external/problem.html", told=told, name=error.name, way=way, target=target, here=begin)
    return make_response(page, told.status)


def _oidc() -> OidcSettings:
    return settings().sign_in.oidc or abort(404)


def _cas() -> CasSettings:
    return settings().sign_in.cas or abort(404)


def _configured(way: str) -> None:
    if way not in settings().sign_in.ways:
        abort(404)


def _own(path: str) -> str:
    """Give an address of these pages as the other system knows it: never from what the request says our host is."""
    return f"{settings().base_url}sign-in/{path}"


def _cookie_name() -> str:
    """Over TLS no other host, and nobody on the way without TLS, can set a cookie of this name."""
    return f"__Host-{_COOKIE}" if settings().secure else _COOKIE


def _remember(response: AnyResponse, trip: RoundTrip) -> AnyResponse:
    response.set_cookie(
        _cookie_name(),
        round_trip.seal(trip),
        max_age=round_trip.LIFETIME_SECONDS,
        httponly=True,
        secure=settings().secure,
        samesite="Lax",
        path="/",
    )
    return response


def _forget(response: AnyResponse) -> AnyResponse:
    response.delete_cookie(_cookie_name(), secure=settings().secure, httponly=True, samesite="Lax", path="/")
    return response
