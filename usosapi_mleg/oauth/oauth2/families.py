"""Families of tokens: all that follows from one decision of a person ends together."""

import logging
import uuid

from sqlalchemy import ColumnElement, insert, update

from usosapi_mleg import clock
from usosapi_mleg.domain.actor import Actor
from usosapi_mleg.extensions import db
from usosapi_mleg.models import AuditEvent, AuthorizationCode, BearerToken, DeviceGrant, RefreshToken

logger = logging.getLogger(__name__)


def revoke_family(family_id: uuid.UUID) -> None:
    """Make all tokens of a family useless."""
    _end(BearerToken, BearerToken.family_id == family_id)
    _end(RefreshToken, RefreshToken.family_id == family_id)


def revoke_of_person(consumer_key: str, person_id: int) -> None:
    """Make all that an app has of a person useless, also codes that it has not redeemed yet."""
    for table in (BearerToken, RefreshToken, AuthorizationCode, DeviceGrant):
        _end(table, (table.consumer_key == consumer_key) & (table.person_id == person_id))


def _end(table: type[BearerToken | RefreshToken | AuthorizationCode | DeviceGrant], which: ColumnElement[bool]) -> None:
    ended = "revoked_at" if issubclass(table, BearerToken | RefreshToken) else "used_at"
    column = getattr(table, ended)
    db.session.execute(update(table).where(which, column.is_(None)).values({column: clock.now()}))


def note_reuse(consumer_key: str, person_id: int | None, family_id: uuid.UUID) -> None:
    """Revoke a family because something of it was used a second time: one of the two who used it has stolen it."""
    revoke_family(family_id)
    note(consumer_key, "oauth2_reuse_detected", person_id, family_id)
    logger.warning("reuse in the OAuth 2.0 family %s of consumer %s: revoked", family_id.hex, consumer_key)


def note(consumer_key: str, action: str, person_id: int | None, family_id: uuid.UUID) -> None:
    """Add an event to the audit trail."""
    values = {"at": clock.now(), "actor": str(Actor("consumer", consumer_key)), "action": action}
    db.session.execute(insert(AuditEvent).values(values | {"person_id": person_id, "subject": family_id.hex}))
