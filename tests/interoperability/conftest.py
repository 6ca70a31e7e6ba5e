"""The web part that real client libraries are tried on."""

from collections.abc import Iterator

import pytest
from making import Key, new_consumer
from serving import Browser, WebService

STUDENT = "anna.nowak"
SCOPES = "studies|cards|email|photo|personal|mlegitymacja|mlegitymacja_order|mlegitymacja_activation|offline_access"


@pytest.fixture(scope="session")
def consumer(service: WebService) -> Key:
    """An app."""
    return new_consumer(service.app)


@pytest.fixture(scope="session")
def browser(service: WebService) -> Iterator[Browser]:
    """The browser of a student who is signed in."""
    with Browser(service.base_url) as fresh:
        fresh.sign_in(STUDENT)
        yield fresh


@pytest.fixture(scope="session")
def student_id(service: WebService) -> str:
    """The id of that student."""
    return str(next(user["user_id"] for user in service.filled["users"] if user["username"] == STUDENT))
