"""Who may order an mLegitymacja, and if not, why not and what to do next: all reasons at once.

Art. 74 of Prawo o szkolnictwie wyższym i nauce, in force since 1 July 2025: the mLegitymacja is due to every student who has a
PESEL. A valid plastic card is not asked for. The ministry's system needs a photo that the university has approved.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from usosapi_mleg.domain.text import Text


class PhotoState(StrEnum):
    """What the university thinks of the photo it was given."""

    APPROVED = "approved"
    PENDING = "pending"
    REJECTED = "rejected"


class ProgrammeLevel(StrEnum):
    """Levels of studies, as USOS API names them."""

    FIRST_CYCLE = "first_cycle"
    SECOND_CYCLE = "second_cycle"
    LONG_CYCLE = "long_cycle"
    THIRD_CYCLE = "third_cycle"
    PHD_SCHOOL = "phd_school"


class ProgrammeStatus(StrEnum):
    """What became of somebody's studies, as USOS API names it."""

    ACTIVE = "active"
    CANCELLED = "cancelled"
    GRADUATED_END_OF_STUDY = "graduated_end_of_study"
    GRADUATED_BEFORE_DIPLOMA = "graduated_before_diploma"
    GRADUATED_DIPLOMA = "graduated_diploma"


@dataclass(frozen=True, slots=True)
class Applicant:
    """All that the rules look at: one person with one programme of studies (None: no programme at all)."""

    has_pesel: bool
    photo: PhotoState | None
    student_number: str | None
    programme_status: ProgrammeStatus | None
    level: ProgrammeLevel | None
    oath_taken_on: date | None
    suspended_since: date | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an order is not possible, in words that a student can act on."""

    code: str
    """Stable name for programs."""
    text: Text
    """What stands in the way."""
    next_step: Text
    """What to do about it."""
    not_yet: bool = False
    """True when data that is missing now may still arrive, so that asking again later makes sense."""


ALREADY_ORDERED = Reason(
    "already_ordered",
    Text("Masz już zamówioną mLegitymację.", "You have already ordered the mLegitymacja."),
    Text("Aby zamówić nową, najpierw anuluj obecną.", "To order a new one, cancel the present one first."),
)
NOT_A_STUDENT = Reason(
    "not_a_student",
    Text("Nie masz aktywnego statusu studenta.", "You do not have an active student status."),
    Text("Jeśli to pomyłka, skontaktuj się z dziekanatem.", "If this is a mistake, contact the dean's office."),
)
REMOVED = Reason(
    "removed",
    Text(
        "Skreślono Cię z listy studentów tego kierunku.",
        "You were removed from the list of students of this programme.",
    ),
    Text("Jeśli to pomyłka, skontaktuj się z dziekanatem.", "If this is a mistake, contact the dean's office."),
)
GRADUATED = Reason(
    "graduated",
    Text("Studia na tym kierunku zostały ukończone.", "Studies in this programme have been completed."),
    Text(
        "Legitymacja absolwenta studiów pierwszego stopnia jest ważna do 31 października, ale nowej już nie wydajemy. "
        "Nową zamówisz po rozpoczęciu kolejnych studiów.",
        "A first-cycle graduate's card stays valid until 31 October, but a new one is no longer issued. "
        "You can order a new one when you begin further studies.",
    ),
)
DOCTORAL = Reason(
    "doctoral",
    Text(
        "mLegitymacja studencka nie przysługuje doktorantom.",
        "Doctoral candidates are not entitled to the mLegitymacja.",
    ),
    Text(
        "O legitymację doktoranta zapytaj w szkole doktorskiej.",
        "Ask your doctoral school about the doctoral candidate's card.",
    ),
)
NO_OATH = Reason(
    "no_oath",
    Text("Nie odnotowano jeszcze Twojego ślubowania.", "Your student oath has not been recorded yet."),
    Text(
        "Złóż ślubowanie i podpisz jego akt w dziekanacie. Potem wróć na tę stronę.",
        "Take the oath and sign it at the dean's office. Then come back to this page.",
    ),
    not_yet=True,
)
SUSPENDED = Reason(
    "suspended",
    Text("Twoje prawa studenta są zawieszone.", "Your rights as a student are suspended."),
    Text(
        "mLegitymację zamówisz po przywróceniu praw. Zapytaj o to w dziekanacie.",
        "You can order the card once your rights are restored. Ask about it at the dean's office.",
    ),
)
NO_STUDENT_NUMBER = Reason(
    "no_student_number",
    Text("Nie nadano Ci jeszcze numeru albumu.", "You have not been given a student number yet."),
    Text(
        "Numer nada dziekanat. Sprawdź ponownie za kilka dni.",
        "The dean's office will assign it. Check again in a few days.",
    ),
    not_yet=True,
)
NO_PESEL = Reason(
    "no_pesel",
    Text("W systemie nie ma jeszcze Twojego numeru PESEL.", "Your PESEL number is not in the system yet."),
    Text(
        "Jeśli masz już PESEL, zgłoś go w dziekanacie. Jeśli go nie masz, możesz zamówić plastikową legitymację (ELS).",
        "If you already have a PESEL, report it at the dean's office. If you do not, you can apply for the plastic card (ELS).",
    ),
    not_yet=True,
)
NO_PHOTO = Reason(
    "no_photo",
    Text("W systemie nie ma Twojego zdjęcia.", "There is no photo of you in the system."),
    Text(
        "Dodaj zdjęcie w USOSweb: Dla wszystkich → Zdjęcie do legitymacji.",
        "Add a photo in USOSweb: For all → Photo for the student card.",
    ),
    not_yet=True,
)
PHOTO_PENDING = Reason(
    "photo_pending",
    Text("Twoje zdjęcie czeka na zatwierdzenie.", "Your photo is waiting for approval."),
    Text(
        "Nic nie musisz robić. Zatwierdzenie trwa zwykle kilka dni roboczych.",
        "There is nothing you need to do. Approval usually takes a few working days.",
    ),
    not_yet=True,
)
PHOTO_REJECTED = Reason(
    "photo_rejected",
    Text("Twoje zdjęcie zostało odrzucone.", "Your photo was rejected."),
    Text(
        "Dodaj nowe zdjęcie w USOSweb: Dla wszystkich → Zdjęcie do legitymacji.",
        "Add a new photo in USOSweb: For all → Photo for the student card.",
    ),
    not_yet=True,
)


def _studies(applicant: Applicant) -> Reason | None:
    """Studies must be going on, and be studies: not a doctorate."""
    match applicant.programme_status:
        case None:
            return NOT_A_STUDENT
        case ProgrammeStatus.CANCELLED:
            return REMOVED
        case ProgrammeStatus.GRADUATED_DIPLOMA | ProgrammeStatus.GRADUATED_END_OF_STUDY:
            return GRADUATED
    if applicant.level in {ProgrammeLevel.THIRD_CYCLE, ProgrammeLevel.PHD_SCHOOL}:
        return DOCTORAL
    return None


def _oath(applicant: Applicant) -> Reason | None:
    """Student rights begin with the oath (art. 83)."""
    return NO_OATH if applicant.programme_status and applicant.oath_taken_on is None else None


def _suspension(applicant: Applicant) -> Reason | None:
    return SUSPENDED if applicant.suspended_since else None


def _student_number(applicant: Applicant) -> Reason | None:
    return NO_STUDENT_NUMBER if applicant.programme_status and not applicant.student_number else None


def _pesel(applicant: Applicant) -> Reason | None:
    """Art. 74 ust. 4b: the mobile card is for students who have a PESEL."""
    return None if applicant.has_pesel else NO_PESEL


def _photo(applicant: Applicant) -> Reason | None:
    return {None: NO_PHOTO, PhotoState.PENDING: PHOTO_PENDING, PhotoState.REJECTED: PHOTO_REJECTED}.get(applicant.photo)


RULES: tuple[Callable[[Applicant], Reason | None], ...] = (
    _studies,
    _oath,
    _suspension,
    _student_number,
    _pesel,
    _photo,
)


def reasons_against(applicant: Applicant) -> tuple[Reason, ...]:
    """Give every reason why this applicant cannot order now; an empty tuple means that ordering is allowed."""
    return tuple(reason for rule in RULES if (reason := rule(applicant)))


def in_one_text(reasons: tuple[Reason, ...]) -> Text:
    """Write reasons one after another, each with what to do next."""
    return Text(
        " ".join(f"{reason.text.pl} {reason.next_step.pl}" for reason in reasons),
        " ".join(f"{reason.text.en} {reason.next_step.en}" for reason in reasons),
    )


ALL_REASONS = (
    ALREADY_ORDERED,
    NOT_A_STUDENT,
    REMOVED,
    GRADUATED,
    DOCTORAL,
    NO_OATH,
    SUSPENDED,
    NO_STUDENT_NUMBER,
    NO_PESEL,
    NO_PHOTO,
    PHOTO_PENDING,
    PHOTO_REJECTED,
)
"""Every reason there is, for the pages that explain them."""
