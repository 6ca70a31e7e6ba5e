"""Writes down who did what to whom: ids and names, never values."""

from sqlalchemy import insert

from usosapi_mleg import clock
from usosapi_mleg.domain.actor import Actor
from usosapi_mleg.extensions import db
from usosapi_mleg.models import AuditEvent


def note(
    actor: Actor, action: str, *, person_id: int | None = None, subject: str | None = None, reason: str | None = None
) -> None:
    """Add one event to the audit trail of the current transaction; `reason` is in the words of the administrator who acts."""
    values = {"person_id": person_id, "subject": subject, "reason": reason}
    db.session.execute(insert(AuditEvent).values(at=clock.now(), actor=str(actor), action=action, **values))
