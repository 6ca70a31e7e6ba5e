"""Who wants to be told of changes, and what they still have to be told."""

import uuid
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from usosapi_mleg.extensions import Base
from usosapi_mleg.models.columns import Moment, PersonId, one_of


class SubscriptionState(StrEnum):
    """Whether the app has confirmed that it wants to be told."""

    PENDING = "pending"
    ACTIVE = "active"
    REFUSED = "refused"


class EventSubscription(Base):
    """One app wants to be told of one kind of event about one person."""

    __tablename__ = "event_subscriptions"
    __table_args__ = (
        UniqueConstraint("person_id", "event_type", "consumer_key"),
        Index("ix_event_subscriptions_pending", "id", postgresql_where=text("state = 'pending'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    consumer_key: Mapped[str] = mapped_column(ForeignKey("consumers.key", ondelete="CASCADE"), index=True)
    person_id: Mapped[PersonId]
    event_type: Mapped[str]
    callback_url: Mapped[str]
    verify_token: Mapped[bytes] = mapped_column(LargeBinary)
    #: Encrypted, identity `event_subscriptions.verify_token:<consumer key>`: told back to the app when it is asked to confirm.
    state: Mapped[SubscriptionState] = mapped_column(one_of(SubscriptionState))
    created_at: Mapped[Moment]


class EventDelivery(Base):
    """One change that one subscriber has to be told."""

    __tablename__ = "event_deliveries"
    __table_args__ = (Index("ix_event_deliveries_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    subscription_id: Mapped[int] = mapped_column(ForeignKey("event_subscriptions.id", ondelete="CASCADE"), index=True)
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), index=True)
    operation: Mapped[str]
    #: create or update.
    happened_at: Mapped[Moment]
    due_at: Mapped[Moment | None]
    #: When to try next; None: it was delivered, or given up.
    attempts: Mapped[int] = mapped_column(default=0)
    delivered_at: Mapped[Moment | None]
