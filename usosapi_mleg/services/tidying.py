"""Drops rows that are of no more use: expired sessions, tokens and codes, nonces outside the window."""

from datetime import timedelta

from sqlalchemy import delete, func

from usosapi_mleg import clock
from usosapi_mleg.extensions import db
from usosapi_mleg.models import (
    AccessToken,
    Attempt,
    AuthorizationCode,
    BearerToken,
    DeviceGrant,
    Nonce,
    PasswordReset,
    RefreshToken,
    RequestToken,
    WebSession,
)

NONCE_MEMORY_SECONDS = 3600
"""Longer than twice the window in which a timestamp is accepted."""
_DEAD_TOKEN_MEMORY = timedelta(days=30)
_DEAD_CODE_MEMORY = timedelta(days=1)
"""So long the second use of a code is told from the use of one that never was."""

_ATTEMPT_MEMORY = timedelta(days=1)
"""The longest window in which attempts are counted."""


def drop_expired() -> None:
    """Drop what expired."""
    now = clock.now()
    db.session.execute(delete(Nonce).where(Nonce.timestamp < clock.wall_seconds() - NONCE_MEMORY_SECONDS))
    db.session.execute(delete(RequestToken).where(RequestToken.expires_at < now))
    db.session.execute(delete(PasswordReset).where(PasswordReset.expires_at < now))
    db.session.execute(delete(WebSession).where(WebSession.expires_at < now))
    long_ago = now - _DEAD_TOKEN_MEMORY
    for ended in (AccessToken.expires_at, AccessToken.revoked_at):
        db.session.execute(delete(AccessToken).where(ended < long_ago))
    for tokens in (BearerToken, RefreshToken):
        db.session.execute(delete(tokens).where(tokens.expires_at < long_ago))
    for codes in (AuthorizationCode, DeviceGrant):
        db.session.execute(delete(codes).where(codes.expires_at < now - _DEAD_CODE_MEMORY))
    db.session.execute(
        delete(Attempt).where(Attempt.since < now - _ATTEMPT_MEMORY, func.coalesce(Attempt.locked_until, now) <= now)
    )
