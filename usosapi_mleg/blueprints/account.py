"""`/my-account`: a person's running sessions, and their password."""

from flask import Blueprint, Response, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from usosapi_mleg.blueprints.pages import render_page, require_csrf, sign_in_first, signed_in
from usosapi_mleg.domain.text import Text
from usosapi_mleg.errors import TooManyRequestsError
from usosapi_mleg.extensions import transaction
from usosapi_mleg.oauth import accounts, known_browsers, passwords, sessions
from usosapi_mleg.oauth.sessions import SignedIn

_WRONG = Text(
    "Obecne hasło jest nieprawidłowe. Spróbuj jeszcze raz.", "The current password is wrong. Please try again."
)
_NEWS = {
    "password": Text(
        "Hasło zostało zmienione. Inne sesje zakończono.", "The password was changed. Other sessions were ended."
    ),
    "session": Text("Sesja została zakończona.", "The session was ended."),
    "others": Text("Wszystkie inne sesje zostały zakończone.", "All other sessions were ended."),
}

account = Blueprint("account", __name__)


@account.route("/my-account")
def show() -> AnyResponse:
    """Show the sessions, and the form for another password."""
    person = signed_in()
    if person is None:
        return sign_in_first()
    return _page(person, news=_NEWS.get(request.args.get("done", "")))


@account.route("/my-account/sessions", methods=["POST"])
def end_sessions() -> AnyResponse:
    """End one session, or all but this one."""
    person = signed_in()
    if person is None:
        return sign_in_first()
    require_csrf(person)
    which = request.form.get("session", "")
    with transaction():
        if which == "others":
            sessions.end_others(person.username, person.secret)
        else:
            sessions.end_one(person.username, which)
    return redirect(url_for(".show", done="others" if which == "others" else "session"), code=303)


@account.route("/my-account/password", methods=["POST"])
def change_password() -> AnyResponse:
    """Set another password for somebody who knows the old one."""
    person = signed_in()
    if person is None:
        return sign_in_first()
    require_csrf(person)
    password = request.form.get("new_password", "")
    if problem := passwords.problem_with(password, request.form.get("repeated_password", ""), person.username):
        return _page(person, problem=problem, status=400)
    try:
        right = accounts.check_password(
            person.username,
            request.form.get("old_password", ""),
            address=request.remote_addr,
            device_cookie=request.cookies.get(known_browsers.COOKIE, ""),
        )
    except TooManyRequestsError as error:
        refused = _page(person, problem=error.user_message, status=429)
        refused.headers["Retry-After"] = str(error.retry_after)
        return refused
    if right is None:
        return _page(person, problem=_WRONG, status=400)
    with transaction():
        passwords.change(person.username, password, keep=person.secret)
    return redirect(url_for(".show", done="password"), code=303)


def _page(person: SignedIn, *, news: Text | None = None, problem: Text | None = None, status: int = 200) -> Response:
    page = render_page(
        "account/my_account.html",
        sessions=sessions.running(person.username, person.secret),
        news=news,
        problem=problem,
        shortest=passwords.SHORTEST_PASSWORD,
        has_password=accounts.has_password(person.username),
    )
    return make_response(page, status)
