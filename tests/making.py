"""Makers of what tests need in the database: students, apps, tokens, and orders that went some way."""

import itertools
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy import insert, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from usosapi_mleg import clock
from usosapi_mleg.domain import pesel
from usosapi_mleg.domain.actor import MINISTRY
from usosapi_mleg.domain.eligibility import PhotoState, ProgrammeStatus
from usosapi_mleg.domain.order import Event
from usosapi_mleg.extensions import db, keyring, transaction
from usosapi_mleg.issuers.base import Document, DocumentState
from usosapi_mleg.models import AccessToken, Consumer, Person, Photo, ServiceState, StudentProgramme
from usosapi_mleg.oauth.tokens import generate_key, generate_secret
from usosapi_mleg.services import issuing, orders

_NUMBERS = itertools.count(50_001)
ALL_SCOPES = ("mlegitymacja", "mlegitymacja_order", "mlegitymacja_activation")
QR_TEXT = "KQ7M-2XWD-94HT-PBRC"
ACTIVATION_CODE = "736201"


class Key(NamedTuple):
    """A consumer or a token: its key and its secret."""

    key: str
    secret: str


def new_student(app: Flask, **studies: Any) -> int:
    """Make a student who may order; give the id. `studies` replaces values of the programme of studies."""
    number = next(_NUMBERS)
    born = date(2004, 1, 1) + timedelta(days=number % 700)
    digits = pesel.make(born, number % 10_000)
    with app.app_context(), transaction():
        ring = keyring()
        person = {
            "id": number,
            "first_name": "Łucja",
            "last_name": "Próbna",
            "birth_date": born,
            "pesel": ring.seal(digits, f"persons.pesel:{number}"),
            "pesel_index": ring.index(digits, "pesel"),
        }
        db.session.execute(insert(Person).values(person))
        db.session.execute(
            insert(Photo).values(
                person_id=number,
                state=PhotoState.APPROVED,
                jpeg=ring.seal(b"\xff\xd8\xff", f"photos.jpeg:{number}"),
                uploaded_at=datetime(2026, 9, 1, tzinfo=UTC),
            )
        )
        add_studies(number, place=0, **studies)
    return number


def add_studies(person_id: int, *, place: int, **changes: Any) -> int:
    """Add a programme of studies in the current transaction; give its id."""
    values = {
        "id": person_id * 10 + place,
        "person_id": person_id,
        "programme_id": "INF-LI",
        "student_number": f"{person_id:06}",
        "status": ProgrammeStatus.ACTIVE,
        "is_primary": place == 0,
        "admission_date": date(2025, 10, 1),
        "oath_taken_on": date(2025, 10, 2),
    }
    db.session.execute(insert(StudentProgramme).values(values | changes))
    return person_id * 10 + place


def new_consumer(app: Flask, *, callbacks: tuple[str, ...] = (), secret: str | None = None, **flags: Any) -> Key:
    """Register an app."""
    consumer = Key(generate_key(), generate_secret() if secret is None else secret)
    with app.app_context(), transaction():
        db.session.execute(
            insert(Consumer).values(
                key=consumer.key,
                secret=keyring().seal(consumer.secret, f"consumers.secret:{consumer.key}"),
                name=f"App {consumer.key}",
                callbacks=list(callbacks),
                registered_at=clock.now(),
                **{"administrative": False, "student_front_end": False} | flags,
            )
        )
    return consumer


def new_token(
    app: Flask,
    consumer: Key,
    person_id: int,
    *scopes: str,
    revoked: bool = False,
    expires_at: datetime | None = None,
) -> Key:
    """Give an app a token of a person."""
    token = Key(generate_key(), generate_secret())
    with app.app_context(), transaction():
        db.session.execute(
            insert(AccessToken).values(
                key=token.key,
                secret=keyring().seal(token.secret, f"access_tokens.secret:{token.key}"),
                consumer_key=consumer.key,
                person_id=person_id,
                scopes=list(scopes),
                created_at=clock.now(),
                expires_at=expires_at,
                revoked_at=clock.now() if revoked else None,
            )
        )
    return token


def make_ready(app: Flask, order_id: str, *, token: str = QR_TEXT, activation_code: str = ACTIVATION_CODE) -> None:
    """Let the ministry take an order in and make its document."""
    with app.app_context(), transaction():
        order = orders.lock(uuid.UUID(hex=order_id))
        assert order is not None
        order.claimed_at = clock.now()
        orders.move(order, Event.SUBMITTED, actor=MINISTRY)
        issuing.record_fetched(
            [
                Document(
                    key=issuing.document_key(order.id, order.issue_number),
                    state=DocumentState.READY,
                    token=token,
                    activation_code=activation_code,
                    codes_expire_at=clock.now() + timedelta(days=30),
                    card_number="0000123456",
                    issued_on=clock.today(),
                )
            ]
        )


def disable_consumer(app: Flask, consumer: Key) -> None:
    """Switch an app off."""
    with app.app_context(), transaction():
        db.session.execute(update(Consumer).where(Consumer.key == consumer.key).values(disabled_at=clock.now()))


def count(app: Flask, query: str, **values: Any) -> int:
    """Count rows: `query` is what follows FROM."""
    with app.app_context(), transaction():
        return int(db.session.execute(text(f"SELECT count(*) FROM {query}"), values).scalar_one())


@contextmanager
def moved_clock(app: Flask, seconds: float, *, everywhere: bool = True) -> Iterator[None]:
    """Move business time by so many seconds while the block runs.

    `everywhere`: every process has noticed when the block begins and after it ends, which takes a second each time; else only this one.
    """
    _set_clock(app, seconds, everywhere=everywhere)
    try:
        yield
    finally:
        _set_clock(app, 0, everywhere=everywhere)


def _set_clock(app: Flask, seconds: float, *, everywhere: bool) -> None:
    value = {"seconds": seconds}
    with app.app_context(), transaction():
        db.session.execute(
            upsert(ServiceState)
            .values(name="clock_offset", value=value)
            .on_conflict_do_update(index_elements=[ServiceState.name], set_={"value": value})
        )
    clock.follow(clock._offset.read)
    if everywhere:
        time.sleep(clock._REREAD_SECONDS + 0.1)


def change(app: Flask, statement: str, **values: Any) -> None:
    """Change the database by a statement of SQL."""
    with app.app_context(), transaction():
        db.session.execute(text(statement), values)
