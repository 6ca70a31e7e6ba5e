"""What an OpenID provider says about itself (OpenID Connect Discovery 1.0), and its keys: fetched when needed, and kept for a while."""

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from joserfc import jwk
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet

from usosapi_mleg.oauth.external.calling import call
from usosapi_mleg.oauth.external.problems import not_confirmed

KEPT_SECONDS = 3600.0
REFETCH_SECONDS = 60.0
"""Keys are not fetched again sooner, whatever key a token names."""
_KINDS_OF_KEYS = {"RSA", "EC", "OKP"}
_MOST_KEYS = 50
_OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Where the doors of a provider are."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    names_itself: bool
    """It says in its responses who it is (RFC 9207)."""
    secret_in_form: bool
    """It takes the client's secret in the form only."""


class Known:
    """What this process knows of one provider."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._metadata: Metadata | None = None
        self._metadata_at = 0.0
        self._keys: KeySet | None = None
        self._keys_at = 0.0

    def metadata(self) -> Metadata:
        """Give the metadata; raise `ExternalSignInError` when they cannot be had."""
        if self._metadata is None or time.monotonic() - self._metadata_at > KEPT_SECONDS:
            self._metadata = _fetch_metadata(self.issuer)
            self._metadata_at = time.monotonic()
        return self._metadata

    def keys(self, kid: str | None) -> KeySet:
        """Give the provider's keys, fetched anew when the key `kid` is not among them; raise `ExternalSignInError` when that fails."""
        age = time.monotonic() - self._keys_at
        unknown = self._keys is None or (kid is not None and kid not in {key.kid for key in self._keys})
        if self._keys is None or age > KEPT_SECONDS or (unknown and age > REFETCH_SECONDS):
            address = self.metadata().jwks_uri
            self._keys_at = (
                time.monotonic()
            )  # counts from the attempt: whoever sends unknown keys causes no calls by it
            self._keys = _fetch_keys(address)
        return self._keys


def _fetch_metadata(issuer: str) -> Metadata:
    answer = call("GET", issuer.rstrip("/") + "/.well-known/openid-configuration")
    if answer.status != _OK:
        raise not_confirmed(f"discovery: HTTP {answer.status}")
    document = answer.json()
    if document.get("issuer") != issuer:
        raise not_confirmed("discovery: the issuer is another one")
    methods = document.get("token_endpoint_auth_methods_supported")
    return Metadata(
        authorization_endpoint=_address(document, "authorization_endpoint", issuer),
        token_endpoint=_address(document, "token_endpoint", issuer),
        jwks_uri=_address(document, "jwks_uri", issuer),
        userinfo_endpoint=_optional_address(document, "userinfo_endpoint", issuer),
        end_session_endpoint=_optional_address(document, "end_session_endpoint", issuer),
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        secret_in_form=isinstance(methods, list) and "client_secret_basic" not in methods,
    )


def _optional_address(document: dict[str, Any], name: str, issuer: str) -> str | None:
    return _address(document, name, issuer) if document.get(name) is not None else None


def _address(document: dict[str, Any], name: str, issuer: str) -> str:
    """Give an address; over TLS if the issuer is."""
    value = document.get(name)
    if isinstance(value, str) and value.isascii() and value.isprintable():
        parts = urlsplit(value)
        if parts.hostname and parts.scheme in {"https", urlsplit(issuer).scheme} and not parts.fragment:
            return value
    raise not_confirmed(f"discovery: {name} is missing or malformed")


def _fetch_keys(address: str) -> KeySet:
    answer = call("GET", address)
    if answer.status != _OK:
        raise not_confirmed(f"keys: HTTP {answer.status}")
    listed = answer.json().get("keys")
    keys = [key for one in (listed if isinstance(listed, list) else [])[:_MOST_KEYS] if (key := _public_key(one))]
    if not keys:
        raise not_confirmed("keys: none that can be used")
    return KeySet(keys)


def _public_key(value: Any) -> Key | None:
    """Read a key that signatures are checked with; None for keys of other kinds and malformed ones."""
    if not isinstance(value, dict) or value.get("kty") not in _KINDS_OF_KEYS or value.get("use", "sig") != "sig":
        return None
    try:
        return jwk.import_key(value)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
