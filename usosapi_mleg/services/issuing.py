"""The university's side of issuing: what has to go to the ministry, and what its answers mean for the orders.

The order table is the truth and the callers own no state: whoever holds the dispatcher's lock claims, calls, and records. A document is
named by its key (order id and issue number), so claiming, calling and recording may each be repeated after a crash without harm.
"""

import logging
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, exists, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from usosapi_mleg import clock, jobs
from usosapi_mleg.crypto import KeysError
from usosapi_mleg.domain.actor import MINISTRY, SYSTEM
from usosapi_mleg.domain.order import LIVE, Event, Status
from usosapi_mleg.extensions import db, keyring
from usosapi_mleg.issuers.base import Document, DocumentState, Refusal, RefusalKind, Result, Submission
from usosapi_mleg.models import Offer, Order, Person, Photo, Revocation
from usosapi_mleg.services import activation, orders

logger = logging.getLogger(__name__)

_DOCUMENT_KEY = re.compile(r"([0-9a-f]{32})-([1-9][0-9]{0,8})")
_FIRST_CHECK = timedelta(seconds=1)
_LONGEST_CHECK = timedelta(minutes=5)
_READY_CHECK = timedelta(minutes=10)
"""A lost message about collection costs at most this long, doubling to `_LONGEST_READY_CHECK`."""
_LONGEST_READY_CHECK = timedelta(hours=6)
_REFUSED_REVOCATION = timedelta(minutes=1)
_CHECKED = (Status.PROCESSING, Status.READY, Status.COLLECTED)
_UNTIL_LAPSE = timedelta(days=30)
"""Validity of codes for which the ministry names none."""


@dataclass(frozen=True, slots=True)
class Check:
    """A document to ask the ministry about."""

    key: str
    due_at: datetime
    """When it became due; a hint that comes while the ministry is being asked makes it another moment."""


def document_key(order_id: uuid.UUID, issue_number: int) -> str:
    """Name one document at the ministry."""
    return f"{order_id.hex}-{issue_number}"


def parse_document_key(key: str) -> tuple[uuid.UUID, int]:
    """Read a document key; raise ValueError when it is none of ours."""
    if (found := _DOCUMENT_KEY.fullmatch(key)) is None:
        raise ValueError("not a document key")
    return uuid.UUID(hex=found[1]), int(found[2])


def _claimable(now: datetime) -> Select[uuid.UUID]:
    """Waiting orders that may go out: not put off, and no document of the same person still to be revoked."""
    return select(Order.id).where(
        Order.status == Status.WAITING,
        Order.next_check_at.is_(None) | (Order.next_check_at <= now),
        ~exists().where(Revocation.person_id == Order.person_id, Revocation.carried_at.is_(None)),
    )


def _pending_revocations(now: datetime) -> Select[uuid.UUID, int]:
    return select(Revocation.order_id, Revocation.issue_number).where(
        Revocation.carried_at.is_(None),
        Revocation.not_before.is_(None) | (Revocation.not_before <= now),
    )


def _due_checks(now: datetime) -> Select[uuid.UUID, int, datetime | None]:
    return select(Order.id, Order.issue_number, Order.next_check_at).where(
        Order.next_check_at <= now, Order.status.in_(_CHECKED)
    )


def has_work() -> bool:
    """Tell whether there is anything to tell or ask the ministry now."""
    now = clock.now()
    query = select(_claimable(now).exists() | _pending_revocations(now).exists() | _due_checks(now).exists())
    return bool(db.session.execute(query).scalar_one())


