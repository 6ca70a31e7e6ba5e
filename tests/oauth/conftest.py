"""The web part that the tests of OAuth share."""

from collections.abc import Callable, Iterator

import pytest
from serving import Browser, WebService, running_web


@pytest.fixture(scope="session")
def service(
    new_database: Callable[[], str],
    service_environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[WebService]:
    """The running web part, for all tests of OAuth."""
    with running_web(new_database(), service_environment, tmp_path_factory.mktemp("web")) as running:
        yield running


@pytest.fixture
def browser(service: WebService) -> Iterator[Browser]:
    """A browser in which nobody is signed in."""
    with Browser(service.base_url) as fresh:
        yield fresh
