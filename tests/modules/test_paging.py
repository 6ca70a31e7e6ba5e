"""Long lists are given a page at a time."""

import pytest
from signing import Caller


@pytest.fixture
def ids(caller: Caller) -> list[str]:
    """The ids of 22 orders of the student, the latest first."""
    placed = []
    for _ in range(22):
        placed.append(caller.post("mlegitymacja/order").json["id"])
        assert caller.post("mlegitymacja/cancel", order_id=placed[-1]).status == 200
    return placed[::-1]


def given(caller: Caller, **arguments: str) -> list[str]:
    """Ask for a part of the history."""
    answer = caller.get("mlegitymacja/history", fields="order[id]", **arguments)
    assert answer.status == 200, answer.text
    return [entry["order"]["id"] for entry in answer.json]


def test_the_history_comes_in_pages_of_twenty(caller: Caller, ids: list[str]) -> None:
    assert given(caller) == ids[:20]
    assert given(caller, start="20") == ids[20:]
    assert given(caller, start="5", num="3") == ids[5:8]
    assert given(caller, start="22") == given(caller, start="1000000") == []


@pytest.mark.parametrize("argument", ["start", "num"])
@pytest.mark.parametrize("value", ["-1", "x", "1.5", "", "99999999999999999999", "9" * 5000])
def test_a_page_that_makes_no_sense_is_refused(caller: Caller, argument: str, value: str) -> None:
    refused = caller.get("mlegitymacja/history", **{argument: value})
    assert (refused.status, refused.json["error"], refused.json["param_name"]) == (400, "param_invalid", argument)
