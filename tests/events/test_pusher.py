"""The client that speaks to subscribers: where it goes, and how long it waits."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from events.subscriber import Subscriber

from usosapi_mleg.notify.push import Message, Pusher, PushError, Question

ENTRY = {"node_id": "1", "related_user_ids": ["2"], "operation": "create", "time": 3}
PRIVATE = (
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://0.0.0.0:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f.1:{port}/",
    "http://10.0.0.1/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data",
    "http://100.64.0.1/",
    "http://224.0.0.1/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_not_called(subscriber: Subscriber, address: str) -> None:
    port = subscriber.url.partition("127.0.0.1:")[2].partition("/")[0]
    url = address.format(port=port)
    pusher = Pusher(allow_private=False, timeout_seconds=3)
    assert pusher.ask([Question(url, "token")]) == [False]
    (problem,) = pusher.push([Message(url, "event", [ENTRY])])
    assert str(problem) == "the address is not public"
    assert subscriber.questions == subscriber.messages == []


def test_where_private_addresses_are_allowed_they_are_called(subscriber: Subscriber) -> None:
    pusher = Pusher(allow_private=True)
    assert pusher.ask([Question(subscriber.url, "token")]) == [True]
    assert pusher.push([Message(subscriber.url, "event", [ENTRY, ENTRY])]) == [None]
    assert subscriber.messages == [{"event_type": "event", "entry": [ENTRY, ENTRY]}]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/",
        "http://127.0.0.1:99999/",
        "http://x" + "y" * 70 + "/",
        "http://",
        "nothing",
        "http://[::1/",
    ],
)
def test_an_address_at_which_nobody_is_is_a_problem_and_no_crash(subscriber: Subscriber, url: str) -> None:
    for allow_private in (True, False):
        pusher = Pusher(allow_private=allow_private, timeout_seconds=3)
        assert pusher.ask([Question(url, "token")]) == [False]
        (problem,) = pusher.push([Message(url, "event", [ENTRY])])
        assert isinstance(problem, PushError)
    assert Pusher(allow_private=True).ask([Question(url, "token"), Question(subscriber.url, "token")]) == [False, True]


@pytest.mark.parametrize("status", [301, 400, 404, 410, 500, 503])
def test_what_is_no_success_is_a_problem(subscriber: Subscriber, status: int) -> None:
    subscriber.status = status
    subscriber.location = subscriber.url
    (problem,) = Pusher(allow_private=True).push([Message(subscriber.url, "event", [ENTRY])])
    assert str(problem) == f"HTTP {status}"
    assert len(subscriber.messages) == 1


@contextmanager
def dripping() -> Iterator[str]:
    """A server that sends one byte of an answer at a time, for ever."""
    stopped = threading.Event()

    def drip(connection: socket.socket) -> None:
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not stopped.wait(0.1):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    def serve() -> None:
        while not stopped.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            connection.settimeout(None)
            threading.Thread(target=drip, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        stopped.set()
        thread.join()


def test_one_that_answers_a_byte_at_a_time_is_left(subscriber: Subscriber) -> None:
    with dripping() as slow:
        began = time.monotonic()
        pusher = Pusher(allow_private=True, timeout_seconds=1)
        messages = [Message(slow, "event", [ENTRY])] * 5 + [Message(subscriber.url, "event", [ENTRY])]
        problems = pusher.push(messages)
        assert time.monotonic() - began < 3
    assert [str(problem) for problem in problems] == ["TimeoutError"] * 5 + ["None"]
