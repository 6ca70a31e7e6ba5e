"""Plastic cards, and the mLegitymacja as the module `services/cards` sees it."""

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, select, update

from usosapi_mleg import clock
from usosapi_mleg.domain.eligibility import ALREADY_ORDERED, Reason, in_one_text, reasons_against
from usosapi_mleg.domain.order import LIVE
from usosapi_mleg.domain.text import Text
from usosapi_mleg.errors import ObjectNotFoundError
from usosapi_mleg.extensions import db, reading
from usosapi_mleg.models import Order, Person, PlasticCard
from usosapi_mleg.services import orders, registry
from usosapi_mleg.services.orders import OrderView

_NOTHING_TO_REVOKE = Text(
    "Nie masz ani mLegitymacji, ani jej zamówienia.",
    "You have neither an mLegitymacja nor an order for one.",
)


def _cards() -> Select[*tuple[Any, ...]]:
    return select(
        PlasticCard.id,
        PlasticCard.person_id,
        Person.first_name,
        Person.last_name,
        PlasticCard.type,
        PlasticCard.student_number,
        PlasticCard.barcode_number,
        PlasticCard.contact_chip_uid,
        PlasticCard.contactless_chip_uid,
        PlasticCard.date_of_issue,
        PlasticCard.expiration_date,
        PlasticCard.to_be_prolonged,
    ).join(Person, Person.id == PlasticCard.person_id)


def _described(query: Select[*tuple[Any, ...]]) -> list[dict[str, Any]]:
    with reading() as connection:
        rows = connection.execute(query).mappings().all()
    return [
        dict(row) | {"user": {"id": row["person_id"], "first_name": row["first_name"], "last_name": row["last_name"]}}
        for row in rows
    ]


def valid_cards(person_ids: Iterable[int]) -> list[dict[str, Any]]:
    """List the plastic cards of persons that are valid today (USOS: only valid cards are listed)."""
    return _described(
        _cards()
        .where(
            PlasticCard.person_id.in_(list(person_ids)),
            PlasticCard.expiration_date.is_(None) | (PlasticCard.expiration_date >= clock.today()),
        )
        .order_by(PlasticCard.id),
    )


def find_card(column: str, value: str) -> dict[str, Any]:
    """Give the valid card with this chip uid or barcode; raise `ObjectNotFoundError`."""
    found = _described(
        _cards().where(
            getattr(PlasticCard, column) == value,
            PlasticCard.expiration_date.is_(None) | (PlasticCard.expiration_date >= clock.today()),
        ),
    )
    if not found:
        raise card_not_found()
    return found[0]


def card_by_id(card_id: int) -> dict[str, Any]:
    """Give one card, valid or not; raise `ObjectNotFoundError`."""
    found = _described(_cards().where(PlasticCard.id == card_id))
    if not found:
        raise card_not_found()
    return found[0]


def card_not_found() -> ObjectNotFoundError:
    """Make the error for a card that is not there."""
    return ObjectNotFoundError("There is no such card.", reason="card_not_found")


def mark_prolonged(card_id: int) -> None:
    """Note that a plastic card is to be prolonged; raise `ObjectNotFoundError`."""
    marked = db.session.execute(
        update(PlasticCard).where(PlasticCard.id == card_id).values(to_be_prolonged=True).returning(PlasticCard.id),
    ).scalar_one_or_none()
    if marked is None:
        raise card_not_found()


def reasons_against_ordering(person_id: int, student_programme_id: int | None = None) -> tuple[Reason, ...]:
    """Give every reason why a person cannot order now; empty: they can."""
    if _live_order(person_id):
        return (ALREADY_ORDERED,)
    return reasons_against(registry.application(person_id, student_programme_id).applicant)


def why_cannot_order(person_id: int) -> Text | None:
    """Say why a person cannot order now, all reasons in one text; None: they can."""
    reasons = reasons_against_ordering(person_id)
    return in_one_text(reasons) if reasons else None


def why_cannot_revoke(person_id: int) -> Text | None:
    """Say why a person has nothing to revoke; None: they have."""
    return None if _live_order(person_id) else _NOTHING_TO_REVOKE


def _live_order(person_id: int) -> uuid.UUID | None:
    with reading() as connection:
        return connection.execute(
            select(Order.id).where(Order.person_id == person_id, Order.status.in_(LIVE)),
        ).scalar_one_or_none()


def latest_orders(person_ids: Iterable[int]) -> dict[int, OrderView]:
    """Give each person's latest order."""
    query = (
        select(Order.person_id, *orders.VIEW_COLUMNS)
        .where(Order.person_id.in_(list(person_ids)))
        .distinct(Order.person_id)
        .order_by(Order.person_id, Order.ordered_at.desc())
    )
    with reading() as connection:
        return {person_id: OrderView(*view) for person_id, *view in connection.execute(query)}
