"""Arguments and results of the module `services/events`."""

from marshmallow import Schema, fields, validate

from usosapi_mleg.schemas.arguments import Arguments
from usosapi_mleg.schemas.fields import UsosDateTime

_TEXT = validate.Length(min=1, max=200)


class SubscribeArguments(Arguments):
    """Arguments of `subscribe_event`."""

    event_type = fields.String(
        required=True, validate=_TEXT, metadata={"description": "Kind of event: mlegitymacja/order."}
    )
    callback_url = fields.Url(
        required=True,
        schemes={"http", "https"},
        require_tld=False,
        validate=validate.Length(max=1000),
        metadata={"description": "Where to be told."},
    )
    verify_token = fields.String(
        required=True,
        validate=_TEXT,
        metadata={"description": "A text of yours that comes back when you are asked to confirm."},
    )


class UnsubscribeArguments(Arguments):
    """Arguments of `unsubscribe`."""

    event_type = fields.String(
        load_default=None,
        validate=_TEXT,
        metadata={"description": "Kind of event; without it all subscriptions of this app and user end."},
    )


class SubscriptionSchema(Schema):
    """A subscription."""

    id = fields.String(metadata={"description": "Id of the subscription."})
    event_type = fields.String(metadata={"description": "Kind of event."})
    callback_url = fields.String(metadata={"description": "Where you are told."})
    state = fields.String(metadata={"description": "pending (you are being asked to confirm), active or refused."})
    created_at = UsosDateTime(metadata={"description": "Since when."})
