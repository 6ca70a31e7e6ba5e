"""The OpenAPI document: valid, complete, and true to what the methods answer."""

import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from making import ALL_SCOPES, make_ready, new_consumer, new_student, new_token
from openapi_spec_validator import validate
from serving import Browser, WebService
from signing import Caller

import usosapi_mleg.application  # noqa: F401 - declares the methods
from usosapi_mleg.protocol.method import Need
from usosapi_mleg.protocol.module import METHODS

ADDRESS = "developers/openapi.json"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def document(service: WebService) -> Any:
    """The document."""
    with Browser(service.base_url) as browser:
        return browser.open(ADDRESS).json()


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    validate(document)
    assert document["openapi"].startswith("3.1.")


def test_every_reference_inside_leads_somewhere(document: dict[str, Any]) -> None:
    targets = set(re.findall(r"'\$ref': '#/components/(\w+)/([\w.]+)'", str(document)))
    assert len(targets) > 20
    assert [target for target in targets if target[1] not in document["components"][target[0]]] == []


def test_every_method_is_there_for_get_and_post(service: WebService, document: dict[str, Any]) -> None:
    assert set(document["paths"]) == {f"/{name}" for name in METHODS}
    assert [server["url"] + "/" for server in document["servers"]] == [service.base_url]
    assert all(set(path) == {"get", "post"} for path in document["paths"].values())


@pytest.mark.parametrize("name", sorted(METHODS))
def test_an_operation_says_what_the_declaration_says(document: dict[str, Any], name: str) -> None:
    method = METHODS[name]
    path = document["paths"][f"/{name}"]
    form = path["post"]["requestBody"]["content"][FORM]["schema"]
    in_query = {one["name"]: one for one in path["get"]["parameters"]}
    assert set(in_query) == set(form["properties"])
    assert {one for one in in_query if in_query[one]["required"]} == set(form.get("required", []))
    declared = set(method.arguments().fields) if method.arguments else set()
    assert declared <= set(in_query)
    assert ("fields" in in_query) == (method.result is not None)
    for operation in path.values():
        assert operation["deprecated"] == (method.deprecated is not None)
        signed = [requirement for requirement in operation["security"] if requirement]
        assert {scope for requirement in signed for scope in requirement["oauth1"]} == set(method.scopes)
        unsigned = not operation["security"] or {} in operation["security"]
        assert unsigned == (method.page or method.consumer is not Need.REQUIRED)


def test_the_details_of_arguments_are_told(document: dict[str, Any]) -> None:
    order = document["paths"]["/services/mlegitymacja/order"]["post"]["requestBody"]["content"][FORM]["schema"]
    key = order["properties"]["idempotency_key"]
    assert (key["type"], key["minLength"], key["maxLength"]) == ("string", 1, 200)
    assert "default" not in key
    picture = {
        one["name"]: one["schema"]
        for one in document["paths"]["/services/mlegitymacja/activation_qr"]["get"]["parameters"]
    }
    assert (picture["image"]["enum"], picture["image"]["default"]) == (["svg", "png"], "svg")
    assert picture["order_id"] == {"type": "string", "maxLength": 32}
    name = document["paths"]["/services/apiref/method"]["get"]["parameters"][0]
    assert (name["name"], name["required"]) == ("name", True)


