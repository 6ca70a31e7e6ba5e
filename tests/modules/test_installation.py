"""`services/apisrv` and `services/apiref`: what the API says of itself."""

import re

import pytest
from making import Key
from modules.conftest import allowed
from serving import WebService
from signing import Caller, send

from usosapi_mleg.protocol.module import METHODS, MODULES

INSTALLATION = {
    "base_url",
    "version",
    "machine_version",
    "usos_schema_version",
    "institution_name",
    "contact_emails",
}


def test_the_installation_tells_what_it_is(service: WebService) -> None:
    answer = send(service.url("services/apisrv/installation")).json
    assert set(answer) == INSTALLATION
    assert answer["base_url"] == service.base_url
    assert re.fullmatch(r"\d+\.\d+\.\d+\.\d+-\d+", answer["machine_version"])
    assert set(answer["institution_name"]) == {"pl", "en"}
    more = send(service.url("services/apisrv/installation?fields=mcards_support|institution[name]")).json
    assert more["mcards_support"] is True
    assert set(more["institution"]) == {"name"}
    (one,) = send(service.url("services/apisrv/installations")).json
    assert set(one) == {"base_url", "version", "institution_name", "contact_emails"}
    assert send(service.url("services/apisrv/mobile_usos_config")).json["enable_mcards"] is True


def test_the_app_is_told_what_is_known_of_it(service: WebService, anna: int) -> None:
    kampus = service.filled["consumers"][0]
    key = Key(kampus["key"], kampus["secret"])
    fields = "name|url|email|date_registered|administrative_methods|token_scopes|is_verified"
    about = Caller(service.base_url, key).get("apisrv/consumer", fields=fields).json
    assert about["name"] == "Kampus (aplikacja przykładowa)"
    assert about["url"] == "https://kampus.example.edu.pl/"
    assert about["email"] == "kampus@example.edu.pl"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", about["date_registered"])
    assert (about["administrative_methods"], about["token_scopes"], about["is_verified"]) == ([], None, False)
    scopes = allowed(service, key, anna, "photo", "cards").get("apisrv/consumer", fields="token_scopes").json
    assert scopes == {"token_scopes": ["cards", "photo"]}


def test_an_administrative_app_is_told_its_methods(office: Caller) -> None:
    names = office.get("apisrv/consumer", fields="administrative_methods").json["administrative_methods"]
    assert names == sorted(name for name, method in METHODS.items() if method.administrative)
    assert "services/cards/student_card_data" in names


def test_the_app_has_to_say_what_it_wants_to_know(office: Caller) -> None:
    refused = office.get("apisrv/consumer")
    assert (refused.status, refused.json["error"], refused.json["param_name"]) == (400, "param_missing", "fields")
    assert refused.json["user_messages"]["fields"]["fields"] == {
        "pl": "To pole jest wymagane.",
        "en": "This field is required.",
    }


def test_the_index_has_every_method_and_every_module_its_own(service: WebService) -> None:
    names = [entry["name"] for entry in send(service.url("services/apiref/method_index")).json]
    assert names == sorted(METHODS)
    assert "services/oauth/request_token" in names
    in_modules = [
        name
        for module in MODULES
        for name in send(service.url(f"services/apiref/module?name={module}")).json["methods"]
    ]
    assert sorted(in_modules) == names


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("method?name=services/nothing", "object_not_found"),
        ("method?name=users/user", "param_invalid"),
        ("method", "param_missing"),
        ("module?name=services/nothing", "object_not_found"),
        ("module", "param_missing"),
        ("method?name=" + "x" * 201, "param_invalid"),
    ],
)
def test_what_is_not_there_is_not_described(service: WebService, call: str, error: str) -> None:
    refused = send(service.url(f"services/apiref/{call}"))
    assert (refused.status, refused.json["error"]) == (400, error)


def test_the_older_name_says_what_replaces_it(service: WebService) -> None:
    url = "services/apiref/method?name=services/cards/mark_student_card_prologed&fields=deprecated|admin_access"
    assert send(service.url(url)).json == {
        "deprecated": {"deprecated_by": "services/cards/mark_student_card_prolonged", "present_until": None},
        "admin_access": True,
    }
