"""What all pages share: language, who is signed in, CSRF, sign-in and sign-out, and errors that a person sees."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from usosapi_mleg import clock
from usosapi_mleg.domain.text import Text
from usosapi_mleg.extensions import settings, transaction
from usosapi_mleg.oauth import accounts, limits, sessions
from usosapi_mleg.oauth.sessions import SignedIn

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
    """Sign in with user name and password."""
    target = local_target(request.args.get("next", ""))
    if request.method == "GET":
        if signed_in():
            return redirect(target)
        return make_response(render_page("sign_in.html", username="", failed=False))
    username = request.form.get("username", "")[:_LONGEST_USERNAME]
    if "\0" in username:
        raise BadRequest
    name = accounts.check_password(username, request.form.get("password", ""))
    if name is None:
        return make_response(render_page("sign_in.html", username=username, failed=True), 401)
    return begin_session(name, target)


def begin_session(username: str, target: str) -> AnyResponse:
    """Sign the account in at this browser, in place of whoever was, and go on to `target`, an address of our own."""
    with transaction():
        if old := request.cookies.get(settings().session_cookie):
            sessions.end(old)
        secret = sessions.begin(username, settings().session_minutes)
    response = redirect(target, code=303)
    response.set_cookie(
        settings().session_cookie, secret, httponly=True, secure=settings().secure, samesite="Lax", path=_cookie_path()
    )
    return response


@pages.route("/sign-out", methods=["POST"])
def sign_out() -> AnyResponse:
    """Sign out; `next` says where to sign in again."""
    person = signed_in()
    if person:
        require_csrf(person)
        with transaction():
            sessions.end(person.secret)
    response = redirect(url_for("pages.sign_in", next=local_target(request.form.get("next", ""))), code=303)
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
        response.set_cookie(
            LANGUAGE_COOKIE,
            str(chosen),
            max_age=_YEAR_SECONDS,
            httponly=True,
            secure=settings().secure,
            samesite="Lax",
            path=_cookie_path(),
        )


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
