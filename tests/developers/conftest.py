"""The web part that the tests of the developers' site share, and who visits it."""

from collections.abc import Callable, Iterator

import pytest
from serving import Browser, WebService, running_web


@pytest.fixture(scope="session")
def service(
    new_database: Callable[[], str],
    service_environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[WebService]:
    """The web part with its usual settings, and a database of its own: the apps of other tests would count as registered here."""
    with running_web(new_database(), service_environment, tmp_path_factory.mktemp("web")) as running:
        yield running


@pytest.fixture(scope="session")
def strict_service(
    new_database: Callable[[], str],
    service_environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[WebService]:
    """The running web part of a university that wants callbacks and approves every consumer."""
    strict = {"MLEG_CALLBACKS_REQUIRED": "true", "MLEG_CONSUMERS_NEED_APPROVAL": "yes"}
    with running_web(new_database(), service_environment, tmp_path_factory.mktemp("strict"), **strict) as running:
        yield running


@pytest.fixture
def browser(service: WebService) -> Iterator[Browser]:
    """A browser in which nobody is signed in."""
    with Browser(service.base_url) as fresh:
        yield fresh


@pytest.fixture
def developer(service: WebService) -> Iterator[Browser]:
    """A browser in which somebody is signed in."""
    with Browser(service.base_url) as fresh:
        fresh.sign_in("anna.nowak")
        yield fresh
