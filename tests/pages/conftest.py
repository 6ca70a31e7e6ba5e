"""The running service, a real browser, and people who use it."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from browsing import Person
from playwright.sync_api import Browser
from running import RunningService, running_service

LOCALES = {"pl": "pl-PL", "en": "en-GB"}


@pytest.fixture(scope="session")
def service(
    new_database: Callable[[], str], service_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningService]:
    """Web, worker and ministry with the people of the demo, for all tests of the pages."""
    with running_service(new_database(), service_environment, tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture
def new_person(service: RunningService, chromium: Browser) -> Iterator[Callable[..., Person]]:
    """Make people at browser windows; afterwards see that nothing happened in them that must not."""
    people: list[Person] = []

    def make(lang: str = "pl", **options: Any) -> Person:
        context = chromium.new_context(locale=LOCALES[lang], reduced_motion="reduce", **options)
        people.append(Person(context, context.new_page(), service))
        return people[-1]

    yield make
    for person in people:
        person.context.close()
    assert [fault for person in people for fault in person.faults] == []


@pytest.fixture
def set_order(service: RunningService) -> Callable[..., None]:
    """Write a state into the latest order of an account, out of the worker's reach."""

    def write(user: dict[str, Any], status: str) -> None:
        with psycopg.connect(service.database_url, autocommit=True) as connection:
            connection.execute(
                "UPDATE orders SET status = %(status)s::text, version = version + 1,"
                " next_check_at = now() + interval '1 day',"
                " collected_at = CASE WHEN %(status)s::text IN ('collected', 'expired') THEN now() END,"
                " failure_code = CASE WHEN %(status)s::text = 'failed' THEN 'making_failed' END"
                " WHERE id = (SELECT id FROM orders WHERE person_id = %(person)s ORDER BY ordered_at DESC LIMIT 1)",
                {"status": status, "person": int(user["user_id"])},
            )

    return write
