"""The web part that the tests of OAuth share."""

from collections.abc import Iterator

import pytest
from serving import Browser, WebService


@pytest.fixture
def browser(service: WebService) -> Iterator[Browser]:
    """A browser in which nobody is signed in."""
    with Browser(service.base_url) as fresh:
        yield fresh
