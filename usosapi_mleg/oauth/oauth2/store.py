"""Writes and reads what OAuth 2.0 gives out. Everything happens in the caller's transaction."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, TokenMixin
from sqlalchemy import insert, select, update

from usosapi_mleg import clock
from usosapi_mleg.crypto import digest
from usosapi_mleg.domain.scopes import OFFLINE_ACCESS
from usosapi_mleg.extensions import db, settings
from usosapi_mleg.models import AuthorizationCode, BearerToken, Consumer, RefreshToken
from usosapi_mleg.oauth.oauth2 import families
from usosapi_mleg.oauth.oauth2.clients import Client


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose data the app may use."""

    person_id: int
    allowed: tuple[str, ...] = ()
    """The scopes that they allow, when they have decided just now."""


@dataclass(frozen=True, slots=True)
class StoredCode(AuthorizationCodeMixin):  # type: ignore[misc] # Authlib ships no types
    """An authorization code that was just redeemed."""

    family_id: uuid.UUID
    person_id: int
    scopes: Sequence[str]
    redirect_uri: str | None
    code_challenge: str
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str | None:
        return self.redirect_uri

    def get_scope(self) -> str:
        return " ".join(self.scopes)


@dataclass(frozen=True, slots=True)
class StoredToken(TokenMixin):  # type: ignore[misc] # Authlib ships no types
    """An access token or a refresh token as it stands in the database."""

    hash: bytes
    family_id: uuid.UUID
    consumer_key: str
    person_id: int | None
    scopes: Sequence[str]
    created_at: datetime
    expires_at: datetime
    dead: bool
    """Revoked, used up, or its consumer was switched off."""
    refreshes: bool
    """It is a refresh token."""

    def check_client(self, client: Client) -> bool:
        return client.key == self.consumer_key

    def get_scope(self) -> str:
        return " ".join(self.scopes)

    def get_expires_in(self) -> int:
        """Seconds from now."""
        return int((self.expires_at - clock.now()).total_seconds())

    def is_expired(self) -> bool:
        return self.expires_at <= clock.now()

    def is_revoked(self) -> bool:
        return self.dead


@dataclass(frozen=True, slots=True)
class Basis:
    """What tokens are given on: the decision of a person, or nothing but the client's own name."""

    family_id: uuid.UUID
    consumer_key: str
    person_id: int | None
    scopes: Sequence[str]
    """All that was decided; an access token may cover less."""
    ends_at: datetime | None
    """No token of the family lives longer than this; with `offline_access` each refresh moves it. None: there is one token only."""


def new_basis(client: Client, person_id: int | None, scopes: Sequence[str], family_id: uuid.UUID) -> Basis:
    """Begin a family. Without `offline_access` it ends as soon as an OAuth 1.0a token without it does."""
    ends_at = None if person_id is None else _end_of(scopes, None)
    return Basis(family_id, client.key, person_id, scopes, ends_at)


def _end_of(scopes: Sequence[str], fixed: datetime | None) -> datetime:
    if OFFLINE_ACCESS in scopes:
        return clock.now() + timedelta(days=settings().refresh_token_days)
    return fixed or clock.now() + timedelta(minutes=settings().access_token_minutes)


def continue_basis(token: StoredToken) -> Basis:
    """Go on with the family of a refresh token."""
    ends_at = _end_of(token.scopes, token.expires_at)
    return Basis(token.family_id, token.consumer_key, token.person_id, token.scopes, ends_at)


def add_access_token(token: str, basis: Basis, scopes: Sequence[str], *, impersonated: bool = False) -> int:
    """Store an access token; give its lifetime in seconds."""
    now = clock.now()
    own_end = now + timedelta(minutes=settings().bearer_token_minutes)
    expires_at = own_end if basis.ends_at is None else min(own_end, basis.ends_at)
    values = _values(token, basis, scopes, expires_at) | {"impersonated": impersonated}
    db.session.execute(insert(BearerToken).values(values))
    return max(1, int((expires_at - now).total_seconds()))


def add_refresh_token(token: str, basis: Basis) -> None:
    """Store a refresh token for all that was decided."""
    ends_at = basis.ends_at or clock.now()
    db.session.execute(insert(RefreshToken).values(_values(token, basis, basis.scopes, ends_at)))


