"""Reads the student registry for those who decide about orders."""

from dataclasses import dataclass

from sqlalchemy import select

from usosapi_mleg.domain.eligibility import Applicant
from usosapi_mleg.errors import ParameterInvalidError
from usosapi_mleg.extensions import db
from usosapi_mleg.models import Person, Photo, Programme, StudentProgramme


@dataclass(frozen=True, slots=True)
class Application:
    """An applicant together with the studies that the order will be for."""

    applicant: Applicant
    student_programme_id: int | None


def application(person_id: int, student_programme_id: int | None = None) -> Application:
    """Gather what the rules look at, for the named programme, or the primary one, or else the one most likely meant.

    Raises `ParameterInvalidError` when the named programme is not one of this person's.
    """
    query = (
        select(
            Person.pesel_index.is_not(None),
            Photo.state,
            StudentProgramme.id,
            StudentProgramme.student_number,
            StudentProgramme.status,
            Programme.level,
            StudentProgramme.oath_taken_on,
            StudentProgramme.suspended_since,
        )
        .outerjoin(Photo, Photo.person_id == Person.id)
        .outerjoin(StudentProgramme, StudentProgramme.person_id == Person.id)
        .outerjoin(Programme, Programme.id == StudentProgramme.programme_id)
        .where(Person.id == person_id)
        .order_by(StudentProgramme.is_primary.desc().nulls_last(), StudentProgramme.id.desc())
        .limit(1)
    )
    if student_programme_id is not None:
        query = query.where(StudentProgramme.id == student_programme_id)
    row = db.session.execute(query).one_or_none()
    if row is None:
        raise ParameterInvalidError("student_programme_id", "This person has no such programme.")
    has_pesel, photo, programme_id, number, status, level, oath, suspended = row
    return Application(Applicant(has_pesel, photo, number, status, level, oath, suspended), programme_id)