def claim(limit: int) -> list[Submission]:
    """Take the oldest orders that may go out, and note that the ministry may know of them from now on.

    An order whose data have gone missing since it was placed becomes failed instead; one whose data cannot be decrypted is put off,
    so that it does not hold up the others.
    """
    now = clock.now()
    rows = db.session.execute(
        select(Order, Person, Photo.jpeg)
        .join(Person, Person.id == Order.person_id)
        .outerjoin(Photo, Photo.person_id == Order.person_id)
        .where(Order.id.in_(_claimable(now)))
        .order_by(Order.ordered_at, Order.id)
        .limit(limit)
        .with_for_update(of=Order, skip_locked=True),
    ).all()
    submissions = []
    for order, person, sealed_photo in rows:
        if person.pesel is None or person.birth_date is None or sealed_photo is None:
            order.failure_code = "data_missing"
            orders.move(order, Event.FAILED, actor=SYSTEM, reason="data_missing")
            continue
        try:
            submissions.append(_submission(order, person, sealed_photo))
        except KeysError as error:
            logger.error("order %s cannot be sent: %s", order.id.hex, error)  # noqa: TRY400 - the message says it all
            _put_off(order, _FIRST_CHECK, _LONGEST_CHECK)
            continue
        order.claimed_at = order.claimed_at or now
        order.next_check_at = None
    return submissions


def _submission(order: Order, person: Person, sealed_photo: bytes) -> Submission:
    ring = keyring()
    assert person.pesel is not None  # noqa: S101 - the caller has looked
    assert person.birth_date is not None  # noqa: S101 - the caller has looked
    return Submission(
        key=document_key(order.id, order.issue_number),
        pesel=ring.open_text(person.pesel, f"persons.pesel:{person.id}"),
        first_names=" ".join(filter(None, (person.first_name, person.middle_names))),
        last_name=person.last_name,
        birth_date=person.birth_date,
        photo=ring.open(sealed_photo, f"photos.jpeg:{person.id}"),
        student_number=order.student_number,
        valid_until=order.valid_until,
    )


def record_submitted(results: Sequence[Result]) -> None:
    """Record what the ministry answered to submissions; what was cancelled meanwhile stays cancelled."""
    for order, result in _locked(results):
        if order.status is not Status.WAITING:
            continue
        hinted = order.next_check_at is not None
        if isinstance(result, Document):
            orders.move(order, Event.SUBMITTED, actor=MINISTRY)
            order.next_check_at = clock.now() + _FIRST_CHECK
            if result.state is not DocumentState.MAKING:
                _apply(order, result)
        elif result.kind is RefusalKind.KNOWN:
            # Sent before, by a worker that was killed, and the person's data have changed since: that document counts.
            orders.move(order, Event.SUBMITTED, actor=MINISTRY)
            order.next_check_at = clock.now()
        elif result.kind is RefusalKind.GIVE_UP:
            order.failure_code = result.code
            orders.move(order, Event.FAILED, actor=MINISTRY, reason=result.code)
        else:
            _put_off(order, _FIRST_CHECK, _LONGEST_CHECK)
        if hinted:
            _check_again(order)


def due_checks(limit: int) -> list[Check]:
    """Give the documents that the ministry should be asked about now, most overdue first."""
    query = _due_checks(clock.now()).order_by(Order.next_check_at).limit(limit)
    return [
        Check(document_key(order_id, number), due_at)
        for order_id, number, due_at in db.session.execute(query)
        if due_at
    ]


def record_fetched(results: Sequence[Result], checks: Sequence[Check] = ()) -> None:
    """Record what the ministry said of documents; `checks` is what was due when it was asked, to notice a hint that came since."""
    due_at = {check.key: check.due_at for check in checks}
    for order, result in _locked(results):
        if order.status not in _CHECKED:
            continue
        hinted = order.next_check_at != due_at.get(result.key, order.next_check_at)
        if isinstance(result, Document):
            _apply(order, result)
        elif result.kind is RefusalKind.UNKNOWN and order.status is not Status.COLLECTED:
            orders.move(order, Event.RETURNED, actor=MINISTRY, reason=result.code)
        else:
            _put_off(order, _FIRST_CHECK, _LONGEST_CHECK)
        if hinted:
            _check_again(order)


def _check_again(order: Order) -> None:
    """Ask at once about an order of which there was a hint while the ministry was being asked: its answer may be older."""
    if order.status in _CHECKED:
        order.next_check_at = clock.now()


def pending_revocations(limit: int) -> list[str]:
    """Give the keys of documents that the ministry has to be told to revoke, oldest first."""
    query = _pending_revocations(clock.now()).order_by(Revocation.requested_at).limit(limit)
    return [document_key(order_id, issue_number) for order_id, issue_number in db.session.execute(query)]


