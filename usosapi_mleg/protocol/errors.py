"""Errors on the wire: the one table of HTTP statuses, and USOS API's error form."""

import logging
import secrets
from typing import Any

from flask import Response, has_request_context, jsonify, request
from marshmallow import ValidationError

from usosapi_mleg.domain.text import Text
from usosapi_mleg.errors import (
    BadOAuthRequestError,
    ConflictError,
    FieldNotFoundError,
    MethodForbiddenError,
    MlegError,
    ObjectInvalidError,
    ObjectNotFoundError,
    ParameterError,
    ParameterInvalidError,
    ParameterMissingError,
    RequestTooLargeError,
    ScopeMissingError,
    TooManyRequestsError,
    UnauthenticatedError,
)

logger = logging.getLogger(__name__)

STATUSES: dict[type[MlegError], int] = {
    BadOAuthRequestError: 400,
    ConflictError: 409,
    FieldNotFoundError: 400,
    MethodForbiddenError: 403,
    ObjectInvalidError: 400,
    ObjectNotFoundError: 400,
    ParameterError: 400,
    RequestTooLargeError: 413,
    TooManyRequestsError: 429,
    UnauthenticatedError: 401,
}
"""Error class → HTTP status; a class that is absent has the status of its nearest base. A test walks all classes."""

_SIGN = 'OAuth realm="USOS API"'
_BEARER = 'Bearer realm="USOS API"'
_REQUIRED_MESSAGES = {"Missing data for required field.", "Field may not be null."}


def status_of(kind: type[MlegError]) -> int:
    """Give the HTTP status of an error class."""
    return next(STATUSES[base] for base in kind.__mro__ if base in STATUSES)


def body_of(error: MlegError) -> dict[str, Any]:
    """Write an error as USOS API does."""
    body: dict[str, Any] = {"message": error.message}
    if error.error:
        body["error"] = error.error
    if error.reason:
        body["reason"] = error.reason
    body |= error.details()
    if error.user_message:
        text = error.user_message.as_dict()
        if isinstance(error, ParameterError):
            body["user_messages"] = {"fields": {error.name: text}}
        else:
            body["user_messages"] = {"generic_message": text}
    return body


def response_to(error: MlegError) -> Response:
    """Answer with an error."""
    response = jsonify(body_of(error))
    response.status_code = status_of(type(error))
    if challenge := _challenge(error):
        response.headers["WWW-Authenticate"] = challenge
    if isinstance(error, TooManyRequestsError):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _challenge(error: MlegError) -> str | None:
    """Say how to authenticate, in the terms of what the caller tried: RFC 6750 section 3 for a bearer token, else RFC 5849."""
    tried = request.headers.get("Authorization", "").partition(" ")[0].lower() if has_request_context() else ""
    if isinstance(error, UnauthenticatedError):
        if tried == "bearer":
            return f'{_BEARER}, error="invalid_token"'
        return _SIGN if tried == "oauth" else f"{_SIGN}, {_BEARER}"
    if isinstance(error, ScopeMissingError) and tried == "bearer":
        return f'{_BEARER}, error="insufficient_scope", scope="{error.scope}"'
    return None


def log_unforeseen(error: Exception) -> str:
    """Log an exception that nobody foresaw; give its id, which is all that may be told of it."""
    error_id = secrets.token_hex(8)
    logger.error("unforeseen error %s", error_id, exc_info=error)
    return error_id


def response_to_unforeseen(error: Exception) -> Response:
    """Answer to an exception that nobody foresaw."""
    error_id = log_unforeseen(error)
    response = jsonify(
        {
            "message": f"An internal error occurred. Its id is {error_id}.",
            "error_id": error_id,
            "user_messages": {"generic_message": internal_error_text(error_id).as_dict()},
        },
    )
    response.status_code = 500
    return response


def internal_error_text(error_id: str) -> Text:
    """Tell a person about an unforeseen error."""
    return Text(
        f"Coś poszło nie tak po naszej stronie. Spróbuj za chwilę; jeśli to się powtórzy, podaj nam numer {error_id}.",
        f"Something went wrong on our side. Try again in a moment; if it happens again, give us the number {error_id}.",
    )


def from_validation(error: ValidationError) -> ParameterError:
    """Turn marshmallow's findings into USOS API's error about the first parameter that is wrong."""
    messages = error.normalized_messages()  # type: ignore[no-untyped-call] # marshmallow leaves it untyped
    name, findings = next(iter(messages.items()))
    finding = findings[0] if isinstance(findings, list) else "It is malformed."
    if finding in _REQUIRED_MESSAGES:
        return ParameterMissingError(str(name))
    return ParameterInvalidError(str(name), str(finding))
