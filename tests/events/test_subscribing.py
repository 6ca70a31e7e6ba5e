"""`services/events`: an app is told of changes when it has confirmed that it wants to be."""

import re
from typing import Any

import pytest
from events.subscriber import Subscriber, stays
from flask import Flask
from making import Key, count, new_token
from running import RunningService
from signing import Answer, Caller
from waiting import wait_for

EVENT = "mlegitymacja/order"
SUBSCRIPTION = {"id", "event_type", "callback_url", "state", "created_at"}


def subscribe(caller: Caller, url: str, **changes: str) -> Answer:
    """Ask to be told."""
    arguments = {"event_type": EVENT, "callback_url": url, "verify_token": "żółty & token"} | changes
    return caller.post("events/subscribe_event", **arguments)


def states(caller: Caller) -> list[str]:
    """Give the states of the app's subscriptions."""
    return [one["state"] for one in caller.get("events/subscriptions").json]


def active(caller: Caller, subscriber: Subscriber) -> None:
    """Subscribe, and wait until it counts."""
    assert subscribe(caller, subscriber.url).status == 200
    wait_for(lambda: states(caller) == ["active"])


def test_a_subscriber_is_asked_to_confirm_and_then_active(caller: Caller, subscriber: Subscriber) -> None:
    answer = subscribe(caller, subscriber.url).json
    assert set(answer) == SUBSCRIPTION
    assert (answer["event_type"], answer["callback_url"], answer["state"]) == (EVENT, subscriber.url, "pending")
    wait_for(lambda: states(caller) == ["active"])
    (question,) = subscriber.questions
    assert question["app"] == ["1"]
    assert question["hub.mode"] == ["subscribe"]
    assert question["hub.verify_token"] == ["żółty & token"]
    assert re.fullmatch(r"[0-9a-f]{20}", question["hub.challenge"][0])
    (listed,) = caller.get("events/subscriptions").json
    assert listed == answer | {"state": "active"}
    assert subscriber.messages == []


@pytest.mark.parametrize(
    "answer",
    [
        {"confirm_body": b"another"},
        {"confirm_body": b""},
        {"confirm_status": 404},
        {"confirm_status": 204, "confirm_body": b""},
        {"confirm_status": 302, "location": "/told?again=1"},
        {"confirm_body": b"x" * 1_000_000},
    ],
    ids=str,
)
def test_a_subscriber_that_does_not_confirm_is_refused_and_not_told(
    caller: Caller, subscriber: Subscriber, answer: dict[str, Any]
) -> None:
    vars(subscriber).update(answer)
    subscribe(caller, subscriber.url)
    wait_for(lambda: states(caller) == ["refused"])
    caller.post("mlegitymacja/order")
    assert stays(lambda: subscriber.messages == [])
    assert len(subscriber.questions) == 1


def test_nobody_at_the_address_is_a_refusal(caller: Caller) -> None:
    subscribe(caller, "http://127.0.0.1:9/")
    wait_for(lambda: states(caller) == ["refused"])


def test_each_change_is_told_once(caller: Caller, subscriber: Subscriber, student: int) -> None:
    active(caller, subscriber)
    order_id = caller.post("mlegitymacja/order").json["id"]
    wait_for(lambda: caller.get("mlegitymacja/status").json["status"] == "ready", 15)
    assert caller.post("mlegitymacja/cancel", order_id=order_id).status == 200
    (told_of,) = caller.get("mlegitymacja/history", fields="steps").json
    steps = [step["to_status"] for step in told_of["steps"]]
    assert steps == ["waiting", "processing", "ready", "cancelled"]
    wait_for(lambda: len(subscriber.entries) == len(steps))
    assert stays(lambda: len(subscriber.entries) == len(steps))
    assert [entry["operation"] for entry in subscriber.entries] == ["create", "update", "update", "update"]
    for entry in subscriber.entries:
        assert set(entry) == {"node_id", "related_user_ids", "operation", "time"}
        assert entry["node_id"] == order_id
        assert entry["related_user_ids"] == [str(student)]
        assert isinstance(entry["time"], int)
    times = [entry["time"] for entry in subscriber.entries]
    assert times == sorted(times)
    for message, headers in zip(subscriber.messages, subscriber.headers, strict=True):
        assert set(message) == {"event_type", "entry"}
        assert message["event_type"] == EVENT
        assert headers["content-type"] == "application/json"


