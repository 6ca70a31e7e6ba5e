"""Subscribers that do not answer are tried again, and keep nobody else waiting."""

import time
from collections.abc import Iterator

import pytest
from events.conftest import SCOPES
from events.subscriber import Subscriber, running_subscriber, stays
from events.test_subscribing import active
from flask import Flask
from making import moved_clock, new_consumer, new_student, new_token
from running import RunningService
from signing import Caller
from waiting import wait_for

HANG_SECONDS = 5.0
"""How long one subscriber may take to answer."""


@pytest.fixture
def hanging(service: RunningService, app: Flask) -> Iterator[tuple[Caller, Subscriber]]:
    """An app whose server confirmed, and now takes in messages and never answers."""
    with running_subscriber() as subscriber:
        consumer = new_consumer(app)
        caller = Caller(service.ports.base_url, consumer, new_token(app, consumer, new_student(app), *SCOPES))
        active(caller, subscriber)
        subscriber.hanging = True
        yield caller, subscriber
        assert caller.post("events/unsubscribe").status == 200


def test_one_that_never_answers_delays_others_by_seconds_at_most(
    hanging: tuple[Caller, Subscriber], caller: Caller, subscriber: Subscriber
) -> None:
    active(caller, subscriber)
    dead_caller, dead = hanging
    assert dead_caller.post("mlegitymacja/order").status == 200
    wait_for(lambda: dead.messages)
    began = time.monotonic()
    assert caller.post("mlegitymacja/order").status == 200
    wait_for(lambda: subscriber.entries, HANG_SECONDS + 4)
    assert time.monotonic() - began < HANG_SECONDS + 4


def test_others_of_the_same_moment_are_not_delayed(
    hanging: tuple[Caller, Subscriber], service: RunningService, app: Flask, subscriber: Subscriber
) -> None:
    dead_caller, dead = hanging
    person = int(dead_caller.get("users/user").json["id"])
    consumer = new_consumer(app)
    active(Caller(service.ports.base_url, consumer, new_token(app, consumer, person, *SCOPES)), subscriber)
    assert dead_caller.post("mlegitymacja/order").status == 200
    wait_for(lambda: dead.messages)
    wait_for(lambda: subscriber.entries, 2)


def test_one_that_fails_is_told_later_and_then_no_more(app: Flask, caller: Caller, subscriber: Subscriber) -> None:
    active(caller, subscriber)
    subscriber.status = 500
    order_id = caller.post("mlegitymacja/order").json["id"]
    wait_for(lambda: caller.get("mlegitymacja/status").json["status"] == "ready", 15)
    wait_for(lambda: len(subscriber.entries) == 3)
    assert stays(lambda: len(subscriber.entries) == 3)
    subscriber.status = 200
    with moved_clock(app, 60):
        wait_for(lambda: len(subscriber.entries) == 6)
        assert sorted(map(str, subscriber.entries[3:])) == sorted(map(str, subscriber.entries[:3]))
    with moved_clock(app, 3600):
        assert stays(lambda: len(subscriber.entries) == 6)
    assert {entry["node_id"] for entry in subscriber.entries} == {order_id}
