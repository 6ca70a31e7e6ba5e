"""From a bearer token (RFC 6750) to a caller: one statement, which also notes where and when the token was used last."""

import re

from flask import Request
from sqlalchemy import text

from usosapi_mleg.crypto import digest
from usosapi_mleg.errors import BadOAuthRequestError, UnauthenticatedError
from usosapi_mleg.extensions import reading
from usosapi_mleg.oauth import usage
from usosapi_mleg.oauth.caller import Caller

_FORM = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/-]{1,200}=*)")
_OTHER_WAYS = ("oauth_consumer_key", "oauth_signature", "access_token")

_FIND = text(
    "WITH noted AS (UPDATE bearer_tokens SET last_used_at = :now, last_used_from = :address"
    " WHERE hash = :hash AND (last_used_at IS NULL OR last_used_at < :noted_before)"
    " AND revoked_at IS NULL AND expires_at > :now)"
    " SELECT t.consumer_key, t.family_id, t.person_id, t.scopes, t.impersonated, t.expires_at, t.revoked_at,"
    " c.administrative, c.student_front_end, c.disabled_at, c.oauth2_secret IS NULL AND c.jwks IS NULL AS public"
    " FROM bearer_tokens t JOIN consumers c ON c.key = t.consumer_key WHERE t.hash = :hash",
)


def is_presented(request: Request) -> bool:
    """Tell whether the request names a bearer token where it belongs: in its Authorization header, never in the address."""
    return request.headers.get("Authorization", "").partition(" ")[0].lower() == "bearer"


def identify(request: Request) -> Caller:
    """Find out who calls. Raises `UnauthenticatedError` or `BadOAuthRequestError`."""
    token = _FORM.fullmatch(request.headers["Authorization"].strip())
    if token is None:
        raise UnauthenticatedError("The bearer token is malformed.", reason="token_unknown")
    if any(name in request.values for name in _OTHER_WAYS):
        raise BadOAuthRequestError("The call is authenticated in more than one way.")
    use, token_hash = usage.values(request.remote_addr), digest(token[1])
    with reading() as connection:
        row = connection.execute(_FIND, use | {"hash": token_hash}).one_or_none()
    if row is None or row.disabled_at is not None:
        raise UnauthenticatedError("Unknown token.", reason="token_unknown")
    if row.revoked_at is not None:
        raise UnauthenticatedError("The token was revoked.", reason="token_revoked")
    if row.expires_at <= use["now"]:
        raise UnauthenticatedError("The token has expired.", reason="token_expired")
    scopes = frozenset(row.scopes)
    limited = row.impersonated or row.person_id is None
    return Caller(
        consumer_key=row.consumer_key,
        # Users of a public app have its tokens at hand: these must not make them administrators.
        administrative=row.administrative and not row.public,
        student_front_end=row.student_front_end,
        token_key=None if row.person_id is None else row.family_id.hex,
        person_id=row.person_id,
        scopes=scopes,
        impersonating=row.impersonated,
        ceiling=scopes if limited else None,
        bearer=token_hash,
    )
