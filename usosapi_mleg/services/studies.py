"""Terms and programmes, and who studies what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, select

from usosapi_mleg import clock
from usosapi_mleg.domain.eligibility import ProgrammeStatus
from usosapi_mleg.domain.text import Text
from usosapi_mleg.extensions import reading
from usosapi_mleg.models import Faculty, Programme, StudentProgramme, Term

_ACTIVE = (ProgrammeStatus.ACTIVE, ProgrammeStatus.GRADUATED_BEFORE_DIPLOMA)


@dataclass(frozen=True, slots=True)
class TermView:
    """A semester or a year."""

    id: str
    name: Text
    start_date: date
    end_date: date
    finish_date: date
    order_key: int
    is_active: bool
    """It has begun and has not finished."""


def _term(row: Row[*tuple[Any, ...]]) -> TermView:
    term_id, pl, en, start, end, finish, order_key = row
    return TermView(term_id, Text(pl, en), start, end, finish, order_key, start <= clock.today() <= finish)


def _terms() -> Select[*tuple[Any, ...]]:
    return select(
        Term.id,
        Term.name_pl,
        Term.name_en,
        Term.start_date,
        Term.end_date,
        Term.finish_date,
        Term.order_key,
    ).order_by(Term.order_key)


def terms(
    ids: Iterable[str] | None = None,
    *,
    text: str | None = None,
    finishes_from: date | None = None,
    starts_until: date | None = None,
    start: int = 0,
    most: int | None = None,
) -> list[TermView]:
    """List terms in their order: all, those with the ids given, or those that match every condition; `start` are left out first."""
    query = _terms()
    if ids is not None:
        query = query.where(Term.id.in_(list(ids)))
    if text:
        query = query.where(
            Term.id.istartswith(text, autoescape=True)
            | Term.name_pl.icontains(text, autoescape=True)
            | Term.name_en.icontains(text, autoescape=True),
        )
    if finishes_from:
        query = query.where(Term.finish_date >= finishes_from)
    if starts_until:
        query = query.where(Term.start_date <= starts_until)
    query = query.offset(start).limit(most)
    with reading() as connection:
        return [_term(row) for row in connection.execute(query)]


def student_programmes(
    *,
    person_ids: Iterable[int] | None = None,
    ids: Iterable[int] | None = None,
    active_only: bool = False,
) -> list[dict[str, Any]]:
    """Describe the studies of persons, or those with the ids given: primary ones first."""
    query = (
        select(
            StudentProgramme.id,
            StudentProgramme.person_id,
            StudentProgramme.status,
            StudentProgramme.admission_date,
            StudentProgramme.is_primary,
            StudentProgramme.student_number,
            Programme.id.label("programme_id"),
            Programme.name_pl,
            Programme.name_en,
            Programme.level,
            Faculty.id.label("faculty_id"),
            Faculty.name_pl.label("faculty_pl"),
            Faculty.name_en.label("faculty_en"),
        )
        .join(Programme, Programme.id == StudentProgramme.programme_id)
        .join(Faculty, Faculty.id == Programme.faculty_id)
        .order_by(StudentProgramme.is_primary.desc(), StudentProgramme.id)
    )
    if person_ids is not None:
        query = query.where(StudentProgramme.person_id.in_(list(person_ids)))
    if ids is not None:
        query = query.where(StudentProgramme.id.in_(list(ids)))
    if active_only:
        query = query.where(StudentProgramme.status.in_(_ACTIVE))
    with reading() as connection:
        return [_student_programme(row) for row in connection.execute(query)]


def _student_programme(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    faculty = {"id": row.faculty_id, "name": Text(row.faculty_pl, row.faculty_en)}
    name = Text(row.name_pl, row.name_en)
    return {
        "id": row.id,
        "user": {"id": row.person_id},
        "status": row.status,
        "admission_date": row.admission_date,
        "is_primary": row.is_primary,
        "student_number": row.student_number,
        "stages": [],
        "programme": {
            "id": row.programme_id,
            "name": name,
            "description": name,
            "level": row.level,
            "faculty": faculty,
            "all_faculties": [faculty],
        },
    }
