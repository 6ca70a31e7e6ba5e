"""What is known of persons, for those who may know it."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from usosapi_mleg.domain.eligibility import PhotoState, ProgrammeStatus
from usosapi_mleg.extensions import keyring, reading
from usosapi_mleg.models import Person, Photo, StudentProgramme

_ACTIVE = {ProgrammeStatus.ACTIVE, ProgrammeStatus.GRADUATED_BEFORE_DIPLOMA}
"""USOS vocabulary: studies with one of these states make an active student."""
_NOT_A_STUDENT, _INACTIVE_STUDENT, _ACTIVE_STUDENT = range(3)
_COLUMNS = (
    Person.id,
    Person.first_name,
    Person.middle_names,
    Person.last_name,
    Person.sex,
    Person.birth_date,
    Person.email,
)


@dataclass(frozen=True, slots=True)
class Sight:
    """What of a person may be seen; what may not be is None in the result."""

    personal: bool = False
    """PESEL and birth date."""
    photo: bool = False
    email: bool = False
    studies: bool = False


def describe(person_ids: Iterable[int], wanted: Container[str], sight: Sight) -> dict[int, dict[str, Any]]:
    """Describe persons by the keys of `services/users/user`; nothing is read that is not wanted. Unknown ids are left out.

    `photo_urls` is not among the keys: addresses are for the doors to make. `has_photo` tells whether there is a photo at all.
    """
    ids = list(person_ids)
    columns = _COLUMNS + ((Person.pesel,) if "pesel" in wanted and sight.personal else ())
    with reading() as connection:
        rows = connection.execute(select(*columns).where(Person.id.in_(ids))).all()
        people = {row.id: _basic(row, sight) for row in rows}
        if "pesel" in wanted and sight.personal:
            for row in rows:
                people[row.id]["pesel"] = _open_pesel(row.id, row.pesel)
        if "has_photo" in wanted or "photo_urls" in wanted:
            having = set(
                connection.execute(
                    select(Photo.person_id).where(Photo.person_id.in_(ids), Photo.state == PhotoState.APPROVED),
                ).scalars(),
            )
            for person_id, person in people.items():
                person["has_photo"] = person_id in having
        if "student_status" in wanted or "student_number" in wanted:
            _add_studies(people, connection.execute(_studies_of(ids)).all(), sight)
    return people


def _basic(row: Row[*tuple[Any, ...]], sight: Sight) -> dict[str, Any]:
    return {
        "id": row.id,
        "first_name": row.first_name,
        "middle_names": row.middle_names,
        "last_name": row.last_name,
        "sex": row.sex,
        "email": row.email if sight.email else None,
        "email_access": "no_email" if not row.email else "plaintext" if sight.email else "no_access",
        "has_email": bool(row.email),
        "birth_date": row.birth_date if sight.personal else None,
        "pesel": None,
    }


def _open_pesel(person_id: int, sealed: bytes | None) -> str | None:
    return None if sealed is None else keyring().open_text(sealed, f"persons.pesel:{person_id}")


def _studies_of(ids: list[int]) -> Any:
    return (
        select(StudentProgramme.person_id, StudentProgramme.student_number, StudentProgramme.status)
        .where(StudentProgramme.person_id.in_(ids))
        .order_by(StudentProgramme.is_primary)
    )


def _add_studies(people: dict[int, dict[str, Any]], rows: Iterable[Row[*tuple[Any, ...]]], sight: Sight) -> None:
    """Add student status and number; the primary programme comes last and wins."""
    for person in people.values():
        person["student_status"] = _NOT_A_STUDENT
        person["student_number"] = None
    for person_id, number, status in rows:
        person = people[person_id]
        person["student_status"] = max(
            person["student_status"], _ACTIVE_STUDENT if status in _ACTIVE else _INACTIVE_STUDENT
        )
        if sight.studies:
            person["student_number"] = number or person["student_number"]
