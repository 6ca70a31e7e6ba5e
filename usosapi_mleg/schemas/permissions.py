"""Arguments and results of the module `services/permissions`."""

from typing import ClassVar

from marshmallow import Schema, fields, validate

from usosapi_mleg.schemas.arguments import Arguments
from usosapi_mleg.schemas.fields import UsosDateTime


class RevokeArguments(Arguments):
    """Arguments of `revoke`."""

    consumer_key = fields.String(
        required=True,
        validate=validate.Length(min=1, max=64),
        metadata={"description": "The app, as `services/permissions/apps` names it."},
    )


class AllowedAppSchema(Schema):
    """An app that the user has allowed something."""

    DEFAULT_FIELDS: ClassVar[tuple[str, ...]] = ("consumer_key", "name", "scopes", "since", "last_used")

    consumer_key = fields.String(attribute="key", metadata={"description": "Its consumer key, which is no secret."})
    name = fields.String(metadata={"description": "Its name."})
    url = fields.String(metadata={"description": "Its page, or null."})
    email = fields.String(metadata={"description": "How to reach its makers, or null."})
    is_verified = fields.Boolean(
        attribute="verified", metadata={"description": "Whether the university vouches for it."}
    )
    is_disabled = fields.Boolean(
        attribute="disabled", metadata={"description": "Whether it was switched off, so that it can do nothing now."}
    )
    scopes = fields.List(fields.String(), metadata={"description": "Keys of the scopes that the user has allowed."})
    since = UsosDateTime(metadata={"description": "When the user first allowed it something."})
    has_token = fields.Boolean(
        attribute="alive",
        metadata={"description": "Whether it has a token that works. Without one it has to send the user here again."},
    )
    is_lasting = fields.Boolean(
        attribute="lasting", metadata={"description": "Whether it has a token that works until it is revoked."}
    )
    expires = UsosDateTime(
        attribute="expires_at",
        metadata={"description": "When its last token that is not lasting expires, unless it is renewed; or null."},
    )
    last_used = UsosDateTime(
        attribute="last_used_at",
        metadata={"description": "When a token was last used, to within a minute; or null."},
    )
    last_used_from = fields.String(metadata={"description": "From which IP address; or null."})
