"""The people of the demo and their university: made-up students for every situation, and two people of the staff."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from usosapi_mleg.domain import pesel
from usosapi_mleg.domain.eligibility import PhotoState, ProgrammeLevel, ProgrammeStatus
from usosapi_mleg.models.access import Role


class Scenario(StrEnum):
    """What a student of the demo is there to show."""

    ELIGIBLE = "eligible"
    BORN_1990S = "born_1990s"
    TWO_PROGRAMMES = "two_programmes"
    LONG_NAME = "long_name"
    NO_PHOTO = "no_photo"
    PHOTO_PENDING = "photo_pending"
    NO_PESEL = "no_pesel"
    NO_OATH = "no_oath"
    SUSPENDED = "suspended"
    REMOVED = "removed"
    GRADUATE_FIRST_CYCLE = "graduate_first_cycle"
    DOCTORAL = "doctoral"


FACULTIES = (
    ("10000000", "Wydział Nauk Ścisłych i Technicznych", "Faculty of Science and Technology"),
    ("20000000", "Wydział Nauk Humanistycznych", "Faculty of Humanities"),
    ("30000000", "Wydział Nauk o Zdrowiu", "Faculty of Health Sciences"),
    ("40000000", "Szkoła Doktorska", "Doctoral School"),
)
"""Id and names (Polish, English) of each unit."""

PROGRAMMES = (
    ("INF-LI", "10000000", "Informatyka, I stopnia", "Computer Science, first cycle", ProgrammeLevel.FIRST_CYCLE),
    ("INF-MU", "10000000", "Informatyka, II stopnia", "Computer Science, second cycle", ProgrammeLevel.SECOND_CYCLE),
    ("MCH-IN", "10000000", "Mechatronika, I stopnia", "Mechatronics, first cycle", ProgrammeLevel.FIRST_CYCLE),
    (
        "ANG-LI",
        "20000000",
        "Filologia angielska, I stopnia",
        "English Studies, first cycle",
        ProgrammeLevel.FIRST_CYCLE,
    ),
    ("PSY-JM", "20000000", "Psychologia, jednolite magisterskie", "Psychology, long cycle", ProgrammeLevel.LONG_CYCLE),
    ("PIE-LI", "30000000", "Pielęgniarstwo, I stopnia", "Nursing, first cycle", ProgrammeLevel.FIRST_CYCLE),
    ("SD-NIT", "40000000", "Nauki inżynieryjno-techniczne", "Engineering and Technology", ProgrammeLevel.PHD_SCHOOL),
)
"""Id, faculty, names (Polish, English) and level of each programme."""


@dataclass(frozen=True, slots=True)
class Studies:
    """One programme of one student; the one named first is the main one."""

    programme_id: str
    student_number: str
    year: int
    """The calendar year in which the studies begin."""
    oath: bool = True
    status: ProgrammeStatus = ProgrammeStatus.ACTIVE
    suspended_since: date | None = None
    finished_on: date | None = None

    @property
    def admission_date(self) -> date:
        """The first day of the first winter semester."""
        return date(self.year, 10, 1)

    @property
    def oath_taken_on(self) -> date | None:
        """The day of the inauguration, when first-year students take the oath."""
        return date(self.year, 10, 2) if self.oath else None


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody who has an account in the demo; staff have no scenario, no studies and no photo."""

    id: int
    username: str
    first_name: str
    last_name: str
    sex: str
    birth_date: date
    pesel_serial: int | None
    """Digits 7 to 10 of the PESEL, of which the last one tells the sex; None: has no PESEL."""
    scenario: Scenario | None
    studies: tuple[Studies, ...] = ()
    middle_names: str | None = None
    photo: PhotoState | None = PhotoState.APPROVED
    plastic_card: str | None = None
    """Type of the plastic card: student, phd or staff; None: has none."""
    role: Role = Role.STUDENT

    @property
    def pesel(self) -> str | None:
        """The PESEL number."""
        return None if self.pesel_serial is None else pesel.make(self.birth_date, self.pesel_serial)

    @property
    def email(self) -> str:
        """An address in a domain that exists for examples only."""
        return f"{self.username}@{'student' if self.scenario else 'office'}.example.edu.pl"


