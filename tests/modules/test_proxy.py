"""`services/oauth/proxy`: a call with weakened permissions."""

import json
from typing import Any

import pytest
from making import QR_TEXT, Key, make_ready, new_consumer
from modules.conftest import allowed, through_proxy
from serving import WebService
from signing import Caller

ACTIVATION = "services/mlegitymacja/activation"


@pytest.fixture
def ready(service: WebService, caller: Caller) -> Caller:
    """An app with the token of a student whose card is ready."""
    make_ready(service.app, caller.post("mlegitymacja/order").json["id"])
    return caller


@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_the_answer_is_that_of_the_called_method(caller: Caller, verb: str) -> None:
    direct = caller.get("users/user", fields="id|last_name")
    answer = through_proxy(caller, "services/users/user", {"fields": "id|last_name"}, verb)
    assert (answer.status, answer.content) == (200, direct.content)
    assert through_proxy(caller, "services/apisrv/now", verb=verb).status == 200


def test_parameters_may_be_texts_or_other_values(caller: Caller, student: int) -> None:
    parameters = {"user_id": student, "active_only": True, "fields": "id", "lang": None}
    assert through_proxy(caller, "services/progs/student", parameters).json["reason"] == "scope_missing"
    answer = through_proxy(caller, "services/terms/terms_index", {"active_only": False, "fields": "id", "nothing": [1]})
    assert len(answer.json) == 18
    answer = through_proxy(caller, "services/terms/terms", {"term_ids": "2026Z", "format": "xmlmap2", "fields": "id"})
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"


@pytest.mark.parametrize("parameters", ["[]", "null", "1", '"text"', "{", "[" * 100_000, "{'a': 1}"])
def test_parameters_that_are_no_json_object_are_refused(caller: Caller, parameters: str) -> None:
    refused = through_proxy(caller, "services/apisrv/now", parameters)
    assert (refused.status, refused.json["param_name"]) == (400, "parameters")


@pytest.mark.parametrize("text", ["\ud800", "x\0y", "\udfff\ud800"])
@pytest.mark.parametrize("name", ["term_id", "fields", "format"])
def test_characters_that_are_none_are_refused(caller: Caller, name: str, text: str) -> None:
    refused = through_proxy(caller, "services/terms/term", {"term_id": "2026Z", name: text})
    assert (refused.status, refused.json["error"], refused.json["param_name"]) == (400, "param_invalid", name)


def test_no_scope_outside_the_ceiling_counts(ready: Caller) -> None:
    card = "services/mlegitymacja/card"
    assert through_proxy(ready, card, scopes="mlegitymacja").status == 200
    assert through_proxy(ready, card, scopes="cards|photo").json["reason"] == "scope_missing"
    assert through_proxy(ready, card, scopes="").json["reason"] == "scope_missing"
    for everything in ({}, {"scopes": "all"}):
        assert through_proxy(ready, card, **everything).status == 200
    unknown = through_proxy(ready, card, scopes="everything")
    assert (unknown.status, unknown.json["param_name"]) == (400, "scopes")


def test_the_ceiling_raises_nobody(service: WebService, consumer: Key, student: int) -> None:
    caller = allowed(service, consumer, student, "mlegitymacja")
    answer = through_proxy(caller, "services/users/user", {"fields": "birth_date"}, scopes="personal")
    assert answer.json == {"birth_date": None}
    assert through_proxy(caller, "services/cards/user", scopes="cards").json["reason"] == "scope_missing"


def test_codes_are_shown_inside_the_ceiling_only(ready: Caller) -> None:
    for ceiling in ("mlegitymacja|mlegitymacja_order|cards", "cards", ""):
        refused = through_proxy(ready, ACTIVATION, scopes=ceiling)
        assert (refused.status, refused.json["reason"]) == (403, "scope_missing")
        assert QR_TEXT not in refused.text
    assert through_proxy(ready, ACTIVATION, scopes="mlegitymacja_activation").json["token"] == QR_TEXT
    assert through_proxy(ready, ACTIVATION).json["token"] == QR_TEXT


