"""The university's calls: one document for a key, one live document for a person."""

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from running_sandbox import Phone, RunningSandbox, day_in, make_pesel, make_photo, new_submission

DAY = 86_400


def test_a_submission_is_answered_as_making_and_becomes_ready(sandbox: RunningSandbox) -> None:
    submission = new_submission()
    [answer] = sandbox.submit(submission)
    assert answer["state"] == "making"
    assert answer["version"] == 1
    assert {answer[name] for name in ("token", "code", "codes_expire_at", "card_number", "collected_at")} == {None}

    ready = sandbox.make_ready(submission)
    assert ready["key"] == submission["key"]
    assert ready["id"] == answer["id"]
    assert ready["version"] == 2
    assert ready["token"]
    assert len(ready["code"]) == 8
    assert ready["card_number"]
    assert ready["issued_on"] == day_in(0)
    assert ready["valid_until"] == submission["valid_until"]
    assert ready["codes_expire_at"].endswith("Z")
    assert ready["failure"] is None


def test_a_second_submission_of_the_same_key_makes_nothing_new(sandbox: RunningSandbox) -> None:
    submission = new_submission()
    ready = sandbox.make_ready(submission)
    assert sandbox.submit(submission, submission) == [ready, ready]
    listed = sandbox.listed(submission["key"])
    assert listed["made_count"] == 1
    assert listed["submissions"] == 3


def test_eight_identical_submissions_at_once_make_one_document(sandbox: RunningSandbox) -> None:
    submission = new_submission()
    with ThreadPoolExecutor(8) as pool:
        answers = [answer for [answer] in pool.map(lambda _: sandbox.submit(submission), range(8))]
    assert len({answer["id"] for answer in answers}) == 1
    listed = sandbox.listed(submission["key"])
    assert listed["made_count"] == len(listed["made_at"]) == 1
    assert listed["submissions"] == 8


def test_the_same_key_with_other_data_is_a_conflict(sandbox: RunningSandbox) -> None:
    submission = new_submission()
    sandbox.submit(submission)
    [refusal] = sandbox.submit({**submission, "student_number": "999"})
    assert refusal["error"]["code"] == "key_conflict"


def test_a_person_holds_one_live_document(sandbox: RunningSandbox) -> None:
    first = new_submission()
    second = {**first, "key": first["key"][:-1] + "2"}
    [_, refusal] = sandbox.submit(first, second)
    assert refusal == {"key": second["key"], "error": refusal["error"]}
    assert refusal["error"]["code"] == "person_has_document"

    sandbox.revoke(first["key"])
    [answer] = sandbox.submit(second)
    assert answer["state"] == "making"


