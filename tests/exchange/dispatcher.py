"""The dispatcher to be run step by step in the test's own process, and business time to be moved."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from exchange.stack import Stack

from usosapi_mleg import clock
from usosapi_mleg.issuers.http import HttpIssuer
from usosapi_mleg.tasks import exchange


class Dispatcher:
    """What a worker does with the ministry, on demand; it gives up a call soon so that a held one is as a broken one."""

    def __init__(self, stack: Stack, key: str, timeout_seconds: float) -> None:
        self._stack = stack
        self._issuer = HttpIssuer(stack.gate.url, key, timeout_seconds)

    def run(self) -> None:
        """Exchange with the ministry until there is nothing more to do now."""
        with self._stack.app.app_context():
            exchange(self._issuer, threading.Event())

    def run_later(self, seconds: float = 120.0) -> None:
        """Let business time pass, then exchange."""
        move_clock(self._stack, seconds)
        self.run()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Exchange in a thread meanwhile, and wait for its end."""
        thread = threading.Thread(target=self.run)
        thread.start()
        try:
            yield
        finally:
            thread.join(30)
        assert not thread.is_alive()

    def close(self) -> None:
        """Close the connections."""
        self._issuer._client.close()


def move_clock(stack: Stack, seconds: float) -> None:
    """Move the service's business time forward; other processes notice within a second."""
    with stack.app.app_context():
        moved = clock._offset.current().total_seconds() + seconds
    stack.execute(
        "INSERT INTO service_state (name, value) VALUES ('clock_offset', jsonb_build_object('seconds', %s::float)) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        moved,
    )
    clock._offset.read_at = float("-inf")


NewDispatcher = Callable[..., Dispatcher]
"""Makes a dispatcher; see the fixture `new_dispatcher`."""
