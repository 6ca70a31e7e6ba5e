"""What callers and people are told when something goes wrong: JSON for the API, a page for people."""

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from usosapi_mleg.blueprints.pages import problem_page
from usosapi_mleg.domain.text import Text
from usosapi_mleg.errors import MlegError, ObjectNotFoundError, RequestTooLargeError, TooManyRequestsError
from usosapi_mleg.extensions import db
from usosapi_mleg.protocol.errors import internal_error_text, log_unforeseen, response_to, response_to_unforeseen

_API = (
    "/services/",
    "/usosapiProxy.php",
    "/ministry/",
    "/.well-known/",
    "/oauth2/token",
    "/oauth2/revoke",
    "/oauth2/introspect",
    "/oauth2/device_authorization",
)
_NOT_FOUND = 404
_TOO_LARGE = 413
_TITLE = Text("Nie udało się", "That did not work")
_TEXTS = {
    _NOT_FOUND: Text("Nie ma takiej strony. Sprawdź adres.", "There is no such page. Check the address."),
    _TOO_LARGE: Text("Wysłano zbyt dużo danych.", "Too much data was sent."),
}
_OTHER = Text(
    "Tego żądania nie można wykonać. Wróć i spróbuj inaczej.",
    "This request cannot be served. Go back and try another way.",
)


def register(app: Flask) -> None:
    """Have `app` tell about errors in this way."""
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(MlegError, _foreseen)
    app.register_error_handler(Exception, _unforeseen)


def _for_programs() -> bool:
    return request.path.startswith(_API) and request.path != "/services/oauth/authorize"


def _http_problem(problem: HTTPException) -> AnyResponse:
    if problem.response is not None:
        return problem.response  # type: ignore[return-value] # werkzeug's class is wider than Flask's
    status = problem.code or 500
    if _for_programs():
        return _with_headers(_as_api_error(problem, status), problem)
    return _with_headers(problem_page(_TITLE, _TEXTS.get(status, _OTHER), status), problem)


def _with_headers(response: Response, problem: HTTPException) -> Response:
    """Keep what the status needs, such as Allow."""
    for name, value in problem.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


def _as_api_error(problem: HTTPException, status: int) -> Response:
    if status == _NOT_FOUND:
        response = response_to(ObjectNotFoundError("There is no such method.", reason="method_not_found"))
    elif status == _TOO_LARGE:
        response = response_to(RequestTooLargeError("The request body is too large."))
    else:
        response = jsonify({"message": problem.description or problem.name})
    response.status_code = status
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _foreseen(error: MlegError) -> Response:
    if isinstance(error, TooManyRequestsError):
        return _too_many(error)
    if _for_programs():
        return response_to(error)
    return problem_page(_TITLE, error.user_message or _OTHER, 400)


def _too_many(error: TooManyRequestsError) -> Response:
    """Answer whoever comes too often, with as little work as can be."""
    if not _for_programs():
        g.signed_in = None  # the page needs no look into the database
        page = problem_page(_TITLE, error.user_message or _OTHER, 429)
        page.headers["Retry-After"] = str(error.retry_after)
        return page
    response = response_to(error)
    if request.path.startswith("/oauth2/"):
        # Clients of OAuth 2.0 look for this key, and RFC 6749 has no nearer word.
        response.set_data(jsonify({"error": "temporarily_unavailable", "error_description": error.message}).data)
    response.headers["Cache-Control"] = "no-store"
    return response


def _unforeseen(error: Exception) -> Response:
    db.session.rollback()
    if _for_programs():
        return response_to_unforeseen(error)
    return problem_page(_TITLE, internal_error_text(log_unforeseen(error)), 500)
