"""`services/mlegitymacja`: ordering, following, seeing the codes and cancelling, by GET and by POST."""

import io
import re
from typing import Any

import pytest
import zxingcpp
from making import (
    ACTIVATION_CODE,
    ALL_SCOPES,
    QR_TEXT,
    Key,
    add_studies,
    count,
    make_ready,
    new_consumer,
    new_student,
    new_token,
)
from PIL import Image
from serving import WebService
from signing import Answer, Caller

from usosapi_mleg.extensions import transaction

VERBS = pytest.mark.parametrize("verb", ["GET", "POST"])


@pytest.fixture(scope="module")
def consumer(service: WebService) -> Key:
    """An app."""
    return new_consumer(service.app)


@pytest.fixture
def student(service: WebService) -> int:
    """A student who may order."""
    return new_student(service.app)


@pytest.fixture
def caller(service: WebService, consumer: Key, student: int) -> Caller:
    """An app with all scopes of the student."""
    return Caller(service.base_url, consumer, new_token(service.app, consumer, student, *ALL_SCOPES))


def call(caller: Caller, verb: str, method: str, **arguments: Any) -> Answer:
    """Call a method of the module."""
    return caller.prepare(f"mlegitymacja/{method}", verb, **arguments).send()


@VERBS
def test_an_order_waits_at_the_university_first(caller: Caller, student: int, verb: str) -> None:
    order = call(caller, verb, "order").json
    assert re.fullmatch(r"[0-9a-f]{32}", order["id"])
    assert (order["status"], order["version"]) == ("waiting", 1)
    assert order["status_label"] == {"pl": "Oczekuje", "en": "Waiting"}
    assert order["student_number"] == f"{student:06}"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", order["order_date"])
    assert re.fullmatch(r"\d{4}-(03-31|10-31)", order["expiration_date"])
    assert order["card_number"] is None


@VERBS
def test_the_state_of_the_latest_order_is_shown(caller: Caller, verb: str) -> None:
    first = call(caller, "POST", "order").json["id"]
    call(caller, "POST", "cancel", order_id=first)
    second = call(caller, "POST", "order").json["id"]
    assert call(caller, verb, "status").json["id"] == second
    assert call(caller, verb, "status", order_id=first).json["status"] == "cancelled"


@VERBS
def test_the_codes_are_shown_while_the_order_is_ready(service: WebService, caller: Caller, verb: str) -> None:
    order_id = call(caller, "POST", "order").json["id"]
    early = call(caller, verb, "activation")
    assert (early.status, early.json["error"], early.json["reason"]) == (400, "object_invalid", "not_ready")
    make_ready(service.app, order_id)
    codes = call(caller, verb, "activation", order_id=order_id).json
    assert (codes["order_id"], codes["token"], codes["activation_code"]) == (order_id, QR_TEXT, ACTIVATION_CODE)
    assert set(codes["instruction"]) == {"pl", "en"}
    call(caller, "POST", "cancel", order_id=order_id)
    assert call(caller, verb, "activation").json["reason"] == "not_ready"


@VERBS
def test_the_qr_code_can_be_scanned(service: WebService, caller: Caller, verb: str) -> None:
    make_ready(service.app, call(caller, "POST", "order").json["id"])
    png = call(caller, verb, "activation_qr", image="png")
    assert png.headers["content-type"] == "image/png"
    assert _scan(png.content) == QR_TEXT
    svg = call(caller, verb, "activation_qr")
    assert svg.headers["content-type"].startswith("image/svg+xml")
    assert svg.content == call(caller, verb, "activation_qr", image="svg").content
    assert b"<svg" in svg.content
    assert QR_TEXT not in svg.text


def _scan(png: bytes) -> str:
    with Image.open(io.BytesIO(png)) as picture:
        found = zxingcpp.read_barcode(picture.convert("L"))
    assert found is not None
    return str(found.text)


