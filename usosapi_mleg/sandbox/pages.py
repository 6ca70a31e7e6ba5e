"""What the pages for people share: language, protection of forms, security headers, pages for errors."""

import hmac
import secrets
from typing import Any

from flask import Flask, Response, abort, jsonify, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException

from usosapi_mleg.sandbox.texts import LANGUAGES, translate

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A page answered to a POST names itself by the address that shows the same page on GET.
PAGES_OF_POSTS = {
    "phone.scan": "phone.qr",
    "control.change_settings": "control.panel",
    "control.move_clock": "control.panel",
}
KNOWN_STATUSES = {400, 403, 404, 405, 413}


def prepare(app: Flask) -> None:
    """Give the app what its pages need."""
    app.jinja_env.undefined = StrictUndefined
    app.add_url_rule("/", "root", lambda: app.redirect(url_for("phone.home")))
    app.before_request(choose_language)
    app.after_request(add_security_headers)
    app.context_processor(page_values)
    app.register_error_handler(HTTPException, show_error)


def language() -> str:
    """Return the language of the person at the browser: chosen before, else the browser's, else Polish."""
    chosen = session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(LANGUAGES, default="pl")


def choose_language() -> None:
    """Remember the language when a link of the language switch was followed."""
    wanted = request.args.get("lang")
    if wanted in LANGUAGES:
        session["language"] = wanted
        session.permanent = True


def page_values() -> dict[str, Any]:
    """Return what every template can use."""
    lang = language()
    return {
        "lang": lang,
        "t": lambda key, **values: translate(key, lang, **values),
        "csrf": form_token,
        "language_url": language_url,
    }


def language_url(lang: str) -> str:
    """Return the address of the running page in another language."""
    endpoint = PAGES_OF_POSTS.get(request.endpoint or "", request.endpoint) or "phone.home"
    return url_for(endpoint, **(request.view_args or {}), lang=lang)


def form_token() -> str:
    """Return the secret that the forms of this browser carry."""
    if "csrf" not in session:
        session["csrf"] = secrets.token_urlsafe(24)
    return str(session["csrf"])


def check_form() -> None:
    """Refuse a form that does not come from a page of the sandbox (403)."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    expected, sent = str(session.get("csrf", "")), request.form.get("csrf", "")
    if not expected or not hmac.compare_digest(expected.encode(), sent.encode("utf-8", "replace")):
        abort(403)


def add_security_headers(response: Response) -> Response:
    """Forbid everything that the pages do not need."""
    response.headers["Content-Security-Policy"] = CONTENT_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def show_error(fault: HTTPException) -> ResponseReturnValue:
    """Answer an HTTP error: JSON for programs, a page for people."""
    if fault.response is not None or (fault.code or 500) < 400:  # noqa: PLR2004 - redirects are no errors
        return fault
    status = fault.code or 500
    if request.path.startswith(("/api/", "/control/api/")):
        return jsonify(error={"code": fault.name.lower().replace(" ", "_"), "message": fault.description}), status
    known = status if status in KNOWN_STATUSES else "other"
    return render_template("error.html", title=f"error_{known}", text=f"error_{known}_text"), status
