"""Timestamps and nonces: each signed request counts once, in every process and after a crash too."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from making import Key, change, count, new_consumer, new_student, new_token
from serving import WebService, web_server
from signing import Answer, Caller, Signed

from usosapi_mleg import clock
from usosapi_mleg.demo.layout import free_ports
from usosapi_mleg.extensions import transaction
from usosapi_mleg.services import tidying


@pytest.fixture(scope="module")
def second_url(service: WebService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a second web part on the same database."""
    port = free_ports().web
    with web_server(service.environment, port, tmp_path_factory.mktemp("second")):
        yield f"http://127.0.0.1:{port}/"


@pytest.fixture
def consumer(service: WebService) -> Key:
    """An app."""
    return new_consumer(service.app)


@pytest.fixture
def caller(service: WebService, consumer: Key) -> Caller:
    """An app with a token of a student who has ordered nothing."""
    return Caller(
        service.base_url, consumer, new_token(service.app, consumer, new_student(service.app), "mlegitymacja")
    )


def at(caller: Caller, seconds: int) -> Answer:
    """Call with a timestamp so many seconds from now."""
    timestamp = str(clock.wall_seconds() + seconds)
    return caller.prepare("mlegitymacja/status", options={"timestamp": timestamp}).send()


def test_one_nonce_sent_to_two_servers_at_once_wins_once(service: WebService, second_url: str, caller: Caller) -> None:
    host = {"Host": service.base_url.removeprefix("http://").rstrip("/")}
    for _ in range(10):
        signed = caller.prepare("mlegitymacja/status")
        first = signed.but(headers=signed.headers | host)
        second = first.but(url=second_url + signed.url.removeprefix(service.base_url))
        start = Barrier(2)

        def race(request: Signed, start: Barrier = start) -> str:
            start.wait()
            return str(request.send().json["reason"])

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(race, (first, second))) == ["nonce_used", "order_not_found"]


def test_a_nonce_may_be_used_again_with_another_timestamp_or_token(
    service: WebService, consumer: Key, caller: Caller
) -> None:
    now = clock.wall_seconds()
    other = Caller(
        service.base_url, consumer, new_token(service.app, consumer, new_student(service.app), "mlegitymacja")
    )
    for who, timestamp in ((caller, now), (caller, now - 1), (other, now)):
        answer = who.prepare("mlegitymacja/status", options={"nonce": "same", "timestamp": str(timestamp)}).send()
        assert answer.json["reason"] == "order_not_found"


@pytest.mark.parametrize("seconds", [-290, -60, 60, 290])
def test_a_clock_that_is_minutes_off_is_accepted(caller: Caller, seconds: int) -> None:
    assert at(caller, seconds).json["reason"] == "order_not_found"


@pytest.mark.parametrize("seconds", [-86_400, -310, 310, 86_400])
def test_a_stale_or_future_timestamp_is_refused(caller: Caller, seconds: int) -> None:
    answer = at(caller, seconds)
    assert (answer.status, answer.json["reason"]) == (400, "timestamp_expired")
    assert str(clock.wall_seconds())[:6] in answer.json["message"]


@pytest.mark.parametrize("timestamp", ["", "now", "-5", "1e9", "1" * 13, "٣", "1700000000.5"])
def test_a_timestamp_that_is_no_number_is_refused(caller: Caller, timestamp: str) -> None:
    answer = caller.prepare("mlegitymacja/status", options={"timestamp": timestamp or " "}).send()
    assert answer.status == 400
    assert "oauth_timestamp" in answer.json["message"]


@pytest.mark.parametrize("nonce", ["x" * 129, "a\0b"])
def test_a_nonce_that_cannot_be_kept_is_refused(caller: Caller, nonce: str) -> None:
    answer = caller.prepare("mlegitymacja/status", options={"nonce": nonce}).send()
    assert answer.status == 400
    assert "oauth_nonce" in answer.json["message"]


def test_after_a_crash_that_lost_the_nonces_older_requests_are_refused(service: WebService, caller: Caller) -> None:
    seen = caller.prepare("mlegitymacja/status", options={"timestamp": str(clock.wall_seconds() - 5)})
    assert seen.send().json["reason"] == "order_not_found"
    change(service.app, "TRUNCATE nonces, nonce_epoch")
    try:
        assert seen.send().json["reason"] == "timestamp_expired"
        assert at(caller, -1).json["reason"] == "timestamp_expired"
        assert at(caller, 1).json["reason"] == "order_not_found"
        assert seen.send().json["reason"] == "timestamp_expired"
    finally:
        change(service.app, "UPDATE nonce_epoch SET since = 0")


def test_nonces_are_kept_longer_than_their_timestamps_are_accepted(service: WebService, caller: Caller) -> None:
    signed = caller.prepare("mlegitymacja/status", options={"timestamp": str(clock.wall_seconds() - 290)})
    signed.send()
    with service.app.app_context(), transaction():
        tidying.drop_expired()
    assert count(service.app, "nonces WHERE token_key = :key", key=caller.token.key if caller.token else "") == 1
    assert signed.send().json["message"] == "Nonce already used"
