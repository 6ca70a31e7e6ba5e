"""Consumers (apps): registering one, and what is known of it."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import case, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from usosapi_mleg import clock
from usosapi_mleg.domain.text import Text
from usosapi_mleg.errors import ParameterInvalidError, TooManyRequestsError
from usosapi_mleg.extensions import db, keyring, reading
from usosapi_mleg.models import Consumer, Person
from usosapi_mleg.oauth import attempts, tokens

MOST_PER_HOUR = 20
"""How many consumers one person, or all who are not signed in together, may register in an hour."""
_HOUR = timedelta(hours=1)
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('consumers.register'))")
_COLUMNS = (
    Consumer.key,
    Consumer.name,
    Consumer.url,
    Consumer.email,
    Consumer.callbacks,
    Consumer.administrative,
    Consumer.registered_at,
    Consumer.disabled_at,
    Consumer.awaits_approval,
    Consumer.redirect_uris,
    Consumer.oauth2_secret.is_not(None).label("has_client_secret"),
)


class State(StrEnum):
    """Whether a consumer can be used."""

    WORKING = "working"
    WAITING = "waiting"
    """An administrator has not approved it yet."""
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class NewConsumer:
    """A key and its secret, to be shown once."""

    key: str
    secret: str


@dataclass(frozen=True, slots=True)
class KnownConsumer:
    """A consumer as those see it who look after it: all but its secret."""

    key: str
    name: str
    url: str | None
    email: str | None
    callbacks: tuple[str, ...]
    administrative: bool
    registered_at: datetime
    state: State
    redirect_uris: tuple[str, ...]
    has_client_secret: bool


@dataclass(frozen=True, slots=True)
class Introduction:
    """What a person should know of an app before they allow it anything."""

    name: str
    url: str | None
    email: str | None
    verified: bool
    owner: str | None
    """Name of the person who registered it; None: somebody who was not signed in."""


def introduce(key: str) -> Introduction:
    """Introduce an app to a person."""
    owner = func.concat_ws(" ", Person.first_name, Person.last_name)
    query = (
        select(Consumer.name, Consumer.url, Consumer.email, Consumer.verified, case((Person.id.is_not(None), owner)))
        .outerjoin(Person, Person.id == Consumer.owner_id)
        .where(Consumer.key == key)
    )
    with reading() as connection:
        return Introduction(*connection.execute(query).one())


def describe(key: str) -> dict[str, Any]:
    """Describe a consumer by the keys of `services/apisrv/consumer`."""
    query = select(Consumer.name, Consumer.url, Consumer.email, Consumer.registered_at, Consumer.verified)
    with reading() as connection:
        row = connection.execute(query.where(Consumer.key == key)).one()
    return {
        "name": row.name,
        "url": row.url,
        "email": row.email,
        "date_registered": row.registered_at,
        "is_verified": row.verified,
    }


def register(
    *,
    name: str,
    url: str | None,
    email: str,
    callbacks: list[str],
    owner_id: int | None,
    needs_approval: bool = False,
) -> NewConsumer:
    """Register a consumer and give its key and secret.

    Raises `ParameterInvalidError` when the name is taken, `TooManyRequestsError` when too many were registered lately.
    """
    now = clock.now()
    _refuse_flood(owner_id, now)
    made = NewConsumer(tokens.generate_key(), tokens.generate_secret())
    try:
        with db.session.begin_nested():
            db.session.execute(
                insert(Consumer).values(
                    key=made.key,
                    secret=keyring().seal(made.secret, f"consumers.secret:{made.key}"),
                    name=name,
                    url=url,
                    email=email,
                    callbacks=callbacks,
                    owner_id=owner_id,
                    registered_at=now,
                    disabled_at=now if needs_approval else None,
                    awaits_approval=needs_approval,
                ),
            )
    except IntegrityError:
        raise ParameterInvalidError(
            "name", "An application of this name is registered already.", reason="already_exists"
        ) from None
    return made


def _refuse_flood(owner_id: int | None, now: datetime) -> None:
    """Raise `TooManyRequestsError` when enough was registered within the last hour; whoever comes next waits for this transaction."""
    db.session.execute(_ONE_AT_A_TIME)
    lately = select(func.count()).where(
        Consumer.owner_id.is_(None) if owner_id is None else Consumer.owner_id == owner_id,
        Consumer.registered_at > now - _HOUR,
    )
    if db.session.scalars(lately).one() >= MOST_PER_HOUR:
        raise TooManyRequestsError(
            f"At most {MOST_PER_HOUR} consumers can be registered in an hour.",
            retry_after=int(_HOUR.total_seconds()),
            user_message=Text(
                "W ostatniej godzinie zarejestrowano zbyt wiele aplikacji. Spróbuj ponownie za godzinę.",
                "Too many applications were registered within the last hour. Try again in an hour.",
            ),
        )


def owned(person_id: int) -> list[KnownConsumer]:
    """List the consumers that a person has registered, the latest first."""
    query = select(*_COLUMNS).where(Consumer.owner_id == person_id).order_by(Consumer.registered_at.desc())
    with reading() as connection:
        return [_known(row) for row in connection.execute(query)]


def _known(row: Any) -> KnownConsumer:
    return KnownConsumer(
        key=row.key,
        name=row.name,
        url=row.url,
        email=row.email,
        callbacks=tuple(row.callbacks),
        administrative=row.administrative,
        registered_at=row.registered_at,
        state=state_of(row.disabled_at, awaits_approval=row.awaits_approval),
        redirect_uris=tuple(row.redirect_uris),
        has_client_secret=row.has_client_secret,
    )


def state_of(disabled_at: datetime | None, *, awaits_approval: bool) -> State:
    """Tell the state from the two columns that hold it."""
    if disabled_at is None:
        return State.WORKING
    return State.WAITING if awaits_approval else State.DISABLED


def has_secret(key: str, secret: str, address: str | None) -> bool:
    """Tell whether the secret is this consumer's; takes no less time when there is no such consumer.

    Raises `TooManyRequestsError` when too many wrong ones came from the address; also for the right one.
    """
    with reading() as connection:
        sealed = connection.execute(select(Consumer.secret).where(Consumer.key == key)).scalar_one_or_none()
    known = keyring().open(sealed, f"consumers.secret:{key}") if sealed else secrets.token_bytes(40)
    right = hmac.compare_digest(known, secret.encode())
    attempts.note_outcome(attempts.of_client_secret(key, address), right=right)
    return right


def disable(key: str) -> None:
    """Make a consumer useless; its tokens do not work without it."""
    db.session.execute(
        update(Consumer).where(Consumer.key == key, Consumer.disabled_at.is_(None)).values(disabled_at=clock.now()),
    )
