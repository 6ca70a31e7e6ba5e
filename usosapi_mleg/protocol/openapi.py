"""The OpenAPI 3.1 document of the whole API, made from the declarations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema, fields

from usosapi_mleg.protocol import reference
from usosapi_mleg.protocol.errors import STATUSES
from usosapi_mleg.protocol.formats import FORMATS
from usosapi_mleg.protocol.method import IGNORED, REQUIRED, Binary, Method, Shape
from usosapi_mleg.protocol.module import MODULES
from usosapi_mleg.protocol.openapi_components import RESPONSE, SIGNATURE, add_components
from usosapi_mleg.protocol.selector import declared_fields

_Converter = Any
"""apispec's converter of fields, whose class apispec calls private."""
WireTypes = Mapping[type[fields.Field[Any]], Mapping[str, Any]]
"""How kinds of fields that marshmallow does not have look on the wire: class → JSON schema."""

_FORM = "application/x-www-form-urlencoded"
_ANY_TYPE = "*/*"
_PACKAGE = "usosapi_mleg."
_SIMPLE_RESULTS: dict[object, dict[str, Any]] = {
    str: {"type": "string"},
    dict[str, bool]: {"type": "object", "additionalProperties": {"type": "boolean"}},
}
"""What a method without a result schema answers with, by the annotation of its function."""
_STANDARD_PARAMETERS: dict[str, dict[str, Any]] = {
    "format": {"type": "string", "enum": list(FORMATS), "default": FORMATS[0]},
    "callback": {"type": "string", "pattern": "^[a-zA-Z_][a-zA-Z0-9_]{0,99}$"},
}


@dataclass(frozen=True, slots=True)
class About:
    """What the document says of the installation."""

    title: str
    version: str
    base_url: str
    pages: str
    """Address of the reference's pages."""
    contact_email: str


def document(about: About, wire: WireTypes) -> dict[str, Any]:
    """Describe every declared method as an OpenAPI 3.1 document."""
    plugin = MarshmallowPlugin(schema_name_resolver=_schema_name)
    spec = APISpec(
        title=about.title,
        version=about.version,
        openapi_version="3.1.0",
        plugins=[plugin],
        info={"description": _DESCRIPTION.format(pages=about.pages), "contact": {"email": about.contact_email}},
        servers=[{"url": about.base_url.rstrip("/")}],
        tags=[
            {"name": name, "description": module.title, "externalDocs": {"url": f"{about.pages}{name}/"}}
            for name, module in sorted(MODULES.items())
        ],
    )
    converter: _Converter = plugin.converter
    converter.add_attribute_function(_as_on_the_wire(wire))
    add_components(spec)
    for method in reference.all_methods():
        spec.path(path=f"/{method.name}", operations=_operations(method, converter, about.pages))
    for schema in spec.components.schemas.values():
        schema.pop("additionalProperties", None)  # results may grow
    written: dict[str, Any] = spec.to_dict()
    return written


_DESCRIPTION = (
    "Every method can be called by GET, with its arguments in the query, and by POST, with its arguments in a form. Signed calls carry "
    "an OAuth 1.0a signature (RFC 5849), which OpenAPI has no words for: it is declared as a header. "
    "The reference for people: {pages}"
)


def _schema_name(schema: type[Schema] | Schema) -> str:
    """Name a schema by its module and class: two modules may each have a `CardSchema`."""
    kind = schema if isinstance(schema, type) else type(schema)
    name = kind.__name__.removesuffix("Schema")
    return f"{kind.__module__.rpartition('.')[2]}.{name}" if kind.__module__.startswith(_PACKAGE) else name


def _as_on_the_wire(wire: WireTypes) -> Any:
    """Give the function that corrects what apispec says of a field: kinds of our own, and null where it may come."""

    def correct(converter: Any, field: fields.Field[Any], ret: dict[str, Any]) -> dict[str, Any]:
        ret.update(next((wire[kind] for kind in type(field).__mro__ if kind in wire), {}))
        if isinstance(field, fields.List):
            ret["items"] = _never_null(converter.field2property(field.inner))
        if isinstance(field, fields.Boolean):
            return {}
        if "$ref" in ret:
            return {"anyOf": [{"$ref": ret.pop("$ref")}, {"type": "null"}]}
        return {"type": [ret["type"], "null"]} if isinstance(ret.get("type"), str) else {}

    return correct


