"""Clients of OAuth 2.0: consumers as Authlib wants to see them."""

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749 import ClientMixin
from flask import request
from sqlalchemy import select

from usosapi_mleg.crypto import digest
from usosapi_mleg.domain.scopes import SCOPES
from usosapi_mleg.extensions import reading
from usosapi_mleg.models import Consumer
from usosapi_mleg.oauth import attempts
from usosapi_mleg.oauth.tokens import without_loopback_port

CODE = "authorization_code"
REFRESH = "refresh_token"
CLIENT_CREDENTIALS = "client_credentials"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"

BASIC = "client_secret_basic"
POST = "client_secret_post"
SIGNED = "private_key_jwt"
NONE = "none"
CONFIDENTIAL = (SIGNED, BASIC, POST)
ANY = (*CONFIDENTIAL, NONE)
"""Ways of authentication, in the order in which they are tried: what proves more comes first."""

_LONGEST_ID = 64
_LONGEST_URI = 2000
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
_URI_CHARACTERS = re.compile(r"[!-~]+")
_LOOPBACK_HOSTS = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True, slots=True)
class Client(ClientMixin):  # type: ignore[misc] # Authlib ships no types
    """A consumer that uses OAuth 2.0."""

    key: str
    name: str
    url: str | None
    administrative: bool
    kiosk: bool
    secret_hash: bytes | None
    redirect_uris: tuple[str, ...]
    jwks: dict[str, Any] | None

    @property
    def public(self) -> bool:
        """True when it has nothing to prove its name with: an app on somebody's own device."""
        return self.secret_hash is None and self.jwks is None

    @property
    def auth_methods(self) -> frozenset[str]:
        """The ways in which it may authenticate."""
        if self.public:
            return frozenset({NONE})
        by_key = {SIGNED} if self.jwks is not None else set()
        return frozenset(by_key | ({BASIC, POST} if self.secret_hash is not None else set()))

    @property
    def grant_types(self) -> frozenset[str]:
        """The grants it may use: they follow from what the consumer is."""
        found = set()
        if self.redirect_uris:
            found |= {CODE, REFRESH}
        if self.kiosk:
            found |= {DEVICE, REFRESH}
        if self.administrative and not self.public:
            found.add(CLIENT_CREDENTIALS)
        return frozenset(found)

    def get_client_id(self) -> str:
        return self.key

    def get_default_redirect_uri(self) -> str | None:
        """A request may leave the address out when there is only one."""
        return self.redirect_uris[0] if len(self.redirect_uris) == 1 else None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """Give the scopes asked for, each once; None (refuse) when one is unknown. No scope: the app may know who it is."""
        wanted = sorted(set((scope or "").split()))
        return " ".join(wanted) if SCOPES.keys() >= set(wanted) else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Compare the whole address; only the port of a loopback address may be any (RFC 8252 section 7.3)."""
        return redirect_uri in self.redirect_uris or without_loopback_port(redirect_uri) in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        """Raises `TooManyRequestsError` when too many wrong ones came from where the request comes from; also for the right one."""
        if self.secret_hash is None:
            return False
        right = hmac.compare_digest(digest(client_secret), self.secret_hash)
        attempts.note_outcome(attempts.of_client_secret(self.key, request.remote_addr), right=right)
        return right

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002 - the same at every endpoint
        return method in self.auth_methods

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and CODE in self.grant_types

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.grant_types


def find_client(client_id: str) -> Client | None:
    """Give a working consumer as a client; None when there is none."""
    if not client_id or len(client_id) > _LONGEST_ID or not client_id.isascii() or "\0" in client_id:
        return None
    query = select(
        Consumer.key,
        Consumer.name,
        Consumer.url,
        Consumer.administrative,
        Consumer.kiosk,
        Consumer.oauth2_secret,
        Consumer.redirect_uris,
        Consumer.jwks,
    ).where(Consumer.key == client_id, Consumer.disabled_at.is_(None))
    with reading() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    *values, redirect_uris, jwks = row
    return Client(*values, redirect_uris=tuple(redirect_uris), jwks=jwks)


def bad_redirect_uris(addresses: Iterable[str]) -> list[str]:
    """Give those of the addresses that must not be registered.

    Fine are https addresses, http ones of this very machine, and an app's own scheme with a dot in it (RFC 8252 section 7.1); nothing
    with a fragment or a user name.
    """
    return [address for address in addresses if not _is_redirect_uri(address)]


def _is_redirect_uri(address: str) -> bool:
    if len(address) > _LONGEST_URI or "#" in address or not _URI_CHARACTERS.fullmatch(address):
        return False
    try:
        parts = urlsplit(address)
        host = parts.hostname
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        return False
    if "@" in parts.netloc:
        return False
    match parts.scheme:
        case "https":
            return bool(host)
        case "http":
            return host in _LOOPBACK_HOSTS
        case scheme:
            return address.startswith(f"{scheme}:/") and _PRIVATE_SCHEME.fullmatch(scheme) is not None
