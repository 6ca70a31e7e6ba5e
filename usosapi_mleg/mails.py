"""Mail to people: written down in the caller's transaction and sent afterwards, so it goes out if and only if the transaction commits."""

import json
import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, insert, select, update

from usosapi_mleg import clock, jobs
from usosapi_mleg.domain.text import Text
from usosapi_mleg.extensions import db, keyring, settings
from usosapi_mleg.models import Mail

_PATIENCE = timedelta(days=1)
"""Mail that could not be sent for so long is given up."""
_FIRST_PAUSE = timedelta(seconds=10)
_LONGEST_PAUSE = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail that is about to be sent."""

    id: uuid.UUID
    sealed: bytes

    def open(self) -> "Letter":
        """Give what it says; raises `KeysError` when its key is not there."""
        return Letter(**json.loads(keyring().open_text(self.sealed, _identity(self.id))))


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as its reader gets it."""

    address: str
    subject: str
    body: str


def available() -> bool:
    """Tell whether this installation sends mail; doors that need it offer nothing when it does not."""
    return settings().mail_host is not None


def post(address: str, subject: Text, body: Text) -> None:
    """Send a mail when the current transaction commits: Polish first, English below. Where there is no mail, nothing is kept."""
    if not available():
        return
    mail_id, now = uuid.uuid4(), clock.now()
    content = {
        "address": address,
        "subject": f"{subject.pl} / {subject.en}",
        "body": f"{body.pl}\n\n---\n\n{body.en}\n",
    }
    db.session.execute(
        insert(Mail).values(
            id=mail_id,
            content=keyring().seal(json.dumps(content), _identity(mail_id)),
            created_at=now,
            due_at=now,
            tries=0,
        ),
    )
    jobs.defer(jobs.SEND_MAILS)


def take() -> Claimed | None:
    """Claim the mail that is due for the longest time; when it is not recorded as sent, it is due again after a pause that grows."""
    now = clock.now()
    row = db.session.execute(
        select(Mail.id, Mail.content, Mail.tries)
        .where(Mail.due_at <= now)
        .order_by(Mail.due_at)
        .limit(1)
        .with_for_update(skip_locked=True),
    ).one_or_none()
    if row is None:
        return None
    # The power is bounded before it is used: a number of many digits is no pause.
    pause = min(_FIRST_PAUSE * 2 ** min(row.tries, 16), _LONGEST_PAUSE)
    db.session.execute(update(Mail).where(Mail.id == row.id).values(due_at=now + pause, tries=row.tries + 1))
    return Claimed(row.id, row.content)


def forget(mail_id: uuid.UUID) -> None:
    """Drop a mail that was sent, or never will be."""
    db.session.execute(delete(Mail).where(Mail.id == mail_id))


def give_up_old() -> int:
    """Drop what could not be sent for a day; give their number."""
    old = db.session.execute(delete(Mail).where(Mail.created_at < clock.now() - _PATIENCE).returning(Mail.id))
    return len(old.all())


def _identity(mail_id: uuid.UUID) -> str:
    return f"mails.content:{mail_id}"
