"""`services/terms` and `services/progs`: semesters, programmes, and who studies what."""

from datetime import date
from typing import Any

from usosapi_mleg.errors import ObjectNotFoundError, ParameterInvalidError
from usosapi_mleg.protocol.method import IGNORED, REQUIRED, Call, Shape
from usosapi_mleg.protocol.module import Module
from usosapi_mleg.schemas.studies import (
    StudentArguments,
    StudentProgrammeArguments,
    StudentProgrammeSchema,
    TermArguments,
    TermsArguments,
    TermSchema,
    TermSearchArguments,
    TermsFoundSchema,
    TermsIndexArguments,
)
from usosapi_mleg.services import studies
from usosapi_mleg.services.studies import TermView

terms = Module("terms", title="Terms", brief="Semesters and years", description="Semesters and academic years.")
progs = Module(
    "progs",
    title="Programmes of study",
    brief="Programmes, and who studies what",
    description="Programmes of study, and the studies of the person who allowed the call.",
)


@terms.method(
    consumer=IGNORED,
    token=IGNORED,
    arguments=TermArguments,
    result=TermSchema,
    reasons={"term_not_found": "There is no such term."},
)
def term(call: Call, *, term_id: str) -> TermView:  # noqa: ARG001 - every method is given its call
    """Get information on a term."""
    found = studies.terms([term_id])
    if not found:
        raise ObjectNotFoundError("There is no such term.", reason="term_not_found")
    return found[0]


@terms.method(consumer=IGNORED, token=IGNORED, arguments=TermsArguments, result=TermSchema, shape=Shape.DICTIONARY)
def terms_(call: Call, *, term_ids: list[str]) -> dict[str, TermView | None]:  # noqa: ARG001 - every method is given its call
    """Get information on several terms.

    A dictionary id → term; null for those that do not exist.
    """
    found = {one.id: one for one in studies.terms(term_ids)}
    return {one: found.get(one) for one in term_ids}


@terms.method(consumer=IGNORED, token=IGNORED, arguments=TermsIndexArguments, result=TermSchema, shape=Shape.LIST)
def terms_index(call: Call, *, active_only: bool) -> list[TermView]:  # noqa: ARG001 - every method is given its call
    """List terms in their order in time."""
    return [one for one in studies.terms() if one.is_active or not active_only]


@terms.method(consumer=IGNORED, token=IGNORED, arguments=TermSearchArguments, result=TermsFoundSchema)
def search(
    call: Call,  # noqa: ARG001 - every method is given its call
    *,
    query: str,
    min_finish_date: date | None,
    max_start_date: date | None,
    start: int,
    num: int,
) -> dict[str, Any]:
    """Find terms by name and dates.

    They come in pages; ask for the next one with `start`.
    """
    found = studies.terms(
        text=query, finishes_from=min_finish_date, starts_until=max_start_date, start=start, most=num + 1
    )
    return {"items": found[:num], "next_page": len(found) > num}


@progs.method(
    consumer=REQUIRED,
    token=REQUIRED,
    scopes=["studies"],
    arguments=StudentArguments,
    result=StudentProgrammeSchema,
    shape=Shape.LIST,
)
def student(call: Call, *, user_id: int | None, active_only: bool) -> list[dict[str, Any]]:
    """List a student's programmes, the main one first."""
    if user_id not in {None, call.user_id}:
        raise ParameterInvalidError("user_id", "Only your own studies can be seen.")
    return studies.student_programmes(person_ids=[call.user_id], active_only=active_only)


@progs.method(
    consumer=REQUIRED,
    token=REQUIRED,
    scopes=["studies"],
    arguments=StudentProgrammeArguments,
    result=StudentProgrammeSchema,
    reasons={"student_programme_not_found": "You have no such programme."},
)
def student_programme(call: Call, *, student_programme_id: int) -> dict[str, Any]:
    """Get information on one of a student's programmes."""
    found = studies.student_programmes(person_ids=[call.user_id], ids=[student_programme_id])
    if not found:
        raise ObjectNotFoundError("You have no such programme.", reason="student_programme_not_found")
    return found[0]
