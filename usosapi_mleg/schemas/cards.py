"""Arguments and results of the module `services/cards`, with the names that the real USOS API uses."""

from typing import ClassVar

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from usosapi_mleg.schemas.arguments import Arguments
from usosapi_mleg.schemas.fields import LangDict, NumericId, OrderId, PipeList, UsosDateTime

MOST_USERS = 30
_IDENTIFIER = validate.Length(min=1, max=64)


class OrderIdArguments(Arguments):
    """Arguments of methods about one order."""

    order_id = OrderId(required=True, metadata={"description": "Id of the order."})


class CardIdArguments(Arguments):
    """Arguments of methods about one plastic card."""

    card_id = NumericId(required=True, metadata={"description": "Id of the plastic card."})


class UserIdsArguments(Arguments):
    """Arguments of methods about several users."""

    user_ids = PipeList(
        NumericId(),
        most=MOST_USERS,
        required=True,
        metadata={"description": f"Pipe-separated ids of users, at most {MOST_USERS}."},
    )


class CardArguments(Arguments):
    """Arguments of `card`: exactly one way to name the card."""

    contact_chip_uid = fields.String(validate=_IDENTIFIER, metadata={"description": "UID of the chip with contacts."})
    contactless_chip_uid = fields.String(validate=_IDENTIFIER, metadata={"description": "UID of the contactless chip."})
    barcode_number = fields.String(validate=_IDENTIFIER, metadata={"description": "Number in the barcode on the card."})

    @validates_schema
    def one_way(self, data: dict[str, str], **_kwargs: object) -> None:
        """Ask for exactly one of the three."""
        if not data:
            raise ValidationError("Missing data for required field.", "barcode_number")
        if len(data) > 1:
            raise ValidationError(
                "Give exactly one of contact_chip_uid, contactless_chip_uid, barcode_number.", max(data)
            )


class CardHolderSchema(Schema):
    """Whose card it is."""

    id = NumericId(metadata={"description": "Id of the user."})
    first_name = fields.String(metadata={"description": "First name."})
    last_name = fields.String(metadata={"description": "Last name."})


class CardSchema(Schema):
    """A plastic card."""

    id = NumericId(metadata={"description": "Id of the card."})
    user = fields.Nested(CardHolderSchema, metadata={"description": "Whose card it is."})
    type = fields.String(metadata={"description": "Kind of the card: student, phd or staff."})
    contact_chip_uid = fields.String(metadata={"description": "UID of the chip with contacts, or null."})
    contactless_chip_uid = fields.String(metadata={"description": "UID of the contactless chip, or null."})
    barcode_number = fields.String(metadata={"description": "Number in the barcode, or null."})
    student_number = fields.String(metadata={"description": "Student (album) number, or null."})
    expiration_date = fields.Date(metadata={"description": "Last day of validity, or null."})
    date_of_issue = fields.Date(metadata={"description": "Day of issue, or null."})


class McardOrderSchema(Schema):
    """An order of the mLegitymacja under the names of `services/cards`."""

    id = OrderId(metadata={"description": "Id of the order."})
    order_date = UsosDateTime(attribute="ordered_at", metadata={"description": "When it was ordered."})
    status = fields.String(
        metadata={
            "description": "waiting, processing, ready, collected, failed, lapsed, cancelled, invalidated or expired; "
            "the meanings are those of services/mlegitymacja/status.",
        },
    )
    token = fields.String(
        metadata={
            "description": "Text of the QR code, or null unless the status is ready. Looking is counted and written down.",
            "secondary": True,
        },
    )
    distribution_pass = fields.String(
        metadata={
            "description": "Activation code, or null unless the status is ready. Looking is counted and written down.",
            "secondary": True,
        },
    )
    student_number = fields.String(metadata={"description": "Student (album) number that the card is for."})
    expiration_date = fields.Date(
        attribute="valid_until", metadata={"description": "Last day of validity of the mLegitymacja."}
    )

    DEFAULT_FIELDS: ClassVar[tuple[str, ...]] = (
        "id",
        "order_date",
        "status",
        "token",
        "distribution_pass",
        "student_number",
        "expiration_date",
    )


class McardOrderInsideSchema(McardOrderSchema):
    """The same inside another object: without the codes."""

    DEFAULT_FIELDS = ("id", "order_date", "status", "student_number", "expiration_date")


class McardSchema(Schema):
    """What a student can do about the mLegitymacja."""

    why_cannot_order = LangDict(
        metadata={"description": "Why it cannot be ordered now (LangDict), or null when it can."}
    )
    why_cannot_revoke = LangDict(
        metadata={"description": "Why there is nothing to revoke (LangDict), or null when there is."}
    )
    orders = fields.List(
        fields.Nested(McardOrderInsideSchema),
        metadata={"description": "All orders of the student, the latest first."},
    )


class UserCardsSchema(Schema):
    """All that a student has."""

    cards = fields.List(fields.Nested(CardSchema), metadata={"description": "Valid plastic cards."})
    mcard_orders = fields.List(
        fields.Nested(McardOrderInsideSchema),
        metadata={"description": "Orders of the mLegitymacja, the latest first."},
    )


class OrdersStatusSchema(Schema):
    """A student's plastic card and the mLegitymacja beside it."""

    card = fields.Nested(CardSchema, metadata={"description": "The valid plastic card, or null."})
    mcard_order = fields.Nested(McardOrderInsideSchema, metadata={"description": "The latest order, or null."})


class StudentCardDataSchema(Schema):
    """What a card writer needs to write a plastic card."""

    card = fields.Nested(CardSchema, metadata={"description": "The card."})
    student_number = fields.String(metadata={"description": "Student (album) number, or null."})
    expiration_date = fields.Date(metadata={"description": "Last day of validity, or null."})
    can_be_written = fields.Boolean(
        metadata={"description": "Whether a new structure may be written: the card is to be prolonged."}
    )
    date_of_write = fields.Date(metadata={"description": "Always null: this installation does not write chips."})
    certificate = fields.String(metadata={"description": "Always null: this installation does not write chips."})
    system_key = fields.String(metadata={"description": "Always null: this installation does not write chips."})
    card_key = fields.String(metadata={"description": "Always null: this installation does not write chips."})
    structure = fields.String(metadata={"description": "Always null: this installation does not write chips."})
