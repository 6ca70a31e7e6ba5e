"""New secrets for a consumer in place of those that may have leaked; tokens that were given before go on working."""

from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, update

from usosapi_mleg import audit
from usosapi_mleg.crypto import digest
from usosapi_mleg.domain.actor import Actor
from usosapi_mleg.errors import ObjectNotFoundError
from usosapi_mleg.extensions import db, keyring
from usosapi_mleg.models import Consumer
from usosapi_mleg.oauth import tokens
from usosapi_mleg.oauth.oauth2.given import Kind, generate


class Secret(StrEnum):
    """Which secret of a consumer."""

    CONSUMER = "consumer_secret"
    """OAuth 1.0a signs with it."""
    CLIENT = "client_secret"
    """A confidential client of OAuth 2.0 sends it."""


def rotate(key: str, which: Secret, actor: Actor, *, owner_id: int | None = None, reason: str | None = None) -> str:
    """Give a consumer a new secret, which is never seen again; the former one is of no use from now on.

    `owner_id`: only when this person has registered the consumer. Raises `ObjectNotFoundError` when there is no such consumer, or it has
    no secret of this kind.
    """
    conditions: list[ColumnElement[bool]] = [Consumer.key == key]
    if owner_id is not None:
        conditions.append(Consumer.owner_id == owner_id)
    values: dict[str, Any]
    if which is Secret.CONSUMER:
        secret = tokens.generate_secret()
        values = {"secret": keyring().seal(secret, f"consumers.secret:{key}")}
    else:
        secret = generate(Kind.CLIENT_SECRET)
        values = {"oauth2_secret": digest(secret)}
        conditions.append(Consumer.oauth2_secret.is_not(None))
    query = update(Consumer).where(*conditions).values(values).returning(Consumer.key)
    if db.session.execute(query).scalar_one_or_none() is None:
        raise ObjectNotFoundError("There is no consumer with such a secret.", reason="consumer_unknown")
    audit.note(actor, f"{which}_rotated", subject=key, reason=reason)
    return secret
