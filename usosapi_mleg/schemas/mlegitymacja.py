"""Arguments and results of the module `services/mlegitymacja`."""

from marshmallow import Schema, fields, validate

from usosapi_mleg.domain.order import LABELS
from usosapi_mleg.schemas.arguments import Arguments
from usosapi_mleg.schemas.fields import LangDict, NumericId, OrderId, UsosDateTime


class OrderArguments(Arguments):
    """Arguments of `order`."""

    student_programme_id = NumericId(
        load_default=None,
        metadata={"description": "Id of the student's programme that the card is for; by default the primary one."},
    )
    idempotency_key = fields.String(
        load_default=None,
        validate=validate.Length(min=1, max=200),
        metadata={
            "description": "A text that you make up for this order (also accepted as the header Idempotency-Key): "
            "a repeated call with the same text gives the first answer again and orders nothing.",
        },
    )


class OneOrderArguments(Arguments):
    """Arguments of methods about one order, by default the latest."""

    order_id = OrderId(
        load_default=None, metadata={"description": "Id of the order; by default the student's latest order."}
    )


class CancelArguments(Arguments):
    """Arguments of `cancel`: it must be said which order is meant."""

    order_id = OrderId(required=True, metadata={"description": "Id of the order to cancel."})


class QrArguments(OneOrderArguments):
    """Arguments of `activation_qr`."""

    image = fields.String(
        load_default="svg",
        validate=validate.OneOf(["svg", "png"]),
        metadata={"description": 'Kind of the picture: "svg" or "png".'},
    )


class OrderSchema(Schema):
    """An order, and the card that came of it; neither codes nor personal data."""

    id = OrderId(metadata={"description": "Id of the order."})
    status = fields.String(metadata={"description": "State of the order."})
    status_label = fields.Function(
        lambda order: LABELS[order.status].as_dict(),
        metadata={"description": "What people call the state (LangDict)."},
    )
    version = fields.Integer(metadata={"description": "A number that grows with every change of the order."})
    order_date = UsosDateTime(attribute="ordered_at", metadata={"description": "When it was ordered."})
    status_date = UsosDateTime(attribute="status_changed_at", metadata={"description": "Since when the state holds."})
    student_number = fields.String(metadata={"description": "Student (album) number that the card is for."})
    expiration_date = fields.Date(
        attribute="valid_until", metadata={"description": "Last day of validity of the card."}
    )
    card_number = fields.String(metadata={"description": "Number of the card, once it is made."})
    date_of_issue = fields.Date(attribute="issued_on", metadata={"description": "Day of issue, once it is made."})
    collected_date = UsosDateTime(attribute="collected_at", metadata={"description": "When it was added to a phone."})
    failure_code = fields.String(metadata={"description": "Why the ministry could not make the card, in state failed."})


class ActivationSchema(Schema):
    """The codes with which the card is added to the mObywatel app."""

    order_id = OrderId(metadata={"description": "Id of the order."})
    token = fields.String(metadata={"description": "Text of the QR code; it can be typed in instead of scanning."})
    activation_code = fields.String(metadata={"description": "The activation code (the app calls it a password)."})
    expires_at = UsosDateTime(metadata={"description": "Until when the codes can be used."})
    qr_svg_url = fields.String(metadata={"description": "Address of the QR code as SVG; a signed call like this one."})
    qr_png_url = fields.String(metadata={"description": "Address of the QR code as PNG; a signed call like this one."})
    instruction = LangDict(metadata={"description": "What to do with the codes (LangDict)."})


class EligibilityArguments(Arguments):
    """Arguments of `eligibility`."""

    student_programme_id = NumericId(
        load_default=None,
        metadata={
            "description": "Id of the student's programme that the card would be for; by default the primary one."
        },
    )


class CardSchema(Schema):
    """The mobile card."""

    order_id = OrderId(metadata={"description": "Id of the order that it came of."})
    status = fields.String(metadata={"description": "ready (not yet on a phone) or collected."})
    card_number = fields.String(metadata={"description": "Number of the card."})
    date_of_issue = fields.Date(attribute="issued_on", metadata={"description": "Day of issue."})
    expiration_date = fields.Date(attribute="valid_until", metadata={"description": "Last day of validity."})
    student_number = fields.String(metadata={"description": "Student (album) number."})
    first_name = fields.String(metadata={"description": "First name."})
    middle_names = fields.String(metadata={"description": "Further first names, or null."})
    last_name = fields.String(metadata={"description": "Last name."})
    birth_date = fields.Date(metadata={"description": "Date of birth; needs the scope personal. Null otherwise."})
    pesel = fields.String(
        metadata={"description": "PESEL number; needs the scope personal. Null otherwise.", "secondary": True}
    )
    photo_url = fields.String(
        metadata={
            "description": "Address of the photo, valid for an hour; needs the scope photo. Null otherwise.",
            "secondary": True,
        },
    )
    university = LangDict(metadata={"description": "Name of the university (LangDict)."})


class StepSchema(Schema):
    """One change of an order."""

    date = UsosDateTime(attribute="at", metadata={"description": "When."})
    from_status = fields.String(metadata={"description": "State before; null: the order was placed."})
    to_status = fields.String(metadata={"description": "State after."})
    by = fields.Function(
        lambda step: step.actor.partition(":")[0].partition(" ")[0],
        metadata={"description": "Who did it: person, consumer (the university's), ministry or system."},
    )
    reason = fields.String(metadata={"description": "Why, or null."})


class HistorySchema(Schema):
    """An order and what happened to it."""

    order = fields.Nested(OrderSchema, metadata={"description": "The order."})
    steps = fields.List(fields.Nested(StepSchema), metadata={"description": "What happened to it, in order."})


class ReasonSchema(Schema):
    """Why an order is not possible."""

    code = fields.String(metadata={"description": "Stable name of the reason."})
    text = LangDict(metadata={"description": "What stands in the way (LangDict)."})
    next_step = LangDict(metadata={"description": "What to do about it (LangDict)."})
    not_yet = fields.Boolean(metadata={"description": "Whether missing data may still arrive."})
    link = fields.String(metadata={"description": "Address of a page that explains it."})


class EligibilitySchema(Schema):
    """Whether somebody can order now."""

    can_order = fields.Boolean(metadata={"description": "Whether an order would be taken now."})
    reasons = fields.List(
        fields.Nested(ReasonSchema), metadata={"description": "Every reason against it; empty when it can be ordered."}
    )
