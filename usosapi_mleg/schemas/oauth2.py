"""Arguments of the module `services/oauth2`."""

from marshmallow import fields, validate

from usosapi_mleg.schemas.arguments import Arguments

_LONGEST_ID = 18


class ImpersonatedTokenArguments(Arguments):
    """Arguments of `impersonated_token`."""

    scopes = fields.String(
        required=True, metadata={"description": "What the token shall cover: scope keys separated by pipes."}
    )
    user_id = fields.String(
        load_default=None,
        validate=validate.Regexp(rf"[0-9]{{1,{_LONGEST_ID}}}\Z", error="There is no such user."),
        metadata={"description": "Whom the token is about; without it, the user whose token signs the call."},
    )
