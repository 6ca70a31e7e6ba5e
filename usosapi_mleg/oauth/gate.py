"""The one gate: finds out who calls. One round trip for a bearer token; for a signed request one more, for the nonce."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Request
from sqlalchemy import text
from werkzeug.urls import iri_to_uri

from usosapi_mleg import clock
from usosapi_mleg.errors import (
    BadOAuthRequestError,
    MethodForbiddenError,
    ParameterInvalidError,
    ParameterMissingError,
    UnauthenticatedError,
)
from usosapi_mleg.extensions import keyring, reading, settings
from usosapi_mleg.oauth import limits, nonces, signature
from usosapi_mleg.oauth.caller import ANONYMOUS, Caller
from usosapi_mleg.oauth.oauth2 import bearer
from usosapi_mleg.oauth.signature import SignedRequest

_FORM = "application/x-www-form-urlencoded"
_LOOPBACK_PEERS = ("127.", "::1")
_LOOPBACK_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?")
_SIGNS_OF_A_PROXY = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")
_LONGEST_KEY = 64
_SHORTEST_SECRET = 32
"""An empty secret, left by a slip of an administrator, would let anybody sign."""
_LONGEST_PERSON_ID = 18

_CREDENTIALS = text(
    "SELECT c.secret AS consumer_secret, c.administrative, c.student_front_end, c.disabled_at,"
    " t.secret AS token_secret, t.person_id, t.scopes, t.expires_at, t.revoked_at"
    " FROM consumers c LEFT JOIN access_tokens t ON t.key = :token AND t.consumer_key = c.key WHERE c.key = :consumer",
)
_REQUEST_TOKEN = text(
    "SELECT c.secret AS consumer_secret, c.administrative, c.student_front_end, c.disabled_at,"
    " t.secret AS token_secret, t.person_id, t.scopes, t.expires_at, NULL AS revoked_at"
    " FROM consumers c LEFT JOIN request_tokens t ON t.key = :token AND t.consumer_key = c.key WHERE c.key = :consumer",
)
_PERSON = text("SELECT 1 FROM persons WHERE id = :person_id")


@dataclass(frozen=True, slots=True)
class Credentials:
    """A caller who proved who they are, and the `oauth_*` parameters with which they did."""

    caller: Caller
    oauth: Mapping[str, str]


NOBODY = Credentials(ANONYMOUS, {})


def signed_request(request: Request) -> SignedRequest:
    """Read a Flask request as its client signed it; raise `BadOAuthRequestError` when there is no telling at which host."""
    if not request.host:
        raise BadOAuthRequestError("The Host header is missing or malformed.")
    form = request.form.items(multi=True) if request.mimetype == _FORM else ()
    return signature.gather(
        request.method,
        iri_to_uri(request.base_url),
        list(request.args.items(multi=True)),
        list(form),
        request.headers.get("Authorization", ""),
    )


def is_private(request: Request) -> bool:
    """Tell whether nobody on the way can listen: TLS, or both ends on this machine with no proxy between them."""
    if request.is_secure:
        return True
    if settings().trusted_proxies or any(name in request.headers for name in _SIGNS_OF_A_PROXY):
        return False
    peer = request.remote_addr or ""
    return peer.startswith(_LOOPBACK_PEERS) and _LOOPBACK_HOST.fullmatch(request.host) is not None


def identify(request: Request, *, act_as: bool = False, request_token: bool = False) -> Credentials:
    """Find out who calls, by an OAuth 1.0a signature or an OAuth 2.0 bearer token; a request without either is anonymous.

    `act_as`: the method is about a person, so an administrative consumer may name one with `as_user_id` instead of a token.
    `request_token`: the request is signed with a request token. Raises `UnauthenticatedError` for wrong, expired or revoked credentials,
    `BadOAuthRequestError` for malformed, stale or repeated requests, `TooManyRequestsError` for one too many.
    """
    if bearer.is_presented(request) and not request_token:
        caller, oauth = _by_bearer_token(request), {}
    elif (signed := _read(request)) is not None:
        caller, oauth = _authenticate(request, signed, request_token=request_token), signed.oauth
    else:
        return NOBODY
    if act_as and caller.token_key is None:
        caller = _as_user(caller, request)
    limits.count_caller(caller)
    return Credentials(caller, oauth)


def _by_bearer_token(request: Request) -> Caller:
    if not is_private(request):
        raise MethodForbiddenError("Bearer tokens are accepted over TLS (https) only.", reason="ssl_required")
    return bearer.identify(request)


def _read(request: Request) -> SignedRequest | None:
    scheme = request.headers.get("Authorization", "").partition(" ")[0].lower()
    if scheme not in {"", "oauth"}:
        raise UnauthenticatedError(
            "This kind of Authorization header is not known here: use OAuth or Bearer.", reason="unknown_scheme"
        )
    signed = signed_request(request)
    if signed.consumer_key is None:
        if scheme or "oauth_signature" in signed.oauth:
            raise ParameterMissingError("oauth_consumer_key")
        return None
    return signed


def _authenticate(request: Request, signed: SignedRequest, *, request_token: bool) -> Caller:
    _check_form(request, signed)
    timestamp = nonces.checked_timestamp(signed)
    consumer_key, token_key = signed.consumer_key or "", signed.token_key
    if len(consumer_key) > _LONGEST_KEY or "\0" in consumer_key:
        raise UnauthenticatedError("Unknown consumer key.", reason="consumer_unknown")
    if token_key is not None and (len(token_key) > _LONGEST_KEY or "\0" in token_key):
        raise UnauthenticatedError("Unknown token.", reason="token_unknown")
    query = _REQUEST_TOKEN if request_token else _CREDENTIALS
    with reading() as connection:
        row = connection.execute(query, {"consumer": consumer_key, "token": token_key}).one_or_none()
    if row is None or row.disabled_at is not None:
        raise UnauthenticatedError("Unknown consumer key.", reason="consumer_unknown")
    if token_key is not None and row.token_secret is None:
        raise UnauthenticatedError("Unknown token.", reason="token_unknown")
    ring = keyring()
    consumer_secret = ring.open_text(row.consumer_secret, f"consumers.secret:{consumer_key}")
    if len(consumer_secret) < _SHORTEST_SECRET:
        raise UnauthenticatedError("Unknown consumer key.", reason="consumer_unknown")
    kind = "request_tokens" if request_token else "access_tokens"
    token_secret = ring.open_text(row.token_secret, f"{kind}.secret:{token_key}") if token_key else ""
    signature.verify(signed, consumer_secret, token_secret)
    nonces.spend(signed, timestamp, request.remote_addr)
    if token_key is not None:
        _check_alive(row.expires_at, row.revoked_at)
    return Caller(
        consumer_key=consumer_key,
        administrative=row.administrative,
        student_front_end=row.student_front_end,
        token_key=token_key,
        person_id=row.person_id,
        scopes=frozenset(row.scopes or ()),
    )


def _check_form(request: Request, signed: SignedRequest) -> None:
    method = signed.oauth.get("oauth_signature_method")
    if method is None:
        raise ParameterMissingError("oauth_signature_method")
    if method not in signature.METHODS:
        raise BadOAuthRequestError(
            "Unsupported oauth_signature_method: use HMAC-SHA1 or HMAC-SHA256, or PLAINTEXT over TLS.",
            reason="signature_method_unsupported",
        )
    if method == signature.PLAINTEXT and not is_private(request):
        raise BadOAuthRequestError(
            "PLAINTEXT signatures are accepted over TLS only.", reason="signature_method_unsupported"
        )
    if "oauth_signature" not in signed.oauth:
        raise ParameterMissingError("oauth_signature")
    if signed.oauth.get("oauth_version", "1.0") not in {"1.0", "1.0A", "1.0a"}:
        raise BadOAuthRequestError("Unsupported oauth_version: use 1.0.", reason="version_unsupported")


def _check_alive(expires_at: datetime | None, revoked_at: datetime | None) -> None:
    if revoked_at is not None:
        raise UnauthenticatedError("The token was revoked.", reason="token_revoked")
    if expires_at is not None and expires_at <= clock.now():
        raise UnauthenticatedError("The token has expired.", reason="token_expired")


def _as_user(caller: Caller, request: Request) -> Caller:
    """Let an administrative consumer act for the person named by `as_user_id` (USOS: instead of an access token)."""
    person = request.values.get("as_user_id")
    if person is None:
        return caller
    if not caller.administrative:
        raise MethodForbiddenError("Only administrative consumers may use as_user_id.", reason="not_administrative")
    if not (person.isascii() and person.isdigit() and len(person) <= _LONGEST_PERSON_ID):
        raise ParameterInvalidError("as_user_id", "There is no such user.")
    with reading() as connection:
        if connection.execute(_PERSON, {"person_id": int(person)}).one_or_none() is None:
            raise ParameterInvalidError("as_user_id", "There is no such user.")
    return replace(caller, person_id=int(person), impersonating=True)