def test_changes_of_others_are_not_told(
    service: RunningService, app: Flask, caller: Caller, subscriber: Subscriber, consumer: Key
) -> None:
    active(caller, subscriber)
    somebody = service.user("eligible", 1)
    other = Caller(
        service.ports.base_url, consumer, new_token(app, consumer, int(somebody["user_id"]), "mlegitymacja_order")
    )
    assert other.post("mlegitymacja/order").status == 200
    assert stays(lambda: subscriber.messages == [])


def test_the_address_can_be_replaced(caller: Caller, subscriber: Subscriber) -> None:
    subscribe(caller, "http://127.0.0.1:9/")
    wait_for(lambda: states(caller) == ["refused"])
    before = caller.get("events/subscriptions").json[0]["id"]
    active(caller, subscriber)
    assert caller.get("events/subscriptions").json[0]["id"] == before


@pytest.mark.parametrize("arguments", [{}, {"event_type": EVENT}])
def test_after_unsubscribing_nothing_is_told(caller: Caller, subscriber: Subscriber, arguments: dict[str, str]) -> None:
    active(caller, subscriber)
    assert caller.post("events/unsubscribe", **arguments).json == {"success": True}
    assert caller.get("events/subscriptions").json == []
    caller.post("mlegitymacja/order")
    assert stays(lambda: subscriber.messages == [])


def test_another_kind_of_event_is_not_unsubscribed(caller: Caller, subscriber: Subscriber) -> None:
    active(caller, subscriber)
    assert caller.post("events/unsubscribe", event_type="grades/grade").json == {"success": True}
    assert states(caller) == ["active"]


def test_subscriptions_of_other_apps_and_persons_are_not_seen(
    service: RunningService, app: Flask, caller: Caller, subscriber: Subscriber, consumer: Key
) -> None:
    active(caller, subscriber)
    somebody = service.user("eligible", 2)
    other = Caller(service.ports.base_url, consumer, new_token(app, consumer, int(somebody["user_id"]), "events"))
    assert other.get("events/subscriptions").json == []
    other.post("events/unsubscribe")
    assert states(caller) == ["active"]


@pytest.mark.parametrize("method", ["subscribe_event", "subscriptions", "unsubscribe"])
def test_the_scope_events_is_needed(
    service: RunningService, app: Flask, consumer: Key, student: int, method: str
) -> None:
    caller = Caller(service.ports.base_url, consumer, new_token(app, consumer, student, "mlegitymacja", "cards"))
    arguments = {"event_type": EVENT, "callback_url": "http://127.0.0.1:9/", "verify_token": "x"}
    refused = caller.post(f"events/{method}", **arguments)
    assert (refused.status, refused.json["reason"]) == (403, "scope_missing")
    assert count(app, "event_subscriptions WHERE consumer_key = :key", key=consumer.key) == 0


def test_an_app_whose_token_was_revoked_is_not_told(caller: Caller, subscriber: Subscriber, app: Flask) -> None:
    active(caller, subscriber)
    consumer, student = caller.consumer, int(caller.get("users/user").json["id"])
    other = Caller(caller.base_url, consumer, new_token(app, consumer, student, "mlegitymacja_order"))
    assert caller.post("oauth/revoke_token").status == 200
    assert other.post("mlegitymacja/order").status == 200
    assert stays(lambda: subscriber.messages == [])
    wait_for(
        lambda: count(app, "event_deliveries JOIN orders ON orders.id = order_id WHERE person_id = :id", id=student)
    )
    due = "event_deliveries JOIN orders ON orders.id = order_id WHERE person_id = :id AND due_at IS NOT NULL"
    wait_for(lambda: count(app, due, id=student) == 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("event_type", "grades/grade"),
        ("event_type", ""),
        ("callback_url", "ftp://example.edu.pl/"),
        ("callback_url", "javascript:alert(1)"),
        ("callback_url", "example.edu.pl"),
        ("callback_url", "http://"),
        ("callback_url", "https://example.edu.pl/" + "x" * 1000),
        ("verify_token", ""),
        ("verify_token", "x" * 201),
    ],
)
def test_a_subscription_that_makes_no_sense_is_refused(caller: Caller, name: str, value: str) -> None:
    refused = subscribe(caller, "http://127.0.0.1:9/", **{name: value})
    assert (refused.status, refused.json["error"], refused.json["param_name"]) == (400, "param_invalid", name)
    assert caller.get("events/subscriptions").json == []
