"""What persons have allowed which apps: listing it, and taking it back."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Delete, Update, delete, text, true, update

from usosapi_mleg import audit, clock
from usosapi_mleg.domain.actor import Actor
from usosapi_mleg.extensions import db, reading
from usosapi_mleg.models import (
    AccessToken,
    AuthorizationCode,
    BearerToken,
    DeviceGrant,
    Grant,
    RefreshToken,
    RequestToken,
)

_OfAnApp = type[Grant | RequestToken | AccessToken | BearerToken | RefreshToken | AuthorizationCode | DeviceGrant]

_APPS = text("""
WITH given AS (
    SELECT consumer_key, scopes, created_at, last_used_at, last_used_from, expires_at,
        revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now) AS alive
    FROM access_tokens WHERE person_id = :person
    UNION ALL
    SELECT consumer_key, scopes, created_at, last_used_at, last_used_from, expires_at, revoked_at IS NULL AND expires_at > :now
    FROM bearer_tokens WHERE person_id = :person AND NOT impersonated
    UNION ALL
    SELECT consumer_key, scopes, created_at, NULL, NULL, expires_at,
        revoked_at IS NULL AND used_at IS NULL AND expires_at > :now
    FROM refresh_tokens WHERE person_id = :person
), used AS (
    SELECT consumer_key, min(created_at) AS first_at, max(last_used_at) AS last_used_at,
        (array_agg(last_used_from ORDER BY last_used_at DESC NULLS LAST))[1] AS last_used_from,
        bool_or(alive) AS alive, coalesce(bool_or(alive AND expires_at IS NULL), false) AS lasting,
        max(expires_at) FILTER (WHERE alive) AS expires_at
    FROM given GROUP BY consumer_key
), scoped AS (
    SELECT consumer_key, array_agg(DISTINCT scope ORDER BY scope) AS scopes
    FROM given CROSS JOIN unnest(scopes) AS scope WHERE alive GROUP BY consumer_key
)
SELECT c.key, c.name, c.url, c.email, c.verified, c.disabled_at IS NOT NULL AS disabled,
    coalesce(g.scopes, s.scopes, '{}') AS scopes, coalesce(g.first_granted_at, u.first_at) AS since,
    coalesce(u.alive, false) AS alive, coalesce(u.lasting, false) AS lasting, u.expires_at, u.last_used_at, u.last_used_from
FROM consumers c
    LEFT JOIN grants g ON g.consumer_key = c.key AND g.person_id = :person
    LEFT JOIN used u ON u.consumer_key = c.key
    LEFT JOIN scoped s ON s.consumer_key = c.key
WHERE g.consumer_key IS NOT NULL OR u.alive
ORDER BY u.last_used_at DESC NULLS LAST, since DESC, c.key
""")
"""One statement for OAuth 1.0a and 2.0 together; tokens about a person who allowed nothing themselves are left out."""


@dataclass(frozen=True, slots=True)
class AllowedApp:
    """What one person has allowed one app."""

    key: str
    name: str
    url: str | None
    email: str | None
    verified: bool
    disabled: bool
    """The university or the owner has switched the app off, so it cannot do anything now."""
    scopes: tuple[str, ...]
    since: datetime
    """When the person first allowed it something."""
    alive: bool
    """It has a token that works. Without one it has to send the person here, who is not asked for the same again."""
    lasting: bool
    """It has a token that works until it is revoked."""
    expires_at: datetime | None
    """When the last token that works now will expire, if it is neither lasting nor renewed by its use."""
    last_used_at: datetime | None
    """To within a minute."""
    last_used_from: str | None
    """IP address of the app."""


def apps_of(person_id: int) -> list[AllowedApp]:
    """List what a person has allowed to whom, what was used last first."""
    with reading() as connection:
        rows = connection.execute(_APPS, {"person": person_id, "now": clock.now()}).all()
    return [AllowedApp(**row._asdict() | {"scopes": tuple(row.scopes)}) for row in rows]


def take_back(consumer_key: str, person_id: int, actor: Actor, *, reason: str | None = None) -> bool:
    """Forget what a person allowed an app, and make all that it has of this person useless; False when there was nothing of the kind."""
    found = forget(consumer_key=consumer_key, person_id=person_id)
    if found:
        audit.note(actor, "app_access_revoked", person_id=person_id, subject=consumer_key, reason=reason)
    return found


def take_all_back(person_id: int, actor: Actor, *, reason: str | None = None) -> None:
    """Forget what a person allowed to whomever, and make all tokens of this person useless."""
    forget(person_id=person_id)
    audit.note(actor, "all_app_access_revoked", person_id=person_id, reason=reason)


def forget(*, consumer_key: str | None = None, person_id: int | None = None) -> bool:
    """Drop the grants of an app, of a person, or of both, and revoke all tokens that they led to; tell whether there were any.

    What has not been redeemed yet (verifiers, codes, devices) is of no use any more either.
    """
    if consumer_key is None and person_id is None:
        raise AssertionError("nobody forgets everything of everybody")

    def which(table: _OfAnApp) -> ColumnElement[bool]:
        same_app = true() if consumer_key is None else table.consumer_key == consumer_key
        return same_app if person_id is None else same_app & (table.person_id == person_id)

    now = clock.now()
    acts: list[Delete | Update] = [
        *(delete(table).where(which(table)) for table in (Grant, RequestToken)),
        *(
            update(tokens).where(which(tokens), tokens.revoked_at.is_(None)).values(revoked_at=now)
            for tokens in (AccessToken, BearerToken, RefreshToken)
        ),
        *(
            update(codes).where(which(codes), codes.used_at.is_(None)).values(used_at=now)
            for codes in (AuthorizationCode, DeviceGrant)
        ),
    ]
    return sum(db.session.execute(act).rowcount for act in acts) > 0  # type: ignore[attr-defined] # these have it
