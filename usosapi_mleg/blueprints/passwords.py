"""For those who have forgotten their password: asking for a link by mail, and setting a new password with it."""

from flask import Blueprint, Response, abort, make_response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from usosapi_mleg import mails
from usosapi_mleg.blueprints.pages import problem_page, render_page
from usosapi_mleg.domain.text import Text
from usosapi_mleg.errors import TooManyRequestsError
from usosapi_mleg.extensions import settings, transaction
from usosapi_mleg.oauth import passwords as new_passwords

_LONGEST_TYPED = 254
"""No e-mail address is longer."""
_NO_MAIL_TITLE = Text("Hasła nie można tu zmienić", "The password cannot be reset here")
_NO_MAIL_TEXT = Text(
    "Ten serwis nie wysyła poczty. Napisz na adres podany niżej, aby odzyskać dostęp.",
    "This service sends no mail. Write to the address below to get your access back.",
)

passwords = Blueprint("passwords", __name__)


@passwords.before_request
def refuse_where_there_are_none() -> None:
    """Where nobody signs in with a password of ours, there is none to set."""
    if not settings().sign_in.local_accounts:
        abort(404)


@passwords.route("/forgotten-password", methods=["GET", "POST"])
def forgotten() -> AnyResponse:
    """Send a link to whoever is meant; the answer is the same when nobody is."""
    if not mails.available():
        return problem_page(_NO_MAIL_TITLE, _NO_MAIL_TEXT, 404)
    if request.method == "GET":
        return _ask_page()
    typed = request.form.get("who", "")[:_LONGEST_TYPED].replace("\0", "")
    page = settings().base_url + url_for(".choose").removeprefix(f"{request.script_root}/")
    try:
        with transaction():
            new_passwords.ask_reset(typed, address=request.remote_addr, page=page)
    except TooManyRequestsError as error:
        refused = _ask_page(429, refusal=error)
        refused.headers["Retry-After"] = str(error.retry_after)
        return refused
    return _ask_page(sent=True)


def _ask_page(status: int = 200, *, sent: bool = False, refusal: TooManyRequestsError | None = None) -> Response:
    minutes = settings().password_reset_minutes
    return make_response(
        render_page("account/forgotten_password.html", sent=sent, refusal=refusal, minutes=minutes), status
    )


@passwords.route("/new-password", methods=["GET", "POST"])
def choose() -> AnyResponse:
    """Set a new password with a link."""
    token = request.values.get("token", "")
    username = new_passwords.account_to_reset(token)
    if username is None:
        return _choose_page("dead", 400)
    if request.method == "GET":
        return _choose_page("form", token=token, username=username)
    password = request.form.get("new_password", "")
    if problem := new_passwords.problem_with(password, request.form.get("repeated_password", ""), username):
        return _choose_page("form", 400, token=token, username=username, problem=problem)
    with transaction():
        done = new_passwords.reset(token, password, address=request.remote_addr)
    return _choose_page("done") if done else _choose_page("dead", 400)


def _choose_page(
    state: str, status: int = 200, *, token: str = "", username: str = "", problem: Text | None = None
) -> Response:
    page = render_page(
        "account/new_password.html",
        state=state,
        token=token,
        username=username,
        problem=problem,
        resets=mails.available(),
        shortest=new_passwords.SHORTEST_PASSWORD,
    )
    response = make_response(page, status)
    # The address of this page holds the token.
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
