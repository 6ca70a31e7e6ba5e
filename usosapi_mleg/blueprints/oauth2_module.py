"""`services/oauth2`: what OAuth 2.0 offers as a method of USOS API."""

from typing import Any

from usosapi_mleg.errors import ParameterMissingError
from usosapi_mleg.extensions import transaction
from usosapi_mleg.oauth import tokens
from usosapi_mleg.oauth.oauth2 import impersonation
from usosapi_mleg.protocol.method import OPTIONAL, REQUIRED, Call
from usosapi_mleg.protocol.module import Module
from usosapi_mleg.schemas.oauth2 import ImpersonatedTokenArguments

oauth2 = Module(
    "oauth2",
    title="OAuth 2.0",
    brief="Bearer tokens for administrative apps",
    description="How administrative apps get bearer tokens. All other apps use the endpoints that "
    "`/.well-known/oauth-authorization-server` names (RFC 8414): authorization code with PKCE, refresh tokens, device codes, client "
    "credentials, revocation and introspection. A bearer token opens every method that a signature with a token of the same scopes opens.",
    beta=True,
)


@oauth2.method(
    consumer=REQUIRED,
    token=OPTIONAL,
    ssl=True,
    administrative=True,
    beta=True,
    arguments=ImpersonatedTokenArguments,
    reasons={"other_user": "The call is made with a bearer token about one user, and asks for another one."},
    returns="A dictionary: `access_token`, `token_type` (Bearer), `expires_in` (seconds) and `scope` (keys separated by spaces).",
)
def impersonated_token(call: Call, *, scopes: str, user_id: str | None) -> dict[str, Any]:
    """Get a short-lived bearer token about a user who has not allowed your app anything.

    It covers the scopes that you name and no others, cannot be refreshed, and never opens the codes of a card. What you do with it is
    noted as done by your app.
    """
    person_id = call.caller.person_id if user_id is None else int(user_id)
    if person_id is None:
        raise ParameterMissingError("user_id")
    wanted = tokens.checked_scopes(scopes)
    with transaction():
        token, lifetime = impersonation.issue(call.caller, person_id, wanted)
    return {"access_token": token, "token_type": "Bearer", "expires_in": lifetime, "scope": " ".join(wanted)}
