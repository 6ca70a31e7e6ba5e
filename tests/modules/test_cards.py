"""`services/cards` beside the calls of a student's app: plastic cards, and what only administrative apps may do."""

import pytest
from making import Key, change, make_ready
from modules.conftest import allowed
from serving import WebService
from signing import Caller

CARD = {
    "id",
    "user",
    "type",
    "contact_chip_uid",
    "contactless_chip_uid",
    "barcode_number",
    "student_number",
    "expiration_date",
    "date_of_issue",
}
ORDER = {"id", "order_date", "status", "student_number", "expiration_date"}
ADMINISTRATIVE = {
    "card": {"barcode_number": "90000010001"},
    "check_orders_status": {"user_ids": "10001"},
    "mark_student_card_prolonged": {"card_id": "100010"},
    "mark_student_card_prologed": {"card_id": "100010"},
    "student_card_data": {"card_id": "100010"},
}


@pytest.fixture
def card(service: WebService, student: int) -> str:
    """A valid plastic card of the student; its id."""
    change(
        service.app,
        "INSERT INTO plastic_cards (id, person_id, type, student_number, barcode_number, contact_chip_uid, contactless_chip_uid,"
        " date_of_issue, expiration_date, to_be_prolonged) VALUES (:id, :person, 'student', :number, :barcode, :contact,"
        " :contactless, '2025-10-08', '2099-10-31', false)",
        id=student * 10,
        person=student,
        number=f"{student:06}",
        barcode=f"9{student:010}",
        contact=f"AB{student:014}",
        contactless=f"04{student:012}",
    )
    return str(student * 10)


@pytest.mark.parametrize("method", ADMINISTRATIVE)
def test_what_is_administrative_is_for_administrative_apps_only(
    service: WebService, consumer: Key, caller: Caller, method: str
) -> None:
    for ordinary in (caller, Caller(service.base_url, consumer)):
        refused = ordinary.get(f"cards/{method}", **ADMINISTRATIVE[method])
        assert (refused.status, refused.json["error"], refused.json["reason"]) == (
            403,
            "method_forbidden",
            "not_administrative",
        )


@pytest.mark.parametrize("verb", ["get", "post"])
@pytest.mark.parametrize("name", ["barcode_number", "contact_chip_uid", "contactless_chip_uid"])
def test_a_card_is_found_by_each_of_its_numbers(
    caller: Caller, office: Caller, student: int, card: str, name: str, verb: str
) -> None:
    (own,) = caller.get("cards/user").json
    found = getattr(office, verb)("cards/card", **{name: own[name]})
    assert found.json == own
    assert set(own) == CARD
    assert own["id"] == card
    assert own["user"] == {"id": str(student), "first_name": "Łucja", "last_name": "Próbna"}
    assert (own["type"], own["date_of_issue"], own["expiration_date"]) == ("student", "2025-10-08", "2099-10-31")


def test_a_card_is_named_in_exactly_one_way(office: Caller) -> None:
    missing = office.get("cards/card")
    assert (missing.status, missing.json["error"]) == (400, "param_missing")
    both = office.get("cards/card", barcode_number="1", contact_chip_uid="2")
    assert (both.status, both.json["error"]) == (400, "param_invalid")
    unknown = office.get("cards/card", barcode_number="nothing")
    assert (unknown.status, unknown.json["error"], unknown.json["reason"]) == (
        400,
        "object_not_found",
        "card_not_found",
    )


def test_a_card_that_has_expired_is_not_listed(service: WebService, caller: Caller, office: Caller, card: str) -> None:
    barcode = caller.get("cards/user").json[0]["barcode_number"]
    change(service.app, "UPDATE plastic_cards SET expiration_date = '2020-10-31' WHERE id = :id", id=int(card))
    assert caller.get("cards/user").json == []
    assert caller.get("cards/user_cards", fields="cards").json == {"cards": []}
    assert office.get("cards/card", barcode_number=barcode).json["reason"] == "card_not_found"


def test_only_some_fields_of_cards_can_be_asked_for(caller: Caller, card: str) -> None:
    selector = "id|type|user[last_name]"
    expected = {"id": card, "type": "student", "user": {"last_name": "Próbna"}}
    assert caller.get("cards/user", fields=selector).json == [expected]
    inside = caller.get("cards/user_cards", fields=f"cards[{selector}]|mcard_orders[id]")
    assert inside.json == {"cards": [expected], "mcard_orders": []}


