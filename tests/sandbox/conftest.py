"""A sandbox that most tests share, sandboxes of their own for those that kill it, and phones."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from running_sandbox import QUIET, Phone, RunningSandbox


@pytest.fixture(scope="session")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """One sandbox for the whole session."""
    running = RunningSandbox(tmp_path_factory.mktemp("sandbox") / "data")
    running.start()
    yield running
    running.close()


@pytest.fixture
def sandbox(shared_sandbox: RunningSandbox) -> Iterator[RunningSandbox]:
    """The shared sandbox, put back to its quiet state after the test."""
    yield shared_sandbox
    shared_sandbox.set(**QUIET)


@pytest.fixture
def start_sandbox(tmp_path: Path) -> Iterator[Callable[..., RunningSandbox]]:
    """Start a sandbox of the test's own, with more environment variables when given."""
    running: list[RunningSandbox] = []

    def start(**environment: str) -> RunningSandbox:
        running.append(RunningSandbox(tmp_path / f"data{len(running)}", **environment))
        running[-1].start()
        return running[-1]

    yield start
    for one in running:
        one.close()


@pytest.fixture
def new_phone(shared_sandbox: RunningSandbox) -> Iterator[Callable[..., Phone]]:
    """Make phones that use the shared sandbox."""
    phones: list[Phone] = []

    def make(language: str = "pl") -> Phone:
        phones.append(Phone(shared_sandbox, language))
        return phones[-1]

    yield make
    for phone in phones:
        phone.close()
