"""Every result in every format: json, jsonp, xmlmap2, and the deprecated xmlmap and xmlitems."""

import json
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from making import Key, change
from modules.conftest import allowed
from serving import WebService
from signing import Caller, send

NAME = 'Zażółć <gęślą> & "jaźń"\'\u2028\u2029\U0001f393 ]]>'
CONTROL = "\x01\t\n\x1f"
XML = ("xmlmap2", "xmlmap", "xmlitems")


@pytest.fixture
def named(service: WebService, consumer: Key, student: int) -> Caller:
    """An app with the token of somebody with a strange name."""
    change(
        service.app,
        "UPDATE persons SET first_name = :name, middle_names = :control WHERE id = :id",
        name=NAME,
        control=CONTROL,
        id=student,
    )
    return allowed(service, consumer, student, "cards", "mlegitymacja", "studies")


def read_xmlmap2(element: ET.Element) -> Any:
    """Read a value."""
    text = element.text or ""
    match element.tag:
        case "null":
            return None
        case "boolean":
            return {"true": True, "false": False}[text]
        case "number":
            return json.loads(text)
        case "string":
            return text
        case "array":
            return [read_xmlmap2(child) for child in element]
        case "object":
            return {child.attrib["key"]: read_xmlmap2(child) for child in element}
    raise AssertionError(element.tag)


def read_xmlmap(element: ET.Element) -> Any:
    """Read a value; truth values come as integers."""
    text = element.text or ""
    match element.tag:
        case "null":
            return None
        case "int":
            return int(text)
        case "float":
            return float(text)
        case "string":
            return text
        case "list":
            return [read_xmlmap(one) for (one,) in element]
        case "dict":
            return {item.attrib["key"]: read_xmlmap(item[0]) for item in element}
    raise AssertionError(element.tag)


def read_xmlitems(element: ET.Element) -> Any:
    """Read a value; leaves are texts, and an empty element can be a null, an empty text, list or dictionary."""
    assert element.tag in {"items", "item"}
    if not len(element):
        return element.text or ""
    if "key" in element[0].attrib:
        return {child.attrib["key"]: read_xmlitems(child) for child in element}
    return [read_xmlitems(child) for child in element]


def without_types(value: Any) -> Any:
    """Give what is left of a value in xmlitems."""
    match value:
        case bool():
            return str(int(value))
        case _ if not value and value != 0:
            return ""
        case dict():
            return {key: without_types(one) for key, one in value.items()}
        case list():
            return [without_types(one) for one in value]
    return str(value)


def with_integers(value: Any) -> Any:
    """Give what is left of a value in xmlmap: truth values become integers."""
    match value:
        case bool():
            return int(value)
        case dict():
            return {key: with_integers(one) for key, one in value.items()}
        case list():
            return [with_integers(one) for one in value]
    return value


READERS: dict[str, tuple[Callable[[ET.Element], Any], Callable[[Any], Any]]] = {
    "xmlmap2": (read_xmlmap2, lambda value: value),
    "xmlmap": (read_xmlmap, with_integers),
    "xmlitems": (read_xmlitems, without_types),
}
SHAPES = {
    "a dictionary with null": ("users/user", {"fields": "id|first_name|last_name|sex|titles|has_photo|student_status"}),
    "a list of dictionaries": ("terms/terms_index", {"fields": "id|name|is_active|order_key"}),
    "an empty list": ("cards/user", {}),
    "a dictionary of ids with null": ("terms/terms", {"term_ids": "2026Z|nic"}),
    "lists inside": ("mlegitymacja/eligibility", {}),
    "a dictionary with a list of dictionaries": (
        "progs/student",
        {"fields": "id|programme[name|all_faculties]|stages"},
    ),
    "success": ("events/unsubscribe", {}),
}


@pytest.mark.parametrize("form", XML)
@pytest.mark.parametrize("shape", SHAPES)
def test_xml_says_what_json_says(service: WebService, consumer: Key, named: Caller, shape: str, form: str) -> None:
    method, arguments = SHAPES[shape]
    caller = allowed(service, consumer, student_of(named), "events") if method.startswith("events") else named
    in_json = caller.get(method, **arguments).json
    answer = caller.get(method, **arguments, format=form)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert not answer.content.startswith(b"<?xml")
    read, left = READERS[form]
    assert read(ET.fromstring(answer.text)) == left(in_json)