def test_the_state_of_orders_is_told_for_many_students(
    service: WebService, caller: Caller, office: Caller, student: int, card: str, anna: int
) -> None:
    assert caller.get("cards/make_mcard_order").json == {"success": True}
    answer = office.get("cards/check_orders_status", user_ids=f"{student}|999999999|{anna}").json
    assert list(answer) == [str(student), "999999999", str(anna)]
    assert answer["999999999"] is None
    assert answer[str(student)]["card"]["id"] == card
    assert set(answer[str(student)]["mcard_order"]) == ORDER
    assert answer[str(student)]["mcard_order"]["status"] == "waiting"
    assert office.get("cards/check_orders_status", user_ids=str(student), fields="mcard_order[status]").json == {
        str(student): {"mcard_order": {"status": "waiting"}}
    }


def test_what_a_student_does_not_have_is_null_and_the_student_is_not(office: Caller, student: int, card: str) -> None:
    user_ids = f"{student}|999999999"
    for field, value in (("mcard_order", None), ("card[id]", {"id": card})):
        answer = office.get("cards/check_orders_status", user_ids=user_ids, fields=field).json
        assert answer == {str(student): {field.partition("[")[0]: value}, "999999999": None}


def test_codes_cannot_be_had_where_orders_stand_inside(
    service: WebService, caller: Caller, office: Caller, student: int
) -> None:
    make_ready(service.app, caller.post("mlegitymacja/order").json["id"])
    calls = (
        (caller, "mcard", {"fields": "orders[token]"}),
        (caller, "user_cards", {"fields": "mcard_orders[distribution_pass]"}),
        (office, "check_orders_status", {"user_ids": str(student), "fields": "mcard_order[token]"}),
    )
    for one, method, arguments in calls:
        refused = one.get(f"cards/{method}", **arguments)
        assert (refused.status, refused.json["error"]) == (400, "field_invalid")


@pytest.mark.parametrize("method", ["mark_student_card_prolonged", "mark_student_card_prologed"])
def test_a_card_is_marked_under_the_present_and_the_older_name(office: Caller, card: str, method: str) -> None:
    data = office.get("cards/student_card_data", card_id=card).json
    assert data["can_be_written"] is False
    assert office.post(f"cards/{method}", card_id=card).json == {"success": True}
    data = office.get("cards/student_card_data", card_id=card).json
    assert data["can_be_written"] is True
    assert data["card"]["id"] == card
    assert (data["certificate"], data["system_key"], data["card_key"], data["structure"]) == (None, None, None, None)


@pytest.mark.parametrize("method", ["student_card_data", "mark_student_card_prolonged"])
@pytest.mark.parametrize(
    ("card_id", "error"), [("1", "object_not_found"), ("x", "param_invalid"), ("", "param_invalid")]
)
def test_a_card_that_is_not_there_is_told_so(office: Caller, method: str, card_id: str, error: str) -> None:
    refused = office.get(f"cards/{method}", card_id=card_id)
    assert (refused.status, refused.json["error"]) == (400, error)


def test_an_administrative_app_acts_for_a_student_but_sees_no_codes(
    service: WebService, office: Caller, student: int
) -> None:
    person = {"as_user_id": str(student)}
    assert office.get("cards/make_mcard_order", **person).json == {"success": True}
    (order,) = office.get("cards/mcard", fields="orders[id]", **person).json["orders"]
    make_ready(service.app, order["id"])
    refused = office.get("cards/mcard_order", order_id=order["id"], **person)
    assert (refused.status, refused.json["reason"]) == (403, "student_only")
    assert office.get("cards/revoke_mcard", order_id=order["id"], **person).json == {"success": True}
    assert office.get("cards/mcard", fields="why_cannot_order", **person).json == {"why_cannot_order": None}


def test_the_scopes_of_our_own_module_do_not_open_this_one(service: WebService, consumer: Key, student: int) -> None:
    caller = allowed(service, consumer, student, "mlegitymacja", "mlegitymacja_order", "mlegitymacja_activation")
    for method in ("user", "user_cards", "mcard", "make_mcard_order", "mcard_order", "revoke_mcard"):
        refused = caller.get(f"cards/{method}", order_id="0" * 32)
        assert (refused.status, refused.json["reason"]) == (403, "scope_missing")
