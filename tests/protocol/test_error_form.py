"""Every error has a status and USOS API's form."""

from collections.abc import Iterator
from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields, validate

from usosapi_mleg import application
from usosapi_mleg.domain.eligibility import NO_OATH, NO_PHOTO
from usosapi_mleg.domain.text import Text
from usosapi_mleg.errors import (
    ConflictError,
    FieldInvalidError,
    FieldNotFoundError,
    MethodForbiddenError,
    MlegError,
    NotEligibleError,
    ObjectNotFoundError,
    ParameterInvalidError,
    ParameterMissingError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from usosapi_mleg.protocol.errors import STATUSES, body_of, from_validation, status_of

PROGRAM = application
"""The whole program is imported, so that no error is missing."""


def every_error(kind: type[MlegError] = MlegError) -> Iterator[type[MlegError]]:
    """Walk the tree of errors of the whole program."""
    for child in kind.__subclasses__():
        yield child
        yield from every_error(child)


def test_every_error_has_a_status_that_blames_the_caller() -> None:
    found = list(every_error())
    assert len(found) > 12
    for kind in found:
        assert 400 <= status_of(kind) < 500, kind


def test_the_table_has_no_status_that_is_a_success_or_of_a_class_that_is_gone() -> None:
    assert set(STATUSES) <= set(every_error())


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (ParameterMissingError("order_id"), 400, {"error": "param_missing", "param_name": "order_id"}),
        (ParameterInvalidError("image", "No."), 400, {"error": "param_invalid", "param_name": "image"}),
        (FieldNotFoundError("x", "m"), 400, {"error": "field_not_found", "field_name": "x", "method_name": "m"}),
        (FieldInvalidError("x", "m", "why"), 400, {"error": "field_invalid", "field_name": "x", "method_name": "m"}),
        (ObjectNotFoundError("m", reason="r"), 400, {"error": "object_not_found", "reason": "r"}),
        (ConflictError("m", reason="r"), 409, {"error": "object_invalid", "reason": "r"}),
        (MethodForbiddenError("m", reason="r"), 403, {"error": "method_forbidden", "reason": "r"}),
        (UnauthenticatedError("m", reason="r"), 401, {"reason": "r"}),
        (TooManyRequestsError("m", 5), 429, {"reason": "too_many_requests"}),
    ],
)
def test_an_error_has_its_status_and_its_keys(error: MlegError, status: int, body: dict[str, Any]) -> None:
    written = body_of(error)
    assert status_of(type(error)) == status
    assert written["message"] == error.message
    assert {key: value for key, value in written.items() if key not in {"message", "user_messages"}} == body


def test_words_for_the_person_stand_at_the_field_or_apart() -> None:
    field = body_of(ParameterMissingError("fac_id"))["user_messages"]
    assert field == {"fields": {"fac_id": {"pl": "To pole jest wymagane.", "en": "This field is required."}}}
    apart = body_of(MethodForbiddenError("m", user_message=Text("nie", "no")))["user_messages"]
    assert apart == {"generic_message": {"pl": "nie", "en": "no"}}


def test_somebody_who_is_not_eligible_is_told_every_reason_and_step() -> None:
    body = body_of(NotEligibleError((NO_OATH, NO_PHOTO)))
    assert [reason["code"] for reason in body["reasons"]] == ["no_oath", "no_photo"]
    words = body["user_messages"]["generic_message"]["en"]
    assert all(text.en in words for reason in (NO_OATH, NO_PHOTO) for text in (reason.text, reason.next_step))


class Example(Schema):
    """Arguments."""

    needed = fields.String(required=True)
    kind = fields.String(validate=validate.OneOf(["a"]))


@pytest.mark.parametrize(
    ("given", "kind", "name"),
    [
        ({}, ParameterMissingError, "needed"),
        ({"needed": None}, ParameterMissingError, "needed"),
        ({"needed": "x", "kind": "b"}, ParameterInvalidError, "kind"),
        ({"needed": 5}, ParameterInvalidError, "needed"),
    ],
)
def test_what_marshmallow_finds_becomes_an_error_about_one_parameter(
    given: dict[str, Any], kind: type[MlegError], name: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        Example().load(given)
    error = from_validation(caught.value)
    assert type(error) is kind
    assert error.name == name
