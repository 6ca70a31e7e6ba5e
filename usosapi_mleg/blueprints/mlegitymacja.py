"""`services/mlegitymacja`: order the card, see its state, get the codes, cancel."""

import uuid
from typing import Any

from flask import url_for

from usosapi_mleg import qr
from usosapi_mleg.domain import scopes
from usosapi_mleg.domain.text import Text
from usosapi_mleg.extensions import settings, transaction
from usosapi_mleg.protocol.method import REQUIRED, Binary, Call, Shape
from usosapi_mleg.protocol.module import Module
from usosapi_mleg.schemas.arguments import PageArguments
from usosapi_mleg.schemas.mlegitymacja import (
    ActivationSchema,
    CancelArguments,
    CardSchema,
    EligibilityArguments,
    EligibilitySchema,
    HistorySchema,
    OneOrderArguments,
    OrderArguments,
    OrderSchema,
    QrArguments,
)
from usosapi_mleg.services import activation as codes
from usosapi_mleg.services import cards, orders, people, photos
from usosapi_mleg.services.people import Sight

_ORDER_NOT_FOUND = {"order_not_found": "There is no such order of this student."}
_NO_CARD = {"card_not_found": "The student has no mLegitymacja now."}
_NOT_READY = {"not_ready": "The codes can be seen only while the order is ready."}
_INSTRUCTION = Text(
    "W aplikacji mObywatel wybierz Dodaj dokument → Legitymacja studencka, zeskanuj lub wpisz kod QR, "
    "a potem wpisz kod aktywacyjny (w aplikacji: hasło).",
    "In the mObywatel app choose Add document → Student ID, scan or type the QR code, "
    "then type the activation code (the app calls it a password).",
)

mlegitymacja = Module(
    "mlegitymacja",
    title="mLegitymacja, the mobile student card",
    brief="Ordering the mobile student card and adding it to a phone",
    description="The mobile student card: ordering it, following the order, adding the card to a phone, and ending it.",
)


@mlegitymacja.method(
    consumer=REQUIRED,
    token=REQUIRED,
    scopes=[scopes.MLEGITYMACJA_ORDER],
    ssl=True,
    arguments=OrderArguments,
    result=OrderSchema,
    reasons={
        "already_ordered": "The student has an order that has not ended (HTTP 409).",
        "not_eligible": "The rules do not allow it; the key `reasons` lists every reason.",
        "idempotency_key_reused": "The idempotency key was used for another request.",
    },
)
def order(call: Call, *, student_programme_id: int | None, idempotency_key: str | None) -> orders.OrderView:
    """Order the mLegitymacja.

    The order waits at the university until it is handed over to the ministry's system; follow it with `status`.
    A student has at most one order that has not ended.
    """
    with transaction():
        return orders.place(
            call.user_id,
            actor=call.caller.actor,
            student_programme_id=student_programme_id,
            idempotency_key=idempotency_key,
        )


@mlegitymacja.method(
    consumer=REQUIRED,
    token=REQUIRED,
    scopes=[scopes.MLEGITYMACJA],
    arguments=OneOrderArguments,
    result=OrderSchema,
    reasons=_ORDER_NOT_FOUND,
)
def status(call: Call, *, order_id: uuid.UUID | None) -> orders.OrderView:
    """See the state of an order, by default of the latest one.

    States: `waiting` (at the university), `processing` (at the ministry), `ready` (the codes can be used), `collected`, `failed`,
    `lapsed` (the codes were not used in time), `cancelled` (by the student), `invalidated` (by the university), `expired`.
    """
    return orders.view(call.user_id, order_id)


@mlegitymacja.method(
    consumer=REQUIRED,
    token=REQUIRED,
    scopes=[scopes.MLEGITYMACJA_ACTIVATION],
    ssl=True,
    reveals_codes=True,
    arguments=OneOrderArguments,
    result=ActivationSchema,
    reasons=_ORDER_NOT_FOUND | _NOT_READY,
)
def activation(call: Call, *, order_id: uuid.UUID | None) -> dict[str, object]:
    """Get the codes with which the card is added to the mObywatel app.

    Whoever has them can add the card to a phone. Every look is counted and written down; looks within five minutes count as one.
    """
    with transaction():
        found = codes.reveal(call.user_id, order_id, actor=call.caller.actor)
    return {
        "order_id": found.order_id,
        "token": found.token,
        "activation_code": found.activation_code,
        "expires_at": found.expires_at,
        "qr_svg_url": url_for(
            "services_mlegitymacja.activation_qr", order_id=found.order_id.hex, image="svg", _external=True
        ),
        "qr_png_url": url_for(
            "services_mlegitymacja.activation_qr", order_id=found.order_id.hex, image="png", _external=True
        ),
        "instruction": _INSTRUCTION,
    }


