"""Showing the codes: how often it counts, and until when they are shown."""

import uuid
from collections.abc import Iterator

import pytest
from flask import Flask
from making import QR_TEXT, add_studies, count, make_ready, moved_clock, new_student

from usosapi_mleg import create_app
from usosapi_mleg.demo.fill import fill
from usosapi_mleg.domain.actor import Actor
from usosapi_mleg.errors import ConflictError, ObjectInvalidError, ObjectNotFoundError, ParameterInvalidError
from usosapi_mleg.extensions import db, transaction
from usosapi_mleg.services import activation, orders, registry
from usosapi_mleg.settings import Settings

STUDENT = Actor("person", "1", "usosweb")


@pytest.fixture(scope="module")
def app(database_url: str, service_environment: dict[str, str]) -> Iterator[Flask]:
    """The application on a filled database."""
    app = create_app(Settings.from_environment(service_environment | {"DATABASE_URL": database_url}))
    with app.app_context():
        fill(app)
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def student(app: Flask) -> int:
    """A student who may order."""
    return new_student(app)


def place(student: int) -> uuid.UUID:
    """Place an order."""
    with transaction():
        return orders.place(student, actor=STUDENT).id


def reveal(student: int) -> str:
    """Look at the codes."""
    with transaction():
        return activation.reveal(student, actor=STUDENT).token


def test_looks_within_five_minutes_count_once_and_later_ones_again(app: Flask, student: int) -> None:
    make_ready(app, place(student).hex)
    for minutes, reveals in ((0, 1), (4, 1), (6, 2), (10, 2)):
        with moved_clock(app, minutes * 60, everywhere=False):
            assert reveal(student) == QR_TEXT
        assert count(app, "audit_events WHERE person_id = :person", person=student) == reveals


def test_codes_whose_time_is_over_are_not_shown(app: Flask, student: int) -> None:
    make_ready(app, place(student).hex)
    with moved_clock(app, 31 * 86_400, everywhere=False), pytest.raises(ObjectInvalidError):
        reveal(student)
    assert reveal(student) == QR_TEXT


def test_a_look_that_is_refused_is_not_counted(app: Flask, student: int) -> None:
    place(student)
    with pytest.raises(ObjectInvalidError):
        reveal(student)
    assert count(app, "audit_events WHERE person_id = :person", person=student) == 0


def test_somebody_without_an_order_has_no_codes(student: int) -> None:
    with pytest.raises(ObjectNotFoundError):
        reveal(student)


def test_every_change_of_an_order_is_in_its_history(app: Flask, student: int) -> None:
    order_id = place(student)
    make_ready(app, order_id.hex)
    with transaction():
        orders.cancel(student, order_id, actor=STUDENT)
    steps = (
        (None, "waiting", "person:1 via usosweb"),
        ("submitted", "processing", "ministry"),
        ("made", "ready", "ministry"),
        ("cancelled", "cancelled", "person:1 via usosweb"),
    )
    query = "order_history WHERE order_id = :id AND event IS NOT DISTINCT FROM CAST(:event AS text)"
    for event, status, actor in steps:
        found = f"{query} AND to_status = :status AND actor = :actor"
        assert count(app, found, id=order_id, event=event, status=status, actor=actor) == 1
    assert count(app, "order_history WHERE order_id = :id", id=order_id) == len(steps)


def test_an_order_and_its_job_are_written_together_or_not_at_all(app: Flask, student: int) -> None:
    jobs = count(app, "procrastinate_jobs")
    with pytest.raises(ConflictError):
        _place_and_fail(student)
    assert count(app, "procrastinate_jobs") == jobs
    assert count(app, "orders WHERE person_id = :person", person=student) == 0
    place(student)
    assert count(app, "procrastinate_jobs WHERE task_name = 'ministry_exchange'") >= 1
    assert count(app, "procrastinate_jobs") == jobs + 1


def _place_and_fail(student: int) -> None:
    with transaction():
        orders.place(student, actor=STUDENT)
        orders.place(student, actor=STUDENT)


def test_the_primary_programme_is_meant_unless_another_is_named(app: Flask, student: int) -> None:
    with transaction():
        second = add_studies(student, place=1, student_number="second")
    assert registry.application(student).applicant.student_number == f"{student:06}"
    assert registry.application(student, second).applicant.student_number == "second"


def test_a_programme_of_somebody_else_cannot_be_named(app: Flask, student: int) -> None:
    with pytest.raises(ParameterInvalidError):
        registry.application(student, new_student(app) * 10)
