"""A ministry behind its gate for the tests of a module, and the dispatcher to be run step by step in the test's own process."""

from collections.abc import Callable, Iterator

import pytest
from exchange.dispatcher import Dispatcher, NewDispatcher
from exchange.stack import Stack, running_stack

from usosapi_mleg import clock

QUIET = {
    "making_delay_seconds": 0,
    "answer_delay_seconds": 0,
    "fail_next": 0,
    "fail_when": "before",
    "reject_next": 0,
    "busy_next": 0,
    "fail_making_next": 0,
    "down": False,
    "callbacks_enabled": True,
    "clock_offset_seconds": 0,
}
IMPATIENT_SECONDS = 0.4


@pytest.fixture(scope="module")
def shared_stack(
    new_database: Callable[[], str], service_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A ministry and a database for all tests of a module."""
    with running_stack(new_database(), service_environment, tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.fixture
def stack(shared_stack: Stack) -> Iterator[Stack]:
    """The module's ministry, quiet, with no order under way."""
    shared_stack.set_ministry(**QUIET)
    shared_stack.execute(
        "TRUNCATE orders, order_history, offers, revocations, service_state, procrastinate_jobs CASCADE"
    )
    clock._offset.read_at = float("-inf")
    shared_stack.gate.forget()
    yield shared_stack
    shared_stack.gate.forget()


@pytest.fixture
def new_dispatcher(stack: Stack) -> Iterator[NewDispatcher]:
    """A function that makes a dispatcher, with another university key or more patience if wanted."""
    made: list[Dispatcher] = []

    def make(key: str = stack.settings.ministry_key, timeout_seconds: float = 10.0) -> Dispatcher:
        made.append(Dispatcher(stack, key, timeout_seconds))
        return made[-1]

    yield make
    for dispatcher in made:
        dispatcher.close()


@pytest.fixture
def dispatcher(new_dispatcher: NewDispatcher) -> Dispatcher:
    """A dispatcher with patience."""
    return new_dispatcher()


@pytest.fixture
def impatient(new_dispatcher: NewDispatcher) -> Dispatcher:
    """A dispatcher that gives up a held call soon."""
    return new_dispatcher(timeout_seconds=IMPATIENT_SECONDS)
