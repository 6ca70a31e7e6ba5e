"""Orders with their history, the codes on offer, revocations on their way, and remembered answers to repeated requests."""

import uuid
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from usosapi_mleg.domain.order import LIVE, Event, Status
from usosapi_mleg.extensions import Base
from usosapi_mleg.models.columns import Moment, PersonId, one_of

LIVE_CONDITION = "status IN ({})".format(", ".join(f"'{status}'" for status in sorted(LIVE)))
"""SQL for "this order is live"; the partial unique index on it decides who may order."""


class Order(Base):
    """One order of one card, and the card that came of it."""

    __tablename__ = "orders"
    __table_args__ = (
        Index("uq_orders_live", "person_id", unique=True, postgresql_where=text(LIVE_CONDITION)),
        Index("ix_orders_person_id_ordered_at", "person_id", "ordered_at"),
        Index("ix_orders_waiting", "ordered_at", "id", postgresql_where=text("status = 'waiting'")),
        Index("ix_orders_next_check_at", "next_check_at", postgresql_where=text("next_check_at IS NOT NULL")),
        CheckConstraint("issue_number >= 1", name="issue_number"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    #: UUIDv7; 32 hexadecimal digits on the wire.
    person_id: Mapped[PersonId]
    student_programme_id: Mapped[int] = mapped_column(
        ForeignKey("student_programmes.id", ondelete="RESTRICT"), index=True
    )
    student_number: Mapped[str]
    status: Mapped[Status] = mapped_column(one_of(Status))
    status_changed_at: Mapped[Moment]
    version: Mapped[int] = mapped_column(default=1)
    #: Grows with every change of state.
    issue_number: Mapped[int] = mapped_column(default=1)
    #: Order id and issue number name one document at the ministry.
    ordered_at: Mapped[Moment]
    valid_until: Mapped[date]
    claimed_at: Mapped[Moment | None]
    #: Set before this issue number is first sent: from then on the ministry may know it.
    next_check_at: Mapped[Moment | None]
    #: When to ask the ministry next what became of the document; for a waiting order: not to be sent before.
    checks: Mapped[int] = mapped_column(default=0)
    #: How often it was asked since the last change.
    card_number: Mapped[str | None]
    issued_on: Mapped[date | None]
    collected_at: Mapped[Moment | None]
    failure_code: Mapped[str | None]
    #: The ministry's code for why it could not make the document.


class OrderHistory(Base):
    """One change of one order: when, from, to, by whom, why."""

    __tablename__ = "order_history"
    __table_args__ = (Index("ix_order_history_order_id_id", "order_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    at: Mapped[Moment]
    event: Mapped[Event | None] = mapped_column(one_of(Event))
    #: None: the order was placed.
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    issue_number: Mapped[int]
    actor: Mapped[str]
    #: Who did it: `person:<id>`, `ministry`, `system`, followed by ` via <channel>`.
    reason: Mapped[str | None]


class Offer(Base):
    """The codes with which one document can be collected."""

    __tablename__ = "offers"

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True)
    issue_number: Mapped[int]
    token: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: Text of the QR code. Encrypted, identity `offers.token:<order id>-<issue number>`; wiped when it is of no more use.
    activation_code: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: Encrypted, identity `offers.activation_code:<order id>-<issue number>`; wiped likewise.
    expires_at: Mapped[Moment]
    reveals: Mapped[int] = mapped_column(default=0)
    last_reveal_at: Mapped[Moment | None]


class Revocation(Base):
    """A document that the ministry has to be told to revoke."""

    __tablename__ = "revocations"
    __table_args__ = (
        Index("ix_revocations_pending", "requested_at", postgresql_where=text("carried_at IS NULL")),
        Index("ix_revocations_pending_person", "person_id", postgresql_where=text("carried_at IS NULL")),
    )

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True)
    issue_number: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[PersonId]
    requested_at: Mapped[Moment]
    reason: Mapped[str]
    not_before: Mapped[Moment | None]
    #: When to try next, after the ministry put it off.
    carried_at: Mapped[Moment | None]


class RememberedAnswer(Base):
    """The answer given to a request with an idempotency key, to be given again when the request is repeated."""

    __tablename__ = "remembered_answers"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    #: SHA-256 over who asked and the key they chose.
    request: Mapped[bytes] = mapped_column(LargeBinary)
    #: SHA-256 over what was asked.
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    remembered_at: Mapped[Moment] = mapped_column(index=True)
