"""Revocation (RFC 7009) and introspection (RFC 7662)."""

from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from usosapi_mleg.extensions import settings
from usosapi_mleg.oauth.oauth2 import clients, store
from usosapi_mleg.oauth.oauth2.clients import Client
from usosapi_mleg.oauth.oauth2.store import StoredToken


class Revocation(RevocationEndpoint):  # type: ignore[misc] # Authlib ships no types
    """Ends tokens. For tokens of others and unknown ones it answers the same, so nobody learns which tokens exist."""

    CLIENT_AUTH_METHODS = clients.ANY

    def authenticate_token(self, request: Any, client: Client) -> StoredToken | None:
        token = store.find_token(_token_of(request))
        return token if token is not None and token.check_client(client) else None

    def revoke_token(self, token: StoredToken, request: Any) -> None:  # noqa: ARG002 - Authlib passes it
        store.revoke(token)


class Introspection(IntrospectionEndpoint):  # type: ignore[misc] # Authlib ships no types
    """Tells clients about their own tokens, and administrative consumers about all."""

    CLIENT_AUTH_METHODS = clients.CONFIDENTIAL

    def authenticate_token(self, request: Any, client: Client) -> StoredToken | None:
        token = store.find_token(_token_of(request))
        return token if token is not None and (client.administrative or token.check_client(client)) else None

    def introspect_token(self, token: StoredToken) -> dict[str, Any]:
        kind = {} if token.refreshes else {"token_type": "Bearer"}
        person = {} if token.person_id is None else {"sub": str(token.person_id)}
        return {
            "active": True,
            "client_id": token.consumer_key,
            "scope": token.get_scope(),
            "iss": settings().base_url.rstrip("/"),
            "iat": int(token.created_at.timestamp()),
            "exp": int(token.expires_at.timestamp()),
            **kind,
            **person,
        }


def _token_of(request: Any) -> str:
    """Give the token that the request is about. A hint of its type is not needed, so none can be wrong."""
    token: str = request.form.get("token", "")
    if not token:
        raise InvalidRequestError("Missing token in request.")
    return token
