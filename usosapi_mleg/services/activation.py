"""Shows the codes of a card that is ready, and counts and audits every time it does."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from usosapi_mleg import audit, clock
from usosapi_mleg.domain.actor import Actor
from usosapi_mleg.domain.order import Status
from usosapi_mleg.domain.text import Text
from usosapi_mleg.errors import ObjectInvalidError
from usosapi_mleg.extensions import db, keyring
from usosapi_mleg.models import Offer, Order
from usosapi_mleg.services import orders

ONE_REVEAL = timedelta(minutes=5)
"""Looking at the code and at its QR picture within this time counts as one reveal."""


@dataclass(frozen=True, slots=True)
class Codes:
    """What a phone needs to add the card."""

    order_id: uuid.UUID
    token: str
    """The text that the QR code draws."""
    activation_code: str
    expires_at: datetime


def sealed_codes(order_id: uuid.UUID, issue_number: int, token: str, activation_code: str) -> dict[str, bytes]:
    """Encrypt the codes of one document for the offers table."""
    ring = keyring()
    document = f"{order_id.hex}-{issue_number}"
    return {
        "token": ring.seal(token, f"offers.token:{document}"),
        "activation_code": ring.seal(activation_code, f"offers.activation_code:{document}"),
    }


def reveal(person_id: int, order_id: uuid.UUID | None = None, *, actor: Actor) -> Codes:
    """Give the codes of a ready order of this person, by default the latest order.

    Raises `ObjectNotFoundError` when there is no order, `ObjectInvalidError` when the codes cannot be used now.
    """
    query = (
        select(Offer, Order.status, Order.id)
        .select_from(Order)
        .outerjoin(Offer, (Offer.order_id == Order.id) & (Offer.issue_number == Order.issue_number))
        .where(Order.person_id == person_id)
        .with_for_update(of=Order)
    )
    query = query.order_by(Order.ordered_at.desc()).limit(1) if order_id is None else query.where(Order.id == order_id)
    row = db.session.execute(query).one_or_none()
    if row is None:
        raise orders.not_found()
    offer, status, found_id = row
    now = clock.now()
    if (
        status is not Status.READY
        or offer is None
        or offer.token is None
        or offer.activation_code is None
        or offer.expires_at <= now
    ):
        raise ObjectInvalidError(
            f"There are no codes to show: the order is {status}.",
            reason="not_ready",
            user_message=Text(
                "Kody można zobaczyć tylko wtedy, gdy mLegitymacja jest do odbioru.",
                "The codes can be seen only while the mLegitymacja is ready to collect.",
            ),
        )
    if offer.last_reveal_at is None or now - offer.last_reveal_at > ONE_REVEAL:
        offer.reveals += 1
        offer.last_reveal_at = now
        audit.note(actor, "codes_revealed", person_id=person_id, subject=found_id.hex)
    ring = keyring()
    document = f"{found_id.hex}-{offer.issue_number}"
    return Codes(
        found_id,
        ring.open_text(offer.token, f"offers.token:{document}"),
        ring.open_text(offer.activation_code, f"offers.activation_code:{document}"),
        offer.expires_at,
    )
