"""`services/cards`: plastic cards, and the mLegitymacja under the names that the real USOS API uses.

Where the behaviour of the real API is not documented, what is decided here stands in the reference texts.
"""

import uuid
from typing import Any

from usosapi_mleg.errors import ObjectInvalidError
from usosapi_mleg.extensions import transaction
from usosapi_mleg.protocol.method import IGNORED, REQUIRED, Call, Shape
from usosapi_mleg.protocol.module import Module
from usosapi_mleg.schemas.cards import (
    CardArguments,
    CardIdArguments,
    CardSchema,
    McardOrderSchema,
    McardSchema,
    OrderIdArguments,
    OrdersStatusSchema,
    StudentCardDataSchema,
    UserCardsSchema,
    UserIdsArguments,
)
from usosapi_mleg.services import activation, orders, people
from usosapi_mleg.services import cards as plastic
from usosapi_mleg.services.people import Sight

SCOPE = "cards"
_SUCCESS = {"success": True}
_RETURNS_SUCCESS = 'A dictionary: `{"success": true}`. A refusal is an error, never `false`.'
_CODES = ("token", "distribution_pass")
_CARD_NOT_FOUND = {"card_not_found": "There is no such card."}
_ORDER_NOT_FOUND = {"order_not_found": "There is no such order of this student."}

cards = Module(
    "cards",
    title="Electronic ID cards",
    brief="ID cards of any type, and the mLegitymacja",
    description="ID cards of any type, finding a user by the numbers on a card, and the mobile student card (mLegitymacja, mcard). "
    "Only valid plastic cards are listed.",
)


@cards.method(
    consumer=REQUIRED,
    token=IGNORED,
    administrative=True,
    arguments=CardArguments,
    result=CardSchema,
    reasons=_CARD_NOT_FOUND,
)
def card(call: Call, **selector: str) -> dict[str, Any]:  # noqa: ARG001 - every method is given its call
    """Get information on a given card.

    Name the card by exactly one of the three arguments.
    """
    ((column, value),) = selector.items()
    return plastic.find_card(column, value)


@cards.method(consumer=REQUIRED, token=REQUIRED, scopes=[SCOPE], result=CardSchema, shape=Shape.LIST)
def user(call: Call) -> list[dict[str, Any]]:
    """Get a user's ID cards.

    Only valid plastic cards are listed; the list is empty when there is none.
    """
    return plastic.valid_cards([call.user_id])


@cards.method(consumer=REQUIRED, token=REQUIRED, scopes=[SCOPE], result=UserCardsSchema)
def user_cards(call: Call) -> dict[str, Any]:
    """Get all of a student's cards data.

    The plastic cards that are valid, and the orders of the mLegitymacja.
    """
    found: dict[str, Any] = {}
    if "cards" in call.fields:
        found["cards"] = plastic.valid_cards([call.user_id])
    if "mcard_orders" in call.fields:
        found["mcard_orders"] = orders.history(call.user_id)
    return found


@cards.method(
    consumer=REQUIRED,
    token=REQUIRED,
    scopes=[SCOPE],
    ssl=True,
    returns=_RETURNS_SUCCESS,
    reasons={
        "already_ordered": "The student has an order that has not ended (HTTP 409).",
        "not_eligible": "The rules do not allow it; the key `reasons` lists every reason.",
    },
)
def make_mcard_order(call: Call) -> dict[str, bool]:
    """Create a new mStudentCard order.

    The order is for the student's primary programme. Whether ordering is allowed, and why not, is told by `mcard`.
    """
    with transaction():
        orders.place(call.user_id, actor=call.caller.actor)
    return _SUCCESS


@cards.method(consumer=REQUIRED, token=REQUIRED, scopes=[SCOPE], result=McardSchema)
def mcard(call: Call) -> dict[str, Any]:
    """Get information about the student card and the related mcard.

    All reasons against ordering come in one text.
    """
    found: dict[str, Any] = {}
    if "why_cannot_order" in call.fields:
        found["why_cannot_order"] = plastic.why_cannot_order(call.user_id)
    if "why_cannot_revoke" in call.fields:
        found["why_cannot_revoke"] = plastic.why_cannot_revoke(call.user_id)
    if "orders" in call.fields:
        found["orders"] = orders.history(call.user_id)
    return found


