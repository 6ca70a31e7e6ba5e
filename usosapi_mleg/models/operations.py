"""What the program keeps about itself: shared state and the audit trail."""

from typing import Any

from sqlalchemy import BigInteger, Identity
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