def test_the_addresses_of_the_pictures_lead_to_them(service: WebService, caller: Caller) -> None:
    make_ready(service.app, call(caller, "POST", "order").json["id"])
    codes = call(caller, "GET", "activation").json
    png = caller.sign(codes["qr_png_url"]).send()
    assert _scan(png.content) == QR_TEXT
    assert caller.sign(codes["qr_svg_url"]).send().headers["content-type"].startswith("image/svg+xml")


def test_looking_at_code_and_picture_counts_as_one_reveal_and_is_written_down(
    service: WebService, caller: Caller, student: int, consumer: Key
) -> None:
    order_id = call(caller, "POST", "order").json["id"]
    make_ready(service.app, order_id)
    for method in ("activation", "activation_qr", "activation"):
        assert call(caller, "GET", method).status == 200
    assert count(service.app, "offers WHERE order_id = CAST(:id AS uuid) AND reveals = 1", id=order_id) == 1
    actor = f"person:{student} via consumer:{consumer.key}"
    query = "audit_events WHERE person_id = :person AND actor = :actor AND action = 'codes_revealed' AND subject = :id"
    assert count(service.app, query, person=student, actor=actor, id=order_id) == 1


@VERBS
def test_cancelling_holds_at_once_and_once(caller: Caller, verb: str) -> None:
    order_id = call(caller, "POST", "order").json["id"]
    cancelled = call(caller, verb, "cancel", order_id=order_id).json
    assert (cancelled["id"], cancelled["status"], cancelled["version"]) == (order_id, "cancelled", 2)
    again = call(caller, verb, "cancel", order_id=order_id)
    assert (again.status, again.json["error"], again.json["reason"]) == (409, "object_invalid", "order_not_live")
    assert call(caller, "POST", "order").status == 200


def test_the_cancellation_of_a_card_that_is_ready_goes_to_the_ministry(service: WebService, caller: Caller) -> None:
    order_id = call(caller, "POST", "order").json["id"]
    make_ready(service.app, order_id)
    call(caller, "POST", "cancel", order_id=order_id)
    query = "revocations WHERE order_id = CAST(:id AS uuid) AND carried_at IS NULL"
    assert count(service.app, query, id=order_id) == 1
    wiped = "offers WHERE order_id = CAST(:id AS uuid) AND token IS NULL AND activation_code IS NULL"
    assert count(service.app, wiped, id=order_id) == 1


def test_somebody_with_two_programmes_may_name_one(service: WebService, caller: Caller, student: int) -> None:
    with service.app.app_context(), transaction():
        other = add_studies(student, place=1, student_number="987654")
    order = call(caller, "POST", "order", student_programme_id=str(other)).json
    assert order["student_number"] == "987654"


def test_an_order_is_refused_with_every_reason_and_what_to_do(service: WebService, consumer: Key) -> None:
    student = new_student(service.app, oath_taken_on=None, student_number=None)
    caller = Caller(service.base_url, consumer, new_token(service.app, consumer, student, *ALL_SCOPES))
    refused = call(caller, "POST", "order")
    assert (refused.status, refused.json["error"], refused.json["reason"]) == (400, "object_invalid", "not_eligible")
    assert [reason["code"] for reason in refused.json["reasons"]] == ["no_oath", "no_student_number"]
    for reason in refused.json["reasons"]:
        assert all(reason[part][language] for part in ("text", "next_step") for language in ("pl", "en"))
    assert refused.json["user_messages"]["generic_message"]["pl"].startswith("Nie odnotowano")


@pytest.mark.parametrize("scenario", ["no_photo", "photo_pending", "no_pesel", "suspended", "removed", "doctoral"])
def test_a_student_of_the_demo_who_may_not_order_is_told_why(service: WebService, consumer: Key, scenario: str) -> None:
    student = next(int(user["user_id"]) for user in service.filled["users"] if user["scenario"] == scenario)
    caller = Caller(service.base_url, consumer, new_token(service.app, consumer, student, *ALL_SCOPES))
    assert [reason["code"] for reason in call(caller, "POST", "order").json["reasons"]] == [scenario]
