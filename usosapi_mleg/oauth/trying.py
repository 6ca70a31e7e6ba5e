"""What the console needs: tokens that developers give their own consumers, and the secrets to sign with."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select

from usosapi_mleg import clock
from usosapi_mleg.domain.scopes import OFFLINE_ACCESS
from usosapi_mleg.errors import ObjectNotFoundError
from usosapi_mleg.extensions import db, keyring, reading
from usosapi_mleg.models import AccessToken, Consumer
from usosapi_mleg.oauth import permissions, tokens

LIFETIME_MINUTES = 30
"""How long a token that was made in the console lives."""


@dataclass(frozen=True, slots=True)
class OwnToken:
    """An access token of the person who looks, without its secret."""

    key: str
    scopes: tuple[str, ...]
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """What a call is signed with; it never leaves the server."""

    consumer_key: str
    consumer_secret: str
    token_key: str | None = None
    token_secret: str | None = None


def own_tokens(consumer_key: str, person_id: int) -> list[OwnToken]:
    """List the person's tokens of a consumer that still work, the latest first."""
    query = (
        select(AccessToken.key, AccessToken.scopes, AccessToken.expires_at)
        .where(
            AccessToken.consumer_key == consumer_key,
            AccessToken.person_id == person_id,
            AccessToken.revoked_at.is_(None),
            AccessToken.expires_at.is_(None) | (AccessToken.expires_at > clock.now()),
        )
        .order_by(AccessToken.created_at.desc())
    )
    with reading() as connection:
        return [OwnToken(row.key, tuple(row.scopes), row.expires_at) for row in connection.execute(query)]


def make_token(consumer_key: str, person_id: int, scopes: list[str]) -> str:
    """Give the person's own consumer a short-lived token of theirs, as if they had allowed it these scopes; give its key.

    Raises `ObjectNotFoundError` unless the consumer is theirs and works.
    """
    _own_secret(consumer_key, person_id)
    chosen = sorted(set(scopes) - {OFFLINE_ACCESS})
    permissions.allow(consumer_key, person_id, chosen, tell=False)
    issued = tokens.IssuedToken(tokens.generate_key(), tokens.generate_secret())
    now = clock.now()
    db.session.execute(
        insert(AccessToken).values(
            key=issued.key,
            secret=keyring().seal(issued.secret, f"access_tokens.secret:{issued.key}"),
            consumer_key=consumer_key,
            person_id=person_id,
            scopes=chosen,
            created_at=now,
            expires_at=now + timedelta(minutes=LIFETIME_MINUTES),
        ),
    )
    return issued.key


def credentials(consumer_key: str, person_id: int, token_key: str | None) -> Credentials:
    """Give what to sign a call with. Raises `ObjectNotFoundError` unless consumer and token are this person's and work."""
    consumer_secret = keyring().open_text(_own_secret(consumer_key, person_id), f"consumers.secret:{consumer_key}")
    if token_key is None:
        return Credentials(consumer_key, consumer_secret)
    if token_key not in {token.key for token in own_tokens(consumer_key, person_id)}:
        raise ObjectNotFoundError("There is no such token of yours.", reason="token_unknown")
    with reading() as connection:
        sealed = connection.execute(select(AccessToken.secret).where(AccessToken.key == token_key)).scalar_one()
    return Credentials(
        consumer_key, consumer_secret, token_key, keyring().open_text(sealed, f"access_tokens.secret:{token_key}")
    )


def _own_secret(consumer_key: str, person_id: int) -> bytes:
    query = select(Consumer.secret).where(
        Consumer.key == consumer_key, Consumer.owner_id == person_id, Consumer.disabled_at.is_(None)
    )
    with reading() as connection:
        sealed = connection.execute(query).scalar_one_or_none()
    if sealed is None:
        raise ObjectNotFoundError("There is no such consumer of yours.", reason="consumer_unknown")
    return sealed