@mlegitymacja.method(
    consumer=REQUIRED,
    token=REQUIRED,
    scopes=[scopes.MLEGITYMACJA_ACTIVATION],
    ssl=True,
    reveals_codes=True,
    arguments=QrArguments,
    content_types=("image/svg+xml", "image/png"),
    returns="The picture: SVG, or PNG.",
    reasons=_ORDER_NOT_FOUND | _NOT_READY,
)
def activation_qr(call: Call, *, order_id: uuid.UUID | None, image: str) -> Binary:
    """Get the QR code as a picture (SVG or PNG)."""
    with transaction():
        found = codes.reveal(call.user_id, order_id, actor=call.caller.actor)
    if image == "png":
        return Binary(qr.draw_png(found.token), "image/png")
    return Binary(qr.draw_svg(found.token), "image/svg+xml")


@mlegitymacja.method(
    consumer=REQUIRED,
    token=REQUIRED,
    scopes=[scopes.MLEGITYMACJA_ORDER],
    ssl=True,
    arguments=CancelArguments,
    result=OrderSchema,
    reasons=_ORDER_NOT_FOUND | {"order_not_live": "The order has already ended (HTTP 409)."},
)
def cancel(call: Call, *, order_id: uuid.UUID) -> orders.OrderView:
    """Cancel an order, or the card that came of it.

    It holds at once; the ministry is told in the background, and the card disappears from the phone when the app next refreshes it.
    """
    with transaction():
        return orders.cancel(call.user_id, order_id, actor=call.caller.actor)


@mlegitymacja.method(
    consumer=REQUIRED, token=REQUIRED, scopes=[scopes.MLEGITYMACJA], result=CardSchema, reasons=_NO_CARD
)
def card(call: Call) -> dict[str, Any]:
    """Get the student's mLegitymacja, as it is on the phone.

    The card of the present order, once it is made. What the token's scopes do not cover is null: birth date and PESEL need `personal`, the
    photo needs `photo`.
    """
    view = orders.live_card(call.user_id)
    sight = Sight(personal=call.caller.allows("personal"), photo=call.caller.allows("photo"))
    wanted = {*call.fields, "has_photo"} if "photo_url" in call.fields else {*call.fields}
    holder = people.describe([call.user_id], wanted, sight)[call.user_id]
    photo_url = None
    if "photo_url" in wanted and sight.photo and holder["has_photo"]:
        photo_url = url_for("photo_links.show", link=photos.link(call.user_id, "400x500"), _external=True)
    return {
        "order_id": view.id,
        **{
            name: getattr(view, name)
            for name in ("status", "card_number", "issued_on", "valid_until", "student_number")
        },
        **{name: holder.get(name) for name in ("first_name", "middle_names", "last_name", "birth_date", "pesel")},
        "photo_url": photo_url,
        "university": settings().university,
    }


@mlegitymacja.method(
    consumer=REQUIRED,
    token=REQUIRED,
    scopes=[scopes.MLEGITYMACJA],
    arguments=PageArguments,
    result=HistorySchema,
    shape=Shape.LIST,
)
def history(call: Call, *, start: int, num: int) -> list[dict[str, Any]]:
    """List the student's orders with what happened to each, the latest first.

    A page at a time; older ones are got with `start`.
    """
    found = orders.history(call.user_id, start, num)
    steps = orders.steps([one.id for one in found]) if "steps" in call.fields else {}
    return [{"order": one, "steps": steps.get(one.id, [])} for one in found]


@mlegitymacja.method(
    consumer=REQUIRED,
    token=REQUIRED,
    scopes=[scopes.MLEGITYMACJA],
    arguments=EligibilityArguments,
    result=EligibilitySchema,
)
def eligibility(call: Call, *, student_programme_id: int | None) -> dict[str, Any]:
    """Get whether the student can order now, and if not, all reasons at once.

    Each reason has a code, a text, what to do next, and the address of a page that explains it. `not_yet` tells that the missing data
    may still arrive. The reason `already_ordered` stands alone: the student has an order that has not ended.
    """
    reasons = cards.reasons_against_ordering(call.user_id, student_programme_id)
    return {
        "can_order": not reasons,
        "reasons": [
            {
                "code": one.code,
                "text": one.text,
                "next_step": one.next_step,
                "not_yet": one.not_yet,
                "link": url_for("help.reasons", _anchor=one.code, _external=True),
            }
            for one in reasons
        ],
    }
