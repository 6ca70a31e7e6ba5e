"""`services/mlegitymacja`: order the card, see its state, get the codes, cancel."""

import uuid

from flask import url_for

from usosapi_mleg import qr
from usosapi_mleg.domain import scopes
from usosapi_mleg.domain.text import Text
from usosapi_mleg.extensions import transaction
from usosapi_mleg.protocol.method import REQUIRED, Binary, Call
from usosapi_mleg.protocol.module import Module
from usosapi_mleg.schemas.mlegitymacja import (
    ActivationSchema,
    CancelArguments,
    OneOrderArguments,
    OrderArguments,
    OrderSchema,
    QrArguments,
)
from usosapi_mleg.services import activation as codes
from usosapi_mleg.services import orders

_ORDER_NOT_FOUND = {"order_not_found": "There is no such order of this student."}
_NOT_READY = {"not_ready": "The codes can be seen only while the order is ready."}
_INSTRUCTION = Text(
    "W aplikacji mObywatel wybierz Dodaj dokument → Legitymacja studencka, zeskanuj lub wpisz kod QR, "
    "a potem wpisz kod aktywacyjny (w aplikacji: hasło).",
    "In the mObywatel app choose Add document → Student ID, scan or type the QR code, "
    "then type the activation code (the app calls it a password).",
)

mlegitymacja = Module(
    "mlegitymacja",
    title="mLegitymacja",
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