def test_of_eight_keys_for_one_person_at_once_one_is_taken(sandbox: RunningSandbox) -> None:
    submission = new_submission()
    rivals = [{**submission, "key": f"{submission['key']}{n}"} for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = [answer for [answer] in pool.map(sandbox.submit, rivals)]
    assert sorted(answer.get("error", {}).get("code", "taken") for answer in answers) == [
        *["person_has_document"] * 7,
        "taken",
    ]


def test_a_person_whose_document_has_ended_its_validity_can_have_a_new_one(
    sandbox: RunningSandbox, new_phone: Callable[..., Phone]
) -> None:
    submission = new_submission(valid_until=day_in(2))
    new_phone().add(sandbox.make_ready(submission))
    sandbox.set(clock_offset_seconds=4 * DAY)
    later = day_in(100)
    [answer] = sandbox.submit({**submission, "key": submission["key"] + "2", "valid_until": later})
    assert answer["state"] == "making"
    assert sandbox.fetch(submission["key"])[0]["state"] == "collected"


def test_a_revoked_key_that_was_never_seen_makes_nothing_later(sandbox: RunningSandbox) -> None:
    submission = new_submission()
    [tombstone] = sandbox.revoke(submission["key"])
    assert tombstone["state"] == "revoked"
    assert tombstone["id"] is None
    assert sandbox.submit(submission) == [tombstone]
    assert sandbox.listed(submission["key"])["made_count"] == 0


def test_revoking_takes_the_codes_away_and_can_be_repeated(sandbox: RunningSandbox) -> None:
    ready = sandbox.make_ready()
    [revoked] = sandbox.revoke(ready["key"])
    assert revoked["state"] == "revoked"
    assert revoked["version"] == 3
    assert revoked["token"] is None
    assert revoked["code"] is None
    assert sandbox.revoke(ready["key"]) == [revoked]
    assert ready["code"] not in sandbox.dump()
    assert ready["token"] not in sandbox.dump()


def test_one_bad_item_does_not_touch_the_others(sandbox: RunningSandbox) -> None:
    good, bad = new_submission(), new_submission(birth_date="1999-01-01")
    [refusal, answer] = sandbox.submit(bad, good)
    assert refusal["error"]["code"] == "invalid_document"
    assert answer["state"] == "making"


def test_an_unknown_key_is_told_apart(sandbox: RunningSandbox) -> None:
    known = new_submission()
    sandbox.submit(known)
    [unknown, document] = sandbox.fetch("never-seen-1", known["key"])
    assert unknown["error"]["code"] == "unknown_key"
    assert document["key"] == known["key"]


def test_an_unready_document_stays_making_for_its_delay(sandbox: RunningSandbox) -> None:
    sandbox.set(making_delay_seconds=3600)
    submission = new_submission()
    sandbox.submit(submission)
    assert sandbox.fetch(submission["key"])[0]["state"] == "making"
    sandbox.set(clock_offset_seconds=3601)
    assert sandbox.fetch(submission["key"])[0]["state"] == "ready"


def test_codes_lapse_when_their_time_has_passed(sandbox: RunningSandbox) -> None:
    submission = new_submission()
    ready = sandbox.make_ready(submission)
    sandbox.set(clock_offset_seconds=29 * DAY)
    assert sandbox.fetch(ready["key"]) == [ready]
    sandbox.set(clock_offset_seconds=31 * DAY)
    [lapsed] = sandbox.fetch(ready["key"])
    assert lapsed["state"] == "lapsed"
    assert lapsed["token"] is None
    [answer] = sandbox.submit({**submission, "key": submission["key"] + "2"})
    assert answer["state"] == "making"


def test_codes_do_not_outlive_the_document(sandbox: RunningSandbox) -> None:
    last_day = day_in(3)
    ready = sandbox.make_ready(new_submission(valid_until=last_day))
    assert ready["codes_expire_at"][:10] == last_day


def test_a_document_that_could_not_be_made_says_why(sandbox: RunningSandbox) -> None:
    sandbox.set(fail_making_next=1, making_delay_seconds=60)
    submission = new_submission()
    sandbox.submit(submission)
    sandbox.set(clock_offset_seconds=61)
    [failed] = sandbox.fetch(submission["key"])
    assert failed["state"] == "failed"
    assert failed["failure"]["code"] == "making_failed"
    assert failed["card_number"] is None


@pytest.mark.parametrize(
    "changes",
    [
        {"pesel": "02270803625"},
        {"pesel": "0227080362"},
        {"pesel": "abcdefghijk"},
        {"pesel": make_pesel(date(2001, 1, 1), 5)},
        {"pesel": "02990803620"},
        {"birth_date": "15.04.2003"},
        {"birth_date": "2003-02-30"},
        {"birth_date": "20030415"},
        {"valid_until": "2020-01-01"},
        {"valid_until": "2199-01-01"},
        {"valid_until": ""},
        {"first_names": "  "},
        {"last_name": "x" * 101},
        {"last_name": "a\x00b"},
        {"student_number": ""},
        {"photo": ""},
        {"photo": "not base64!"},
        {"photo": base64.b64encode(b"no picture").decode()},
        {"photo": base64.b64encode(make_photo()[:300]).decode()},
        {"photo": base64.b64encode(make_photo(picture_format="PNG")).decode()},
        {"photo": base64.b64encode(make_photo((20, 20))).decode()},
        {"photo": base64.b64encode(make_photo((4001, 100))).decode()},
        {"photo": base64.b64encode(make_photo() + b"\x00" * 2**21).decode()},
    ],
)
def test_data_that_break_a_rule_are_refused(sandbox: RunningSandbox, changes: dict[str, str]) -> None:
    submission = new_submission(**changes)
    [refusal] = sandbox.submit(submission)
    assert refusal["error"]["code"] == "invalid_document"
    assert refusal["error"]["message"]
    assert sandbox.listed(submission["key"])["made_count"] == 0
