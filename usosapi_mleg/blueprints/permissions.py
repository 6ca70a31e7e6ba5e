"""`services/permissions`: what a user has allowed which app, and taking it back."""

from usosapi_mleg.errors import MethodForbiddenError, ObjectNotFoundError
from usosapi_mleg.extensions import transaction
from usosapi_mleg.oauth import permissions as allowed
from usosapi_mleg.oauth.permissions import AllowedApp
from usosapi_mleg.protocol.method import REQUIRED, Call, Shape
from usosapi_mleg.protocol.module import Module
from usosapi_mleg.schemas.permissions import AllowedAppSchema, RevokeArguments

_FRONT_END_ONLY = {
    "front_end_only": "Only the user's own page, or an app that the university has marked as such, may call it."
}
_RETURNS_SUCCESS = 'A dictionary: `{"success": true}`.'

permissions = Module(
    "permissions",
    title="Permissions of apps",
    brief="What a user has allowed which app",
    description="What a user has allowed which app, by OAuth 1.0a and 2.0 alike. The user's own page calls these methods through "
    "`usosapiProxy.php`, and apps may that the university has marked as its front end for students. No other app may: it could "
    "watch or end what belongs to others. An app gives back its own permissions with `services/oauth/revoke_token`.",
)


@permissions.method(
    consumer=REQUIRED, token=REQUIRED, result=AllowedAppSchema, shape=Shape.LIST, reasons=_FRONT_END_ONLY
)
def apps(call: Call) -> list[AllowedApp]:
    """List the apps that the user has allowed something, the one that was used last first.

    An app stands here also when none of its tokens works any more: it would get the next one without another question, until it is
    revoked.
    """
    _require_front_end(call)
    return allowed.apps_of(call.user_id)


@permissions.method(
    consumer=REQUIRED,
    token=REQUIRED,
    ssl=True,
    arguments=RevokeArguments,
    returns=_RETURNS_SUCCESS,
    reasons={**_FRONT_END_ONLY, "app_not_allowed": "The user has allowed this app nothing."},
)
def revoke(call: Call, *, consumer_key: str) -> dict[str, bool]:
    """Take back all that the user has allowed one app.

    Its tokens of this user stop working at once, and it has to ask anew.
    """
    _require_front_end(call)
    with transaction():
        if not allowed.take_back(consumer_key, call.user_id, call.caller.actor):
            raise ObjectNotFoundError("The user has allowed this app nothing.", reason="app_not_allowed")
    return {"success": True}


@permissions.method(consumer=REQUIRED, token=REQUIRED, ssl=True, returns=_RETURNS_SUCCESS, reasons=_FRONT_END_ONLY)
def revoke_all(call: Call) -> dict[str, bool]:
    """Take back all that the user has allowed any app, the one that calls included."""
    _require_front_end(call)
    with transaction():
        allowed.take_all_back(call.user_id, call.caller.actor)
    return {"success": True}


def _require_front_end(call: Call) -> None:
    if call.through_proxy or not (call.caller.web_session or call.caller.student_front_end):
        raise MethodForbiddenError(_FRONT_END_ONLY["front_end_only"], reason="front_end_only")
