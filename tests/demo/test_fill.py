"""The data of the demo: loaded once, true to the rules of the house, and complete for every situation."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select, update

from usosapi_mleg import create_app
from usosapi_mleg.demo.errors import DemoError
from usosapi_mleg.demo.fill import PASSWORD, fill
from usosapi_mleg.demo.people import PEOPLE
from usosapi_mleg.domain import pesel
from usosapi_mleg.domain.eligibility import Applicant, reasons_against
from usosapi_mleg.extensions import Base, db, keyring, transaction
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
from usosapi_mleg.oauth.accounts import check_password
from usosapi_mleg.settings import Environment, Settings

OBSTACLES = {
    "eligible": [],
    "born_1990s": [],
    "two_programmes": [],
    "long_name": [],
    "no_photo": ["no_photo"],
    "photo_pending": ["photo_pending"],
    "no_pesel": ["no_pesel"],
    "no_oath": ["no_oath"],
    "suspended": ["suspended"],
    "removed": ["removed"],
    "graduate_first_cycle": ["graduated"],
    "doctoral": ["doctoral"],
    None: ["not_a_student", "no_photo"],
}
"""What stands in the way of each scenario's people; the staff have no scenario."""


@pytest.fixture(scope="module")
def app(database_url: str, service_environment: dict[str, str]) -> Iterator[Flask]:
    """The application with an empty database, which stays open while the tests of this module look into it."""
    app = create_app(Settings.from_environment(service_environment | {"DATABASE_URL": database_url}))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def first_fill(app: Flask) -> dict[str, Any]:
    """What the first fill returned."""
    return fill(app)


