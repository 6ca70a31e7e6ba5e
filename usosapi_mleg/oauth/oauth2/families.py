"""Families of tokens: all that follows from one decision of a person ends together."""

import logging
import uuid

from sqlalchemy import update

from usosapi_mleg import audit, clock
from usosapi_mleg.domain.actor import Actor
from usosapi_mleg.extensions import db
from usosapi_mleg.models import BearerToken, RefreshToken

logger = logging.getLogger(__name__)


def revoke_family(family_id: uuid.UUID) -> None:
    """Make all tokens of a family useless."""
    for table in (BearerToken, RefreshToken):
        db.session.execute(
            update(table).where(table.family_id == family_id, table.revoked_at.is_(None)).values(revoked_at=clock.now())
        )


def note_reuse(consumer_key: str, person_id: int | None, family_id: uuid.UUID) -> None:
    """Revoke a family because something of it was used a second time: one of the two who used it has stolen it."""
    revoke_family(family_id)
    note(consumer_key, "oauth2_reuse_detected", person_id, family_id)
    logger.warning("reuse in the OAuth 2.0 family %s of consumer %s: revoked", family_id.hex, consumer_key)


def note(consumer_key: str, action: str, person_id: int | None, family_id: uuid.UUID) -> None:
    """Add an event to the audit trail."""
    audit.note(Actor("consumer", consumer_key), action, person_id=person_id, subject=family_id.hex)
