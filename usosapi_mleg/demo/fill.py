"""Loading of the demo's data: the university, its people with their accounts, and the apps."""

import base64
import hashlib
import secrets
import string
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from usosapi_mleg import clock
from usosapi_mleg.crypto import digest
from usosapi_mleg.demo.errors import DemoError
from usosapi_mleg.demo.people import FACULTIES, PEOPLE, PROGRAMMES, DemoPerson
from usosapi_mleg.demo.portraits import draw_portrait
from usosapi_mleg.domain.eligibility import ProgrammeStatus
from usosapi_mleg.extensions import Base, db, keyring, settings, transaction
from usosapi_mleg.models import (
    Account,
    Consumer,
    Faculty,
    Person,
    Photo,
    PlasticCard,
    Programme,
    StudentProgramme,
    Term,
)
from usosapi_mleg.oauth.accounts import hash_password
from usosapi_mleg.oauth.oauth2.given import Kind
from usosapi_mleg.settings import Environment

PASSWORD = "demo-2026"  # noqa: S105 - everybody may know it: only the demo has these accounts
"""The password of every account of the demo."""

_HASHERS = 2
_KEY_LENGTH = 20
_SECRET_LENGTH = 40
_LOOK_ALIKES = "iloIO01"
_ALPHABET = "".join(sign for sign in string.ascii_letters + string.digits if sign not in _LOOK_ALIKES)


class _App(NamedTuple):
    """An app that is registered; `host` names its page and its mailbox."""

    name: str
    host: str
    administrative: bool = False
    student_front_end: bool = False
    kiosk: bool = False

    @property
    def redirect_uris(self) -> list[str]:
        """Where OAuth 2.0 may send people: any port of this machine, and the app's own page."""
        return [
            "http://127.0.0.1/callback",
            "http://localhost/callback",
            f"https://{self.host}.example.edu.pl/callback",
        ]


_APPS = (
    _App("Kampus (aplikacja przykładowa)", "kampus"),
    _App("Przeglądarka statusu", "status", kiosk=True),
    _App("USOSweb", "usosweb", administrative=True, student_front_end=True),
    _App("Biuro kart", "karty", administrative=True),
)
_APP_NAMES = [app.name for app in _APPS]

_FIRST_YEAR, _LAST_YEAR = 2022, 2027


def fill(app: Flask) -> dict[str, Any]:
    """Load what is missing of the demo's data; give the apps with their secrets and the accounts with their password.

    What is there already is left as it is, so a second call changes nothing.

    :raises DemoError: in production, because everybody knows the password of the accounts
    """
    with app.app_context(), transaction():
        if settings().environment is Environment.PRODUCTION:
            raise DemoError("The people of the demo must not be loaded into a production installation.")
        _load_university()
        _load_people()
        _load_consumers()
        return {"consumers": _read_consumers(), "users": [_user(person) for person in PEOPLE]}


def _add(table: type[Base], rows: Iterable[dict[str, Any]]) -> None:
    """Insert the rows that the table does not have yet."""
    if values := list(rows):
        db.session.execute(insert(table).values(values).on_conflict_do_nothing())


def _load_university() -> None:
    _add(Faculty, (dict(zip(("id", "name_pl", "name_en"), row, strict=True)) for row in FACULTIES))
    columns = ("id", "faculty_id", "name_pl", "name_en", "level")
    _add(Programme, (dict(zip(columns, row, strict=True)) for row in PROGRAMMES))
    _add(Term, (term for year in range(_FIRST_YEAR, _LAST_YEAR + 1) for term in _terms(year)))


def _terms(year: int) -> list[dict[str, Any]]:
    """The academic year that begins in October of `year`, and its two semesters."""
    label = f"{year}/{(year + 1) % 100:02}"
    kinds = (
        ("", "Rok akademicki", "Academic year", date(year, 10, 1), date(year + 1, 6, 15), date(year + 1, 9, 30)),
        ("Z", "Semestr zimowy", "Winter semester", date(year, 10, 1), date(year + 1, 1, 31), date(year + 1, 2, 19)),
        ("L", "Semestr letni", "Summer semester", date(year + 1, 2, 20), date(year + 1, 6, 15), date(year + 1, 9, 30)),
    )
    return [
        {
            "id": f"{year}{letter}",
            "name_pl": f"{name_pl} {label}",
            "name_en": f"{name_en} {label}",
            "start_date": start_date,
            "end_date": end_date,
            "finish_date": finish_date,
            "order_key": year * 10 + place,
        }
        for place, (letter, name_pl, name_en, start_date, end_date, finish_date) in enumerate(kinds)
    ]


def _load_people() -> None:
    """Load the persons who are not there yet, each together with all that belongs to them."""
    known = set(db.session.scalars(select(Person.id)))
    missing = [person for person in PEOPLE if person.id not in known]
    _add(Person, map(_person_row, missing))
    _add(Photo, (_photo_row(person) for person in missing if person.photo))
    _add(StudentProgramme, (row for person in missing for row in _studies_rows(person)))
    _add(PlasticCard, (_card_row(person) for person in missing if person.plastic_card))
    # Hashing is slow by design; it leaves the interpreter free, so another core can help.
    with ThreadPoolExecutor(_HASHERS) as pool:
        hashes = pool.map(hash_password, [PASSWORD] * len(missing))
    _add(Account, map(_account_row, missing, hashes))


