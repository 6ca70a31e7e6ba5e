"""What persons have allowed which apps: listing it, and taking it back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Delete, Update, delete, select, text, true, update

from usosapi_mleg import audit, clock, mails
from usosapi_mleg.domain import access_notice
from usosapi_mleg.domain.actor import Actor
from usosapi_mleg.extensions import db, reading, settings
from usosapi_mleg.models import (
    AccessToken,
    AuthorizationCode,
    BearerToken,
    Consumer,
    DeviceGrant,
    Grant,
    Person,
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
    g.consumer_key IS NOT NULL AND g.told_at IS NULL AS new,
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


_ALLOW = text("""
WITH before AS (SELECT scopes FROM grants WHERE consumer_key = :consumer_key AND person_id = :person_id)
INSERT INTO grants (consumer_key, person_id, scopes, first_granted_at, granted_at, told_at)
VALUES (:consumer_key, :person_id, :scopes, :now, :now, :now)
ON CONFLICT (consumer_key, person_id) DO UPDATE SET granted_at = excluded.granted_at,
    scopes = ARRAY(SELECT DISTINCT unnest(grants.scopes || excluded.scopes) ORDER BY 1)
RETURNING (SELECT scopes FROM before) AS before
""")
"""What a person allows an app is gathered over time: never less than before."""


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
    new: bool
    """The person was not told of it yet."""
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


def allow(consumer_key: str, person_id: int, scopes: Iterable[str], *, tell: bool = True) -> None:
    """Write down what a person allows an app, beside what they allowed it before, and tell them when that is news.

    It may not have been them: somebody else may sit at their session. `tell`: False when nobody but they can have done it to their own app.
    """
    wanted = sorted(set(scopes))
    values = {"consumer_key": consumer_key, "person_id": person_id, "scopes": wanted, "now": clock.now()}
    before = db.session.execute(_ALLOW, values).scalar_one()
    news = [scope for scope in wanted if scope not in (before or ())]
    if tell and (news or before is None):
        _tell(consumer_key, person_id, news, first=before is None)


def _tell(consumer_key: str, person_id: int, news: list[str], *, first: bool) -> None:
    """Tell by mail, or else have the next page tell."""
    name = db.session.execute(select(Consumer.name).where(Consumer.key == consumer_key)).scalar_one()
    address = db.session.execute(select(Person.email).where(Person.id == person_id)).scalar_one()
    if address and mails.available():
        mails.post(address, *access_notice.write(name, news, f"{settings().base_url}my-apps", first=first))
        return
    mine = (Grant.consumer_key == consumer_key) & (Grant.person_id == person_id)
    db.session.execute(update(Grant).where(mine).values(told_at=None))


def untold(person_id: int) -> list[str]:
    """Give the names of the apps that got access, or more of it, without the person having been told."""
    query = select(Consumer.name).join(Grant, Grant.consumer_key == Consumer.key)
    with reading() as connection:
        found = connection.execute(query.where(Grant.person_id == person_id, Grant.told_at.is_(None)))
        return sorted(found.scalars())


def note_told(person_id: int) -> None:
    """Remember that a page has told the person of everything."""
    mine = (Grant.person_id == person_id) & Grant.told_at.is_(None)
    db.session.execute(update(Grant).where(mine).values(told_at=clock.now()))


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
