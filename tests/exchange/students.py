"""Students that exist for a test only, with valid PESELs and small photos."""

import io
import itertools
from datetime import UTC, date, datetime, timedelta

from PIL import Image
from sqlalchemy.dialects.postgresql import insert

from usosapi_mleg.domain import pesel
from usosapi_mleg.domain.eligibility import PhotoState, ProgrammeLevel, ProgrammeStatus
from usosapi_mleg.extensions import db, keyring
from usosapi_mleg.models import Faculty, Person, Photo, Programme, StudentProgramme

_IDS = itertools.count(70_001)


def add_students(count: int) -> list[int]:
    """Add students who may order, in the current transaction; give their ids."""
    ids = list(itertools.islice(_IDS, count))
    faculty = {"id": "INF", "name_pl": "Wydział Informatyki", "name_en": "Faculty of Computer Science"}
    db.session.execute(insert(Faculty).values(faculty).on_conflict_do_nothing())
    programme = {"id": "INF-LI", "faculty_id": "INF", "name_pl": "Informatyka", "name_en": "Computer science"}
    level = {"level": ProgrammeLevel.FIRST_CYCLE}
    db.session.execute(insert(Programme).values(programme | level).on_conflict_do_nothing())
    photo = small_photo()
    db.session.execute(insert(Person), [_person(number) for number in ids])
    db.session.execute(insert(Photo), [_photo(number, photo) for number in ids])
    db.session.execute(insert(StudentProgramme), [_studies(number) for number in ids])
    return ids


def small_photo(grey: int = 130) -> bytes:
    """Make a JPEG of one grey."""
    output = io.BytesIO()
    Image.new("RGB", (240, 300), (grey, grey, grey)).save(output, "JPEG")
    return output.getvalue()


def _person(number: int) -> dict[str, object]:
    born = date(2003, 1, 1) + timedelta(days=number % 1000)
    digits = pesel.make(born, number % 10_000)
    return {
        "id": number,
        "first_name": "Zofia",
        "middle_names": "Łucja",
        "last_name": "Próbna",
        "birth_date": born,
        "pesel": keyring().seal(digits, f"persons.pesel:{number}"),
        "pesel_index": keyring().index(digits, "pesel"),
    }


def _photo(number: int, jpeg: bytes) -> dict[str, object]:
    return {
        "person_id": number,
        "state": PhotoState.APPROVED,
        "jpeg": keyring().seal(jpeg, f"photos.jpeg:{number}"),
        "uploaded_at": datetime(2026, 9, 1, tzinfo=UTC),
    }


def _studies(number: int) -> dict[str, object]:
    return {
        "id": number * 10,
        "person_id": number,
        "programme_id": "INF-LI",
        "student_number": f"{number:06}",
        "status": ProgrammeStatus.ACTIVE,
        "is_primary": True,
        "admission_date": date(2025, 10, 1),
        "oath_taken_on": date(2025, 10, 2),
    }
