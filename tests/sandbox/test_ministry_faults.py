"""Who may call, what malformed calls get, and the faults that can be ordered."""

import json
import time
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from running_sandbox import RunningSandbox, new_submission

CALLS = ("/documents", "/documents/fetch", "/documents/revoke")
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = ("key", "person", "student_number", "valid_until", "pesel", "first_names", "birth_date", "photo", "last_name")


@pytest.mark.parametrize("path", [*CALLS, "/health"])
@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "Basic key-of-the-university", "Bearer żółć".encode()])
def test_without_the_university_key_nothing_answers(
    sandbox: RunningSandbox, path: str, authorization: str | bytes | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    method = "GET" if path == "/health" else "POST"
    response = sandbox.anybody.request(method, f"/api/v1{path}", headers=headers, json=None)
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "unauthorized"


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"keys": ' + b"9" * 10_000 + b"}",
        b'{"keys": [], "documents": [], "reason": "x"}',
        b'{"keys": ["UPPER"], "documents": [[]], "reason": "x"}',
        b'{"keys": ["a b"], "documents": [{}], "reason": "x"}',
        b'{"keys": ["a\\n"], "documents": [null], "reason": "x"}',
        b'{"keys": ["\\ud800"], "documents": "x", "reason": "x"}',
        json.dumps({"keys": ["a"] * 101, "documents": [new_submission()] * 101, "reason": "x"}).encode(),
        json.dumps({"keys": ["x" * 65], "documents": [new_submission(key="x" * 65)], "reason": "x"}).encode(),
    ],
)
def test_a_malformed_call_is_answered_with_400(sandbox: RunningSandbox, path: str, body: bytes) -> None:
    response = sandbox.university.post(path, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "malformed"


def test_another_content_type_is_malformed(sandbox: RunningSandbox) -> None:
    response = sandbox.university.post("/documents/fetch", data={"keys": "a"})
    assert response.status_code == 400


def test_a_lone_surrogate_in_a_name_is_malformed(sandbox: RunningSandbox) -> None:
    body = json.dumps({"documents": [new_submission(last_name="\ud800")]})
    response = sandbox.university.post("/documents", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400


def test_a_call_over_eight_mebibytes_is_refused(sandbox: RunningSandbox) -> None:
    body = b'{"documents": "' + b"x" * 8 * 2**20 + b'"}'
    response = sandbox.university.post("/documents", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 413
    assert response.json()["error"]["code"]


def test_an_unknown_address_and_a_wrong_method_are_answered_in_json(sandbox: RunningSandbox) -> None:
    assert sandbox.university.get("/nothing").json()["error"]
    response = sandbox.university.get("/documents")
    assert response.status_code == 405
    assert response.json()["error"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(member=st.sampled_from(MEMBERS), value=ANY_JSON, path=st.sampled_from(CALLS))
@example(member="photo", value="ż", path="/documents")
def test_no_content_whatever_ends_in_a_server_error(
    shared_sandbox: RunningSandbox, member: str, value: Any, path: str
) -> None:
    submission = new_submission()
    holder = submission if member in submission else submission["person"]
    holder[member] = value
    body = json.dumps({"documents": [submission], "keys": [value], "reason": value})
    response = shared_sandbox.university.post(path, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in {200, 400}
    assert response.json()


def test_a_system_that_is_down_says_when_to_come_back(sandbox: RunningSandbox) -> None:
    sandbox.set(down=True)
    for response in (sandbox.university.get("/health"), sandbox.university.post("/documents/fetch", json={})):
        assert response.status_code == 503
        assert int(response.headers["Retry-After"]) > 0
    sandbox.set(down=False)
    assert sandbox.university.get("/health").json() == {"status": "ok"}


def submit_unchecked(sandbox: RunningSandbox, submission: dict[str, Any]) -> httpx.Response:
    return sandbox.university.post("/documents", json={"documents": [submission]})


def test_a_fault_before_the_work_leaves_nothing(sandbox: RunningSandbox) -> None:
    sandbox.set(fail_next=2, fail_when="before")
    submission = new_submission()
    assert [submit_unchecked(sandbox, submission).status_code for _ in range(3)] == [500, 500, 200]
    assert sandbox.listed(submission["key"])["submissions"] == 1


def test_a_fault_after_the_work_leaves_a_document_that_a_repetition_finds(sandbox: RunningSandbox) -> None:
    sandbox.set(fail_next=1, fail_when="after", making_delay_seconds=60)
    submission = new_submission()
    assert submit_unchecked(sandbox, submission).status_code == 500
    assert sandbox.listed(submission["key"])["made_count"] == 1
    assert sandbox.submit(submission)[0]["state"] == "making"
    assert sandbox.listed(submission["key"])["made_count"] == 1


def test_an_answer_can_be_late_while_the_work_is_done(sandbox: RunningSandbox) -> None:
    sandbox.set(answer_delay_seconds=1)
    submission = new_submission()
    with pytest.raises(httpx.ReadTimeout):
        sandbox.university.post("/documents", json={"documents": [submission]}, timeout=0.5)
    started = time.monotonic()
    sandbox.set(answer_delay_seconds=0)
    assert sandbox.submit(submission)[0]["key"] == submission["key"]
    assert time.monotonic() - started < 1
    assert sandbox.listed(submission["key"])["made_count"] == 1


def test_items_can_be_rejected_or_put_off(sandbox: RunningSandbox) -> None:
    sandbox.set(busy_next=1, reject_next=1)
    results = sandbox.submit(new_submission(), new_submission(), new_submission())
    codes = [result.get("error", {}).get("code") for result in results]
    assert codes == ["busy", "invalid_document", None]


@pytest.mark.parametrize(
    "values",
    [
        {"unknown": 1},
        {"fail_next": -1},
        {"fail_next": 1.5},
        {"fail_next": True},
        {"fail_when": "sometimes"},
        {"fail_when": []},
        {"down": "yes"},
        {"making_delay_seconds": "5"},
        {"making_delay_seconds": 10**400},
        {"codes_valid_days": 0},
        {"clock_offset_seconds": 10**12},
        {"fail_next": 3, "down": None},
    ],
)
def test_a_wrong_control_value_changes_nothing(sandbox: RunningSandbox, values: dict[str, Any]) -> None:
    before = sandbox.set()
    response = sandbox.anybody.put("/control/api/settings", json=values)
    assert response.status_code == 400
    assert response.json()["error"]["message"]
    assert sandbox.anybody.get("/control/api/settings").json() == before


def test_the_control_interface_takes_json_only_and_tells_no_codes(sandbox: RunningSandbox) -> None:
    ready = sandbox.make_ready()
    assert sandbox.anybody.put("/control/api/settings", data={"down": "true"}).status_code == 400
    told = sandbox.anybody.get("/control/api/documents").text + sandbox.anybody.get("/control/").text
    assert ready["key"] in told
    assert ready["token"] not in told
    assert ready["code"] not in told
    summary = sandbox.anybody.get("/control/api/summary").json()
    assert summary["documents"]["ready"] >= 1
    assert summary["made"] <= summary["submissions"]


def test_another_host_name_is_not_served(sandbox: RunningSandbox) -> None:
    response = sandbox.anybody.get("/control/api/settings", headers={"Host": "evil.example"})
    assert response.status_code == 400
