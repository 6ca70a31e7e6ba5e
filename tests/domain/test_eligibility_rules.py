"""Who may order, and every reason why not."""

from datetime import date
from itertools import product
from typing import Any

import pytest

from usosapi_mleg.domain.eligibility import (
    Applicant,
    PhotoState,
    ProgrammeLevel,
    ProgrammeStatus,
    Reason,
    reasons_against,
)


def reasons(**changes: Any) -> list[str]:
    """Give the codes of the reasons against somebody who may order but for the changes."""
    values: dict[str, Any] = {
        "has_pesel": True,
        "photo": PhotoState.APPROVED,
        "student_number": "004217",
        "programme_status": ProgrammeStatus.ACTIVE,
        "level": ProgrammeLevel.FIRST_CYCLE,
        "oath_taken_on": date(2025, 10, 2),
        "suspended_since": None,
    }
    return [reason.code for reason in reasons_against(Applicant(**values | changes))]


@pytest.mark.parametrize("level", [ProgrammeLevel.FIRST_CYCLE, ProgrammeLevel.SECOND_CYCLE, ProgrammeLevel.LONG_CYCLE])
def test_a_student_of_any_cycle_with_everything_may_order(level: ProgrammeLevel) -> None:
    assert reasons(level=level) == []


def test_somebody_who_only_waits_for_the_diploma_is_still_a_student() -> None:
    assert reasons(programme_status=ProgrammeStatus.GRADUATED_BEFORE_DIPLOMA) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"programme_status": ProgrammeStatus.CANCELLED}, ["removed"]),
        ({"programme_status": ProgrammeStatus.GRADUATED_DIPLOMA}, ["graduated"]),
        ({"programme_status": ProgrammeStatus.GRADUATED_END_OF_STUDY}, ["graduated"]),
        ({"level": ProgrammeLevel.PHD_SCHOOL}, ["doctoral"]),
        ({"level": ProgrammeLevel.THIRD_CYCLE}, ["doctoral"]),
        ({"oath_taken_on": None}, ["no_oath"]),
        ({"suspended_since": date(2026, 10, 19)}, ["suspended"]),
        ({"student_number": None}, ["no_student_number"]),
        ({"student_number": ""}, ["no_student_number"]),
        ({"has_pesel": False}, ["no_pesel"]),
        ({"photo": None}, ["no_photo"]),
        ({"photo": PhotoState.PENDING}, ["photo_pending"]),
        ({"photo": PhotoState.REJECTED}, ["photo_rejected"]),
    ],
)
def test_each_obstacle_is_a_reason_of_its_own(changes: dict[str, Any], expected: list[str]) -> None:
    assert reasons(**changes) == expected


def test_somebody_who_is_no_student_is_not_asked_for_what_only_students_have() -> None:
    nobody = {"programme_status": None, "level": None, "student_number": None, "oath_taken_on": None}
    assert reasons(**nobody) == ["not_a_student"]
    assert reasons(**nobody, has_pesel=False, photo=None) == ["not_a_student", "no_pesel", "no_photo"]


def test_all_reasons_are_given_at_once() -> None:
    missing = {"oath_taken_on": None, "student_number": None, "has_pesel": False, "photo": None}
    assert reasons(**missing, suspended_since=date(2026, 1, 1)) == [
        "no_oath",
        "suspended",
        "no_student_number",
        "no_pesel",
        "no_photo",
    ]


def test_every_applicant_is_decided_and_every_reason_says_what_to_do() -> None:
    found: set[Reason] = set()
    values = product(
        (True, False),
        (None, *PhotoState),
        (None, "1"),
        (None, *ProgrammeStatus),
        (None, *ProgrammeLevel),
        (None, date(2025, 10, 2)),
        (None, date(2026, 1, 1)),
    )
    for combination in values:
        against = reasons_against(Applicant(*combination))
        assert len({reason.code for reason in against}) == len(against)
        found.update(against)
    assert len(found) == 11
    for reason in found:
        assert all((reason.text.pl, reason.text.en, reason.next_step.pl, reason.next_step.en))
