"""Placing, moving and ending orders: the only place where an order's status is assigned."""

import secrets
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from usosapi_mleg import clock, crypto, jobs
from usosapi_mleg.domain.actor import Actor
from usosapi_mleg.domain.eligibility import ALREADY_ORDERED, in_one_text, reasons_against
from usosapi_mleg.domain.order import Event, ImpossibleEventError, Status, next_status
from usosapi_mleg.domain.text import Text
from usosapi_mleg.domain.validity import valid_until
from usosapi_mleg.errors import ConflictError, NotEligibleError, ObjectNotFoundError, ParameterInvalidError
from usosapi_mleg.extensions import db, reading
from usosapi_mleg.models import Offer, Order, OrderHistory, RememberedAnswer, Revocation
from usosapi_mleg.models.orders import LIVE_CONDITION
from usosapi_mleg.services import events, registry


@dataclass(frozen=True, slots=True)
class OrderView:
    """What may be shown of an order to its owner: no codes and no personal data."""

    id: uuid.UUID
    status: Status
    version: int
    ordered_at: datetime
    status_changed_at: datetime
    student_number: str
    valid_until: date
    card_number: str | None
    issued_on: date | None
    collected_at: datetime | None
    failure_code: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """One change of an order."""

    at: datetime
    from_status: str | None
    to_status: str
    actor: str
    """Who did it, as `str()` of an `Actor`."""
    reason: str | None


VIEW_COLUMNS = [getattr(Order, name) for name in OrderView.__slots__]


def new_order_id() -> uuid.UUID:
    """Make a UUIDv7 (RFC 9562 section 5.7): ids that sort by time of placement."""
    milliseconds = time.time_ns() // 1_000_000
    value = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return uuid.UUID(int=value)


def parse_order_id(text: str) -> uuid.UUID:
    """Read an order id from the wire; an id of the wrong form names no order."""
    try:
        return uuid.UUID(hex=text)
    except ValueError:
        raise not_found() from None


def not_found() -> ObjectNotFoundError:
    """Make the error for an order that is not there, or is not this person's."""
    return ObjectNotFoundError(
        "There is no such order of this student.",
        reason="order_not_found",
        user_message=Text("Nie ma takiego zamówienia.", "There is no such order."),
    )


def place(
    person_id: int,
    *,
    actor: Actor,
    student_programme_id: int | None = None,
    idempotency_key: str | None = None,
) -> OrderView:
    """Place an order for a student and defer its way to the ministry.

    A repeated `idempotency_key` of the same actor for the same person gives the first answer again. Raises `NotEligibleError` with all
    reasons, `ConflictError` when the person has a live order, `ParameterInvalidError` for a programme of somebody else or a key that
    was used for another request.
    """
    remembered = None
    if idempotency_key is not None:
        remembered = crypto.digest(f"{person_id}\0{actor}\0{idempotency_key}")
        if (answer := _remembered_answer(remembered, crypto.digest(f"order\0{student_programme_id}"))) is not None:
            return answer
    order = _insert_order(person_id, student_programme_id, actor)
    jobs.defer(jobs.MINISTRY_EXCHANGE)
    if remembered is not None:
        db.session.execute(
            update(RememberedAnswer).where(RememberedAnswer.key == remembered).values(answer=_to_json(order)),
        )
    return order


def _insert_order(person_id: int, student_programme_id: int | None, actor: Actor) -> OrderView:
    application = registry.application(person_id, student_programme_id)
    if reasons := reasons_against(application.applicant):
        raise NotEligibleError(reasons)
    moment = clock.now()
    row = db.session.execute(
        upsert(Order)
        .values(
            id=new_order_id(),
            person_id=person_id,
            student_programme_id=application.student_programme_id,
            student_number=application.applicant.student_number,
            status=Status.WAITING,
            status_changed_at=moment,
            ordered_at=moment,
            valid_until=valid_until(clock.today()),
        )
        .on_conflict_do_nothing(index_elements=["person_id"], index_where=text(LIVE_CONDITION))
        .returning(*VIEW_COLUMNS),
    ).one_or_none()
    if row is None:
        raise ConflictError(
            "This student already has an order that has not ended.",
            reason="already_ordered",
            user_message=in_one_text((ALREADY_ORDERED,)),
        )
    order = OrderView(*row)
    _note_history(order.id, None, None, Status.WAITING, 1, actor, None)
    events.announce_order(order.id, person_id, "create")
    return order


def _remembered_answer(key: bytes, request: bytes) -> OrderView | None:
    """Give the answer that was given for this key before; None: this request is the first (others with the key wait for it)."""
    first = db.session.execute(
        upsert(RememberedAnswer)
        .values(key=key, request=request, remembered_at=clock.now())
        .on_conflict_do_nothing()
        .returning(RememberedAnswer.key),
    ).scalar_one_or_none()
    if first is not None:
        return None
    known = db.session.execute(
        select(RememberedAnswer.request, RememberedAnswer.answer).where(RememberedAnswer.key == key),
    ).one()
    if known.request != request:
        raise ParameterInvalidError(
            "idempotency_key",
            "It was used for another request before.",
            reason="idempotency_key_reused",
        )
    return _from_json(known.answer)


def _to_json(order: OrderView) -> dict[str, Any]:
    values = {name: getattr(order, name) for name in OrderView.__slots__}
    return {
        name: value.hex if isinstance(value, uuid.UUID) else value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
    }


