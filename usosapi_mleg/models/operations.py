"""What the program keeps about itself: shared state, the audit trail, and mail that has not left yet."""

import uuid
from typing import Any

from sqlalchemy import BigInteger, Identity, LargeBinary, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from usosapi_mleg.extensions import Base
from usosapi_mleg.models.columns import Moment


class ServiceState(Base):
    """A small named value that all processes share, such as the state of the connection to the ministry."""

    __tablename__ = "service_state"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(JSONB)


class AuditEvent(Base):
    """Who did what to whom: ids and names of what was touched, never values."""

    __tablename__ = "audit_events"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[Moment] = mapped_column(index=True)
    actor: Mapped[str]
    action: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(index=True)
    subject: Mapped[str | None] = mapped_column(index=True)
    #: Id of the order, consumer or token that was touched.
    reason: Mapped[str | None]
    #: In the words of the administrator who did it.


class Mail(Base):
    """A mail that waits to be sent; the row goes when the mail has gone, or has been given up."""

    __tablename__ = "mails"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    #: Address, subject and body as JSON, encrypted, identity `mails.content:<id>`.
    created_at: Mapped[Moment]
    due_at: Mapped[Moment] = mapped_column(index=True)
    #: When to try next.
    tries: Mapped[int] = mapped_column(default=0)