# fmt: off
# A table: first who they are, then what they are there to show.
PEOPLE = (
    DemoPerson(20101, "anna.nowak", "Anna", "Nowak", "F", date(2005, 3, 14), 2184,
        Scenario.ELIGIBLE, (Studies("INF-LI", "004217", 2024),), middle_names="Maria", plastic_card="student"),
    DemoPerson(20102, "jan.kowalski", "Jan", "Kowalski", "M", date(2004, 11, 2), 1357,
        Scenario.ELIGIBLE, (Studies("INF-LI", "004218", 2024),), plastic_card="student"),
    DemoPerson(20103, "katarzyna.wisniewska", "Katarzyna", "Wiśniewska", "F", date(2003, 7, 29), 4062,
        Scenario.ELIGIBLE, (Studies("PSY-JM", "003905", 2022),), plastic_card="student"),
    DemoPerson(20104, "piotr.wojcik", "Piotr", "Wójcik", "M", date(2006, 1, 18), 7713,
        Scenario.ELIGIBLE, (Studies("MCH-IN", "005131", 2025),)),
    DemoPerson(20105, "zofia.kaminska", "Zofia", "Kamińska", "F", date(2007, 5, 6), 3348,
        Scenario.ELIGIBLE, (Studies("ANG-LI", "005602", 2026),)),
    DemoPerson(20106, "michal.lewandowski", "Michał", "Lewandowski", "M", date(2002, 9, 23), 5091,
        Scenario.ELIGIBLE, (Studies("INF-MU", "005017", 2025),), middle_names="Józef", plastic_card="student"),
    DemoPerson(20107, "julia.zielinska", "Julia", "Zielińska", "F", date(2005, 12, 11), 8826,
        Scenario.ELIGIBLE, (Studies("PIE-LI", "004640", 2024),)),
    DemoPerson(20108, "jakub.szymanski", "Jakub", "Szymański", "M", date(2006, 8, 30), 2475,
        Scenario.ELIGIBLE, (Studies("ANG-LI", "005188", 2025),)),
    DemoPerson(20109, "tomasz.dabrowski", "Tomasz", "Dąbrowski", "M", date(1994, 4, 17), 6139,
        Scenario.BORN_1990S, (Studies("INF-MU", "005019", 2025),), plastic_card="student"),
    DemoPerson(20110, "magdalena.kozlowska", "Magdalena", "Kozłowska", "F", date(2004, 6, 9), 1508,
        Scenario.TWO_PROGRAMMES, (Studies("INF-LI", "004231", 2024), Studies("ANG-LI", "005190", 2025)),
        plastic_card="student"),
    DemoPerson(20111, "swietoslawa.brzeczyszczykiewicz", "Świętosława",
        "Brzęczyszczykiewicz-Źdźbłowska-Szczęśniakowska-Gżegżółkiewicz", "F", date(2003, 2, 28), 9244,
        Scenario.LONG_NAME, (Studies("PSY-JM", "003911", 2022),), middle_names="Małgorzata Konstancja Wawrzyna"),
    DemoPerson(20112, "mateusz.krawczyk", "Mateusz", "Krawczyk", "M", date(2007, 2, 3), 4417,
        Scenario.NO_PHOTO, (Studies("INF-LI", "005633", 2026),), photo=None),
    DemoPerson(20113, "aleksandra.piotrowska", "Aleksandra", "Piotrowska", "F", date(2007, 10, 21), 7560,
        Scenario.PHOTO_PENDING, (Studies("PIE-LI", "005640", 2026),), photo=PhotoState.PENDING),
    DemoPerson(20115, "daria.mazur", "Daria", "Mazur", "F", date(2005, 8, 15), None,
        Scenario.NO_PESEL, (Studies("ANG-LI", "005651", 2026),), plastic_card="student"),
    DemoPerson(20116, "filip.jankowski", "Filip", "Jankowski", "M", date(2007, 7, 12), 8251,
        Scenario.NO_OATH, (Studies("INF-LI", "005658", 2026, oath=False),)),
    DemoPerson(20118, "kamil.kwiatkowski", "Kamil", "Kwiatkowski", "M", date(2003, 10, 5), 5675,
        Scenario.SUSPENDED, (Studies("MCH-IN", "004402", 2023, suspended_since=date(2026, 10, 19)),),
        plastic_card="student"),
    DemoPerson(20119, "weronika.kaczmarek", "Weronika", "Kaczmarek", "F", date(2004, 1, 26), 6682,
        Scenario.REMOVED,
        (Studies("PIE-LI", "004409", 2023, status=ProgrammeStatus.CANCELLED, finished_on=date(2026, 9, 30)),),
        plastic_card="student"),
    DemoPerson(20120, "bartosz.stepien", "Bartosz", "Stępień", "M", date(2004, 5, 8), 1739,
        Scenario.GRADUATE_FIRST_CYCLE,
        (Studies("INF-LI", "004120", 2023, status=ProgrammeStatus.GRADUATED_DIPLOMA, finished_on=date(2026, 7, 9)),),
        plastic_card="student"),
    DemoPerson(20121, "monika.adamczyk", "Monika", "Adamczyk", "F", date(2000, 12, 1), 3020,
        Scenario.DOCTORAL, (Studies("SD-NIT", "000318", 2025),), plastic_card="phd"),
    DemoPerson(20201, "ewa.pawlak", "Ewa", "Pawlak", "F", date(1981, 9, 14), 4526,
        None, photo=None, role=Role.HELPDESK),
    DemoPerson(20202, "marek.dudek", "Marek", "Dudek", "M", date(1978, 3, 30), 7093,
        None, photo=None, role=Role.ADMIN),
)
# fmt: on
"""Everybody who has an account."""
