"""The life of an order: what every event does in every state, written out."""

import pytest

from usosapi_mleg.domain.order import LABELS, LIVE, TRANSITIONS, Event, ImpossibleEventError, Status, next_status

ENDS = {"cancelled": "cancelled", "invalidated": "invalidated"}
EXPECTED: dict[str, dict[str, str]] = {
    "waiting": {"submitted": "processing", "failed": "failed", **ENDS},
    "processing": {
        "made": "ready",
        "collected": "collected",
        "failed": "failed",
        "lapsed": "lapsed",
        "returned": "waiting",
        **ENDS,
    },
    "ready": {"collected": "collected", "lapsed": "lapsed", "returned": "waiting", **ENDS},
    "collected": {"expired": "expired", **ENDS},
    "failed": {"renewed": "waiting", **ENDS},
    "lapsed": {"renewed": "waiting", **ENDS},
    "cancelled": {},
    "invalidated": {},
    "expired": {},
}
"""State → event → state; what is absent is impossible."""


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("status", Status)
def test_every_pair_of_state_and_event_is_decided(status: Status, event: Event) -> None:
    expected = EXPECTED[status].get(event)
    if expected is None:
        with pytest.raises(ImpossibleEventError) as caught:
            next_status(status, event)
        assert (caught.value.status, caught.value.event) == (status, event)
    else:
        assert next_status(status, event) is Status(expected)


def test_the_expectation_knows_every_state_and_no_event_that_is_not_there() -> None:
    assert set(EXPECTED) == set(Status)
    assert {event for row in EXPECTED.values() for event in row} <= set(Event)


def test_every_event_can_happen_somewhere() -> None:
    assert {event for _, event in TRANSITIONS} == set(Event)


def test_an_order_stands_in_the_way_exactly_while_something_can_still_happen_to_it() -> None:
    assert {status for status, _ in TRANSITIONS} == LIVE


def test_every_live_order_can_be_ended_by_the_student_and_by_the_university() -> None:
    for status in LIVE:
        assert next_status(status, Event.CANCELLED) is Status.CANCELLED
        assert next_status(status, Event.INVALIDATED) is Status.INVALIDATED


def test_every_state_has_a_name_for_people_of_its_own_in_both_languages() -> None:
    assert set(LABELS) == set(Status)
    for names in ([label.pl for label in LABELS.values()], [label.en for label in LABELS.values()]):
        assert all(names)
        assert len(set(names)) == len(names)