@cards.method(
    consumer=REQUIRED,
    token=REQUIRED,
    scopes=[SCOPE],
    ssl=True,
    reveals_codes=True,
    arguments=OrderIdArguments,
    result=McardOrderSchema,
    reasons=_ORDER_NOT_FOUND,
)
def mcard_order(call: Call, *, order_id: uuid.UUID) -> dict[str, Any]:
    """Get details of an mStudentCard order.

    `token` and `distribution_pass` are null until the order is ready, and again after it was collected, revoked, or the codes lapsed.
    """
    view = orders.view(call.user_id, order_id)
    found = {name: getattr(view, name) for name in ("id", "ordered_at", "status", "student_number", "valid_until")}
    if any(name in call.fields for name in _CODES):
        try:
            with transaction():
                codes = activation.reveal(call.user_id, order_id, actor=call.caller.actor)
        except ObjectInvalidError:
            return found | dict.fromkeys(_CODES)
        found |= {"token": codes.token, "distribution_pass": codes.activation_code}
    return found


@cards.method(
    consumer=REQUIRED,
    token=REQUIRED,
    scopes=[SCOPE],
    ssl=True,
    arguments=OrderIdArguments,
    returns=_RETURNS_SUCCESS,
    reasons=_ORDER_NOT_FOUND | {"order_not_live": "The order has already ended (HTTP 409)."},
)
def revoke_mcard(call: Call, *, order_id: uuid.UUID) -> dict[str, bool]:
    """Revoke an existing mStudentCard or mStudentCard order.

    Works in every state in which the order has not ended.
    """
    with transaction():
        orders.cancel(call.user_id, order_id, actor=call.caller.actor)
    return _SUCCESS


@cards.method(
    consumer=REQUIRED,
    token=IGNORED,
    administrative=True,
    arguments=UserIdsArguments,
    result=OrdersStatusSchema,
    shape=Shape.DICTIONARY,
)
def check_orders_status(call: Call, *, user_ids: list[int]) -> dict[str, dict[str, Any] | None]:
    """Get information about student cards and the related mcards.

    For each user the valid plastic card and the latest order of the mLegitymacja; null for an unknown user.
    """
    known = people.describe(user_ids, (), Sight())
    by_holder = {one["person_id"]: one for one in plastic.valid_cards(user_ids)} if "card" in call.fields else {}
    latest = plastic.latest_orders(user_ids) if "mcard_order" in call.fields else {}
    return {
        str(one): {"card": by_holder.get(one), "mcard_order": latest.get(one)} if one in known else None
        for one in user_ids
    }


@cards.method(
    consumer=REQUIRED,
    token=IGNORED,
    administrative=True,
    arguments=CardIdArguments,
    returns=_RETURNS_SUCCESS,
    reasons=_CARD_NOT_FOUND,
    older_name="mark_student_card_prologed",
)
def mark_student_card_prolonged(call: Call, *, card_id: int) -> dict[str, bool]:  # noqa: ARG001 - every method is given its call
    """Update a student card's status to "to be prolonged".

    Called by the software that writes plastic cards; the mLegitymacja does not depend on it.
    """
    with transaction():
        plastic.mark_prolonged(card_id)
    return _SUCCESS


@cards.method(
    consumer=REQUIRED,
    token=IGNORED,
    administrative=True,
    arguments=CardIdArguments,
    result=StudentCardDataSchema,
    reasons=_CARD_NOT_FOUND,
)
def student_card_data(call: Call, *, card_id: int) -> dict[str, Any]:  # noqa: ARG001 - every method is given its call
    """Get the data needed to write a new structure on a student's plastic card.

    This installation does not write chips itself: keys, certificate and structure are null.
    """
    found = plastic.card_by_id(card_id)
    nothing = dict.fromkeys(("date_of_write", "certificate", "system_key", "card_key", "structure"))
    return nothing | {
        "card": found,
        "student_number": found["student_number"],
        "expiration_date": found["expiration_date"],
        "can_be_written": found["to_be_prolonged"],
    }
