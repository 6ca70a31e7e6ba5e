"""Push events: who wants to be told of changes of orders, and what they have to be told."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, any_, delete, exists, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from usosapi_mleg import clock, jobs
from usosapi_mleg.errors import ParameterInvalidError
from usosapi_mleg.extensions import db, keyring, reading
from usosapi_mleg.models import AccessToken, Consumer, EventDelivery, EventSubscription, SubscriptionState

ORDER_EVENT = "mlegitymacja/order"
EVENT_TYPES = (ORDER_EVENT,)
_SCOPE = "events"

_FIRST_PAUSE = timedelta(seconds=5)
_MOST_ATTEMPTS = 8
_ANNOUNCE = text(
    "INSERT INTO event_deliveries (subscription_id, order_id, operation, happened_at, due_at, attempts)"
    " SELECT id, :order_id, :operation, :now, :now, 0 FROM event_subscriptions"
    " WHERE person_id = :person_id AND event_type = :event_type AND state = 'active' RETURNING id",
)


@dataclass(frozen=True, slots=True)
class Challenge:
    """A subscription that the app has still to confirm."""

    subscription_id: int
    callback_url: str
    verify_token: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One change to be told to one address."""

    id: int
    consumer_key: str
    callback_url: str
    order_id: uuid.UUID
    person_id: int
    operation: str
    happened_at: datetime

    def entry(self) -> dict[str, Any]:
        """Write it as USOS API does."""
        return {
            "node_id": self.order_id.hex,
            "related_user_ids": [str(self.person_id)],
            "operation": self.operation,
            "time": int(self.happened_at.timestamp()),
        }


def subscribe(
    consumer_key: str, person_id: int, event_type: str, callback_url: str, verify_token: str
) -> dict[str, Any]:
    """Note that an app wants to be told of one kind of event about one person; the worker asks it to confirm.

    Subscribing again replaces the address. Raises `ParameterInvalidError` for an unknown kind.
    """
    if event_type not in EVENT_TYPES:
        raise ParameterInvalidError("event_type", f"Known event types: {', '.join(EVENT_TYPES)}.")
    changing = {
        "callback_url": callback_url,
        "verify_token": keyring().seal(verify_token, f"event_subscriptions.verify_token:{consumer_key}"),
        "state": SubscriptionState.PENDING,
        "created_at": clock.now(),
    }
    row = db.session.execute(
        upsert(EventSubscription)
        .values(consumer_key=consumer_key, person_id=person_id, event_type=event_type, **changing)
        .on_conflict_do_update(
            index_elements=[EventSubscription.person_id, EventSubscription.event_type, EventSubscription.consumer_key],
            set_=changing,
        )
        .returning(*_SHOWN),
    ).one()
    jobs.defer(jobs.CONFIRM_SUBSCRIPTIONS)
    return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


_SHOWN = (
    EventSubscription.id,
    EventSubscription.event_type,
    EventSubscription.callback_url,
    EventSubscription.state,
    EventSubscription.created_at,
)


def subscriptions(consumer_key: str, person_id: int) -> list[dict[str, Any]]:
    """List what an app wants to be told about a person."""
    query = select(*_SHOWN).where(
        EventSubscription.consumer_key == consumer_key, EventSubscription.person_id == person_id
    )
    with reading() as connection:
        return [dict(row) for row in connection.execute(query.order_by(EventSubscription.id)).mappings()]


def unsubscribe(consumer_key: str, person_id: int, event_type: str | None) -> None:
    """Forget what an app wanted to be told about a person: one kind of event, or all."""
    which = delete(EventSubscription).where(
        EventSubscription.consumer_key == consumer_key,
        EventSubscription.person_id == person_id,
    )
    db.session.execute(which.where(EventSubscription.event_type == event_type) if event_type else which)


def announce_order(order_id: uuid.UUID, person_id: int, operation: str) -> None:
    """Have every subscriber told of a change of an order, if this transaction commits."""
    told = db.session.execute(
        _ANNOUNCE,
        {
            "order_id": order_id,
            "operation": operation,
            "now": clock.now(),
            "person_id": person_id,
            "event_type": ORDER_EVENT,
        },
    ).all()
    if told:
        jobs.defer(jobs.PUSH_EVENTS)


def unconfirmed(limit: int) -> list[Challenge]:
    """Take subscriptions that were not confirmed yet."""
    query = select(EventSubscription).where(EventSubscription.state == SubscriptionState.PENDING)
    return [
        Challenge(
            one.id,
            one.callback_url,
            keyring().open_text(one.verify_token, f"event_subscriptions.verify_token:{one.consumer_key}"),
        )
        for one in db.session.execute(query.order_by(EventSubscription.id).limit(limit)).scalars()
    ]


def record_confirmation(challenge: Challenge, *, confirmed: bool) -> None:
    """Record whether an app confirmed; an address that was changed meanwhile is asked again."""
    db.session.execute(
        update(EventSubscription)
        .where(
            EventSubscription.id == challenge.subscription_id,
            EventSubscription.state == SubscriptionState.PENDING,
            EventSubscription.callback_url == challenge.callback_url,
        )
        .values(state=SubscriptionState.ACTIVE if confirmed else SubscriptionState.REFUSED),
    )


def due_deliveries(limit: int) -> list[Delivery]:
    """Take what has to be told now, oldest first, and put each off in case this process dies with it.

    What an app may not be told any more is left out and forgotten.
    """
    now = clock.now()
    rows = db.session.execute(
        select(EventDelivery, EventSubscription, _may_be_told(now))
        .join(EventSubscription, EventSubscription.id == EventDelivery.subscription_id)
        .join(Consumer, Consumer.key == EventSubscription.consumer_key)
        .where(EventDelivery.due_at <= now)
        .order_by(EventDelivery.due_at, EventDelivery.id)
        .limit(limit)
        .with_for_update(of=EventDelivery, skip_locked=True),
    ).all()
    taken = []
    for delivery, subscription, allowed in rows:
        if not allowed:
            delivery.due_at = None
            continue
        delivery.attempts += 1
        delivery.due_at = now + _FIRST_PAUSE * 4**delivery.attempts if delivery.attempts < _MOST_ATTEMPTS else None
        taken.append(
            Delivery(
                delivery.id,
                subscription.consumer_key,
                subscription.callback_url,
                delivery.order_id,
                subscription.person_id,
                delivery.operation,
                delivery.happened_at,
            )
        )
    return taken


def _may_be_told(now: datetime) -> ColumnElement[bool]:
    """Tell whether the subscribed app could ask for itself now: it is not switched off, and has a token for it that works.

    An administrative app acts for persons without a token.
    """
    with_token = exists().where(
        AccessToken.consumer_key == EventSubscription.consumer_key,
        AccessToken.person_id == EventSubscription.person_id,
        literal(_SCOPE) == any_(AccessToken.scopes),
        AccessToken.revoked_at.is_(None),
        AccessToken.expires_at.is_(None) | (AccessToken.expires_at > now),
    )
    return Consumer.disabled_at.is_(None) & (Consumer.administrative | with_token)


def record_delivered(deliveries: Iterable[Delivery]) -> None:
    """Record that an address was told."""
    ids: Sequence[int] = [one.id for one in deliveries]
    db.session.execute(
        update(EventDelivery).where(EventDelivery.id.in_(ids)).values(due_at=None, delivered_at=clock.now()),
    )
