"""Writes a result in the format that was asked for: json, jsonp, xmlmap2, and the deprecated xmlmap and xmlitems."""

import re
from collections.abc import Callable, Mapping
from json import JSONEncoder
from typing import Any
from xml.etree import ElementTree as ET

from flask import Response

from usosapi_mleg.errors import ParameterInvalidError, ParameterMissingError

JSON_TYPE = "application/json"
JSONP_TYPE = "application/javascript; charset=utf-8"
XML_TYPE = "text/xml; charset=utf-8"
FORMATS = ("json", "jsonp", "xmlmap2", "xmlmap", "xmlitems")

_dumps = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_CALLBACK = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,99}")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold (section 2.2)."""


def writer(parameters: Mapping[str, str]) -> Callable[[Any], Response]:
    """Give the function that writes a value in the format that the parameters ask for; raise `ParameterError` for a bad wish."""
    wish = parameters.get("format", "json")
    if wish == "json":
        return write_json
    if wish == "jsonp":
        callback = parameters.get("callback", "")
        if not callback:
            raise ParameterMissingError("callback")
        if not _CALLBACK.fullmatch(callback):
            raise ParameterInvalidError("callback", "It must be the name of a JavaScript function.")
        return lambda value: Response(f"{callback}({_dumps(value)});", content_type=JSONP_TYPE)
    if wish in _XML:
        return lambda value: Response(
            ET.tostring(_XML[wish](value), encoding="utf-8", xml_declaration=False), content_type=XML_TYPE
        )
    raise ParameterInvalidError("format", f"It must be one of {', '.join(FORMATS)}.")


def write_json(value: Any) -> Response:
    """Write a value as JSON."""
    return Response(_dumps(value), content_type=JSON_TYPE)


def _text(value: object) -> str:
    return _NOT_IN_XML.sub("", str(value))


def _leaf(tag: str, value: object = None) -> ET.Element:
    element = ET.Element(tag)
    if value is not None:
        element.text = _text(value)
    return element


def _branch(tag: str, children: list[ET.Element], keys: list[str] | None = None) -> ET.Element:
    element = ET.Element(tag)
    for place, child in enumerate(children):
        if keys is not None:
            child.set("key", _text(keys[place]))
        element.append(child)
    return element


def _xmlmap2(value: Any) -> ET.Element:
    """One element per value, named by its JSON type; entries of an object carry their key."""
    match value:
        case None:
            return _leaf("null")
        case bool():
            return _leaf("boolean", "true" if value else "false")
        case int() | float():
            return _leaf("number", value)
        case dict():
            return _branch("object", [_xmlmap2(one) for one in value.values()], list(value))
        case list() | tuple():
            return _branch("array", [_xmlmap2(one) for one in value])
        case _:
            return _leaf("string", value)


def _xmlmap(value: Any) -> ET.Element:
    """The deprecated predecessor: every entry is wrapped in an `item`, and booleans are integers."""
    match value:
        case None:
            return _leaf("null")
        case bool() | int():
            return _leaf("int", int(value))
        case float():
            return _leaf("float", value)
        case dict():
            return _branch("dict", [_branch("item", [_xmlmap(one)]) for one in value.values()], list(value))
        case list() | tuple():
            return _branch("list", [_branch("item", [_xmlmap(one)]) for one in value])
        case _:
            return _leaf("string", value)


def _xmlitems(value: Any) -> ET.Element:
    """The oldest: nothing but items, those of a dictionary with their keys, and no types; booleans are integers."""
    return _named("items", value)


def _named(tag: str, value: Any) -> ET.Element:
    match value:
        case None:
            return _leaf(tag)
        case bool():
            return _leaf(tag, int(value))
        case dict():
            children = [_named("item", one) for one in value.values()]
            return _branch(tag, children, list(value))
        case list() | tuple():
            return _branch(tag, [_named("item", one) for one in value])
        case _:
            return _leaf(tag, value)


_XML: dict[str, Callable[[Any], ET.Element]] = {"xmlmap2": _xmlmap2, "xmlmap": _xmlmap, "xmlitems": _xmlitems}
