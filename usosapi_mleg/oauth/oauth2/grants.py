"""The grants: Authlib's, with the holes closed that its defaults leave open.

`register` gives them to a server. Whatever is redeemed here is redeemed once: the database decides, not a look beforehand.
"""

import hmac
import re
import uuid
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7636.challenge import create_s256_code_challenge

from usosapi_mleg.domain.scopes import SCOPES
from usosapi_mleg.oauth.oauth2 import clients, store
from usosapi_mleg.oauth.oauth2.given import Kind, generate
from usosapi_mleg.oauth.oauth2.store import Owner, StoredCode, StoredToken

_S256_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class AuthorizationCodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc] # Authlib ships no types
    """Codes: 60 seconds by default, once, with PKCE."""

    TOKEN_ENDPOINT_AUTH_METHODS = clients.ANY

    def generate_authorization_code(self) -> str:
        return generate(Kind.CODE)

    def save_authorization_code(self, code: str, request: Any) -> None:
        owner: Owner = request.user
        basis = store.new_basis(request.client, owner.person_id, owner.allowed, uuid.uuid4())
        store.add_code(code, basis, request.payload.redirect_uri, request.payload.data["code_challenge"])

    def query_authorization_code(self, code: str, client: clients.Client) -> StoredCode | None:
        return store.redeem_code(code, client)

    def delete_authorization_code(self, authorization_code: StoredCode) -> None:
        """It was marked as used before anything was given for it."""

    def authenticate_user(self, authorization_code: StoredCode) -> Owner:
        return Owner(authorization_code.person_id)


class DemandedChallenge(CodeChallenge):  # type: ignore[misc] # Authlib ships no types
    """PKCE with S256 from everybody; `plain` is refused, also when it is meant by saying nothing (RFC 7636 section 4.3)."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]  # noqa: RUF012 - Authlib's own form
    CODE_CHALLENGE_METHODS = {  # noqa: RUF012 - Authlib's own form
        "S256": lambda verifier, challenge: hmac.compare_digest(create_s256_code_challenge(verifier), challenge),
    }

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        data = grant.request.payload.data
        if data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE is required: send code_challenge and code_challenge_method=S256.")
        if not _S256_CHALLENGE.fullmatch(data.get("code_challenge", "")):
            raise InvalidRequestError("The code_challenge is missing or is not one of S256.")
        super().validate_code_challenge(grant, redirect_uri)


class RefreshTokenGrant(grants.RefreshTokenGrant):  # type: ignore[misc] # Authlib ships no types
    """Refresh tokens: each works once and gives the next one; a second use revokes the family."""

    INCLUDE_NEW_REFRESH_TOKEN = True
    TOKEN_ENDPOINT_AUTH_METHODS = clients.ANY

    def authenticate_refresh_token(self, refresh_token: str) -> StoredToken | None:
        return store.lock_refresh_token(refresh_token, self.request.client)

    def authenticate_user(self, refresh_token: StoredToken) -> Owner:
        if refresh_token.person_id is None:
            raise InvalidGrantError
        return Owner(refresh_token.person_id)

    def revoke_old_credential(self, refresh_token: StoredToken) -> None:
        store.use_up(refresh_token)


class ClientCredentialsGrant(grants.ClientCredentialsGrant):  # type: ignore[misc] # Authlib ships no types
    """Administrative consumers in their own name. Without `scope` the token covers every scope that is offered here."""

    TOKEN_ENDPOINT_AUTH_METHODS = clients.CONFIDENTIAL

    def generate_token(self, *, scope: str | None = None, **options: Any) -> Any:
        offered = " ".join(sorted(key for key, one in SCOPES.items() if one.offered))
        return super().generate_token(scope=scope or offered, **options)
