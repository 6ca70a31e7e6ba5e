"""Arguments of the module `services/oauth`."""

from marshmallow import fields

from usosapi_mleg.schemas.arguments import Arguments


class RequestTokenArguments(Arguments):
    """Arguments of `request_token`."""

    scopes = fields.String(
        load_default="", metadata={"description": "What the app asks for: scope keys separated by pipes."}
    )
