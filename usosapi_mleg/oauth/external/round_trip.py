"""What the browser keeps while its person is away at the other system: sealed, short-lived, and good for one return."""

import hmac
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass

from usosapi_mleg import clock
from usosapi_mleg.crypto import KeysError
from usosapi_mleg.extensions import keyring
from usosapi_mleg.oauth import nonces
from usosapi_mleg.oauth.external.problems import stale

LIFETIME_SECONDS = 600
LONGEST_TARGET = 2000
"""In bytes of JSON. A cookie holds 4096 characters; whoever wants to go to a longer address arrives at the start page."""
_IDENTITY = "cookie:round_trip"
_SPENT_BY = "round_trip"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTrip:
    """One attempt to sign in (or out) at the other system."""

    way: str
    target: str
    """Where the person wants to go afterwards, an address of our own."""
    state: str
    nonce: str
    verifier: str
    """Of PKCE (RFC 7636)."""
    begun_at: int
    """Unix seconds."""


def begin(way: str, target: str) -> RoundTrip:
    """Start an attempt."""
    return RoundTrip(
        way=way,
        target=target if len(_json(target)) <= LONGEST_TARGET else "",
        state=secrets.token_urlsafe(24),
        nonce=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
        begun_at=clock.wall_seconds(),
    )


def seal(trip: RoundTrip) -> str:
    """Give what the browser keeps."""
    return urlsafe_b64encode(keyring().seal(_json(asdict(trip)), _IDENTITY)).decode()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def read(cookie: str, way: str) -> RoundTrip:
    """Open what the browser kept; raise `ExternalSignInError` unless it is ours, fresh, and of this way."""
    try:
        trip = RoundTrip(**json.loads(keyring().open(urlsafe_b64decode(cookie), _IDENTITY)))
    except (KeysError, ValueError, TypeError) as error:
        raise stale("no attempt is under way in this browser") from error
    if trip.way != way:
        raise stale("the attempt under way is of another kind")
    if not 0 <= clock.wall_seconds() - trip.begun_at <= LIFETIME_SECONDS:
        raise stale("the attempt took too long")
    return trip


def finish(cookie: str, way: str, state: str) -> RoundTrip:
    """Open what the browser kept and use it up; raise `ExternalSignInError` unless `state` belongs to it and it is the first time."""
    trip = read(cookie, way)
    if not hmac.compare_digest(trip.state.encode(), state.encode()):
        raise stale("the return belongs to another attempt")
    if not nonces.spend_once(_SPENT_BY, trip.begun_at, trip.state):
        raise stale("the attempt was finished before")
    return trip
