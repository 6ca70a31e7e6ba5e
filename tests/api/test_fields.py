"""The `fields` selector on the wire."""

import pytest
from making import ALL_SCOPES, new_consumer, new_student, new_token
from serving import WebService
from signing import Caller


@pytest.fixture(scope="module")
def caller(service: WebService) -> Caller:
    """An app with all scopes of a student who has ordered."""
    consumer = new_consumer(service.app)
    caller = Caller(service.base_url, consumer, new_token(service.app, consumer, new_student(service.app), *ALL_SCOPES))
    caller.post("mlegitymacja/order")
    return caller


@pytest.mark.parametrize("selector", ["id", "id|status", "status|id", "id|id", "status_label|version"])
def test_exactly_the_selected_fields_are_given(caller: Caller, selector: str) -> None:
    assert set(caller.get("mlegitymacja/status", fields=selector).json) == set(selector.split("|"))


def test_without_a_selector_there_are_the_default_fields(caller: Caller) -> None:
    assert {"id", "status", "order_date", "expiration_date"} <= set(caller.get("mlegitymacja/status").json)


@pytest.mark.parametrize(
    ("selector", "error"),
    [
        ("nothing", "field_not_found"),
        ("id|nothing", "field_not_found"),
        ("__class__", "field_not_found"),
        ("id[x]", "field_invalid"),
        ("status_label[pl]", "field_invalid"),
        ("|", "field_invalid"),
        ("id|", "field_invalid"),
        ("|id", "field_invalid"),
        ("id||status", "field_invalid"),
        ("id[", "field_invalid"),
        ("id]", "field_invalid"),
        ("id[]", "field_invalid"),
        ("[id]", "field_invalid"),
        ("id status", "field_invalid"),
        ("id,status", "field_invalid"),
        ("id.status", "field_invalid"),
        ("ąę", "field_invalid"),
        ("a[" * 50 + "b" + "]" * 50, "field_invalid"),
        ("x" * 5000, "param_invalid"),
    ],
)
def test_a_selector_that_makes_no_sense_is_refused(caller: Caller, selector: str, error: str) -> None:
    refused = caller.post("mlegitymacja/status", fields=selector)
    assert (refused.status, refused.json["error"]) == (400, error)
    assert refused.json["message"]
    if error != "param_invalid":
        assert refused.json["method_name"] == "services/mlegitymacja/status"
        assert refused.json["field_name"]


def test_a_wrong_selector_orders_nothing(service: WebService) -> None:
    consumer = new_consumer(service.app)
    caller = Caller(service.base_url, consumer, new_token(service.app, consumer, new_student(service.app), *ALL_SCOPES))
    assert caller.post("mlegitymacja/order", fields="nothing").status == 400
    assert caller.get("mlegitymacja/status").json["reason"] == "order_not_found"
