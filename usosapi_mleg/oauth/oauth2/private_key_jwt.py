"""Clients that sign an assertion with their own key instead of sending a secret (RFC 7523)."""

from typing import Any

from authlib.oauth2.rfc6749 import InvalidClientError
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from usosapi_mleg import clock
from usosapi_mleg.errors import BadOAuthRequestError
from usosapi_mleg.extensions import settings
from usosapi_mleg.oauth import nonces
from usosapi_mleg.oauth.oauth2 import clients
from usosapi_mleg.oauth.oauth2.clients import Client

ALGORITHMS = ["RS256", "PS256", "ES256", "Ed25519"]
"""Asymmetric ones only: with a shared one, a public key would be a secret that everybody knows."""
_KINDS_OF_KEYS = {"RSA", "EC", "OKP"}
ENDPOINTS = ("token", "revoke", "introspect", "device_authorization")
"""Last parts of the addresses at which clients authenticate; an assertion may be meant for any of them."""
_NONCE_OWNER = "client_assertion"
"""Stands where a nonce of OAuth 1.0a has its token."""


class PrivateKeyJwt(JWTBearerClientAssertion):  # type: ignore[misc] # Authlib ships no types
    """Checks assertions: signed by a registered key, meant for this server, fresh, and used once."""

    CLIENT_AUTH_METHOD = clients.SIGNED

    def get_audiences(self) -> list[str]:
        base = settings().base_url.rstrip("/")
        return [base, f"{base}/", *(f"{base}/oauth2/{name}" for name in ENDPOINTS)]

    def resolve_client_public_key(self, client: Client) -> KeySet:
        if client.jwks is None:
            raise InvalidClientError(description="No keys are registered for this client.")
        return key_set(client.jwks)

    def process_assertion_claims(self, assertion: str, resolve_key: Any) -> Any:
        try:
            token = jwt.decode(assertion, resolve_key, algorithms=ALGORITHMS)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise InvalidClientError(description="The client assertion is not valid.") from error
        self.verify_claims(token.claims)
        return token.claims

    def validate_jti(self, claims: dict[str, Any], jti: Any) -> bool:
        """Let each assertion count once. It has to say when it was made, so that it need not be remembered for ever."""
        made_at = claims.get("iat")
        if not isinstance(made_at, int) or not isinstance(jti, str):
            raise InvalidClientError(description="The client assertion needs iat (a number) and jti (a text).")
        if len(jti) > nonces.LONGEST_NONCE or not jti.isprintable():
            raise InvalidClientError(description="The jti of the client assertion is too long, or no text.")
        if abs(clock.wall_seconds() - made_at) > nonces.WINDOW_SECONDS:
            raise InvalidClientError(description="The client assertion is too old, or made in the future.")
        try:
            nonces.spend_nonce(claims["sub"], _NONCE_OWNER, made_at, jti)
        except BadOAuthRequestError:
            return False
        return True


def key_set(jwks: dict[str, Any]) -> KeySet:
    """Read registered keys; raise `ValueError` unless all are public keys of asymmetric kinds."""
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(keys, list) or not keys:
        raise ValueError("A set of keys is an object with a list `keys`.")
    if any(not isinstance(key, dict) or key.get("kty") not in _KINDS_OF_KEYS or "d" in key for key in keys):
        raise ValueError("Only public keys of RSA, EC or OKP can be registered.")
    try:
        return KeySet.import_key_set({"keys": keys})
    except (JoseError, KeyError, TypeError) as error:
        raise ValueError("One of the keys is malformed.") from error