def _from_json(answer: dict[str, Any]) -> OrderView:
    values = answer | {
        "id": uuid.UUID(hex=answer["id"]),
        "status": Status(answer["status"]),
        "ordered_at": datetime.fromisoformat(answer["ordered_at"]),
        "status_changed_at": datetime.fromisoformat(answer["status_changed_at"]),
        "valid_until": date.fromisoformat(answer["valid_until"]),
    }
    return OrderView(**values)


def view(person_id: int, order_id: uuid.UUID | None = None) -> OrderView:
    """Give one order of a person, by default the latest; raise `ObjectNotFoundError` when there is none."""
    query = select(*VIEW_COLUMNS).where(Order.person_id == person_id)
    query = query.order_by(Order.ordered_at.desc()).limit(1) if order_id is None else query.where(Order.id == order_id)
    with reading() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise not_found()
    return OrderView(*row)


def live_card(person_id: int) -> OrderView:
    """Give the order whose card a person has now; raise `ObjectNotFoundError` when none is made."""
    made = Order.status.in_((Status.READY, Status.COLLECTED))
    with reading() as connection:
        row = connection.execute(select(*VIEW_COLUMNS).where(Order.person_id == person_id, made)).one_or_none()
    if row is None:
        raise ObjectNotFoundError("This student has no mLegitymacja now.", reason="card_not_found")
    return OrderView(*row)


def history(person_id: int, start: int = 0, most: int | None = None) -> list[OrderView]:
    """List the orders of a person, the latest first: all, or `most` of them after the first `start`."""
    query = select(*VIEW_COLUMNS).where(Order.person_id == person_id).order_by(Order.ordered_at.desc(), Order.id.desc())
    query = query.offset(start).limit(most)
    with reading() as connection:
        return [OrderView(*row) for row in connection.execute(query)]


def steps(order_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Step]]:
    """List what happened to each of the orders, in order."""
    query = (
        select(
            OrderHistory.order_id,
            OrderHistory.at,
            OrderHistory.from_status,
            OrderHistory.to_status,
            OrderHistory.actor,
            OrderHistory.reason,
        )
        .where(OrderHistory.order_id.in_(order_ids))
        .order_by(OrderHistory.order_id, OrderHistory.id)
    )
    found: dict[uuid.UUID, list[Step]] = {order_id: [] for order_id in order_ids}
    with reading() as connection:
        for row in connection.execute(query):
            found[row.order_id].append(Step(row.at, row.from_status, row.to_status, row.actor, row.reason))
    return found


def cancel(person_id: int, order_id: uuid.UUID, *, actor: Actor) -> OrderView:
    """End a live order of this person by their own wish; the ministry is told in the background.

    Raises `ObjectNotFoundError`, or `ConflictError` when the order has already ended.
    """
    order = lock(order_id)
    if order is None or order.person_id != person_id:
        raise not_found()
    try:
        move(order, Event.CANCELLED, actor=actor)
    except ImpossibleEventError:
        raise ConflictError(
            f"The order cannot be cancelled: it is {order.status}.",
            reason="order_not_live",
            user_message=Text("To zamówienie zostało już zakończone.", "This order has already ended."),
        ) from None
    revoke(order, "cancelled")
    db.session.flush()
    return OrderView(*(getattr(order, name) for name in OrderView.__slots__))


def revoke(order: Order, reason: str) -> None:
    """Have the document of the order's present issue number revoked at the ministry, if it may ever have heard of it."""
    if order.claimed_at is None:
        return
    db.session.execute(
        upsert(Revocation)
        .values(
            order_id=order.id,
            issue_number=order.issue_number,
            person_id=order.person_id,
            requested_at=clock.now(),
            reason=reason,
        )
        .on_conflict_do_nothing(),
    )
    jobs.defer(jobs.MINISTRY_EXCHANGE)


def lock(order_id: uuid.UUID) -> Order | None:
    """Take the row lock of one order for the rest of the transaction."""
    return db.session.execute(
        select(Order).where(Order.id == order_id).with_for_update().execution_options(populate_existing=True),
    ).scalar_one_or_none()


def move(order: Order, event: Event, *, actor: Actor, reason: str | None = None) -> None:
    """Let `event` happen to a locked order: status, version, history, and the codes wiped where they are of no more use.

    Raises `ImpossibleEventError` where the table of transitions has no entry.
    """
    before = order.status
    order.status = next_status(before, event)
    order.status_changed_at = clock.now()
    order.version += 1
    order.checks = 0
    if order.status not in {Status.PROCESSING, Status.READY}:
        order.next_check_at = None
    if order.status is not Status.READY:
        db.session.execute(update(Offer).where(Offer.order_id == order.id).values(token=None, activation_code=None))
    _note_history(order.id, event, before, order.status, order.issue_number, actor, reason)
    events.announce_order(order.id, order.person_id, "update")


def _note_history(
    order_id: uuid.UUID,
    event: Event | None,
    before: Status | None,
    after: Status,
    issue_number: int,
    actor: Actor,
    reason: str | None,
) -> None:
    db.session.execute(
        insert(OrderHistory).values(
            order_id=order_id,
            at=clock.now(),
            event=event,
            from_status=before,
            to_status=after,
            issue_number=issue_number,
            actor=str(actor),
            reason=reason,
        ),
    )


def forget_answers(before: datetime) -> None:
    """Drop answers remembered for idempotency keys before a moment."""
    db.session.execute(delete(RememberedAnswer).where(RememberedAnswer.remembered_at < before))
