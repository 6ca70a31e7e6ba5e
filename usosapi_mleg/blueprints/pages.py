"""What all pages share: language, who is signed in, CSRF, sign-in and sign-out, and errors that a person sees."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest, MethodNotAllowed
from werkzeug.wrappers import Response as AnyResponse

from usosapi_mleg import clock, mails
from usosapi_mleg.domain.text import Text
from usosapi_mleg.errors import TooManyRequestsError
from usosapi_mleg.extensions import settings, transaction
from usosapi_mleg.oauth import accounts, known_browsers, limits, sessions
from usosapi_mleg.oauth.sessions import Origin, SignedIn

LANGUAGES = ("pl", "en")
LANGUAGE_COOKIE = "mleg_lang"
_YEAR_SECONDS = 365 * 24 * 3600
_LONGEST_USERNAME = 100
_SERVER_ERRORS = 500

_EXPIRED_TITLE = Text("Strona wygasła", "The page has expired")
_EXPIRED_TEXT = Text(
    "Formularz był otwarty zbyt długo. Wróć, odśwież stronę i spróbuj jeszcze raz. Nic nie zostało zmienione.",
    "The form was open for too long. Go back, reload the page and try again. Nothing was changed.",
)

pages = Blueprint("pages", __name__)


def language() -> str:
    """Give the language of this request: chosen by `lang`, remembered in a cookie, else what the browser prefers."""
    for wish in (request.args.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if wish in LANGUAGES:
            return wish
    return request.accept_languages.best_match(LANGUAGES, default="pl")


def signed_in() -> SignedIn | None:
    """Give who is at the browser, looked up once per request."""
    if "signed_in" not in g:
        secret = request.cookies.get(settings().session_cookie, "")
        g.signed_in = sessions.find(secret) if secret else None
        if g.signed_in:
            limits.count_person(g.signed_in.person_id)
    found: SignedIn | None = g.signed_in
    return found


def here() -> str:
    """Give the address of this request on this host, without a wish for a language."""
    arguments = [pair for pair in request.args.items(multi=True) if pair[0] != "lang"]
    return request.script_root + request.path + (f"?{urlencode(arguments, safe='/')}" if arguments else "")


def render_page(template: str, **values: Any) -> str:
    """Render a page with what every page shows."""
    person = signed_in()
    csrf_token = sessions.csrf_token(person.secret) if person else ""
    return render_template(template, person=person, csrf_token=csrf_token, **values)


def template_values() -> dict[str, Any]:
    """Give what every template may use: `t(pl, en)` for texts, `say(text)` for texts from the program."""
    chosen = language()
    return {
        "lang": chosen,
        "t": lambda pl, en: en if chosen == "en" else pl,
        "say": lambda text: text.in_language(chosen),
        "local_time": clock.usos_datetime,
        "here": here(),
        "settings": settings(),
    }


def require_csrf(person: SignedIn) -> None:
    """Refuse a form that did not come from our own page."""
    if not sessions.csrf_token_holds(person.secret, request.form.get("_csrftoken_", "")):
        abort(problem_page(_EXPIRED_TITLE, _EXPIRED_TEXT, 400))


def sign_in_first() -> AnyResponse:
    """Send the person to the sign-in form, and from there back here."""
    return redirect(url_for("pages.sign_in", next=here()))


def local_target(target: str) -> str:
    """Give an address of our own to go to after sign-in; foreign ones are replaced by the start page."""
    if not target.startswith("/") or target.startswith("//") or "\\" in target or not target.isprintable():
        return url_for("usosweb.page", _action="dla_stud/studia/mlegitymacja/index")
    return target


@pages.route("/")
def start() -> AnyResponse:
    """The start page is the student's page."""
    return redirect(url_for("usosweb.page", _action="dla_stud/studia/mlegitymacja/index"))


