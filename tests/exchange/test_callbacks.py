"""The ministry's callbacks are hints: lost, late, doubled, reordered and forged ones do no harm."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from exchange.dispatcher import Dispatcher
from exchange.stack import Stack
from standardwebhooks import Webhook

OTHER_SECRET = "whsec_" + base64.b64encode(b"the secret of somebody else here").decode()


@pytest.fixture(scope="module", autouse=True)
def web(shared_stack: Stack) -> None:
    """The web part, where the ministry calls back."""
    shared_stack.start_web()


Send = Callable[..., int]


@pytest.fixture
def send(stack: Stack) -> Iterator[Send]:
    """A function that sends a callback as the ministry would, and gives the HTTP status of the answer."""
    with httpx.Client(base_url=stack.ports.base_url, trust_env=False, verify=False, timeout=15) as client:

        def send(
            content: object, *, secret: str = stack.settings.ministry_callback_secret, age: int = 0, tail: str = ""
        ) -> int:
            body = json.dumps(content)
            sent_at = datetime.now(UTC) - timedelta(seconds=age)
            headers = {
                "content-type": "application/json",
                "webhook-id": "msg_1",
                "webhook-timestamp": str(int(sent_at.timestamp())),
                "webhook-signature": Webhook(secret).sign("msg_1", sent_at, body),
            }
            return client.post("ministry/callback", content=body + tail, headers=headers).status_code

        yield send


def news(key: object, state: str = "ready", version: int = 2) -> dict[str, object]:
    """What a callback says."""
    return {
        "type": "document.changed",
        "timestamp": "2026-11-22T06:25:00Z",
        "data": {"key": key, "state": state, "version": version},
    }


def test_the_ministry_s_own_callback_makes_the_order_due_at_once(stack: Stack, dispatcher: Dispatcher) -> None:
    (order,) = stack.place_new()
    dispatcher.run()
    # The callback may come while the dispatcher is still at work: then it has fetched the document already.
    stack.wait(lambda: stack.count("orders WHERE next_check_at <= now() OR status = 'ready'") == 1)
    assert stack.count("procrastinate_jobs WHERE task_name = 'ministry_exchange'") >= 2
    dispatcher.run()
    assert stack.are("ready", order)


def test_late_doubled_and_reordered_callbacks_change_nothing(stack: Stack, dispatcher: Dispatcher, send: Send) -> None:
    (order,) = stack.place_new()
    dispatcher.run()
    dispatcher.run_later(2)
    codes = stack.codes()
    for state, version in (("collected", 3), ("ready", 2), ("making", 1), ("revoked", 9), ("revoked", 9)):
        assert send(news(order.key, state, version)) == 204
        dispatcher.run()
    assert stack.are("ready", order)
    assert stack.codes() == codes
    assert stack.history(order) == ["waiting", "processing", "ready"]


def test_a_callback_that_arrives_before_the_answer_to_the_submission_is_kept(
    stack: Stack, dispatcher: Dispatcher, send: Send
) -> None:
    (order,) = stack.place_new()
    stack.execute("UPDATE orders SET claimed_at = now()")
    assert send(news(order.key)) == 204
    assert stack.are("waiting", order)
    dispatcher.run()

    def look_later() -> bool:
        dispatcher.run_later(2)
        return stack.are("ready", order)

    stack.wait(look_later)  # the ministry makes it when it comes to it


def test_a_callback_about_an_ended_order_changes_nothing(stack: Stack, dispatcher: Dispatcher, send: Send) -> None:
    (order,) = stack.place_new()
    dispatcher.run()
    stack.cancel(order)
    dispatcher.run()
    assert send(news(order.key)) == 204
    dispatcher.run()
    assert stack.are("cancelled", order)
    assert stack.count("orders WHERE next_check_at IS NOT NULL") == 0


@pytest.mark.parametrize(
    "forgery",
    [{"secret": OTHER_SECRET}, {"tail": " "}, {"age": 3600}, {"age": -3600}],
    ids=["secret", "body", "old", "from the future"],
)
def test_a_forged_callback_is_refused_and_makes_no_work(
    stack: Stack, dispatcher: Dispatcher, send: Send, forgery: dict[str, object]
) -> None:
    stack.set_ministry(callbacks_enabled=False, making_delay_seconds=600)
    (order,) = stack.place_new()
    dispatcher.run()
    due = "SELECT next_check_at FROM orders"
    before = stack.rows(due), stack.count("procrastinate_jobs")
    assert send(news(order.key), **forgery) == 401
    assert (stack.rows(due), stack.count("procrastinate_jobs")) == before


def test_a_callback_without_a_signature_is_refused(stack: Stack) -> None:
    assert (
        httpx.post(
            f"{stack.ports.base_url}ministry/callback", json=news("x"), trust_env=False, verify=False
        ).status_code
        == 401
    )


@pytest.mark.parametrize(
    "content",
    [
        news("0" * 32 + "-1"),
        news("0" * 32 + "-99999999999999999999"),
        news("0" * 32 + "-0"),
        news("{" + "0" * 32 + "}-1"),
        news("no key of ours"),
        news(""),
        news(17),
        news(None),
        {"type": "something.else"},
        {"type": "document.changed", "data": ["key"]},
        ["document.changed"],
        "document.changed",
        None,
    ],
)
def test_a_callback_that_means_nothing_to_us_is_taken_and_forgotten(stack: Stack, send: Send, content: object) -> None:
    assert send(content) == 204
    assert stack.count("procrastinate_jobs") == 0