@pytest.fixture
def filled(app: Flask, first_fill: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What a fill returns now; the test that asked sees the database as it is then."""
    yield fill(app)
    db.session.rollback()


def rows(table: type[Base]) -> list[tuple[Any, ...]]:
    """All rows of one table with all their columns, as they are in the database."""
    return sorted(map(tuple, db.session.execute(select(*table.__table__.columns))), key=repr)


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables."""
    db.session.rollback()
    return {mapper.class_.__name__: rows(mapper.class_) for mapper in Base.registry.mappers}


def people_of(filled: dict[str, Any], *scenarios: str | None) -> list[Person]:
    """The persons who are there for these scenarios."""
    ids = [int(user["user_id"]) for user in filled["users"] if user["scenario"] in scenarios]
    return list(db.session.scalars(select(Person).where(Person.id.in_(ids)).order_by(Person.id)))


def main_studies(person: Person) -> tuple[StudentProgramme, Programme] | tuple[None, None]:
    """The main studies of a person with their programme."""
    question = select(StudentProgramme, Programme).join(Programme, Programme.id == StudentProgramme.programme_id)
    found = db.session.execute(question.where(StudentProgramme.person_id == person.id, StudentProgramme.is_primary))
    row = found.one_or_none()
    return (row[0], row[1]) if row else (None, None)


def applicant(person: Person) -> Applicant:
    """What the rules look at, read from the database."""
    studies, programme = main_studies(person)
    photo = db.session.get(Photo, person.id)
    return Applicant(
        has_pesel=person.pesel is not None,
        photo=photo.state if photo else None,
        student_number=studies.student_number if studies else None,
        programme_status=studies.status if studies else None,
        level=programme.level if programme else None,
        oath_taken_on=studies.oath_taken_on if studies else None,
        suspended_since=studies.suspended_since if studies else None,
    )


def test_a_second_fill_changes_nothing_returns_the_same_and_costs_nearly_nothing(
    app: Flask, first_fill: dict[str, Any]
) -> None:
    before = everything()
    started = time.process_time()
    again = fill(app)
    assert time.process_time() - started < 0.2
    assert again == first_fill
    assert everything() == before


def test_what_somebody_has_changed_stays_changed(app: Flask, filled: dict[str, Any]) -> None:
    (graduate,) = people_of(filled, "graduate_first_cycle")
    with transaction():
        db.session.execute(update(Person).where(Person.id == graduate.id).values(email="new@example.edu.pl"))
    fill(app)
    db.session.rollback()
    assert db.session.scalar(select(Person.email).where(Person.id == graduate.id)) == "new@example.edu.pl"


def test_an_app_that_was_deleted_is_registered_again_with_another_key(app: Flask, filled: dict[str, Any]) -> None:
    with app.app_context(), transaction():
        db.session.delete(db.session.get_one(Consumer, filled["consumers"][1]["key"]))
    again = fill(app)
    assert again["consumers"][1]["name"] == "Przeglądarka statusu"
    assert again["consumers"][1]["key"] != filled["consumers"][1]["key"]
    assert fill(app) == again


def test_a_production_installation_is_never_filled(app: Flask, filled: dict[str, Any]) -> None:
    before = everything()
    settings = app.extensions["mleg_settings"]
    app.extensions["mleg_settings"] = replace(settings, environment=Environment.PRODUCTION)
    try:
        with pytest.raises(DemoError):
            fill(app)
    finally:
        app.extensions["mleg_settings"] = settings
    assert everything() == before


def test_there_are_students_for_every_scenario_and_six_who_can_simply_order(filled: dict[str, Any]) -> None:
    scenarios = [user["scenario"] for user in filled["users"] if user["role"] == "student"]
    assert len(scenarios) >= 18
    assert set(scenarios) == set(OBSTACLES) - {None}
    assert scenarios.count("eligible") >= 6


@pytest.mark.parametrize("scenario", OBSTACLES)
def test_the_people_of_a_scenario_meet_its_obstacles_and_no_others(
    scenario: str | None, filled: dict[str, Any]
) -> None:
    people = people_of(filled, scenario)
    assert people
    for person in people:
        assert [reason.code for reason in reasons_against(applicant(person))] == OBSTACLES[scenario]


def test_every_pesel_is_valid_and_fits_the_birth_date_and_the_sex(filled: dict[str, Any]) -> None:
    people = list(db.session.scalars(select(Person).where(Person.pesel.is_not(None))))
    assert len(people) == len(PEOPLE) - 1
    for person in people:
        number = keyring().open_text(person.pesel or b"", f"persons.pesel:{person.id}")
        assert pesel.birth_date(number) == person.birth_date
        assert "FM"[int(number[9]) % 2] == person.sex
        assert person.pesel_index == keyring().index(number, "pesel")


def test_of_those_who_can_order_only_one_was_born_before_2000(filled: dict[str, Any]) -> None:
    able = people_of(filled, "eligible", "two_programmes", "long_name", "born_1990s")
    early = [person for person in able if person.birth_date and person.birth_date < date(2001, 1, 1)]
    assert early == people_of(filled, "born_1990s")
    assert 1990 <= (early[0].birth_date or date.min).year <= 1999


def test_the_long_name_is_long_hyphenated_and_full_of_diacritics(filled: dict[str, Any]) -> None:
    (person,) = people_of(filled, "long_name")
    name = f"{person.first_name} {person.middle_names} {person.last_name}"
    assert len(name) > 80
    assert "-" in person.last_name
    assert set("ęłóśźż") <= set(name.lower())


def test_student_numbers_begin_with_zeros_and_no_two_students_share_one(filled: dict[str, Any]) -> None:
    numbers = [number for number in db.session.scalars(select(StudentProgramme.student_number)) if number]
    assert len(numbers) == len(set(numbers))
    assert all(re.fullmatch(r"00\d{4}", number) for number in numbers)


def test_the_student_of_two_programmes_has_a_number_in_each_and_one_main_programme(filled: dict[str, Any]) -> None:
    (person,) = people_of(filled, "two_programmes")
    studies = list(db.session.scalars(select(StudentProgramme).where(StudentProgramme.person_id == person.id)))
    assert len({one.student_number for one in studies}) == 2
    assert sorted(one.is_primary for one in studies) == [False, True]


def test_photos_are_stored_encrypted_and_open_as_pictures(filled: dict[str, Any]) -> None:
    photos = list(db.session.scalars(select(Photo)))
    assert len(photos) == sum(person.photo is not None for person in PEOPLE)
    for photo in photos:
        assert b"JFIF" not in photo.jpeg
        picture = Image.open(BytesIO(keyring().open(photo.jpeg, f"photos.jpeg:{photo.person_id}")))
        assert (picture.format, picture.size) == ("JPEG", (400, 500))


def test_some_have_plastic_cards_and_some_of_these_are_still_to_be_prolonged(filled: dict[str, Any]) -> None:
    cards = list(db.session.scalars(select(PlasticCard)))
    assert 0 < len(cards) < len(PEOPLE)
    assert {card.to_be_prolonged for card in cards} == {True, False}
    assert {card.type for card in cards} == {"student", "phd"}
    assert all(
        card.date_of_issue < card.expiration_date for card in cards if card.date_of_issue and card.expiration_date
    )


def test_the_terms_of_today_are_a_winter_semester_and_its_year(filled: dict[str, Any]) -> None:
    today = date(2026, 11, 22)
    running = select(Term).where(Term.start_date <= today, Term.finish_date >= today).order_by(Term.order_key)
    assert [term.id for term in db.session.scalars(running)] == ["2026", "2026Z"]
    keys = list(db.session.scalars(select(Term.order_key).order_by(Term.start_date, Term.finish_date.desc())))
    assert keys == sorted(set(keys))


def test_every_faculty_has_a_programme_and_every_programme_a_student(filled: dict[str, Any]) -> None:
    assert set(db.session.scalars(select(Faculty.id))) == set(db.session.scalars(select(Programme.faculty_id)))
    assert set(db.session.scalars(select(Programme.id))) == set(
        db.session.scalars(select(StudentProgramme.programme_id))
    )


def test_everybody_has_an_account_with_a_plain_name_and_the_password_works(filled: dict[str, Any]) -> None:
    accounts = {account.username: account for account in db.session.scalars(select(Account))}
    assert {user["username"] for user in filled["users"]} == set(accounts)
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+", username) for username in accounts)
    assert len({account.password_hash for account in accounts.values()}) == len(PEOPLE)
    for user in (filled["users"][0], filled["users"][-1]):
        assert check_password(user["username"], user["password"], address=None) == user["username"]
        assert check_password(user["username"], PASSWORD + "!", address=None) is None


def test_one_person_of_the_help_desk_and_one_administrator_study_nothing(filled: dict[str, Any]) -> None:
    staff = [user for user in filled["users"] if user["role"] != "student"]
    assert sorted(user["role"] for user in staff) == ["admin", "helpdesk"]
    assert [main_studies(person) for person in people_of(filled, None)] == [(None, None)] * 2
    assert [user["scenario"] for user in staff] == [None, None]


def test_the_four_apps_may_do_what_their_names_say(filled: dict[str, Any]) -> None:
    apps = {app["name"]: (app["administrative"], app["student_front_end"]) for app in filled["consumers"]}
    assert apps == {
        "Kampus (aplikacja przykładowa)": (False, False),
        "Przeglądarka statusu": (False, False),
        "USOSweb": (True, True),
        "Biuro kart": (True, False),
    }
    assert [consumer.callbacks for consumer in db.session.scalars(select(Consumer))] == [[]] * 4


def test_keys_and_secrets_have_no_look_alikes_and_secrets_are_stored_encrypted(filled: dict[str, Any]) -> None:
    for app in filled["consumers"]:
        assert re.fullmatch(r"[a-hj-km-np-zA-HJ-NP-Z2-9]{20}", app["key"])
        assert re.fullmatch(r"[a-hj-km-np-zA-HJ-NP-Z2-9]{40}", app["secret"])
        assert app["secret"].encode() not in db.session.get_one(Consumer, app["key"]).secret