def _person_row(person: DemoPerson) -> dict[str, Any]:
    pesel = person.pesel
    return {
        "id": person.id,
        "first_name": person.first_name,
        "middle_names": person.middle_names,
        "last_name": person.last_name,
        "sex": person.sex,
        "birth_date": person.birth_date,
        "email": person.email,
        "pesel": keyring().seal(pesel, f"persons.pesel:{person.id}") if pesel else None,
        "pesel_index": keyring().index(pesel, "pesel") if pesel else None,
    }


def _photo_row(person: DemoPerson) -> dict[str, Any]:
    two_weeks_before = person.studies[0].admission_date - timedelta(days=14)
    return {
        "person_id": person.id,
        "state": person.photo,
        "jpeg": keyring().seal(draw_portrait(person.id, person.sex), f"photos.jpeg:{person.id}"),
        "uploaded_at": datetime.combine(two_weeks_before, time(9, 30), UTC),
    }


def _studies_rows(person: DemoPerson) -> list[dict[str, Any]]:
    return [
        {
            "id": person.id * 10 + place,
            "person_id": person.id,
            "programme_id": studies.programme_id,
            "student_number": studies.student_number,
            "status": studies.status,
            "is_primary": place == 0,
            "admission_date": studies.admission_date,
            "oath_taken_on": studies.oath_taken_on,
            "suspended_since": studies.suspended_since,
            "finished_on": studies.finished_on,
        }
        for place, studies in enumerate(person.studies)
    ]


def _card_row(person: DemoPerson) -> dict[str, Any]:
    """The plastic card; of those who study on, every second one still has to have it prolonged for this semester."""
    studies = person.studies[0]
    studying = studies.status is ProgrammeStatus.ACTIVE and not studies.suspended_since
    prolonged = studying and person.id % 2 == 0
    numbers = hashlib.sha256(f"plastic card {person.id}".encode()).hexdigest().upper()
    return {
        "id": person.id * 10,
        "person_id": person.id,
        "type": person.plastic_card,
        "student_number": studies.student_number,
        "barcode_number": f"9{person.id:010}",
        "contact_chip_uid": numbers[:16],
        "contactless_chip_uid": f"04{numbers[16:28]}",
        "date_of_issue": studies.admission_date + timedelta(days=7),
        "expiration_date": date(2027, 3, 31) if prolonged else date(2026, 10, 31),
        "to_be_prolonged": studying and not prolonged,
    }


def _account_row(person: DemoPerson, password_hash: str) -> dict[str, Any]:
    return {
        "username": person.username,
        "person_id": person.id,
        "password_hash": password_hash,
        "role": person.role,
    }


def _load_consumers() -> None:
    known = set(db.session.scalars(select(Consumer.name).where(Consumer.name.in_(_APP_NAMES))))
    _add(Consumer, (_consumer_row(app) for app in _APPS if app.name not in known))
    for app in _APPS:
        _set_up_oauth2(app)


def _set_up_oauth2(app: _App) -> None:
    consumer = db.session.scalars(select(Consumer).where(Consumer.name == app.name)).one()
    consumer.oauth2_secret = digest(_oauth2_secret(consumer))
    consumer.redirect_uris = app.redirect_uris
    consumer.kiosk = app.kiosk


def _oauth2_secret(consumer: Consumer) -> str:
    """Make the client secret from the consumer's own secret: only a digest of it is stored, and every start has to print it."""
    secret = keyring().open_text(consumer.secret, f"consumers.secret:{consumer.key}")
    derived = keyring().index(f"{consumer.key} {secret}", "demo client secret")
    return Kind.CLIENT_SECRET + base64.urlsafe_b64encode(derived).decode().rstrip("=")


def _consumer_row(app: _App) -> dict[str, Any]:
    key = _random_text(_KEY_LENGTH)
    return {
        "key": key,
        "secret": keyring().seal(_random_text(_SECRET_LENGTH), f"consumers.secret:{key}"),
        "name": app.name,
        "url": f"https://{app.host}.example.edu.pl/",
        "email": f"{app.host}@example.edu.pl",
        "administrative": app.administrative,
        "student_front_end": app.student_front_end,
        "callbacks": [],
        "registered_at": clock.now(),
    }


def _random_text(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _read_consumers() -> list[dict[str, Any]]:
    """Read the registered apps in the order of `_APPS`, with their secrets in the clear."""
    consumers = db.session.scalars(select(Consumer).where(Consumer.name.in_(_APP_NAMES)))
    return [
        {
            "name": consumer.name,
            "key": consumer.key,
            "secret": keyring().open_text(consumer.secret, f"consumers.secret:{consumer.key}"),
            "administrative": consumer.administrative,
            "student_front_end": consumer.student_front_end,
            "oauth2_client_id": consumer.key,
            "oauth2_client_secret": _oauth2_secret(consumer),
            "redirect_uris": list(consumer.redirect_uris),
        }
        for consumer in sorted(consumers, key=lambda consumer: _APP_NAMES.index(consumer.name))
    ]


def _user(person: DemoPerson) -> dict[str, Any]:
    return {
        "user_id": str(person.id),
        "username": person.username,
        "password": PASSWORD,
        "role": person.role.value,
        "scenario": person.scenario.value if person.scenario else None,
    }
