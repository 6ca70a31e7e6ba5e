"""Makes a consumer a client of OAuth 2.0, or another kind of client."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import update

from usosapi_mleg.crypto import digest
from usosapi_mleg.errors import ObjectNotFoundError, ParameterInvalidError
from usosapi_mleg.extensions import db
from usosapi_mleg.models import Consumer
from usosapi_mleg.oauth.oauth2.clients import bad_redirect_uris
from usosapi_mleg.oauth.oauth2.given import Kind, generate
from usosapi_mleg.oauth.oauth2.private_key_jwt import key_set


def set_up(
    consumer_key: str,
    *,
    redirect_uris: Sequence[str] = (),
    public: bool = False,
    jwks: dict[str, Any] | None = None,
    kiosk: bool = False,
) -> str | None:
    """Set all that OAuth 2.0 knows of a consumer; give a fresh client secret, which is never seen again.

    None: it needs no secret, because it is public or signs with a key of `jwks`. A former secret is of no use any more.
    Raises `ParameterInvalidError` or `ObjectNotFoundError`.
    """
    if bad := bad_redirect_uris(redirect_uris):
        raise ParameterInvalidError(
            "redirect_uris", f"People cannot safely be sent to {bad[0]!r}: use https, this machine, or an own scheme."
        )
    if public and jwks is not None:
        raise ParameterInvalidError("jwks", "A public client has no keys.")
    if jwks is not None:
        try:
            key_set(jwks)
        except ValueError as error:
            raise ParameterInvalidError("jwks", str(error)) from None
    secret = None if public or jwks is not None else generate(Kind.CLIENT_SECRET)
    found = db.session.execute(
        update(Consumer)
        .where(Consumer.key == consumer_key)
        .values(
            oauth2_secret=digest(secret) if secret else None,
            redirect_uris=list(redirect_uris),
            jwks=jwks,
            kiosk=kiosk,
        )
        .returning(Consumer.key)
    ).scalar_one_or_none()
    if found is None:
        raise ObjectNotFoundError("There is no such consumer.", reason="consumer_unknown")
    return secret
