"""Authlib's authorization server, put together and hardened.

Authlib writes tokens to its log at the level DEBUG, so its loggers are kept above that here.
"""

import logging
import uuid
from typing import Any

from authlib.consts import default_json_headers
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.flask_oauth2.requests import FlaskOAuth2Request
from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError, OAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc9207 import IssuerParameter
from flask import Request, request
from werkzeug.datastructures import MultiDict

from usosapi_mleg.domain.scopes import SCOPES
from usosapi_mleg.extensions import settings
from usosapi_mleg.oauth import limits
from usosapi_mleg.oauth.oauth2 import clients, grants, store
from usosapi_mleg.oauth.oauth2.device import DeviceAuthorization, DeviceGrantType
from usosapi_mleg.oauth.oauth2.endpoints import Introspection, Revocation
from usosapi_mleg.oauth.oauth2.given import Kind, generate
from usosapi_mleg.oauth.oauth2.private_key_jwt import PrivateKeyJwt

logging.getLogger("authlib").setLevel(logging.INFO)

_FORM = "application/x-www-form-urlencoded"
_CREDENTIALS = ("client_secret", "client_assertion")


def issuer() -> str:
    """Give the name of this server: its address without a slash at the end."""
    return settings().base_url.rstrip("/")


class _Parameters(OAuth2Payload):  # type: ignore[misc] # Authlib ships no types
    """Parameters from one place: an authorization request has them in its address, every other one in its form."""

    def __init__(self, data: "MultiDict[str, str]") -> None:
        self._data = data

    @property
    def data(self) -> "MultiDict[str, str]":
        return self._data

    @property
    def datalist(self) -> dict[str, list[str]]:
        return self._data.to_dict(flat=False)


class _Request(FlaskOAuth2Request):  # type: ignore[misc] # Authlib ships no types
    """A request to one of the endpoints."""

    def __init__(self, origin: Request, *, authorizes: bool) -> None:
        super().__init__(origin)
        self.payload = _Parameters(origin.args if authorizes else origin.form)


class _Server(AuthorizationServer):  # type: ignore[misc] # Authlib ships no types
    """The authorization server."""

    def create_oauth2_request(self, request: Any) -> _Request:
        return request if isinstance(request, _Request) else form_request()

    def authenticate_client(self, request: Any, methods: tuple[str, ...], endpoint: str = "token") -> clients.Client:
        """Find out which client asks; it is kept in the request for the rest of the grant."""
        _refuse_two_ways(request)
        try:
            client: clients.Client = super().authenticate_client(request, methods, endpoint)
        except (InvalidClientError, ValueError) as error:  # ValueError: a header or an assertion that holds no text
            raise _UnknownClientError from error
        if request.form.get("client_id", client.key) != client.key:
            raise _UnknownClientError
        limits.count_consumer(client.key)
        request.client = client
        return client

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        """Store what is about to be given to the client."""
        scopes = (token.get("scope") or "").split()
        # The person may have allowed less than was asked for, so the app is always told (RFC 6749 section 5.1).
        token["scope"] = " ".join(scopes)
        basis = _basis_of(request, scopes)
        token["expires_in"] = store.add_access_token(token["access_token"], basis, scopes)
        if "refresh_token" in token:
            store.add_refresh_token(token["refresh_token"], basis)


def form_request() -> _Request:
    """Take the current request as one with a form, once and plainly filled in. Raises `OAuth2Error`."""
    found = _Request(request, authorizes=False)
    if request.mimetype != _FORM:
        raise InvalidRequestError(f"The body has to be {_FORM}.")
    if any(len(values) > 1 for values in found.payload.datalist.values()):
        raise InvalidRequestError("A parameter is given more than once.")
    return found


def authorization_request() -> _Request:
    """Take the current request as one for a person's consent. Raises `OAuth2Error`."""
    return _Request(request, authorizes=True)


class _UnknownClientError(InvalidClientError):  # type: ignore[misc] # Authlib ships no types
    """The client has not proved who it is; what exactly was wrong is not told."""

    status_code = 401
    description = "The client did not prove who it is."

    def get_headers(self) -> list[tuple[str, str]]:
        return [*default_json_headers, ("WWW-Authenticate", 'Basic realm="USOS API"')]


def _refuse_two_ways(request: Any) -> None:
    """Refuse a client that authenticates in two ways at once (RFC 6749 section 2.3)."""
    by_header = "Authorization" in request.headers
    ways = by_header + sum(name in request.form for name in _CREDENTIALS)
    if ways > 1:
        raise InvalidRequestError("The client authenticates in more than one way.")


def _basis_of(request: Any, scopes: list[str]) -> store.Basis:
    if request.refresh_token is not None:
        return store.continue_basis(request.refresh_token)
    if request.authorization_code is not None:
        family_id = request.authorization_code.family_id
    elif request.credential is not None:
        family_id = request.credential.row.family_id
    else:
        family_id = uuid.uuid4()
    person_id = request.user.person_id if request.user is not None else None
    return store.new_basis(request.client, person_id, scopes, family_id)


class _Issuer(IssuerParameter):  # type: ignore[misc] # Authlib ships no types
    """Names this server in every answer that goes through the browser (RFC 9207)."""

    def get_issuer(self) -> str:
        return issuer()


def _generate_access_token(**_: Any) -> str:
    return generate(Kind.ACCESS_TOKEN)


def _generate_refresh_token(**_: Any) -> str:
    return generate(Kind.REFRESH_TOKEN)


def _lifetime(client: clients.Client, grant_type: str) -> int:  # noqa: ARG001 - Authlib passes them
    return settings().bearer_token_minutes * 60


def _make_server() -> _Server:
    made = _Server(query_client=clients.find_client)
    made.scopes_supported = sorted(SCOPES)
    made.register_token_generator(
        "default", BearerTokenGenerator(_generate_access_token, _generate_refresh_token, _lifetime)
    )
    made.register_client_auth_method(clients.SIGNED, PrivateKeyJwt())
    made.register_grant(grants.AuthorizationCodeGrant, [grants.DemandedChallenge()])
    made.register_grant(grants.RefreshTokenGrant)
    made.register_grant(grants.ClientCredentialsGrant)
    made.register_grant(DeviceGrantType)
    for endpoint in (Revocation, Introspection, DeviceAuthorization):
        made.register_endpoint(endpoint)
    made.register_extension(_Issuer())
    return made


server = _make_server()