def test_an_administrative_app_that_acts_for_somebody_sees_codes_only_as_their_front_end(
    service: WebService, ready: Caller, student: int
) -> None:
    office = Caller(service.base_url, new_consumer(service.app, administrative=True))
    front_end = Caller(service.base_url, new_consumer(service.app, administrative=True, student_front_end=True))
    person = {"as_user_id": str(student)}
    assert through_proxy(office, ACTIVATION, **person).json["reason"] == "student_only"
    assert through_proxy(front_end, ACTIVATION, **person).json["token"] == QR_TEXT
    refused = through_proxy(front_end, ACTIVATION, scopes="mlegitymacja", **person)
    assert refused.json["reason"] == "scope_missing"


@pytest.mark.parametrize(
    "method",
    [
        "services/cards/card",
        "services/cards/check_orders_status",
        "services/cards/mark_student_card_prologed",
        "services/cards/mark_student_card_prolonged",
        "services/cards/student_card_data",
        "services/oauth/access_token",
        "services/oauth/authorize",
        "services/oauth/proxy",
        "services/oauth/request_token",
        "services/oauth/revoke_consumer_key",
        "services/oauth/revoke_token",
    ],
)
def test_administrative_methods_and_those_about_tokens_cannot_be_called(
    service: WebService, office: Caller, student: int, method: str
) -> None:
    for arguments in ({}, {"as_user_id": str(student)}):
        refused = through_proxy(office, method, {}, **arguments)
        assert (refused.status, refused.json["reason"]) == (403, "proxy_forbidden")


def test_an_administrative_app_is_an_ordinary_one_behind_the_proxy(office: Caller, student: int, anna: int) -> None:
    person = {"as_user_id": str(student)}
    assert through_proxy(office, "services/users/user", {}, **person).json["id"] == str(student)
    others = {"user_id": str(anna)}
    assert through_proxy(office, "services/users/user", others, **person).json["reason"] == "user_not_found"
    # Whom it acts for is said to the proxy, not to what is behind it.
    inside = through_proxy(office, "services/cards/user", {"as_user_id": str(anna)})
    assert (inside.status, inside.json["reason"]) == (401, "token_missing")


def test_of_the_app_only_the_scopes_are_told(caller: Caller, office: Caller, student: int) -> None:
    fields = {"fields": "token_scopes"}
    answer = through_proxy(caller, "services/apisrv/consumer", fields, scopes="mlegitymacja|photo")
    assert answer.json == {"token_scopes": ["mlegitymacja"]}
    assert through_proxy(office, "services/apisrv/consumer", fields, as_user_id=str(student)).json == {
        "token_scopes": None
    }
    refused = through_proxy(caller, "services/apisrv/consumer", {"fields": "name|token_scopes"})
    assert (refused.status, refused.json["param_name"]) == (400, "fields")


@pytest.mark.parametrize("method", ["services/nothing", "users/user", "", "x" * 200, "services/users/user/"])
def test_a_method_that_is_not_there_is_told_so(caller: Caller, method: str) -> None:
    refused = through_proxy(caller, method)
    assert (refused.status, refused.json["error"], refused.json["reason"]) == (
        400,
        "object_not_found",
        "method_not_found",
    )


def test_the_proxy_has_to_be_told_what_to_call(service: WebService, caller: Caller) -> None:
    refused = caller.post("oauth/proxy", parameters=json.dumps({}))
    assert (refused.status, refused.json["error"], refused.json["param_name"]) == (400, "param_missing", "method")


def test_methods_that_want_tls_want_it_behind_the_proxy_too(caller: Caller) -> None:
    url = f"{caller.base_url}services/oauth/proxy?method=services/mlegitymacja/order"
    signed = caller.sign(url)
    refused = signed.but(headers=signed.headers | {"X-Forwarded-For": "203.0.113.7"}).send()
    assert (refused.status, refused.json["reason"]) == (403, "ssl_required")
    assert_nothing_ordered(caller)


def assert_nothing_ordered(caller: Caller) -> None:
    """See that there is no order."""
    orders: Any = caller.get("mlegitymacja/history").json
    assert orders == []
