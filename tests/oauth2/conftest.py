"""Who is at the browser in the tests of OAuth 2.0."""

from collections.abc import Iterator

import pytest
from codeflow import new_account
from serving import Browser, WebService


@pytest.fixture
def browser(service: WebService) -> Iterator[Browser]:
    """A browser in which nobody is signed in."""
    with Browser(service.base_url) as fresh:
        yield fresh


@pytest.fixture(scope="session")
def student(service: WebService) -> Iterator[Browser]:
    """A browser in which a student is signed in; every test has an app of its own, so they do not meet."""
    with Browser(service.base_url) as fresh:
        fresh.sign_in(new_account(service.app))
        yield fresh
