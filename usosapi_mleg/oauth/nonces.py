"""Timestamps and nonces (RFC 5849 section 3.3): each signed request counts once, in all processes and after a crash too."""

from sqlalchemy import text

from usosapi_mleg import clock
from usosapi_mleg.errors import BadOAuthRequestError
from usosapi_mleg.extensions import reading
from usosapi_mleg.oauth import usage
from usosapi_mleg.oauth.signature import SignedRequest

WINDOW_SECONDS = 300
"""How far a timestamp may lie from our time, before or after."""
LONGEST_NONCE = 128
_LONGEST_TIMESTAMP = 12

_SPEND = text(
    "WITH spent AS (INSERT INTO nonces (consumer_key, token_key, timestamp, nonce)"
    " VALUES (:consumer, :token, :timestamp, :nonce) ON CONFLICT DO NOTHING RETURNING 1),"
    " noted AS (UPDATE access_tokens SET last_used_at = :now, last_used_from = :address"
    " WHERE key = :token AND consumer_key = :consumer AND (last_used_at IS NULL OR last_used_at < :noted_before)"
    " AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now) AND EXISTS (SELECT FROM spent))"
    " SELECT (SELECT since FROM nonce_epoch), EXISTS (SELECT FROM spent)",
)
_BEGIN_EPOCH = text("INSERT INTO nonce_epoch (since) VALUES (:since) ON CONFLICT DO NOTHING")


def checked_timestamp(request: SignedRequest) -> int:
    """Give the request's timestamp; raise `BadOAuthRequestError` when it or the nonce is malformed, or when it is stale."""
    digits = request.oauth.get("oauth_timestamp", "")
    nonce = request.oauth.get("oauth_nonce", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_TIMESTAMP):
        raise BadOAuthRequestError("Parameter oauth_timestamp is missing or is not a number.")
    if not nonce or len(nonce) > LONGEST_NONCE or "\0" in nonce:
        raise BadOAuthRequestError(f"Parameter oauth_nonce is missing or longer than {LONGEST_NONCE} characters.")
    timestamp = int(digits)
    ours = clock.wall_seconds()
    if abs(ours - timestamp) > WINDOW_SECONDS:
        raise BadOAuthRequestError(
            f"Expired timestamp: yours is {timestamp}, ours is {ours}, {WINDOW_SECONDS} seconds are allowed between them.",
            reason="timestamp_expired",
        )
    return timestamp


def spend(request: SignedRequest, timestamp: int, address: str | None) -> None:
    """Use up the nonce of a request whose signature proved right, and note the use of its access token from `address`.

    Raises `BadOAuthRequestError` when the nonce was used before.
    """
    spend_nonce(request.consumer_key or "", request.token_key or "", timestamp, request.oauth["oauth_nonce"], address)


def spend_nonce(consumer_key: str, token_key: str, timestamp: int, nonce: str, address: str | None = None) -> None:
    """Use up a nonce; raise `BadOAuthRequestError` when it was used before.

    The nonces live in an UNLOGGED table, which a crash of PostgreSQL empties. The epoch stands in another one, so it is gone too then,
    and what was signed before the first request after the crash is refused.
    """
    values = {"consumer": consumer_key, "token": token_key, "timestamp": timestamp, "nonce": nonce}
    with reading() as connection:
        since, fresh = connection.execute(_SPEND, values | usage.values(address)).one()
        if since is None:
            since = clock.wall_seconds()
            connection.execute(_BEGIN_EPOCH, {"since": since})
    if timestamp < since:
        raise BadOAuthRequestError("Expired timestamp: sign the request again.", reason="timestamp_expired")
    if not fresh:
        raise BadOAuthRequestError("Nonce already used", reason="nonce_used")


def spend_once(purpose: str, timestamp: int, nonce: str) -> bool:
    """Use up a nonce of our own; tell whether it was the first time.

    A crash of PostgreSQL makes it fresh again: only for what somebody else lets happen once, too.
    """
    values = {"consumer": "", "token": purpose, "timestamp": timestamp, "nonce": nonce}
    with reading() as connection:
        return bool(connection.execute(_SPEND, values | usage.values(None)).one()[1])