def record_revoked(results: Sequence[Result]) -> None:
    """Record what the ministry answered to revocations."""
    now = clock.now()
    for result in results:
        order_id, issue_number = parse_document_key(result.key)
        put_off = isinstance(result, Refusal) and result.kind is not RefusalKind.UNKNOWN
        db.session.execute(
            update(Revocation)
            .where(Revocation.order_id == order_id, Revocation.issue_number == issue_number)
            .values({"not_before": now + _REFUSED_REVOCATION} if put_off else {"carried_at": now}),
        )


def hint(key: str) -> None:
    """Have one document fetched soon, because the ministry says that it changed; keys that mean nothing are ignored."""
    try:
        order_id, issue_number = parse_document_key(key)
    except ValueError:
        return
    known = db.session.execute(
        update(Order)
        .where(
            Order.id == order_id,
            Order.issue_number == issue_number,
            Order.claimed_at.is_not(None),
            Order.status.in_(LIVE),
        )
        .values(next_check_at=clock.now())
        .returning(Order.id),
    ).scalar_one_or_none()
    if known is not None:
        jobs.defer(jobs.MINISTRY_EXCHANGE)


def _locked(results: Sequence[Result]) -> Iterable[tuple[Order, Result]]:
    """Lock the orders of a batch, in one statement and in one order; leave out results about older issue numbers."""
    by_order = {}
    for result in results:
        order_id, issue_number = parse_document_key(result.key)
        by_order[order_id] = (issue_number, result)
    found = db.session.execute(
        select(Order)
        .where(Order.id.in_(by_order))
        .order_by(Order.id)
        .with_for_update()
        .execution_options(populate_existing=True),
    ).scalars()
    for order in found:
        issue_number, result = by_order[order.id]
        if order.issue_number == issue_number:
            yield order, result


def _apply(order: Order, document: Document) -> None:
    """Let the order follow the document; news that is old changes nothing."""
    match document.state:
        case DocumentState.MAKING:
            _put_off(order, _FIRST_CHECK, _LONGEST_CHECK)
        case DocumentState.READY if order.status is Status.PROCESSING:
            _store_offer(order, document)
            orders.move(order, Event.MADE, actor=MINISTRY)
            order.next_check_at = clock.now() + _READY_CHECK
        case DocumentState.COLLECTED if order.status is not Status.COLLECTED:
            _copy_card(order, document)
            order.collected_at = document.collected_at or clock.now()
            orders.move(order, Event.COLLECTED, actor=MINISTRY)
        case DocumentState.FAILED if order.status is Status.PROCESSING:
            order.failure_code = document.failure_code or "failed"
            orders.move(order, Event.FAILED, actor=MINISTRY, reason=order.failure_code)
        case DocumentState.LAPSED if order.status is not Status.COLLECTED:
            orders.move(order, Event.LAPSED, actor=MINISTRY)
            orders.revoke(order, "lapsed")
        case DocumentState.REVOKED:
            orders.move(order, Event.INVALIDATED, actor=MINISTRY, reason="revoked_at_ministry")
        case _ if order.status is Status.COLLECTED:
            order.next_check_at = None
        case _:
            _put_off(order, _READY_CHECK, _LONGEST_READY_CHECK)


def _put_off(order: Order, first: timedelta, longest: timedelta) -> None:
    """Ask again after a pause that doubles each time."""
    order.next_check_at = clock.now() + min(first * 2 ** min(order.checks, 16), longest)
    order.checks += 1


def _copy_card(order: Order, document: Document) -> None:
    order.card_number = document.card_number or order.card_number
    order.issued_on = document.issued_on or order.issued_on


def _store_offer(order: Order, document: Document) -> None:
    _copy_card(order, document)
    codes = activation.sealed_codes(
        order.id,
        order.issue_number,
        document.token or "",
        document.activation_code or "",
    )
    values = codes | {
        "issue_number": order.issue_number,
        "expires_at": document.codes_expire_at or clock.now() + _UNTIL_LAPSE,
        "reveals": 0,
        "last_reveal_at": None,
    }
    db.session.execute(
        upsert(Offer)
        .values(order_id=order.id, **values)
        .on_conflict_do_update(index_elements=[Offer.order_id], set_=values),
    )
