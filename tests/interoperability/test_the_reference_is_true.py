"""What `services/apiref` says of each method is what the method does: arguments, defaults, fields, and who may call it."""

from typing import Any
from urllib.parse import urlencode

import pytest
from interoperability.reference import situation
from making import new_consumer, new_token
from serving import WebService
from signing import Answer, Caller, send

from usosapi_mleg.application import create_app
from usosapi_mleg.protocol.module import METHODS

assert create_app, "it declares the methods"
NAMES = sorted(METHODS)
ONE_OF = {"services/cards/card": ["barcode_number", "contact_chip_uid", "contactless_chip_uid"]}
"""Methods of whose optional arguments exactly one has to be given; the reference says so in words."""
ENTRIES_MAY_BE_NULL = {"services/users/users", "services/cards/check_orders_status", "services/terms/terms"}
PAGE = "services/oauth/authorize"
KEY_NEEDED = "services/oauth/revoke_consumer_key"
"""Needs its arguments when it is not signed."""


def described(service: WebService, method: str) -> dict[str, Any]:
    """Look a method up in the reference."""
    answer = send(service.url(f"services/apiref/method?name={method}"))
    assert answer.status == 200, answer.text
    return dict(answer.json)


def required(entry: dict[str, Any]) -> list[str]:
    """Name the arguments that the method cannot do without, `fields` apart."""
    names = [one["name"] for one in entry["arguments"] if one["is_required"] and one["name"] != "fields"]
    return names or ONE_OF.get(entry["name"], [])[:1]


def optional(entry: dict[str, Any]) -> list[str]:
    """Name the others."""
    return [
        one["name"]
        for one in entry["arguments"]
        if not one["is_required"] and one["name"] not in {"fields", *ONE_OF.get(entry["name"], [])}
    ]


def entries(method: str, value: Any) -> list[dict[str, Any]]:
    """Give the objects of an answer, whatever its shape."""
    if isinstance(value, list):
        return value
    if method in ENTRIES_MAY_BE_NULL:
        return [one for one in value.values() if one is not None]
    return [value]


def call(service: WebService, entry: dict[str, Any], names: list[str], http_method: str = "GET", **more: str) -> Answer:
    """Call a method with somebody new, as the reference asks for."""
    who = situation(service, entry["name"], administrative=entry["auth_options"]["administrative_only"])
    if any(one["name"] == "fields" and one["is_required"] for one in entry["arguments"]):
        more.setdefault("fields", "|".join(one["name"] for one in entry["result_fields"]))
    answer = who.call(entry["name"], names, http_method, **more)
    assert answer.status == (302 if entry["name"] == PAGE else 200), (names, answer)
    return answer


def check_keys(entry: dict[str, Any], answer: Answer, expected: set[str]) -> None:
    """See that the answer has exactly the keys that were promised."""
    if not entry["result_fields"]:
        return
    found = entries(entry["name"], answer.json)
    assert found, answer
    for one in found:
        assert set(one) == expected


def default_keys(entry: dict[str, Any]) -> set[str]:
    """Give the names of the fields that come without being asked for."""
    (selector,) = (one for one in entry["arguments"] if one["name"] == "fields")
    return set((selector["default_value"] or "|".join(one["name"] for one in entry["result_fields"])).split("|"))


@pytest.mark.parametrize("method", NAMES)
def test_a_method_takes_its_arguments_and_gives_its_fields(service: WebService, method: str) -> None:
    entry = described(service, method)
    base = required(entry)
    keys = default_keys(entry) if entry["result_fields"] else set()
    for http_method in ("GET", "POST") if method != PAGE else ("GET",):
        check_keys(entry, call(service, entry, base, http_method), keys)
    for name in optional(entry):
        check_keys(entry, call(service, entry, [*base, name]), keys)
    check_keys(entry, call(service, entry, [*base, *optional(entry)], lang="pl", nothing="ż"), keys)
    for name in ONE_OF.get(method, []):
        check_keys(entry, call(service, entry, [name]), keys)


@pytest.mark.parametrize("method", [name for name in NAMES if METHODS[name].result])
def test_every_field_can_be_asked_for_alone_and_with_all_others(service: WebService, method: str) -> None:
    entry = described(service, method)
    primary = [one["name"] for one in entry["result_fields"] if one["is_primary"]]
    secondary = [one["name"] for one in entry["result_fields"] if one["is_secondary"]]
    names = required(entry)
    one_object = METHODS[method].shape == "one"
    everything = primary + secondary if one_object else primary
    check_keys(entry, call(service, entry, names, fields="|".join(everything)), set(everything))
    who = situation(service, method, administrative=entry["auth_options"]["administrative_only"])
    if METHODS[method].ssl and not METHODS[method].reveals_codes:
        return  # such methods change something: one call each
    for field in everything:
        answer = who.call(method, names, fields=field)
        assert answer.status == 200, answer
        check_keys(entry, answer, {field})
    for field in [] if one_object else secondary:
        refused = who.call(method, names, fields=field)
        assert (refused.status, refused.json["error"]) == (400, "field_invalid")


@pytest.mark.parametrize("method", [name for name in NAMES if name != PAGE])
def test_an_argument_that_is_required_is_missed(service: WebService, method: str) -> None:
    entry = described(service, method)
    names = [one["name"] for one in entry["arguments"] if one["is_required"]]
    for missing in names:
        who = situation(service, method, administrative=entry["auth_options"]["administrative_only"])
        refused = who.call(method, [name for name in names if name not in {missing, "fields"}])
        assert (refused.status, refused.json["error"], refused.json["param_name"]) == (400, "param_missing", missing)
        assert set(refused.json["user_messages"]["fields"][missing]) == {"pl", "en"}


@pytest.mark.parametrize("method", [name for name in NAMES if name != PAGE])
def test_who_may_call_a_method_is_as_the_reference_says(service: WebService, method: str) -> None:
    entry = described(service, method)
    options = entry["auth_options"]
    who = situation(service, method, administrative=options["administrative_only"])
    arguments = urlencode({name: who.values[name] for name in required(entry)})
    url = f"{service.url(method)}?{arguments}"
    unsigned = send(url)
    if options["consumer"] == "required":
        assert (unsigned.status, unsigned.json["reason"]) == (401, "not_signed")
    else:
        assert unsigned.status == (400 if method == KEY_NEEDED else 200)
    if options["token"] == "required":
        refused = Caller(service.base_url, who.caller.consumer).sign(url).send()
        assert (refused.status, refused.json["reason"]) == (401, "token_missing")
    if options["administrative_only"]:
        refused = Caller(service.base_url, new_consumer(service.app)).sign(url).send()
        assert (refused.status, refused.json["reason"]) == (403, "not_administrative")
    if options["scopes"]:
        student = int(who.caller.get("users/user").json["id"])
        stranger = new_token(service.app, who.caller.consumer, student, "slips")
        refused = Caller(service.base_url, who.caller.consumer, stranger).sign(url).send()
        assert (refused.status, refused.json["reason"]) == (403, "scope_missing")
    if options["ssl_required"]:
        distant = who.caller.sign(service.url(method), headers={"X-Forwarded-For": "203.0.113.7"}).send()
        assert (distant.status, distant.json["reason"]) == (403, "ssl_required")