@pages.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> AnyResponse:
    """Sign in with user name and password, or choose another way."""
    target = local_target(request.args.get("next", ""))
    ways = settings().sign_in
    if request.method == "GET":
        if signed_in():
            return redirect(target)
        if ways.only_way:
            return redirect(url_for("external_sign_in.leave", way=ways.only_way, next=target))
        return _sign_in_page()
    if not ways.local_accounts:
        raise MethodNotAllowed(["GET"])
    username = request.form.get("username", "")[:_LONGEST_USERNAME]
    if "\0" in username:
        raise BadRequest
    device_cookie = request.cookies.get(known_browsers.COOKIE, "")
    try:
        name = accounts.check_password(
            username, request.form.get("password", ""), address=request.remote_addr, device_cookie=device_cookie
        )
    except TooManyRequestsError as error:
        refused = _sign_in_page(429, username=username, refusal=error)
        refused.headers["Retry-After"] = str(error.retry_after)
        return refused
    if name is None:
        return _sign_in_page(401, username=username, failed=True)
    response = begin_session(name, target)
    if known_browsers.known_device(device_cookie, name) is None:
        _set_cookie(response, known_browsers.COOKIE, known_browsers.new_cookie(name), max_age=_YEAR_SECONDS)
    return response


def _sign_in_page(
    status: int = 200, *, username: str = "", failed: bool = False, refusal: TooManyRequestsError | None = None
) -> Response:
    page = render_page("sign_in.html", username=username, failed=failed, refusal=refusal, resets=mails.available())
    return make_response(page, status)


def begin_session(username: str, target: str, origin: Origin | None = None) -> AnyResponse:
    """Sign the account in at this browser, in place of whoever was, and go on to `target`, an address of our own."""
    with transaction():
        if old := request.cookies.get(settings().session_cookie):
            sessions.end(old)
        secret = sessions.begin(
            username,
            settings().session_minutes,
            origin,
            address=request.remote_addr,
            user_agent=request.user_agent.string,
        )
    response = redirect(target, code=303)
    _set_cookie(response, settings().session_cookie, secret)
    return response


def _set_cookie(response: AnyResponse, name: str, value: str, *, max_age: int | None = None) -> None:
    """Set a cookie that scripts and other sites do not get."""
    response.set_cookie(
        name, value, max_age, httponly=True, secure=settings().secure, samesite="Lax", path=_cookie_path()
    )


@pages.route("/sign-out", methods=["POST"])
def sign_out() -> AnyResponse:
    """Sign out, at another system too if they signed in there; `next` says where to go after signing in again."""
    person = signed_in()
    if person:
        require_csrf(person)
        with transaction():
            sessions.end(person.secret)
    target = local_target(request.form.get("next", ""))
    if person and person.way:
        there = url_for("external_sign_in.sign_out_there", way=person.way, next=target)
    else:
        there = url_for("pages.sign_in", next=target)
    response = redirect(there, code=303)
    response.delete_cookie(settings().session_cookie, path=_cookie_path())
    return response


@pages.route("/language", methods=["POST"])
def choose_language() -> AnyResponse:
    """Remember the language."""
    response = redirect(local_target(request.form.get("next", "")), code=303)
    _remember_language(response, request.form.get("lang"))
    return response


def _remember_language(response: AnyResponse, chosen: str | None) -> None:
    if chosen in LANGUAGES:
        _set_cookie(response, LANGUAGE_COOKIE, str(chosen), max_age=_YEAR_SECONDS)


def _cookie_path() -> str:
    return request.script_root or "/"


@pages.after_app_request
def guard(response: Response) -> Response:
    """Add what a browser needs to protect the person."""
    form_action = response.headers.pop("X-Form-Action", "") if "X-Form-Action" in response.headers else ""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if settings().secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if response.mimetype == "text/html":
        _remember_language(response, request.args.get("lang"))
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
            f"form-action 'self' {form_action}; base-uri 'none'; frame-ancestors 'none'",
        )
    return response


def problem_page(title: Text, text: Text, status: int) -> Response:
    """Tell a person what went wrong."""
    if status >= _SERVER_ERRORS:
        g.signed_in = None  # a page about a failure must not need what has failed
    return make_response(render_page("problem.html", title=title, text=text), status)
