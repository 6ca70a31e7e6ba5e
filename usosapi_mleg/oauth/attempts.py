"""Counts attempts at guessing, exactly: in a table that all processes share and that outlives them.

Every attempt is counted in a short transaction of its own, whatever becomes of the caller's, and nothing about the subject can be read in
the table. When the attempts that are free are used up, each further one has to wait longer. docs/sign-in.md tells what is counted and why.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select, text

from usosapi_mleg import clock
from usosapi_mleg.domain.text import Text
from usosapi_mleg.errors import TooManyRequestsError
from usosapi_mleg.extensions import db, keyring, reading, settings
from usosapi_mleg.models import Attempt
from usosapi_mleg.oauth.networks import network_of

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_PAUSES = (60, 300, 900, 3600)
_SHORT_PAUSES = (60, 300, 900)

_COUNT = text(
    """
    INSERT INTO attempts AS old (kind, subject, tries, since, locked_until)
    VALUES (:kind, :subject, 1, :now, NULL)
    ON CONFLICT (kind, subject) DO UPDATE SET (tries, since, locked_until) = (
        SELECT new.tries, new.since,
            CASE WHEN new.tries >= :free THEN CAST(:now AS timestamptz) + make_interval(secs =>
                (CAST(:pauses AS integer[]))[LEAST(new.tries - :free + 1, cardinality(CAST(:pauses AS integer[])))])
            END
        FROM (
            SELECT CASE WHEN old.since > :begin THEN old.tries + 1 ELSE 1 END AS tries,
                CASE WHEN old.since > :begin THEN old.since ELSE CAST(:now AS timestamptz) END AS since
        ) AS new
    )
    WHERE old.locked_until IS NULL OR old.locked_until <= :now
    RETURNING tries
    """
)
"""Counts one attempt, or gives no row when the subject is locked."""
_UNDO = text(
    "UPDATE attempts SET tries = GREATEST(tries - 1, 0), locked_until = NULL WHERE kind = :kind AND subject = :subject"
)
"""Whoever was allowed an attempt was not locked before it."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How often something may be tried."""

    kind: str
    free: int
    """So many in the window; each further one locks for longer."""
    window: timedelta
    pauses: tuple[int, ...] = _PAUSES
    """Seconds; the last one again and again."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Who tries, or what is tried."""

    limit: Limit
    name: str

    @property
    def index(self) -> bytes:
        """The keyed digest that stands in the table."""
        return keyring().index(self.name, f"attempts {self.limit.kind}")


def from_address(kind: str, address: str | None) -> Subject:
    """Somebody at an address, whoever it is: many people may share it, so it may try often."""
    return Subject(Limit(f"{kind} address", settings().address_tries, _HOUR, _SHORT_PAUSES), network_of(address))


def of_password(username: str, address: str | None, device: str | None) -> list[Subject]:
    """Passwords of one account. `device`: a browser that knew the password before; strangers cannot use up its attempts."""
    everybody = from_address("password", address)
    if device is not None:
        return [Subject(Limit("password device", 5, _DAY), f"{device} {username}"), everybody]
    here = Subject(Limit("password here", 5, _DAY), f"{network_of(address)} {username}")
    return [here, Subject(Limit("password account", 50, _DAY, _SHORT_PAUSES), username), everybody]


def of_reset(account: str) -> Subject:
    """Mails with a link to set a new password."""
    return Subject(Limit("reset", 3, _HOUR, (3600,)), account)


def of_verifier(consumer_key: str, address: str | None) -> Subject:
    """Verifiers (PINs) of OAuth 1.0a, beside the limit that each request token has."""
    return Subject(Limit("verifier", 20, _HOUR, _SHORT_PAUSES), f"{network_of(address)} {consumer_key}")


def of_user_code(person_id: int) -> Subject:
    """Codes that devices show."""
    return Subject(Limit("user code", 5, _DAY), str(person_id))


def of_client_secret(consumer_key: str, address: str | None) -> Subject:
    """Secrets of an app. An attacker elsewhere cannot lock it out."""
    return Subject(Limit("client secret", 10, _HOUR, _SHORT_PAUSES), f"{network_of(address)} {consumer_key}")


def take(*subjects: Subject) -> None:
    """Count one attempt of each; raise `TooManyRequestsError`, and count nothing, when one of them is locked."""
    now = clock.now()
    with db.engine.connect() as connection, connection.begin() as counting:
        for subject in _in_order(subjects):
            limit = subject.limit
            values = {
                "kind": limit.kind,
                "subject": subject.index,
                "now": now,
                "begin": now - limit.window,
                "free": limit.free,
                "pauses": list(limit.pauses),
            }
            if connection.execute(_COUNT, values).one_or_none() is None:
                counting.rollback()
                break
        else:
            return
    refuse_locked(*subjects)
    # The lock ended between the two looks.
    raise _refusal(1)


def refuse_locked(*subjects: Subject) -> bool:
    """Raise `TooManyRequestsError` when one of them is locked; else tell whether any of them has tried in vain lately."""
    now = clock.now()
    query = select(Attempt.locked_until).where(_among(subjects))
    with reading() as connection:
        found = list(connection.execute(query).scalars())
    if left := [(until - now).total_seconds() for until in found if until is not None and until > now]:
        raise _refusal(math.ceil(max(left)))
    return bool(found)


def forget(*subjects: Subject) -> None:
    """Forget the attempts of somebody who knew it in the end."""
    with db.engine.begin() as connection:
        for subject in _in_order(subjects):
            connection.execute(delete(Attempt).where(_among([subject])))


def note_outcome(subject: Subject, *, right: bool) -> None:
    """Count a guess that was easy to check, or forget those before it; raise `TooManyRequestsError` when it may not count."""
    if not right:
        take(subject)
    elif refuse_locked(subject):
        forget(subject)


def take_back(*subjects: Subject) -> None:
    """Count one attempt less: it was none at guessing. What others tried at the same subjects stays."""
    with db.engine.begin() as connection:
        for subject in _in_order(subjects):
            connection.execute(_UNDO, {"kind": subject.limit.kind, "subject": subject.index})


def _in_order(subjects: Iterable[Subject]) -> list[Subject]:
    """Sort: two who share subjects must not wait for each other in a circle."""
    return sorted(subjects, key=lambda one: (one.limit.kind, one.index))


def _among(subjects: Iterable[Subject]) -> ColumnElement[bool]:
    return or_(*(and_(Attempt.kind == one.limit.kind, Attempt.subject == one.index) for one in subjects))


def _refusal(seconds: int) -> TooManyRequestsError:
    minutes = math.ceil(seconds / 60)
    return TooManyRequestsError(
        "Too many wrong attempts.",
        retry_after=seconds,
        user_message=Text(
            f"Zbyt wiele nieudanych prób. Odczekaj {minutes} min i spróbuj ponownie.",
            f"Too many failed attempts. Wait {minutes} min and try again.",
        ),
    )
