"""Request tokens, their authorization by a person, and access tokens (RFC 5849 section 2, as USOS API has it)."""

import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote, urlsplit

from sqlalchemy import delete, insert, select, update

from usosapi_mleg import clock
from usosapi_mleg.domain.scopes import OFFLINE_ACCESS, SCOPES
from usosapi_mleg.domain.text import Text
from usosapi_mleg.errors import (
    BadOAuthRequestError,
    ObjectNotFoundError,
    ParameterInvalidError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from usosapi_mleg.extensions import db, keyring
from usosapi_mleg.models import AccessToken, Consumer, Grant, RequestToken
from usosapi_mleg.oauth import permissions

OUT_OF_BAND = "oob"
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits without look-alikes, as in USOS keys."""
_KEY_LENGTH = 20
_SECRET_LENGTH = 40
_PIN_DIGITS = 8
_MOST_TRIES = 5
_CALLBACK = re.compile(r"[a-z][a-z0-9+.-]*://[^\s\x00-\x1f\x7f]+")
_LONGEST_CALLBACK = 2000
_LOOPBACK_PORT = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]|localhost)):[0-9]{1,5}(?=[/?]|$)")
_UNSAFE_SCHEMES = ("javascript:", "data:", "vbscript:", "file:", "about:", "blob:")


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A key and its secret, to be told to the consumer once."""

    key: str
    secret: str

    def as_form(self, **more: str) -> str:
        """Write the token as RFC 5849 has it: form-encoded."""
        return "&".join(
            f"{name}={quote(value, safe='')}"
            for name, value in {"oauth_token": self.key, "oauth_token_secret": self.secret, **more}.items()
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """What an app asks a person for."""

    token_key: str
    consumer_key: str
    consumer_name: str
    callback: str
    scopes: tuple[str, ...]
    callbacks_registered: bool
    """False: the app may send the person to any address, because none was registered for it."""


def generate_key() -> str:
    """Make a key of the length and alphabet that USOS keys have."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_KEY_LENGTH))


def generate_secret() -> str:
    """Make a secret of the length and alphabet that USOS secrets have."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_LENGTH))


def checked_scopes(names: str) -> list[str]:
    """Read a pipe-separated list of scopes; raise `ParameterInvalidError` for an unknown one."""
    scopes = sorted({scope for scope in names.split("|") if scope})
    for scope in scopes:
        if scope not in SCOPES:
            raise ParameterInvalidError("scopes", f"There is no scope {scope!r}.")
    return scopes


def _checked_callback(callback: str, allowed: Iterable[str]) -> str:
    """Refuse a callback that was not registered. A loopback address registered without a port holds for every port, because an app on
    somebody's own machine cannot choose one (RFC 8252, section 7.3)."""
    if callback == OUT_OF_BAND:
        return callback
    if not is_callback(callback):
        raise ParameterInvalidError(
            "oauth_callback", 'It must be "oob" or an address that begins with a lower-case scheme and "://".'
        )
    registered = frozenset(allowed)
    if registered and callback not in registered and without_loopback_port(callback) not in registered:
        raise ParameterInvalidError("oauth_callback", "It is not among the addresses registered for this consumer.")
    return callback


def without_loopback_port(address: str) -> str:
    """Give the address as it is registered when every port of this machine is meant; other addresses stay as they are."""
    return _LOOPBACK_PORT.sub(r"\1", address)


def is_callback(callback: str) -> bool:
    """Tell whether a person may be sent to this address; an app's own scheme is as good as https."""
    if len(callback) > _LONGEST_CALLBACK or callback.startswith(_UNSAFE_SCHEMES):
        return False
    try:
        urlsplit(callback)
    except ValueError:  # such as a bracket that is not closed
        return False
    return _CALLBACK.fullmatch(callback) is not None


def request_token(consumer_key: str, callback: str, scopes: list[str], minutes: int) -> IssuedToken:
    """Give a consumer a request token to send a person with."""
    allowed = db.session.execute(select(Consumer.callbacks).where(Consumer.key == consumer_key)).scalar_one()
    token = IssuedToken(generate_key(), generate_secret())
    db.session.execute(
        insert(RequestToken).values(
            key=token.key,
            secret=keyring().seal(token.secret, f"request_tokens.secret:{token.key}"),
            consumer_key=consumer_key,
            callback=_checked_callback(callback, allowed),
            scopes=scopes,
            expires_at=clock.now() + timedelta(minutes=minutes),
            tries=0,
        ),
    )
    return token


def asked(token_key: str) -> Asked | None:
    """Give what a request token asks for; None when it is unknown, expired, or somebody answered already."""
    row = db.session.execute(
        select(RequestToken, Consumer.name, Consumer.callbacks)
        .join(Consumer, Consumer.key == RequestToken.consumer_key)
        .where(
            RequestToken.key == token_key,
            RequestToken.expires_at > clock.now(),
            RequestToken.person_id.is_(None),
            Consumer.disabled_at.is_(None),
        ),
    ).one_or_none()
    if row is None:
        return None
    token, name, callbacks = row
    return Asked(token.key, token.consumer_key, name, token.callback, tuple(token.scopes), bool(callbacks))


def granted_scopes(consumer_key: str, person_id: int) -> frozenset[str] | None:
    """Give what a person has allowed an app so far; None when nothing was ever allowed."""
    scopes = db.session.execute(
        select(Grant.scopes).where(Grant.consumer_key == consumer_key, Grant.person_id == person_id),
    ).scalar_one_or_none()
    return None if scopes is None else frozenset(scopes)


def authorize(wish: Asked, person_id: int, allowed: Iterable[str]) -> str:
    """Write down that the person allows these of the scopes that are asked for; give the verifier.

    Raises `ObjectNotFoundError` when the token was answered meanwhile.
    """
    verifier = f"{secrets.randbelow(10**_PIN_DIGITS):0{_PIN_DIGITS}}"
    answered = db.session.execute(
        update(RequestToken)
        .where(RequestToken.key == wish.token_key, RequestToken.person_id.is_(None))
        .values(person_id=person_id, verifier=keyring().index(f"{wish.token_key} {verifier}", "verifier"))
        .returning(RequestToken.key),
    ).scalar_one_or_none()
    if answered is None:
        raise ObjectNotFoundError("This request token was used already.", reason="request_token_used")
    permissions.allow(wish.consumer_key, person_id, allowed)
    return verifier


def deny(wish: Asked) -> None:
    """Forget a request token that the person refused."""
    db.session.execute(delete(RequestToken).where(RequestToken.key == wish.token_key))


def exchange(token_key: str, consumer_key: str, verifier: str, minutes: int) -> IssuedToken | None:
    """Turn an authorized request token into an access token; the request token is consumed.

    None: the verifier is wrong. The try was counted, so the caller has to commit, and the token dies with the last try allowed.
    Raises `UnauthenticatedError`, `BadOAuthRequestError` or `TooManyRequestsError`.
    """
    token = db.session.execute(
        select(RequestToken)
        .where(RequestToken.key == token_key, RequestToken.consumer_key == consumer_key)
        .with_for_update(),
    ).scalar_one_or_none()
    if token is None:
        raise UnauthenticatedError("Unknown token.", reason="token_unknown")
    if token.person_id is None or token.verifier is None:
        raise BadOAuthRequestError("The request token has not been authorized.", reason="request_token_not_authorized")
    if token.tries >= _MOST_TRIES:
        raise TooManyRequestsError("Too many wrong verifiers: ask for a new request token.", retry_after=60)
    if not hmac.compare_digest(token.verifier, keyring().index(f"{token_key} {verifier}", "verifier")):
        token.tries += 1
        return None
    scopes = granted_scopes(consumer_key, token.person_id) or frozenset()
    issued = IssuedToken(generate_key(), generate_secret())
    now = clock.now()
    db.session.execute(
        insert(AccessToken).values(
            key=issued.key,
            secret=keyring().seal(issued.secret, f"access_tokens.secret:{issued.key}"),
            consumer_key=consumer_key,
            person_id=token.person_id,
            scopes=sorted(scopes),
            created_at=now,
            expires_at=None if OFFLINE_ACCESS in scopes else now + timedelta(minutes=minutes),
        ),
    )
    db.session.delete(token)
    db.session.flush()
    return issued


class WrongVerifierError(BadOAuthRequestError):
    """The verifier (PIN) is wrong."""

    def __init__(self) -> None:
        super().__init__(
            "Invalid verifier.",
            reason="verifier_invalid",
            user_message=Text("Ten PIN jest nieprawidłowy.", "This PIN is not right."),
        )


def revoke(token_key: str) -> None:
    """Make an access token useless."""
    db.session.execute(
        update(AccessToken)
        .where(AccessToken.key == token_key, AccessToken.revoked_at.is_(None))
        .values(revoked_at=clock.now()),
    )
