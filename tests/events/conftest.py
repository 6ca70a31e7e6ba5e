"""The whole service, whose worker tells subscribers."""

from collections.abc import Callable, Iterator

import pytest
from events.subscriber import Subscriber, running_subscriber
from flask import Flask
from making import Key, change, new_consumer, new_student, new_token
from running import RunningService, running_service
from signing import Caller

from usosapi_mleg import create_app
from usosapi_mleg.demo.portraits import draw_portrait
from usosapi_mleg.extensions import db, keyring
from usosapi_mleg.settings import Settings

SCOPES = ("events", "mlegitymacja", "mlegitymacja_order")


@pytest.fixture(scope="session")
def service(
    new_database: Callable[[], str],
    service_environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[RunningService]:
    """The running service, for all tests of events."""
    with running_service(new_database(), service_environment, tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="session")
def app(service: RunningService) -> Iterator[Flask]:
    """An application on the same database with which tests prepare."""
    app = create_app(Settings.from_environment(service.environment))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def consumer(app: Flask) -> Key:
    """An app."""
    return new_consumer(app)


@pytest.fixture
def student(app: Flask) -> int:
    """A student who may order, with a photo that the ministry takes."""
    person = new_student(app)
    with app.app_context():
        jpeg = keyring().seal(draw_portrait(person, "F"), f"photos.jpeg:{person}")
    change(app, "UPDATE photos SET jpeg = :jpeg WHERE person_id = :person", jpeg=jpeg, person=person)
    return person


@pytest.fixture
def caller(service: RunningService, app: Flask, consumer: Key, student: int) -> Caller:
    """The app with that student's token."""
    return Caller(service.ports.base_url, consumer, new_token(app, consumer, student, *SCOPES))


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    """The app's server."""
    with running_subscriber() as running:
        yield running
