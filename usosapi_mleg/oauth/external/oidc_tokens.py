"""What an OpenID provider signs: ID tokens (OpenID Connect Core 1.0, section 3.1.3.7) and logout tokens (Back-Channel Logout 1.0)."""

import json
import warnings
from base64 import urlsafe_b64decode
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwt import JWTClaimsRegistry, Token

from usosapi_mleg import clock
from usosapi_mleg.oauth import nonces
from usosapi_mleg.oauth.external.oidc_metadata import Known
from usosapi_mleg.oauth.external.problems import not_confirmed
from usosapi_mleg.sign_in_settings import OidcSettings

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"]
"""Asymmetric ones only. EdDSA is the name that providers still use for what RFC 9864 calls Ed25519."""
LEEWAY_SECONDS = 30
LONGEST_TOKEN = 64 * 1024
_LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_LOGOUT_AGE_SECONDS = 120
_UNREADABLE = (JoseError, ValueError, TypeError, KeyError, OverflowError, RecursionError)


def read_id_token(oidc: OidcSettings, known: Known, token: object, *, nonce: str, access_token: str) -> dict[str, Any]:
    """Give the claims of an ID token; raise `ExternalSignInError` unless it is the provider's, for us, fresh, and of this attempt."""
    decoded = _decode(known, token, "the ID token")
    options: dict[str, Any] = {
        "iss": {"essential": True, "value": oidc.issuer},
        "aud": {"essential": True, "value": oidc.client_id},
        "sub": {"essential": True},
    }
    # The hash of the access token goes by the old name of the algorithm.
    header = decoded.header | ({"alg": "EdDSA"} if decoded.header["alg"] == "Ed25519" else {})
    params = {"nonce": nonce, "client_id": oidc.client_id, "access_token": access_token}
    try:
        CodeIDToken(decoded.claims, header, options, params).validate(clock.wall_seconds(), LEEWAY_SECONDS)
    except _UNREADABLE as error:
        raise not_confirmed(f"the ID token: {_reason(error)}") from error
    return decoded.claims


def read_logout_token(oidc: OidcSettings, known: Known, token: object) -> dict[str, Any]:
    """Give the claims of a logout token, which counts once; raise `ExternalSignInError` unless it is the provider's, for us, and fresh."""
    decoded = _decode(known, token, "the logout token")
    now = clock.wall_seconds()
    registry = JWTClaimsRegistry(
        now,
        LEEWAY_SECONDS,
        iss={"essential": True, "value": oidc.issuer},
        aud={"essential": True, "value": oidc.client_id},
        iat={"essential": True},
        jti={"essential": True},
    )
    try:
        registry.validate(decoded.claims)
    except _UNREADABLE as error:
        raise not_confirmed(f"the logout token: {_reason(error)}") from error
    claims = decoded.claims
    events, made_at, number = claims.get("events"), int(claims["iat"]), str(claims["jti"])
    if not isinstance(events, dict) or _LOGOUT_EVENT not in events or "nonce" in claims:
        raise not_confirmed("the logout token: it is another kind of token")
    if now - made_at > _LOGOUT_AGE_SECONDS or len(number) > nonces.LONGEST_NONCE or not number.isprintable():
        raise not_confirmed("the logout token: it is too old, or its number is malformed")
    if not nonces.spend_once("logout_token", made_at, number):
        raise not_confirmed("the logout token: it was used before")
    return claims


def _decode(known: Known, token: object, what: str) -> Token:
    """Check the signature."""
    if not isinstance(token, str) or len(token) > LONGEST_TOKEN:
        raise not_confirmed(f"{what} is missing or too long")
    keys = known.keys(_key_id(token))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)  # about the name EdDSA, not about the algorithm
            return jwt.decode(token, keys, algorithms=ALGORITHMS)
    except _UNREADABLE as error:
        raise not_confirmed(f"{what}: {type(error).__name__}") from error


def _key_id(token: str) -> str | None:
    """Give the key that the token names, unproved: only to decide whether to fetch the keys again."""
    try:
        header = json.loads(urlsafe_b64decode(token.split(".", 1)[0] + "=="))
        kid = header["kid"]
    except _UNREADABLE:
        return None
    return kid if isinstance(kid, str) else None


def _reason(error: BaseException) -> str:
    """Name what is wrong: the claim, not its value."""
    claim = getattr(error, "claim", "")
    return f"{type(error).__name__} {claim}".strip()