def _never_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Take null out of what a value may be."""
    plain = {key: value for key, value in schema.items() if (key, value) != ("default", None)}
    if "anyOf" in plain:
        return dict(plain["anyOf"][0])
    if isinstance(plain.get("type"), list):
        plain["type"] = next(one for one in plain["type"] if one != "null")
    return plain


def _operations(method: Method, converter: _Converter, pages: str) -> dict[str, Any]:
    properties, required = _arguments(method, converter)
    common = {
        "tags": [method.module_name],
        "summary": " ".join(method.brief_description.split()),
        "description": _description(method),
        "externalDocs": {"url": f"{pages}{method.module_name}/#{method.short_name}"},
        "security": _security(method),
        "deprecated": method.deprecated is not None,
    }
    name = method.name.removeprefix("services/").replace("/", "_")
    parameters = [
        {
            "in": "query",
            "name": argument,
            "required": argument in required,
            "description": schema.get("description", ""),
            "schema": {key: value for key, value in schema.items() if key != "description"},
        }
        for argument, schema in properties.items()
    ]
    form = {"type": "object", "properties": properties, **({"required": required} if required else {})}
    body = {"required": bool(required), "content": {_FORM: {"schema": form}}}
    return {
        "get": {
            **common,
            "operationId": f"{name}_get",
            "parameters": parameters,
            "responses": _responses(method, converter),
        },
        "post": {
            **common,
            "operationId": f"{name}_post",
            "requestBody": body,
            "responses": _responses(method, converter),
        },
    }


def _description(method: Method) -> str:
    signed = f"Consumer: {method.consumer}. Token: {method.token}. SSL: {'' if method.ssl else 'not '}required."
    kind = "For administrative consumers only. " if method.administrative else ""
    scopes = f" Scopes: {' or '.join(method.scopes)}." if method.scopes else ""
    returns = " ".join(method.returns.split())
    return "\n\n".join(part for part in (method.description, kind + signed + scopes, returns) if part)


def _arguments(method: Method, converter: _Converter) -> tuple[dict[str, Any], list[str]]:
    """Give the schemas of a method's arguments, the standard ones among them, and the names of the required ones."""
    declared = declared_fields(method.arguments) if method.arguments else {}
    converted = converter.fields2jsonschema(declared)
    properties = {name: _never_null(schema) for name, schema in converted["properties"].items()}
    for argument in reference.arguments_of(method):
        default = {"default": argument["default_value"]} if argument["default_value"] else {}
        selector = {"type": "string", "description": argument["description"], **default}
        properties.setdefault(argument["name"], selector)
    if not (method.page or _returns(method) is Binary):
        for name, schema in _STANDARD_PARAMETERS.items():
            properties[name] = {**schema, "description": reference.STANDARD_ARGUMENTS[name]}
    required = list(converted.get("required", []))
    return properties, [*required, "fields"] if method.fields_required else required


def _returns(method: Method) -> object:
    return get_type_hints(method.function).get("return")


def _security(method: Method) -> list[dict[str, list[str]]]:
    """Say how a call is signed: with any one of the scopes, and not at all where that is allowed."""
    if method.page or (method.consumer is IGNORED and method.token is IGNORED):
        return []
    signed = [{SIGNATURE: [scope]} for scope in method.scopes] or [{SIGNATURE: []}]
    return signed if method.consumer is REQUIRED else [{}, *signed]


def _responses(method: Method, converter: _Converter) -> dict[str, Any]:
    if method.page:
        html = {"text/html": {"schema": {"type": "string"}}}
        return {
            "200": {"description": "A page for the person at the browser.", "content": html},
            "302": {"description": "To the sign-in form, or back to the application."},
            "400": {"description": "A page that says what is wrong.", "content": html},
        }
    answers = {"200": {"description": "The result.", "content": _content(method, converter)}}
    possible = sorted(set(STATUSES.values()) - ({401, 409} if method.public else set()))
    return answers | {str(status): {"$ref": RESPONSE.format(status)} for status in possible}


def _content(method: Method, converter: _Converter) -> dict[str, Any]:
    returned = _returns(method)
    if returned is Binary:
        return {kind: {} for kind in method.content_types or (_ANY_TYPE,)}
    if method.result is None and returned not in _SIMPLE_RESULTS:
        return {_ANY_TYPE: {}}
    schema = _result(method.shape, converter.resolve_nested_schema(method.result)) if method.result else None
    return {
        "application/json": {"schema": schema or _SIMPLE_RESULTS[returned]},
        "application/javascript": {"schema": {"type": "string"}},
        "text/xml": {"schema": {"type": "string"}},
    }


def _result(shape: Shape, one: dict[str, Any]) -> dict[str, Any]:
    match shape:
        case Shape.LIST:
            return {"type": "array", "items": one}
        case Shape.DICTIONARY:
            return {"type": "object", "additionalProperties": {"anyOf": [one, {"type": "null"}]}}
        case _:
            return one