def test_the_document_may_be_kept_and_asked_for_again(browser: Browser) -> None:
    first = browser.open(ADDRESS)
    assert first.headers["Content-Type"] == "application/json"
    assert first.headers["Cache-Control"].startswith("public, max-age=")
    again = browser.client.get(first.url, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def _schema(document: Mapping[str, Any], name: str, status: str = "200") -> dict[str, Any]:
    response = document["paths"][f"/services/{name}"]["post"]["responses"][status]
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
    return {**response["content"]["application/json"]["schema"], "components": document["components"]}


def _selectable(document: Mapping[str, Any], name: str) -> str:
    """Name all fields of a method's result."""
    schema = _schema(document, name)
    schema = schema.get("items", schema)
    return "|".join(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["properties"])


@pytest.fixture(scope="module")
def caller(service: WebService) -> Caller:
    """An app with the token of a student whose card is ready."""
    consumer = new_consumer(service.app)
    scopes = (*ALL_SCOPES, "cards", "studies", "personal", "photo", "email")
    token = new_token(service.app, consumer, new_student(service.app), *scopes)
    caller = Caller(service.base_url, consumer, token)
    make_ready(service.app, caller.post("mlegitymacja/order").json["id"])
    return caller


@pytest.mark.parametrize(
    "name",
    [
        "apiref/scopes",
        "apisrv/installation",
        "apisrv/installations",
        "apisrv/mobile_usos_config",
        "apisrv/consumer",
        "cards/mcard",
        "cards/user",
        "cards/user_cards",
        "mlegitymacja/activation",
        "mlegitymacja/card",
        "mlegitymacja/eligibility",
        "mlegitymacja/history",
        "mlegitymacja/status",
        "photos/my_photo_visibility",
        "terms/terms_index",
        "users/user",
    ],
)
def test_real_answers_with_all_fields_fit_the_schema(document: dict[str, Any], caller: Caller, name: str) -> None:
    answer = caller.post(name, fields=_selectable(document, name))
    assert answer.status == 200, answer.text
    Draft202012Validator(_schema(document, name)).validate(answer.json)


def test_answers_without_a_choice_of_fields_fit_too(document: dict[str, Any], caller: Caller) -> None:
    Draft202012Validator(_schema(document, "apisrv/now")).validate(caller.get("apisrv/now").json)
    method = caller.get("apiref/method", name="services/cards/mcard").json
    Draft202012Validator(_schema(document, "apiref/method")).validate(method)
    users = caller.get("users/users", user_ids="1|2").json
    assert set(users) == {"1", "2"}
    Draft202012Validator(_schema(document, "users/users")).validate(users)


@pytest.mark.parametrize(
    ("status", "name", "arguments"),
    [
        ("400", "mlegitymacja/cancel", {}),
        ("400", "mlegitymacja/status", {"fields": "nothing"}),
        ("403", "cards/card", {"barcode_number": "1"}),
        ("409", "mlegitymacja/order", {}),
    ],
)
def test_errors_fit_the_schema(
    document: dict[str, Any], caller: Caller, status: str, name: str, arguments: dict[str, str]
) -> None:
    answer = caller.post(name, **arguments)
    assert str(answer.status) == status, answer.text
    Draft202012Validator(_schema(document, name, status)).validate(answer.json)


def test_an_answer_to_nobody_fits_the_schema(document: dict[str, Any], service: WebService) -> None:
    answer = httpx.post(service.url("services/mlegitymacja/order"), trust_env=False, verify=False)
    assert answer.status_code == 401
    Draft202012Validator(_schema(document, "mlegitymacja/order", "401")).validate(answer.json())


def test_a_wrong_value_would_not_fit(document: dict[str, Any]) -> None:
    schema = Draft202012Validator(_schema(document, "mlegitymacja/status"))
    assert schema.is_valid({"id": "0", "version": 1, "order_date": "2026-10-01 12:00:00"})
    assert not schema.is_valid({"version": "1"})
    assert not schema.is_valid({"order_date": "2026-10-01T12:00:00Z"})


def test_pictures_and_pages_have_their_own_types(document: dict[str, Any]) -> None:
    def types(name: str) -> set[str]:
        return set(document["paths"][f"/services/{name}"]["get"]["responses"]["200"]["content"])

    assert types("photos/photo") == {"image/jpg"}
    assert types("oauth/authorize") == {"text/html"}
    assert types("oauth/request_token") == {"text/plain"}
    assert types("mlegitymacja/status") == {"application/json", "application/javascript", "text/xml"}
