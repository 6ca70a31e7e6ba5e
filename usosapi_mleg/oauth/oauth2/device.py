"""Devices without a keyboard (RFC 8628): what they ask for, who answers on another device, and how they learn of it."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from authlib.consts import default_json_headers
from authlib.oauth2.rfc6749 import AccessDeniedError, InvalidGrantError, InvalidScopeError, UnauthorizedClientError
from authlib.oauth2.rfc8628 import (
    AuthorizationPendingError,
    DeviceAuthorizationEndpoint,
    DeviceCodeGrant,
    ExpiredTokenError,
    SlowDownError,
)
from sqlalchemy import insert, select, update

from usosapi_mleg import clock
from usosapi_mleg.crypto import digest
from usosapi_mleg.extensions import db, keyring, settings
from usosapi_mleg.models import Consumer, DeviceGrant
from usosapi_mleg.oauth import attempts, permissions
from usosapi_mleg.oauth.oauth2 import clients
from usosapi_mleg.oauth.oauth2.given import Kind, generate
from usosapi_mleg.oauth.oauth2.store import Owner

INTERVAL_SECONDS = 5
_SLOWER_BY_SECONDS = 5
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so no words; no digits, so no look-alikes (RFC 8628 section 6.1)."""
_LENGTH = 8


class DeviceAuthorization(DeviceAuthorizationEndpoint):  # type: ignore[misc] # Authlib ships no types
    """Gives a device a code for itself and one for the person."""

    CLIENT_AUTH_METHODS = clients.ANY

    def create_endpoint_response(self, request: Any) -> tuple[int, dict[str, Any], Any]:
        client = self.authenticate_client(request)
        if not client.check_grant_type(clients.DEVICE):
            raise UnauthorizedClientError(description="This client is not registered as a kiosk.")
        scope = client.get_allowed_scope(request.payload.scope)
        if scope is None:
            raise InvalidScopeError
        device_code, user_code = generate(Kind.DEVICE_CODE), _generate_user_code()
        _store(client.key, scope.split(), device_code, user_code)
        page = f"{settings().base_url}oauth2/device"
        shown = f"{user_code[:4]}-{user_code[4:]}"
        answer = {
            "device_code": device_code,
            "user_code": shown,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={shown}",
            "expires_in": settings().device_code_minutes * 60,
            "interval": INTERVAL_SECONDS,
        }
        return 200, answer, default_json_headers


def _generate_user_code() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def _store(consumer_key: str, scopes: list[str], device_code: str, user_code: str) -> None:
    now = clock.now()
    values = {
        "hash": digest(device_code),
        "user_code": _user_code_index(user_code),
        "family_id": uuid.uuid4(),
        "consumer_key": consumer_key,
        "scopes": scopes,
        "created_at": now,
        "expires_at": now + timedelta(minutes=settings().device_code_minutes),
        "interval_seconds": INTERVAL_SECONDS,
    }
    db.session.execute(insert(DeviceGrant).values(values))


def _user_code_index(user_code: str) -> bytes:
    return keyring().index(user_code, "user_code")


class DeviceGrantType(DeviceCodeGrant):  # type: ignore[misc] # Authlib ships no types
    """Tells the device what the person answered; a code is worth one token."""

    TOKEN_ENDPOINT_AUTH_METHODS = clients.ANY

    def query_device_credential(self, device_code: str) -> "Waiting":
        query = select(DeviceGrant).where(DeviceGrant.hash == digest(device_code)).with_for_update()
        row = db.session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
        if row is None or row.used_at is not None:
            raise InvalidGrantError(description="There is no such device code, or it was used.")
        return Waiting(row)

    def validate_device_credential(self, credential: "Waiting") -> Owner:
        row, now = credential.row, clock.now()
        if row.expires_at <= now:
            raise ExpiredTokenError
        if row.allowed is not None and row.person_id is not None:
            row.used_at = now
            if not row.allowed:
                raise AccessDeniedError
            return Owner(row.person_id)
        if _note_poll(row, now):
            raise SlowDownError
        raise AuthorizationPendingError


def _note_poll(row: DeviceGrant, now: datetime) -> bool:
    """Remember when the device asked; tell whether it was too soon, for which it has to wait longer from now on."""
    too_soon = row.polled_at is not None and now - row.polled_at < timedelta(seconds=row.interval_seconds)
    row.polled_at = now
    if too_soon:
        row.interval_seconds += _SLOWER_BY_SECONDS
    return too_soon


@dataclass(frozen=True, slots=True)
class Waiting:
    """A waiting device as Authlib wants to see it."""

    row: DeviceGrant

    def get_client_id(self) -> str:
        return self.row.consumer_key

    def get_scope(self) -> str:
        return " ".join(self.row.scopes)


@dataclass(frozen=True, slots=True)
class DeviceWish:
    """What a device asks the person for who typed its code."""

    hash: bytes
    consumer_key: str
    scopes: tuple[str, ...]


def find_wish(typed: str, person_id: int, address: str | None) -> DeviceWish | None:
    """Give what the device asks for whose code somebody typed; None when no device waits with it.

    Raises `TooManyRequestsError` when this person, or somebody at this address, has typed too many wrong ones; also for the right one.
    """
    subjects = (attempts.of_user_code(person_id), attempts.from_address("user code", address))
    code = "".join(letter for letter in typed.upper() if letter in _LETTERS)
    row = db.session.execute(
        select(DeviceGrant.hash, DeviceGrant.consumer_key, DeviceGrant.scopes)
        .join(Consumer, Consumer.key == DeviceGrant.consumer_key)
        .where(
            DeviceGrant.user_code == _user_code_index(code),
            DeviceGrant.allowed.is_(None),
            DeviceGrant.expires_at > clock.now(),
            Consumer.disabled_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        attempts.take(*subjects)
        return None
    if attempts.refuse_locked(*subjects):
        attempts.forget(subjects[0])
    return DeviceWish(row.hash, row.consumer_key, tuple(row.scopes))


def answer(wish: DeviceWish, person_id: int, allowed: Sequence[str] | None) -> bool:
    """Write down which scopes the person allows, None for a denial; False when somebody answered before, or the time is over."""
    decision = {"allowed": False} if allowed is None else {"allowed": True, "scopes": list(allowed)}
    answered = db.session.execute(
        update(DeviceGrant)
        .where(DeviceGrant.hash == wish.hash, DeviceGrant.allowed.is_(None), DeviceGrant.expires_at > clock.now())
        .values(person_id=person_id, **decision)
        .returning(DeviceGrant.hash)
    ).scalar_one_or_none()
    if answered is not None and allowed is not None:
        permissions.allow(wish.consumer_key, person_id, allowed)
    return answered is not None
