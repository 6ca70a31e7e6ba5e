"""What administrators see of consumers, and what they do to them; each act goes into the audit trail with its reason."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, false, or_, select, text, true, update

from usosapi_mleg import audit, clock
from usosapi_mleg.domain.actor import Actor
from usosapi_mleg.errors import ConflictError
from usosapi_mleg.extensions import db, reading
from usosapi_mleg.models import Account, AuditEvent, Consumer, Person, StudentProgramme
from usosapi_mleg.oauth import permissions, rotation
from usosapi_mleg.oauth.consumers import State, state_of

PAGE_SIZE = 20
_MOST_PEOPLE = 20
_MOST_EVENTS = 20

_SEEN = """
SELECT c.key, c.name, c.url, c.email, c.callbacks, c.redirect_uris, c.administrative, c.student_front_end, c.kiosk, c.verified,
    c.registered_at, c.disabled_at, c.awaits_approval, c.oauth2_secret IS NOT NULL AS has_client_secret,
    (SELECT concat_ws(' ', first_name, last_name) FROM persons WHERE id = c.owner_id) AS owner,
    (SELECT count(*) FROM grants WHERE consumer_key = c.key) AS people,
    greatest((SELECT max(last_used_at) FROM access_tokens WHERE consumer_key = c.key),
             (SELECT max(last_used_at) FROM bearer_tokens WHERE consumer_key = c.key)) AS last_used_at, c.total
