"""The student registry: persons, their programmes, photos and plastic cards, terms and faculties."""

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from usosapi_mleg.domain.eligibility import PhotoState, ProgrammeLevel, ProgrammeStatus
from usosapi_mleg.extensions import Base
from usosapi_mleg.models.columns import Moment, PersonId, one_of


class Sex(StrEnum):
    """Sex, as USOS API writes it."""

    WOMAN = "F"
    MAN = "M"


class CardType(StrEnum):
    """Whose plastic card it is, as USOS API writes it."""

    STUDENT = "student"
    PHD = "phd"
    STAFF = "staff"


class Person(Base):
    """Somebody the university knows."""

    __tablename__ = "persons"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    #: Decimal on the wire: clients read a user's id as a number.
    first_name: Mapped[str]
    middle_names: Mapped[str | None]
    last_name: Mapped[str]
    sex: Mapped[Sex | None] = mapped_column(one_of(Sex))
    birth_date: Mapped[date | None]
    email: Mapped[str | None]
    pesel: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: Encrypted; identity `persons.pesel:<id>`.
    pesel_index: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    #: Keyed digest, for look-ups.


class Photo(Base):
    """The photo that a person gave for the card."""

    __tablename__ = "photos"

    person_id: Mapped[PersonId] = mapped_column(primary_key=True)
    state: Mapped[PhotoState] = mapped_column(one_of(PhotoState))
    jpeg: Mapped[bytes] = mapped_column(LargeBinary)
    #: Encrypted; identity `photos.jpeg:<person id>`.
    uploaded_at: Mapped[Moment]


class Faculty(Base):
    """A unit of the university."""

    __tablename__ = "faculties"

    id: Mapped[str] = mapped_column(primary_key=True)
    name_pl: Mapped[str]
    name_en: Mapped[str]


class Programme(Base):
    """A programme of studies that the university offers."""

    __tablename__ = "programmes"

    id: Mapped[str] = mapped_column(primary_key=True)
    faculty_id: Mapped[str] = mapped_column(ForeignKey("faculties.id"), index=True)
    name_pl: Mapped[str]
    name_en: Mapped[str]
    level: Mapped[ProgrammeLevel] = mapped_column(one_of(ProgrammeLevel))


class StudentProgramme(Base):
    """One person's studies in one programme, with the student (album) number used there."""

    __tablename__ = "student_programmes"
    __table_args__ = (
        Index("uq_student_programmes_primary", "person_id", unique=True, postgresql_where=text("is_primary")),
        Index("ix_student_programmes_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[PersonId]
    programme_id: Mapped[str] = mapped_column(ForeignKey("programmes.id"), index=True)
    student_number: Mapped[str | None] = mapped_column(index=True)
    status: Mapped[ProgrammeStatus] = mapped_column(one_of(ProgrammeStatus))
    is_primary: Mapped[bool]
    admission_date: Mapped[date | None]
    oath_taken_on: Mapped[date | None]
    suspended_since: Mapped[date | None]
    #: Student rights are suspended (zawieszenie) since this day.
    finished_on: Mapped[date | None]
    #: Day of graduation or removal.


class Term(Base):
    """A semester or a year."""

    __tablename__ = "terms"

    id: Mapped[str] = mapped_column(primary_key=True)
    name_pl: Mapped[str]
    name_en: Mapped[str]
    start_date: Mapped[date]
    end_date: Mapped[date]
    finish_date: Mapped[date]
    order_key: Mapped[int]


class PlasticCard(Base):
    """A plastic student card (ELS) that was issued."""

    __tablename__ = "plastic_cards"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[PersonId] = mapped_column(index=True)
    type: Mapped[CardType] = mapped_column(one_of(CardType))
    student_number: Mapped[str | None]
    barcode_number: Mapped[str | None] = mapped_column(unique=True)
    contact_chip_uid: Mapped[str | None] = mapped_column(unique=True)
    contactless_chip_uid: Mapped[str | None] = mapped_column(unique=True)
    date_of_issue: Mapped[date | None]
    expiration_date: Mapped[date | None]
    to_be_prolonged: Mapped[bool] = mapped_column(default=False)
