"""`services/terms` and `services/progs`."""

from typing import Any

import pytest
from making import Key
from modules.conftest import allowed
from serving import WebService
from signing import send

TERM = {"id", "name", "start_date", "end_date", "finish_date", "order_key", "is_active"}


def get(service: WebService, method: str) -> Any:
    """Call a method that needs no signature."""
    answer = send(service.url(f"services/{method}"))
    assert answer.status == 200, answer.text
    return answer.json


def test_a_term_is_told_to_anybody(service: WebService) -> None:
    term = get(service, "terms/term?term_id=2026Z")
    assert set(term) == TERM
    assert (term["id"], term["start_date"], term["end_date"], term["finish_date"]) == (
        "2026Z",
        "2026-10-01",
        "2027-01-31",
        "2027-02-19",
    )
    assert term["name"] == {"pl": "Semestr zimowy 2026/27", "en": "Winter semester 2026/27"}
    assert isinstance(term["order_key"], int)
    assert isinstance(term["is_active"], bool)


def test_an_unknown_term_is_an_error_alone_and_null_among_others(service: WebService) -> None:
    refused = send(service.url("services/terms/term?term_id=1410Z"))
    assert (refused.status, refused.json["error"], refused.json["reason"]) == (
        400,
        "object_not_found",
        "term_not_found",
    )
    several = get(service, "terms/terms?term_ids=2026Z|1410Z|2026L&fields=id")
    assert several == {"2026Z": {"id": "2026Z"}, "1410Z": None, "2026L": {"id": "2026L"}}


def test_terms_are_listed_in_their_order(service: WebService) -> None:
    keys = [term["order_key"] for term in get(service, "terms/terms_index")]
    assert len(keys) == 18
    assert keys == sorted(keys)


@pytest.mark.parametrize("spelling", ["true", "True", "TRUE", "t", "T", "1"])
def test_only_terms_that_last_today_can_be_listed(service: WebService, spelling: str) -> None:
    active = get(service, f"terms/terms_index?active_only={spelling}")
    assert active
    assert all(term["is_active"] for term in active)


@pytest.mark.parametrize("spelling", ["false", "False", "FALSE", "N", "0"])
def test_all_terms_can_be_listed(service: WebService, spelling: str) -> None:
    assert len(get(service, f"terms/terms_index?active_only={spelling}")) == 18


def test_found_terms_come_in_pages(service: WebService) -> None:
    every = [term["id"] for term in get(service, "terms/terms_index")]
    first = get(service, "terms/search?num=7&fields=items[id]|next_page")
    assert first == {"items": [{"id": one} for one in every[:7]], "next_page": True}
    second = get(service, "terms/search?num=7&start=7&fields=items[id]|next_page")
    assert second == {"items": [{"id": one} for one in every[7:14]], "next_page": True}
    last = get(service, "terms/search?num=4&start=14&fields=items[id]|next_page")
    assert last == {"items": [{"id": one} for one in every[14:]], "next_page": False}
    assert get(service, "terms/search?start=1000") == {"items": [], "next_page": False}
    assert set(get(service, "terms/search")["items"][0]) == TERM


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("query=zimowy%202026", ["2026Z"]),
        ("query=WINTER%20semester%202026", ["2026Z"]),
        ("query=2026", ["2026", "2026Z", "2026L"]),
        ("query=%25", []),
        ("query=_", []),
        ("query=semestr&min_finish_date=2027-09-30&max_start_date=2027-03-01", ["2026L"]),
    ],
)
def test_terms_are_found_by_name_and_date(service: WebService, query: str, found: list[str]) -> None:
    answer = get(service, f"terms/search?{query}&fields=items[id]")
    assert [term["id"] for term in answer["items"]] == found


@pytest.mark.parametrize(
    "argument",
    ["start=-1", "start=x", "start=1000001", "num=0", "num=21", "num=", "min_finish_date=2027-02-30", "active_only=x"],
)
def test_an_argument_that_makes_no_sense_is_named(service: WebService, argument: str) -> None:
    method = "terms_index" if argument.startswith("active") else "search"
    refused = send(service.url(f"services/terms/{method}?{argument}"))
    assert (refused.status, refused.json["error"]) == (400, "param_invalid")
    assert refused.json["param_name"] == argument.partition("=")[0]


def test_a_student_is_told_their_studies(service: WebService, consumer: Key, anna: int) -> None:
    caller = allowed(service, consumer, anna, "studies")
    (studies,) = caller.get("progs/student").json
    assert set(studies) == {"id", "user", "programme"}
    assert studies["user"] == {"id": str(anna)}
    assert set(studies["programme"]) == {"id", "description"}
    one = caller.get(
        "progs/student_programme", student_programme_id=studies["id"], fields="id|status|stages|is_primary"
    )
    assert one.json == {"id": studies["id"], "status": "active", "stages": [], "is_primary": True}


def test_the_main_programme_comes_first_and_those_that_ended_can_be_left_out(
    service: WebService, consumer: Key
) -> None:
    user = next(user for user in service.filled["users"] if user["scenario"] == "two_programmes")
    caller = allowed(service, consumer, int(user["user_id"]), "studies")
    assert [one["is_primary"] for one in caller.get("progs/student", fields="is_primary").json] == [True, False]
    removed = next(user for user in service.filled["users"] if user["scenario"] == "removed")
    caller = allowed(service, consumer, int(removed["user_id"]), "studies")
    assert [one["status"] for one in caller.get("progs/student", fields="status").json] == ["cancelled"]
    assert caller.get("progs/student", active_only="True").json == []


def test_the_studies_of_others_are_not_told(service: WebService, consumer: Key, anna: int, student: int) -> None:
    caller = allowed(service, consumer, student, "studies")
    refused = caller.get("progs/student", user_id=str(anna))
    assert (refused.status, refused.json["param_name"]) == (400, "user_id")
    refused = caller.get("progs/student_programme", student_programme_id=str(anna * 10))
    assert (refused.status, refused.json["reason"]) == (400, "student_programme_not_found")


def test_studies_need_the_scope(service: WebService, consumer: Key, anna: int) -> None:
    refused = allowed(service, consumer, anna, "cards", "personal").get("progs/student")
    assert (refused.status, refused.json["reason"]) == (403, "scope_missing")