def add_code(code: str, basis: Basis, redirect_uri: str | None, code_challenge: str) -> None:
    """Store an authorization code."""
    expires_at = clock.now() + timedelta(seconds=settings().authorization_code_seconds)
    values = _values(code, basis, basis.scopes, expires_at)
    more = {"redirect_uri": redirect_uri, "code_challenge": code_challenge}
    db.session.execute(insert(AuthorizationCode).values(values | more))


def _values(secret: str, basis: Basis, scopes: Sequence[str], expires_at: datetime) -> dict[str, Any]:
    return {
        "hash": digest(secret),
        "family_id": basis.family_id,
        "consumer_key": basis.consumer_key,
        "person_id": basis.person_id,
        "scopes": list(scopes),
        "created_at": clock.now(),
        "expires_at": expires_at,
    }


def redeem_code(code: str, client: Client) -> StoredCode | None:
    """Use up a code: of several who try at a time one gets it, and whoever comes later ends what the first one got.

    None: there is no such code of this client, or it has expired or was used. A code is used up also when the rest of the request
    proves wrong, so nobody can try verifiers.
    """
    now = clock.now()
    table = AuthorizationCode
    mine = (table.hash == digest(code), table.consumer_key == client.key)
    row = db.session.execute(
        update(table)
        .where(*mine, table.used_at.is_(None))
        .values(used_at=now)
        .returning(
            table.family_id, table.person_id, table.scopes, table.redirect_uri, table.code_challenge, table.expires_at
        )
    ).one_or_none()
    if row is not None:
        *values, expires_at = row
        return StoredCode(*values) if expires_at > now else None
    used = db.session.execute(select(table.family_id, table.person_id).where(*mine)).one_or_none()
    if used is not None:
        families.note_reuse(client.key, used.person_id, used.family_id)
    return None


def lock_refresh_token(token: str, client: Client) -> StoredToken | None:
    """Give a refresh token that nobody else can use before this transaction ends.

    None: there is no such token of this client, or it is of no use any more. When it was used before, its whole family is revoked.
    """
    table = RefreshToken
    query = select(table).where(table.hash == digest(token), table.consumer_key == client.key).with_for_update()
    row = db.session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    if row is None:
        return None
    if row.used_at is not None:
        families.note_reuse(client.key, row.person_id, row.family_id)
        return None
    found = _stored(row, dead=row.revoked_at is not None, refreshes=True)
    return None if found.is_revoked() or found.is_expired() else found


def use_up(token: StoredToken) -> None:
    """Mark a refresh token as used."""
    db.session.execute(update(RefreshToken).where(RefreshToken.hash == token.hash).values(used_at=clock.now()))


def find_token(token: str) -> StoredToken | None:
    """Give an access token or a refresh token, whatever its state; None when there is none."""
    alive = select(Consumer.disabled_at).where(Consumer.key == BearerToken.consumer_key).scalar_subquery()
    access = db.session.execute(select(BearerToken, alive).where(BearerToken.hash == digest(token))).one_or_none()
    if access is not None:
        dead = access[0].revoked_at is not None or access[1] is not None
        return _stored(access[0], dead=dead, refreshes=False)
    alive = select(Consumer.disabled_at).where(Consumer.key == RefreshToken.consumer_key).scalar_subquery()
    refresh = db.session.execute(select(RefreshToken, alive).where(RefreshToken.hash == digest(token))).one_or_none()
    if refresh is None:
        return None
    row, disabled_at = refresh
    dead = row.revoked_at is not None or row.used_at is not None or disabled_at is not None
    return _stored(row, dead=dead, refreshes=True)


def _stored(row: BearerToken | RefreshToken, *, dead: bool, refreshes: bool) -> StoredToken:
    return StoredToken(
        hash=row.hash,
        family_id=row.family_id,
        consumer_key=row.consumer_key,
        person_id=row.person_id,
        scopes=tuple(row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        dead=dead,
        refreshes=refreshes,
    )


def revoke(token: StoredToken) -> None:
    """Make a token useless; a refresh token takes its family with it."""
    if token.refreshes:
        families.revoke_family(token.family_id)
    else:
        revoke_access_token(token.hash)
    families.note(token.consumer_key, "oauth2_token_revoked", token.person_id, token.family_id)


def revoke_access_token(token_hash: bytes) -> None:
    """Make one access token useless."""
    db.session.execute(
        update(BearerToken)
        .where(BearerToken.hash == token_hash, BearerToken.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )
