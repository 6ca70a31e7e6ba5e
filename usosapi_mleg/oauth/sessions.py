"""Web sessions: an opaque cookie, its hash in the database, and CSRF tokens in the form that USOSweb clients know."""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, insert, select

from usosapi_mleg import clock
from usosapi_mleg.crypto import digest
from usosapi_mleg.extensions import db, keyring, reading
from usosapi_mleg.models import Account, Person, Role, WebSession
from usosapi_mleg.oauth import browsers

_SESSION_ID = re.compile(r"[0-9a-f]{64}")
_CSRF_FORM = re.compile(r"(\d{4}-\d{2}-\d{2})-[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody with a running web session."""

    person_id: int
    username: str
    role: Role
    first_name: str
    last_name: str
    way: str | None
    """`oidc` or `cas` when they signed in at another system."""
    secret: str
    """Value of the session cookie."""


@dataclass(frozen=True, slots=True)
class RunningSession:
    """A session as its owner sees it."""

    id: str
    """Opens nothing; in hexadecimal."""
    created_at: datetime
    address: str | None
    browser: str | None
    this_one: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a session comes from that another system vouches for."""

    way: str
    """`oidc` or `cas`."""
    reference: bytes | None
    """What that system calls the session, hashed: with it the session can be ended from there. None: it does not say."""
    role: Role | None
    """What that system says the person may do; None: it says nothing."""


def begin(
    username: str, minutes: int, origin: Origin | None = None, *, address: str | None = None, user_agent: str = ""
) -> str:
    """Open a session for an account; give the value of its cookie, which is never seen again.

    Of the address and the browser only as much is kept as lets the person know the session again.
    """
    secret = secrets.token_urlsafe(32)
    now = clock.now()
    db.session.execute(
        insert(WebSession).values(
            id=digest(secret),
            username=username,
            created_at=now,
            expires_at=now + timedelta(minutes=minutes),
            address=browsers.shortened(address),
            browser=browsers.family_of(user_agent),
            way=origin.way if origin else None,
            reference=origin.reference if origin else None,
            role=origin.role if origin else None,
        ),
    )
    return secret


def end(secret: str) -> None:
    """Close a session."""
    db.session.execute(delete(WebSession).where(WebSession.id == digest(secret)))


def running(username: str, secret: str) -> list[RunningSession]:
    """List the sessions of an account, the latest first; `secret` is the cookie of the one that asks."""
    own = digest(secret)
    query = (
        select(WebSession.id, WebSession.created_at, WebSession.address, WebSession.browser)
        .where(WebSession.username == username, WebSession.expires_at > clock.now())
        .order_by(WebSession.created_at.desc())
    )
    with reading() as connection:
        return [
            RunningSession(row.id.hex(), row.created_at, row.address, row.browser, row.id == own)
            for row in connection.execute(query)
        ]


def end_one(username: str, session_id: str) -> None:
    """Close one session of an account; one of somebody else stays."""
    if _SESSION_ID.fullmatch(session_id):
        mine = (WebSession.id == bytes.fromhex(session_id), WebSession.username == username)
        db.session.execute(delete(WebSession).where(*mine))


def end_others(username: str, secret: str) -> None:
    """Close all sessions of an account but the one with this cookie."""
    db.session.execute(delete(WebSession).where(WebSession.username == username, WebSession.id != digest(secret)))


def end_all(username: str) -> None:
    """Close all sessions of an account."""
    db.session.execute(delete(WebSession).where(WebSession.username == username))


def end_from(way: str, reference: bytes) -> None:
    """Close what the other system calls by this reference."""
    db.session.execute(delete(WebSession).where(WebSession.way == way, WebSession.reference == reference))


def end_all_from(way: str, username: str) -> None:
    """Close all sessions of an account that began at the other system."""
    db.session.execute(delete(WebSession).where(WebSession.way == way, WebSession.username == username))


def find(secret: str) -> SignedIn | None:
    """Give who is signed in with this cookie, or None."""
    query = (
        select(
            Account.person_id,
            Account.username,
            func.coalesce(WebSession.role, Account.role).label("role"),
            Person.first_name,
            Person.last_name,
            WebSession.way,
        )
        .join(WebSession, WebSession.username == Account.username)
        .join(Person, Person.id == Account.person_id)
        .where(WebSession.id == digest(secret), WebSession.expires_at > clock.now())
    )
    with reading() as connection:
        row = connection.execute(query).one_or_none()
    return SignedIn(*row, secret) if row else None


def csrf_token(secret: str, day: date | None = None) -> str:
    """Give the CSRF token of a session for one day: `YYYY-MM-DD-` and 16 hexadecimal digits, as every USOSweb page has it."""
    day = day or clock.today()
    return f"{day.isoformat()}-{keyring().index(f'{day.isoformat()} {secret}', 'csrf').hex()[:16]}"


def csrf_token_holds(secret: str, token: str) -> bool:
    """Tell whether the token belongs to this session and is from today or yesterday."""
    match = _CSRF_FORM.fullmatch(token)
    if match is None:
        return False
    today = clock.today()
    days = {str(day): day for day in (today, today - timedelta(days=1))}
    day = days.get(match[1])
    return day is not None and hmac.compare_digest(token, csrf_token(secret, day))
