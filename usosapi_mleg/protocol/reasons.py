"""The reasons for a refusal that any method may give; those of one method stand in its declaration."""

from usosapi_mleg.errors import (
    BadOAuthRequestError,
    MethodForbiddenError,
    MlegError,
    ObjectNotFoundError,
    TooManyRequestsError,
    UnauthenticatedError,
)

COMMON_REASONS: dict[str, tuple[type[MlegError], str]] = {
    "not_signed": (UnauthenticatedError, "The method wants a consumer's signature and the call has none."),
    "token_missing": (UnauthenticatedError, "The method is about a person and the call is signed without a token."),
    "consumer_unknown": (UnauthenticatedError, "The consumer key does not exist, or was switched off."),
    "token_unknown": (UnauthenticatedError, "The token does not exist, or is another consumer's."),
    "token_expired": (UnauthenticatedError, "The token has expired: ask the person again."),
    "token_revoked": (UnauthenticatedError, "The token was revoked."),
    "invalid_signature": (UnauthenticatedError, "The signature is not the one that belongs to this request."),
    "unknown_scheme": (UnauthenticatedError, "The Authorization header holds neither `OAuth …` nor `Bearer …`."),
    "signature_method_unsupported": (
        BadOAuthRequestError,
        "Sign with HMAC-SHA1 or HMAC-SHA256, or over TLS with PLAINTEXT.",
    ),
    "version_unsupported": (BadOAuthRequestError, "`oauth_version`, if it is sent at all, has to be 1.0."),
    "timestamp_expired": (
        BadOAuthRequestError,
        "`oauth_timestamp` is too far from our time: set the clock, sign again.",
    ),
    "nonce_used": (BadOAuthRequestError, "`oauth_nonce` was used before: sign again with a fresh one."),
    "ssl_required": (MethodForbiddenError, "The method has to be called over TLS (https)."),
    "scope_missing": (MethodForbiddenError, "The token does not cover the scope that the method needs."),
    "not_administrative": (MethodForbiddenError, "The method, or `as_user_id`, is for administrative consumers only."),
    "student_only": (MethodForbiddenError, "Codes are shown to the student's own token only."),
    "method_not_found": (ObjectNotFoundError, "There is no method at this address (HTTP 404)."),
    "too_many_requests": (TooManyRequestsError, "Wait as many seconds as the header `Retry-After` says."),
}
"""Reason → the class of error that comes with it, and a sentence for developers."""
