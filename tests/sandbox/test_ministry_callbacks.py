"""Callbacks: signed, told for each change, repeated until taken, also across a power cut."""

from collections.abc import Callable, Iterator

import pytest
from callback_receiver import SECRET, Receiver
from running_sandbox import QUIET, Phone, RunningSandbox, free_port, new_submission, wait_for


@pytest.fixture(scope="module")
def shared_receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.start()
    yield receiver
    receiver.stop()


@pytest.fixture(scope="module")
def shared_telling(shared_receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    sandbox = RunningSandbox(
        tmp_path_factory.mktemp("telling") / "data",
        SANDBOX_CALLBACK_URL=shared_receiver.url,
        SANDBOX_CALLBACK_SECRET=SECRET,
    )
    sandbox.start()
    yield sandbox
    sandbox.close()


@pytest.fixture
def receiver(shared_receiver: Receiver) -> Receiver:
    """A receiver that has got nothing yet."""
    shared_receiver.requests.clear()
    return shared_receiver


@pytest.fixture
def telling(shared_telling: RunningSandbox, receiver: Receiver) -> Iterator[RunningSandbox]:
    """A sandbox that tells the receiver."""
    yield shared_telling
    shared_telling.set(**QUIET)
    assert wait_for(lambda: waiting(shared_telling) == 0)


def waiting(sandbox: RunningSandbox) -> int:
    return int(sandbox.anybody.get("/control/api/summary").json()["callbacks_waiting"])


def test_each_change_is_told_once_and_signed_and_holds_no_codes(telling: RunningSandbox, receiver: Receiver) -> None:
    submission = new_submission()
    key = submission["key"]
    telling.submit(submission)
    assert receiver.wait(key) == [{"key": key, "state": "ready", "version": 2}]
    [ready] = telling.fetch(key)
    phone = Phone(telling)
    phone.add(ready)
    phone.close()
    assert receiver.wait(key, 2)[1] == {"key": key, "state": "collected", "version": 3}
    telling.revoke(key)
    told = receiver.wait(key, 3)
    assert [(news["state"], news["version"]) for news in told] == [("ready", 2), ("collected", 3), ("revoked", 4)]
    assert wait_for(lambda: waiting(telling) == 0)
    bodies = b"".join(body for _, _, body in receiver.requests)
    assert ready["token"].encode() not in bodies
    assert ready["code"].encode() not in bodies
    assert len({headers["webhook-id"] for _, headers, _ in receiver.requests}) == 3


def test_a_callback_not_taken_is_repeated_with_growing_pauses_and_the_same_id(
    telling: RunningSandbox, receiver: Receiver
) -> None:
    receiver.statuses = [500, 404]
    submission = new_submission()
    telling.submit(submission)
    receiver.wait(submission["key"], 3)
    times = [moment for moment, _, _ in receiver.requests]
    assert 0.4 < times[1] - times[0] < 0.9
    assert 0.9 < times[2] - times[1] < 1.8
    assert len({headers["webhook-id"] for _, headers, _ in receiver.requests}) == 1
    assert wait_for(lambda: waiting(telling) == 0)


def test_a_delayed_document_is_told_when_it_is_due(telling: RunningSandbox, receiver: Receiver) -> None:
    telling.set(making_delay_seconds=0.6)
    submission = new_submission()
    telling.submit(submission)
    assert telling.fetch(submission["key"])[0]["state"] == "making"
    assert receiver.wait(submission["key"])[0]["state"] == "ready"


def test_the_lapse_of_codes_is_told_when_the_clock_is_moved(telling: RunningSandbox, receiver: Receiver) -> None:
    ready = telling.make_ready()
    receiver.wait(ready["key"])
    telling.set(clock_offset_seconds=31 * 86_400)
    assert receiver.wait(ready["key"], 2)[1]["state"] == "lapsed"


def test_switched_off_callbacks_are_kept_back(telling: RunningSandbox, receiver: Receiver) -> None:
    telling.set(callbacks_enabled=False)
    ready = telling.make_ready()
    assert wait_for(lambda: waiting(telling) == 1)
    assert receiver.data(ready["key"]) == []
    telling.set(callbacks_enabled=True)
    assert receiver.wait(ready["key"])[0]["state"] == "ready"


def test_without_an_address_no_callbacks_pile_up(start_sandbox: Callable[..., RunningSandbox]) -> None:
    sandbox = start_sandbox()
    sandbox.make_ready()
    assert wait_for(lambda: waiting(sandbox) == 0)


def test_callbacks_outlive_a_power_cut_and_an_absent_receiver(start_sandbox: Callable[..., RunningSandbox]) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/callback"
    sandbox = start_sandbox(SANDBOX_CALLBACK_URL=url, SANDBOX_CALLBACK_SECRET=SECRET)
    ready = sandbox.make_ready()
    sandbox.kill()
    receiver = Receiver()
    receiver.start(port)
    try:
        sandbox.start()
        assert receiver.wait(ready["key"])[0] == {"key": ready["key"], "state": "ready", "version": 2}
    finally:
        receiver.stop()


def test_what_was_answered_is_there_after_a_power_cut(start_sandbox: Callable[..., RunningSandbox]) -> None:
    sandbox = start_sandbox()
    sandbox.set(making_delay_seconds=3600)
    submissions = [new_submission() for _ in range(3)]
    answered = sandbox.submit(*submissions)
    sandbox.kill()
    sandbox.start()
    assert sandbox.fetch(*[submission["key"] for submission in submissions]) == answered
    assert sandbox.submit(*submissions) == answered
    assert [sandbox.listed(submission["key"])["made_count"] for submission in submissions] == [1, 1, 1]


def test_a_document_due_during_a_power_cut_becomes_ready_after_it(start_sandbox: Callable[..., RunningSandbox]) -> None:
    sandbox = start_sandbox()
    sandbox.set(making_delay_seconds=0.3)
    submission = new_submission()
    sandbox.submit(submission)
    sandbox.kill()
    sandbox.start()
    summary = wait_for(lambda: sandbox.anybody.get("/control/api/summary").json()["documents"]["ready"])
    assert summary == 1


def test_a_phone_keeps_its_document_over_a_power_cut(start_sandbox: Callable[..., RunningSandbox]) -> None:
    sandbox = start_sandbox()
    phone = Phone(sandbox)
    assert phone.add(sandbox.make_ready()).status_code == 200
    sandbox.kill()
    sandbox.start()
    assert "Zofia Łucja" in phone.open("/phone/").text
    phone.close()
