"""Arguments of the module `services/oauth`."""

from marshmallow import fields, validate

from usosapi_mleg.schemas.arguments import Arguments
from usosapi_mleg.schemas.fields import JsonObject, UsosBoolean

_KEY = validate.Length(min=1, max=64)


class RequestTokenArguments(Arguments):
    """Arguments of `request_token`."""

    scopes = fields.String(
        load_default="", metadata={"description": "What the app asks for: scope keys separated by pipes."}
    )


class AuthorizeArguments(Arguments):
    """Arguments of `authorize`."""

    oauth_token = fields.String(required=True, metadata={"description": "The request token."})
    interactivity = fields.String(
        load_default="minimal",
        metadata={
            "description": '"minimal": do not ask somebody who has allowed all of it before; "confirm_user": ask, and offer to change the '
            "account.",
        },
    )


class RevokeTokenArguments(Arguments):
    """Arguments of `revoke_token`."""

    deauthorize = UsosBoolean(
        load_default=False, metadata={"description": "Forget also what the user allowed your app."}
    )


class RevokeConsumerArguments(Arguments):
    """Arguments of `revoke_consumer_key`."""

    consumer_key = fields.String(
        load_default=None, validate=_KEY, metadata={"description": "The key, unless it signs the call."}
    )
    consumer_secret = fields.String(load_default=None, validate=_KEY, metadata={"description": "Its secret."})


class ProxyArguments(Arguments):
    """Arguments of `proxy`."""

    method = fields.String(
        required=True, validate=validate.Length(max=200), metadata={"description": "Full name of the method."}
    )
    parameters = JsonObject(load_default=dict, metadata={"description": "Its parameters: a JSON object."})
    scopes = fields.String(
        load_default=None,
        metadata={"description": 'Pipe-separated scopes that the call may use at most, or "all".'},
    )