def student_of(caller: Caller) -> int:
    """Tell whose token it is."""
    return int(caller.get("users/user", fields="id").json["id"])


@pytest.mark.parametrize("form", XML)
def test_what_xml_cannot_hold_is_left_out(named: Caller, form: str) -> None:
    assert named.get("users/user", fields="middle_names").json == {"middle_names": CONTROL}
    root = ET.fromstring(named.get("users/user", fields="middle_names", format=form).text)
    assert root[0].attrib["key"] == "middle_names"
    assert "".join(root[0].itertext()) == "\t\n"


@pytest.mark.parametrize("verb", ["get", "post"])
def test_json_is_utf8_and_says_so(named: Caller, verb: str) -> None:
    answer = getattr(named, verb)("users/user", fields="first_name|middle_names", format="json")
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json == {"first_name": NAME, "middle_names": CONTROL}
    assert "Zażółć".encode() in answer.content


@pytest.mark.parametrize("callback", ["show", "_", "jQuery12_34", "a" * 100])
@pytest.mark.parametrize("shape", SHAPES)
def test_jsonp_calls_the_function_with_the_value(
    service: WebService, consumer: Key, named: Caller, shape: str, callback: str
) -> None:
    method, arguments = SHAPES[shape]
    caller = allowed(service, consumer, student_of(named), "events") if method.startswith("events") else named
    answer = caller.get(method, **arguments, format="jsonp", callback=callback)
    assert answer.headers["content-type"] == "application/javascript; charset=utf-8"
    called = re.fullmatch(rf"{callback}\((.*)\);", answer.text, re.DOTALL)
    assert called, answer.text
    assert json.loads(called[1]) == caller.get(method, **arguments).json


@pytest.mark.parametrize(
    "callback", ["a.b", "alert(1)//", "a b", "1a", "ż", "a[0]", "a\n", "a" * 101, "</script>", "a-b"]
)
def test_a_callback_that_is_no_name_is_refused_in_json(named: Caller, callback: str) -> None:
    refused = named.get("users/user", format="jsonp", callback=callback)
    assert (refused.status, refused.json["error"], refused.json["param_name"]) == (400, "param_invalid", "callback")


def test_jsonp_needs_a_callback_and_json_does_not_mind_one(named: Caller) -> None:
    for arguments in ({}, {"callback": ""}):
        refused = named.get("users/user", format="jsonp", **arguments)
        assert (refused.status, refused.json["error"], refused.json["param_name"]) == (400, "param_missing", "callback")
    assert named.get("users/user", callback="show", fields="id").json


@pytest.mark.parametrize("form", ["", "JSON", "xml", "yaml", "html", "xmlmap3", "jsonp2"])
def test_another_format_is_refused(named: Caller, form: str) -> None:
    refused = named.get("users/user", format=form)
    assert (refused.status, refused.json["error"], refused.json["param_name"]) == (400, "param_invalid", "format")


def test_a_wrong_format_orders_nothing(caller: Caller) -> None:
    assert caller.post("mlegitymacja/order", format="yaml").status == 400
    assert caller.get("mlegitymacja/history").json == []


@pytest.mark.parametrize("form", ["jsonp", *XML])
def test_errors_are_json_in_every_format(service: WebService, form: str) -> None:
    refused = send(service.url(f"services/terms/term?term_id=nic&format={form}&callback=f"))
    assert refused.status == 400
    assert refused.json["reason"] == "term_not_found"


@pytest.mark.parametrize(
    ("form", "before", "after"),
    [
        ("json", '"', '"'),
        ("jsonp", 'f("', '");'),
        ("xmlmap2", "<string>", "</string>"),
        ("xmlmap", "<string>", "</string>"),
        ("xmlitems", "<items>", "</items>"),
    ],
)
def test_a_bare_text_can_be_written_too(service: WebService, form: str, before: str, after: str) -> None:
    answer = send(service.url(f"services/apisrv/now?format={form}&callback=f"))
    assert re.fullmatch(re.escape(before) + r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}" + re.escape(after), answer.text), (
        answer.text
    )