FROM (
"""
_FOUND = text(
    f"{_SEEN} SELECT *, count(*) OVER () AS total FROM consumers"  # noqa: S608 - constants
    " WHERE (name ILIKE :like OR key = :words) AND (:state = '' OR :state ="
    " CASE WHEN disabled_at IS NULL THEN 'working' WHEN awaits_approval THEN 'waiting' ELSE 'disabled' END)"
    " ORDER BY registered_at DESC, key LIMIT :size OFFSET :skipped) c ORDER BY registered_at DESC, key"
)
_ONE = text(f"{_SEEN} SELECT *, 1 AS total FROM consumers WHERE key = :key) c")  # noqa: S608 - constants


class Act(StrEnum):
    """What an administrator can do to a consumer."""

    APPROVE = "approve"
    REFUSE = "refuse"
    VERIFY = "verify"
    UNVERIFY = "unverify"
    DISABLE = "disable"
    ENABLE = "enable"
    ROTATE_SECRET = "rotate_secret"  # noqa: S105 - the name of an act
    ROTATE_CLIENT_SECRET = "rotate_client_secret"  # noqa: S105 - the name of an act
    REVOKE_TOKENS = "revoke_tokens"


@dataclass(frozen=True, slots=True)
class SeenConsumer:
    """A consumer as administrators see it: all but its secrets."""

    key: str
    name: str
    url: str | None
    email: str | None
    callbacks: tuple[str, ...]
    redirect_uris: tuple[str, ...]
    administrative: bool
    student_front_end: bool
    kiosk: bool
    verified: bool
    registered_at: datetime
    state: State
    has_client_secret: bool
    owner: str | None
    people: int
    """How many persons have allowed it something."""
    last_used_at: datetime | None
    """When one of its tokens was last used, to within a minute; calls in its own name with a signature do not count."""

    @property
    def acts(self) -> tuple[Act, ...]:
        """What can be done to it now."""
        by_state = {
            State.WAITING: (Act.APPROVE, Act.REFUSE),
            State.WORKING: (Act.DISABLE,),
            State.DISABLED: (Act.ENABLE,),
        }
        client = (Act.ROTATE_CLIENT_SECRET,) if self.has_client_secret else ()
        vouching = Act.UNVERIFY if self.verified else Act.VERIFY
        return (*by_state[self.state], vouching, Act.ROTATE_SECRET, *client, Act.REVOKE_TOKENS)


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """A person whose access can be ended."""

    id: int
    first_name: str
    last_name: str
    username: str | None


@dataclass(frozen=True, slots=True)
class NotedAct:
    """An entry of the audit trail."""

    at: datetime
    actor: str
    action: str
    reason: str | None


def search(words: str, state: State | None, page: int) -> tuple[list[SeenConsumer], int]:
    """Give one page, counted from 0, of the consumers with these words in their name or with this very key, and how many there are."""
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values = {
        "words": words,
        "like": f"%{escaped}%",
        "state": state or "",
        "size": PAGE_SIZE,
        "skipped": page * PAGE_SIZE,
    }
    with reading() as connection:
        rows = connection.execute(_FOUND, values).all()
    return [_seen(row) for row in rows], rows[0].total if rows else 0


def look_at(key: str) -> SeenConsumer | None:
    """Give one consumer."""
    with reading() as connection:
        row = connection.execute(_ONE, {"key": key}).one_or_none()
    return None if row is None else _seen(row)


def _seen(row: Any) -> SeenConsumer:
    values = row._asdict()
    del values["total"]
    values["state"] = state_of(values.pop("disabled_at"), awaits_approval=values.pop("awaits_approval"))
    values |= {name: tuple(values[name]) for name in ("callbacks", "redirect_uris")}
    return SeenConsumer(**values)


def history(key: str) -> list[NotedAct]:
    """Give what was done to a consumer, the latest first."""
    query = (
        select(AuditEvent.at, AuditEvent.actor, AuditEvent.action, AuditEvent.reason)
        .where(AuditEvent.subject == key)
        .order_by(AuditEvent.id.desc())
        .limit(_MOST_EVENTS)
    )
    with reading() as connection:
        return [NotedAct(*row) for row in connection.execute(query)]


def perform(key: str, act: Act, actor: Actor, reason: str) -> str | None:
    """Do something to a consumer; give the new secret when it is about one.

    Raises `ObjectNotFoundError` for an unknown consumer, `ConflictError` when its state does not allow the act (any more).
    """
    match act:
        case Act.ROTATE_SECRET:
            return rotation.rotate(key, rotation.Secret.CONSUMER, actor, reason=reason)
        case Act.ROTATE_CLIENT_SECRET:
            return rotation.rotate(key, rotation.Secret.CLIENT, actor, reason=reason)
        case Act.REVOKE_TOKENS:
            permissions.forget(consumer_key=key)
        case _:
            _change(key, act)
    audit.note(actor, f"consumer_{act}", subject=key, reason=reason)
    return None


def _change(key: str, act: Act) -> None:
    condition, values = _changes()[act]
    changed = db.session.execute(
        update(Consumer).where(Consumer.key == key, condition).values(values).returning(Consumer.key)
    ).scalar_one_or_none()
    if changed is None:
        raise ConflictError("The consumer is in another state by now.", reason="consumer_changed")


def _changes() -> dict[Act, tuple[ColumnElement[bool], dict[str, Any]]]:
    """Give for each act that changes columns what must hold before and what they become."""
    waits, works = Consumer.awaits_approval, Consumer.disabled_at.is_(None)
    return {
        Act.APPROVE: (waits.is_(true()), {"awaits_approval": False, "disabled_at": None}),
        Act.REFUSE: (waits.is_(true()), {"awaits_approval": False, "disabled_at": clock.now()}),
        Act.DISABLE: (works, {"disabled_at": clock.now()}),
        Act.ENABLE: (~works & waits.is_(false()), {"disabled_at": None}),
        Act.VERIFY: (Consumer.verified.is_(false()), {"verified": True}),
        Act.UNVERIFY: (Consumer.verified.is_(true()), {"verified": False}),
    }


_PERSON = select(Person.id, Person.first_name, Person.last_name, Account.username).outerjoin(
    Account, Account.person_id == Person.id
)


def find_people(words: str) -> list[FoundPerson]:
    """Find persons by their exact user name or student (album) number: nobody can browse here."""
    numbered = select(StudentProgramme.person_id).where(StudentProgramme.student_number == words)
    query = _PERSON.where(or_(Account.username == words.lower(), Person.id.in_(numbered)))
    with reading() as connection:
        rows = connection.execute(query.order_by(Person.last_name, Person.id).limit(_MOST_PEOPLE)).all()
    return [FoundPerson(*row) for row in rows]


def find_person(person_id: int) -> FoundPerson | None:
    """Give a person; None when there is none of this id."""
    with reading() as connection:
        row = connection.execute(_PERSON.where(Person.id == person_id)).one_or_none()
    return None if row is None else FoundPerson(*row)
